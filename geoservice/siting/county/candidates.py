"""Where new sites may go: the places of communities, or points of a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.coverage.scenarios.ground import Ground
from geoservice.errors import BadInput
from geoservice.ingest.reading import read_layer
from geoservice.ingest.records import GEOM
from geoservice.ingest.reference import reference_for
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.settings import Settings
from geoservice.siting.county.question import Place, Question

_LAYER = "facilities"


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
        Names of those that lie in no county that the data are of; a scenario would refuse them too.
    cost
        int64, -1 where not told; None where none is told.
    """

    name: tuple[str, ...]
    lon: Floats
    lat: Floats
    community: Int64s
    places: Int64s
    left_out: tuple[str, ...] = ()
    cost: Int64s | None = None

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
            (*self.left_out, *(name for name, one in zip(self.name, kept, strict=True) if not one)),
            None if self.cost is None else self.cost[kept],
        )


def candidates_of(
    connection: Connection, catalog: Catalog, settings: Settings, ground: Ground, question: Question
) -> Candidates:
    """The candidates that a question means, those inside the county.

    Raises
    ------
    BadInput
        ``siting.bad-candidate`` with the row, ``siting.no-candidates`` where none lies in the county, or what is wrong
        with the file as a whole.
    """
    if question.points:
        found = given(question.points)
    elif question.file is not None:
        found = _points(connection, catalog, settings, question)
    else:
        found = villages(ground)
    counties, homes = ground.inputs.counties, ground.inputs.homes
    if counties.known:
        nobody = np.full(len(found), -1, dtype=np.int64)
        found = found.only(np.isin(counties.of(nobody, found.lon, found.lat), homes))
    if not len(found):
        raise BadInput("siting.no-candidates", count=len(found.left_out))
    return found


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

    return Candidates(
        tuple(one.name for one in points),
        np.array([one.lon for one in points]),
        np.array([one.lat for one in points]),
        np.full(len(points), -1, dtype=np.int64),
        told(one.places for one in points),
        cost=told(one.cost for one in points),
    )


def _points(connection: Connection, catalog: Catalog, settings: Settings, question: Question) -> Candidates:
    """Read as a file of facilities of the type is: names, coordinates in any system that is told, beds."""
    assert question.file is not None
    read = read_layer(
        question.file,
        catalog.layers[_LAYER],
        catalog,
        constants={"type": question.case.type},
        reference=reference_for(connection, _LAYER),
        limits=settings.imports,
    )
    if read.refusals:
        raise BadInput("siting.bad-candidate", refused=len(read.refusals), what=read.refusals[0].message)
    records = read.records
    shapes = np.asarray(records[GEOM], dtype=object)
    beds = [-1 if value is None else int(value) for value in records["beds"].astype(object)]
    return Candidates(
        tuple(str(name) for name in records["name"]),
        shapely.get_x(shapes),
        shapely.get_y(shapes),
        np.full(len(records), -1, dtype=np.int64),
        np.array(beds, dtype=np.int64),
    )
