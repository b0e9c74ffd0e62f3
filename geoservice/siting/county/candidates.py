"""Where new sites may go: the places of communities, a grid, plots or points of a file, less what rules refuse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
import shapely.geometry
from numpy.typing import NDArray
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.coverage.scenarios.ground import Ground
from geoservice.crs import ELLIPSOID
from geoservice.database.prepare import revisions
from geoservice.errors import BadInput
from geoservice.ingest.reading import read_layer
from geoservice.ingest.records import GEOM
from geoservice.ingest.reference import reference_for
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.settings import Settings
from geoservice.siting.county.question import Place, Question
from geoservice.siting.exclusion.asked import Asked
from geoservice.siting.exclusion.engine import Exclusions, exclude
from geoservice.siting.exclusion.grid import grid_over

_LAYER = "facilities"
# Its fields are those that any file of areas has.
_PARCELS = "built_up"


@dataclass(frozen=True)
class Candidates:
    """Places for new sites, as many as `name` has.

    Attributes
    ----------
    lon, lat
        Degrees, EPSG:4490.
    community
        int64 row of the community whose place it is, -1 for points of a file.
    places
        int64, -1 where not told.
    left_out
        Name, longitude and latitude of those that lie in no county that the data are of; a scenario would refuse them too.
    cost
        int64, -1 where not told; None where none is told.
    area_m2
        Of plots, on the ellipsoid; NaN where there is none, None where there are no plots.
    outline
        Of plots, areas in degrees, EPSG:4490; None where there is none, or no plots.
    ruled
        The rules that were held against them; None where nobody has asked for that.
    """

    name: tuple[str, ...]
    lon: Floats
    lat: Floats
    community: Int64s
    places: Int64s
    left_out: tuple[tuple[str, float, float], ...] = ()
    cost: Int64s | None = None
    area_m2: Floats | None = None
    outline: NDArray[Any] | None = field(default=None, repr=False)
    ruled: Ruled | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.name)

    def only(self, kept: Bools) -> Candidates:
        """Some of them; the others are left out by name."""
        return Candidates(
            tuple(name for name, one in zip(self.name, kept, strict=True) if one),
            self.lon[kept],
            self.lat[kept],
            self.community[kept],
            self.places[kept],
            (*self.left_out, *(self.spot(one) for one in np.flatnonzero(~kept).tolist())),
            None if self.cost is None else self.cost[kept],
            None if self.area_m2 is None else self.area_m2[kept],
            None if self.outline is None else self.outline[kept],
        )

    def spot(self, number: int) -> tuple[str, float, float]:
        """Name, longitude and latitude of one."""
        return self.name[number], float(self.lon[number]), float(self.lat[number])


@dataclass(frozen=True)
class Ruled:
    """Candidates before rules, and what rules say of them.

    Attributes
    ----------
    revisions
        Of the layers that rules were held against; 0 of one that was never loaded.
    """

    every: Candidates
    exclusions: Exclusions
    revisions: Mapping[str, int]

    def allowed(self, kept: Bools) -> Candidates:
        """Some of them; the others are no longer named as lying outside."""
        return replace(self.every.only(kept), left_out=self.every.left_out, ruled=self)


def candidates_of(
    connection: Connection, catalog: Catalog, settings: Settings, ground: Ground, question: Question
) -> Candidates:
    """The candidates that a question means, those inside the county that its rules allow.

    Raises
    ------
    BadInput
        ``siting.bad-candidate`` with the row, ``siting.no-candidates`` where none lies in the county,
        ``siting.all-refused`` by rules, or what is wrong with the file as a whole.
    """
    found = _found(connection, catalog, settings, ground, question)
    if ground.inputs.counties.known:
        found = found.only(ground.inside(found.lon, found.lat))
    if not len(found):
        raise BadInput("siting.no-candidates", count=len(found.left_out))
    return _allowed(connection, question, found)


def _found(
    connection: Connection, catalog: Catalog, settings: Settings, ground: Ground, question: Question
) -> Candidates:
    if question.points:
        return given(question.points)
    if question.grid_m is not None:
        return gridded(ground, question.grid_m)
    if question.file is None:
        return villages(ground)
    if question.parcels:
        return plots_in(connection, catalog, settings, question.file)
    return points_in(connection, catalog, settings, question.file, question.case.type)


def _allowed(connection: Connection, question: Question, found: Candidates) -> Candidates:
    """Less those that a hard rule refuses."""
    asked = Asked.parse(question.case.type, question.case.on, question.rules)
    now = revisions(connection)
    looked_at = {selection.layer: now.get(selection.layer, 0) for rule in asked.rules for selection in rule.looks_at}
    ruled = Ruled(found, exclude(connection, asked, found.lon, found.lat, found.area_m2), looked_at)
    kept = ruled.exclusions.kept
    if not kept.any():
        rules = ", ".join(one.rule.id for one in ruled.exclusions.hard if one.broken.any())
        raise BadInput("siting.all-refused", count=kept.size, rules=rules)
    return ruled.allowed(kept)


def gridded(ground: Ground, spacing_m: int) -> Candidates:
    """A grid over the county that the data are of."""
    counties = ground.inputs.counties
    grid = grid_over(counties.outline[np.isin(counties.id, ground.inputs.homes)], spacing_m)
    nothing = np.full(len(grid.name), -1, dtype=np.int64)
    return Candidates(grid.name, grid.lon, grid.lat, nothing, nothing)


def villages(ground: Ground) -> Candidates:
    """The places of all communities that have one."""
    communities, here = ground.inputs.communities, np.flatnonzero(ground.inputs.placed())
    return Candidates(
        tuple(str(name) for name in communities.name[here]),
        communities.lon[here],
        communities.lat[here],
        here.astype(np.int64),
        np.full(here.size, -1, dtype=np.int64),
    )


def given(points: Sequence[Place]) -> Candidates:
    """Places that the question itself names."""

    def told(values: Iterable[int | None]) -> Int64s:
        return np.array([-1 if value is None else value for value in values], dtype=np.int64)

    areas = np.array([np.nan if one.area_m2 is None else one.area_m2 for one in points])
    return Candidates(
        tuple(one.name for one in points),
        np.array([one.lon for one in points]),
        np.array([one.lat for one in points]),
        np.full(len(points), -1, dtype=np.int64),
        told(one.places for one in points),
        cost=told(one.cost for one in points),
        area_m2=areas if np.isfinite(areas).any() else None,
        outline=_outlines(points),
    )


def _outlines(points: Sequence[Place]) -> NDArray[Any] | None:
    if all(one.outline is None for one in points):
        return None
    found = np.empty(len(points), dtype=object)
    for number, one in enumerate(points):
        if one.outline is not None:
            shape = shapely.geometry.shape({"type": "MultiPolygon", "coordinates": one.outline})
            found[number] = shapely.make_valid(shape)
    return found


def points_in(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    file: Path,
    type_: str,
    *,
    crs: str | None = None,
    encoding: str | None = None,
) -> Candidates:
    """Read as a file of facilities of the type is: names, coordinates, beds.

    Parameters
    ----------
    crs
        Reference system of the coordinates, as `Crs.parse` reads it; wins over what the file says.
    encoding
        Of the texts, where the file does not say it or says it wrongly.

    Raises
    ------
    BadInput
        ``siting.bad-candidate`` with the row, or what is wrong with the file as a whole.
    """
    records = _records(
        connection, catalog, settings, file, _LAYER, constants={"type": type_}, crs=crs, encoding=encoding
    )
    shapes = np.asarray(records[GEOM], dtype=object)
    beds = [-1 if value is None else int(value) for value in records["beds"].astype(object)]
    return Candidates(
        tuple(str(name) for name in records["name"]),
        shapely.get_x(shapes),
        shapely.get_y(shapes),
        np.full(len(records), -1, dtype=np.int64),
        np.array(beds, dtype=np.int64),
    )


def plots_in(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    file: Path,
    *,
    crs: str | None = None,
    encoding: str | None = None,
) -> Candidates:
    """A point inside each area of a file, with the size of the area.

    Parameters
    ----------
    crs, encoding
        As for `points_in`.

    Raises
    ------
    BadInput
        As `points_in`.
    """
    records = _records(connection, catalog, settings, file, _PARCELS, crs=crs, encoding=encoding)
    told = [plot_told(shape) for shape in records[GEOM]]
    nothing = np.full(len(records), -1, dtype=np.int64)
    named = (
        records[name].fillna("").astype(str).tolist() if name in records else [""] * len(records)
        for name in ("name", "key")
    )
    return Candidates(
        tuple(name or key or f"#{number}" for number, (name, key) in enumerate(zip(*named, strict=True), start=1)),
        np.array([one["lon"] for one in told], dtype=np.float64),
        np.array([one["lat"] for one in told], dtype=np.float64),
        nothing,
        nothing,
        area_m2=np.array([one["area_m2"] for one in told], dtype=np.float64),
        outline=np.asarray(records[GEOM], dtype=object),
    )


def plot_told(shape: Any) -> dict[str, float]:
    """A point inside a plot in degrees, as the plot is, and its size on the ellipsoid.

    Examples
    --------
    >>> found = plot_told(shapely.box(113.0, 30.6, 113.001, 30.601))
    >>> found["lon"], found["lat"], round(found["area_m2"])
    (113.0005, 30.6005, 10632)
    """
    inside = shapely.point_on_surface(shape)
    return {"lon": inside.x, "lat": inside.y, "area_m2": abs(ELLIPSOID.geometry_area_perimeter(shape)[0])}


def _records(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    file: Path,
    layer: str,
    **given: Any,
) -> pd.DataFrame:
    read = read_layer(
        file,
        catalog.layers[layer],
        catalog,
        **given,
        reference=reference_for(connection, layer),
        limits=settings.imports,
    )
    if read.refusals:
        raise BadInput("siting.bad-candidate", refused=len(read.refusals), what=read.refusals[0].message)
    records: pd.DataFrame = read.records
    return records
