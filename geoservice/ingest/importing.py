"""One import from file to database: read, load, report; a dry run and a refusal leave nothing behind."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.database.actor import Actor
from geoservice.database.engine import Database
from geoservice.database.trail import one_entry
from geoservice.errors import BadInput, BadRequest, Conflict
from geoservice.ingest.load import ImportReport, LoadOptions, load
from geoservice.ingest.load.within import outside
from geoservice.ingest.marks import marked_internal, refuse_marked_file
from geoservice.ingest.osm import read_osm
from geoservice.ingest.reading import read_layer
from geoservice.ingest.records import Notice, RecordSet
from geoservice.ingest.reference import reference_for
from geoservice.language import translate
from geoservice.settings import Settings

Progress = Callable[[str, int, int], None]
OSM = "osm"
DEM = "dem"
POPULATION = "population"
RASTERS = (".tif", ".tiff")
CHUNK = 1 << 20
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")


@dataclass(frozen=True)
class PopulationWishes:
    """How people are read and shared.

    Attributes
    ----------
    on
        The day that they were counted for.
    band
        Number of the band of a raster, from 1.
    nodata
        Value of a raster that means nothing, where the file does not declare it.
    replace
        Whether sources on the same ground are taken out first.
    within_m
        How far a community that lies in no unit's outline reaches, in metres; None for the usual.
    """

    on: date | None = None
    band: int | None = None
    nodata: float | None = None
    replace: bool = False
    within_m: int | None = None

    @property
    def of_raster(self) -> bool:
        """Whether anything was given that only a raster has."""
        return self.band is not None or self.nodata is not None

    def __bool__(self) -> bool:
        return self != PopulationWishes()


@dataclass(frozen=True)
class Submission:
    """What an account hands in, where the loader's own rights are those of the owner.

    Attributes
    ----------
    account
        Who acts, for the audit trail.
    hold
        New records come unpublished: the account may not decide it.
    within
        Units that every new or changed record has to belong to, before and after; None for no limit.
    refused_to
        File for the refused rows, whatever becomes of the others.
    keep
        Called with the reports inside of the transaction of an import that is about to be kept.
    """

    account: Actor
    refused_to: Path
    hold: bool = False
    within: frozenset[int] | None = None
    keep: Callable[[Connection, Sequence[ImportReport]], None] | None = None


@dataclass(frozen=True)
class ImportRequest:
    """What to import and how.

    Attributes
    ----------
    layer
        Id of a layer, ``osm`` for a whole OpenStreetMap file, or ``dem`` for heights.
    crs
        EPSG code, GCJ02 or BD09; None to take the file's own.
    mapping, constants
        Declared field to column, and declared field to one value for all rows.
    sheet
        Sheet of a workbook, or layer inside a file with several.
    dry_run
        Read and load, then undo.
    skip_bad
        Load the good rows and write the refused ones to a file beside the source.
    schematic
        Mark every record 示意数据.
    publish
        Make every record public and published, or internal; None leaves it to the layer's declaration.
    population
        What only the layer population takes.
    submission
        Where an account hands it in and not the shell.
    """

    layer: str
    path: Path
    actor: str
    crs: str | None = None
    encoding: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    dry_run: bool = False
    skip_bad: bool = False
    schematic: bool = False
    publish: bool | None = None
    population: PopulationWishes = field(default_factory=PopulationWishes)
    submission: Submission | None = None

    @property
    def account(self) -> Actor | None:
        """Who the database is told that acts."""
        return None if self.submission is None else self.submission.account

    @property
    def hold(self) -> bool:
        """Whether new records come unpublished whatever is declared."""
        return self.submission is not None and self.submission.hold

    def options(self, sha256: str, *, publish: bool | None) -> LoadOptions:
        """How the loader is told."""
        return LoadOptions(
            actor=self.actor,
            sha256=sha256,
            schematic=self.schematic,
            skip_bad=self.skip_bad,
            publish=publish,
            hold=self.hold,
        )


@dataclass
class ImportOutcome:
    """The reports of an import, and how it ended: loaded, checked (a dry run) or refused."""

    state: str
    reports: list[ImportReport]
    refused_file: Path | None = None

    @property
    def exit_code(self) -> int:
        return 2 if self.state == "refused" else 0

    @property
    def conclusion(self) -> str:
        """What it comes to, in one sentence."""
        refused = sum(report.refused for report in self.reports)
        state = "skipped" if self.refused_file else self.state
        return translate(f"import.state.{state}", refused=refused, file=self.refused_file or "-")

    def as_dict(self) -> dict[str, Any]:
        """Totals, then each layer."""
        counts = ("read", "loaded", "changed", "unchanged", "refused")
        totals = {name: sum(getattr(report, name) for report in self.reports) for name in counts}
        return {
            "state": self.state,
            **totals,
            "refused_file": self.refused_file,
            "layers": [report.as_dict() for report in self.reports],
        }


class _UndoError(Exception):
    """Ends a transaction without keeping it."""


def import_file(
    database: Database, catalog: Catalog, settings: Settings, request: ImportRequest, progress: Progress
) -> ImportOutcome:
    """Imports one file in one transaction.

    Raises
    ------
    BadInput
        If the file cannot be read at all; refused rows are in the outcome.
    """
    digest = sha256_of(request.path)
    refuse_marked_file(request.path, catalog)
    if request.layer not in (OSM, DEM) and request.layer not in catalog.layers:
        raise BadRequest("import.unknown-layer", layer=request.layer, known=", ".join([OSM, DEM, *catalog.layers]))
    if request.layer == DEM:
        return _store_dem(database, request, digest, progress)
    if request.population and request.layer != POPULATION:
        raise BadRequest("population.only", layer=request.layer)
    if request.layer == POPULATION and request.path.suffix.lower() in RASTERS:
        return _store_raster(database, catalog, request, digest, progress)
    if request.population.of_raster:
        raise BadRequest("population.raster-only", file=request.path.name)
    record_sets = _read(database, catalog, settings, request, progress)
    return store(database, catalog, record_sets, request, digest, progress)


def store(
    database: Database,
    catalog: Catalog,
    record_sets: Sequence[RecordSet],
    request: ImportRequest,
    digest: str,
    progress: Progress,
) -> ImportOutcome:
    """Loads record sets in one transaction; undoes it for a dry run or where rows were refused."""
    # OpenStreetMap and the sample are public already.
    public = request.publish is None and (request.layer == OSM or request.schematic) and not request.hold
    publish = True if public else request.publish
    options = request.options(digest, publish=publish)
    reports: list[ImportReport] = []
    state = "loaded"
    with suppress(_UndoError), database.connect("owner", actor=request.account) as connection:
        for number, records in enumerate(record_sets):
            progress(f"import.step.load:{records.layer}", number, len(record_sets))
            reports.append(_load(connection, catalog, records, options, request))
            progress(f"import.step.load:{records.layer}", number + 1, len(record_sets))
        foreign = any(_refuse_outside(connection, *pair, request) for pair in zip(record_sets, reports, strict=True))
        if foreign or (any(report.refused for report in reports) and not request.skip_bad):
            state = "refused"
        elif request.dry_run:
            state = "checked"
        if state != "loaded":
            raise _UndoError
        _keep(connection, request, reports)
    if state == "refused":
        for report in reports:
            report.loaded = report.changed = report.unchanged = 0
    file = None
    if request.submission is not None:
        file = _write_refused(record_sets, (request.submission.refused_to,))
    elif request.skip_bad and not request.dry_run:
        name = f"{request.path.stem}.refused.csv"
        file = _write_refused(record_sets, (request.path.with_name(name), database.settings.home / name))
    return ImportOutcome(state, reports, file)


def _refuse_outside(connection: Connection, records: RecordSet, report: ImportReport, request: ImportRequest) -> bool:
    """Whether rows of the load touch records that the submitter may not; they are then in the report."""
    submission = request.submission
    if submission is None or submission.within is None or report.batch_id is None:
        return False
    refusals = outside(connection, records, report.batch_id, submission.within)
    records.reject(refusals)
    report.refusals, report.refused = records.refusals, records.refused
    return bool(refusals)


def _keep(connection: Connection, request: ImportRequest, reports: Sequence[ImportReport]) -> None:
    if request.submission is not None and request.submission.keep is not None:
        request.submission.keep(connection, reports)


def _store_raster(
    database: Database, catalog: Catalog, request: ImportRequest, digest: str, progress: Progress
) -> ImportOutcome:
    """Shares a raster of people in one transaction; undoes it for a dry run."""
    from geoservice.ingest.population.raster_import import RasterRequest, import_raster

    if request.mapping or request.constants or request.encoding or request.sheet or request.skip_bad:
        raise BadRequest("population.not-for-rasters", file=request.path.name)
    wishes = request.population
    wanted = RasterRequest(
        path=request.path,
        crs=request.crs,
        band=wishes.band,
        nodata=wishes.nodata,
        on=wishes.on,
        within_m=wishes.within_m,
        replace=wishes.replace,
    )
    options = request.options(digest, publish=request.publish)
    reports: list[ImportReport] = []
    with suppress(_UndoError), database.connect("owner", actor=request.account) as connection:
        with one_entry(connection):
            reports.append(import_raster(connection, catalog.layers[POPULATION], wanted, options, progress))
        if request.dry_run:
            raise _UndoError
        _keep(connection, request, reports)
    return ImportOutcome("checked" if request.dry_run else "loaded", reports)


def _store_dem(database: Database, request: ImportRequest, digest: str, progress: Progress) -> ImportOutcome:
    """Heights to the roads in one transaction; undoes it for a dry run."""
    from geoservice.ingest.dem import import_dem

    wishes = request.population
    others = replace(wishes, band=None, nodata=None)
    if request.mapping or request.constants or request.encoding or request.sheet or request.skip_bad or others:
        raise BadRequest("dem.options", file=request.path.name)
    options = request.options(digest, publish=request.publish)
    reports: list[ImportReport] = []
    with suppress(_UndoError), database.connect("owner", actor=request.account) as connection:
        reports.append(
            import_dem(
                connection,
                request.path,
                options,
                progress,
                crs=request.crs,
                band=wishes.band,
                nodata=wishes.nodata,
            )
        )
        if request.dry_run:
            raise _UndoError
        _keep(connection, request, reports)
    return ImportOutcome("checked" if request.dry_run else "loaded", reports)


def _load(
    connection: Connection, catalog: Catalog, records: RecordSet, options: LoadOptions, request: ImportRequest
) -> ImportReport:
    """Loads a layer; people belong to a source and are shared at once."""
    if records.layer != POPULATION or not len(records.records):
        report = load(connection, catalog, records, options)
        if records.layer in ("communities", "units") and (report.loaded or report.changed):
            report.notices.extend(_share_again(connection))
        return report
    from geoservice.ingest.population import cells

    wishes = request.population
    cells.refuse_overlaps(records)
    if records.refusals and not options.skip_bad:
        return load(connection, catalog, records, options)
    if marked_internal(records):
        # A source is told, and its people are shared, as one.
        options = replace(options, publish=False)
    publication = options.publication(catalog.layers[POPULATION])
    given = cells.Given(
        name=records.source,
        kind=cells.kind_of(records),
        sha256=options.sha256,
        crs=records.source_crs,
        actor=options.actor,
        classification=publication.classification,
        published=publication.published,
        schematic=options.schematic,
        on=wishes.on,
        within_m=wishes.within_m or cells.WITHIN_M,
    )
    with one_entry(connection):
        source_id = cells.begin(connection, records, given, republish=options.publish is not None)
        report = load(connection, catalog, records, options)
        if not report.refused or options.skip_bad:
            report.details["population"] = cells.finish(connection, source_id, report, replace=wishes.replace)
    return report


def _share_again(connection: Connection) -> list[Notice]:
    """That people are shared over communities that have just changed."""
    held = connection.exec_driver_sql("select exists (select from population_source)").scalar_one()
    return [Notice(None, "population.share-again", {})] if held else []


def sha256_of(path: Path) -> str:
    """Digest of a file, or of the files of a folder by name.

    Raises
    ------
    BadInput
        If it does not exist or may not be read.
    """
    digest = hashlib.sha256()
    try:
        files = sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path]
        for item in files:
            with item.open("rb") as opened:
                while chunk := opened.read(CHUNK):
                    digest.update(chunk)
    except FileNotFoundError:
        raise BadInput("import.no-file", file=path) from None
    except OSError as error:
        raise BadInput("import.unreadable", file=path, reason=error.strerror or error) from None
    return digest.hexdigest()


def _read(
    database: Database, catalog: Catalog, settings: Settings, request: ImportRequest, progress: Progress
) -> list[RecordSet]:
    if request.layer == OSM:
        opening_m = settings.imports.wall_opening_m
        return read_osm(
            request.path, catalog, wall_opening_m=opening_m, progress=lambda read: progress("import.step.osm", read, 0)
        )
    layer = catalog.layers[request.layer]
    with database.connect("reader") as connection:
        reference = reference_for(connection, layer.id)
    records = read_layer(
        request.path,
        layer,
        catalog,
        crs=request.crs,
        mapping=request.mapping,
        constants=request.constants,
        encoding=request.encoding,
        part=request.sheet,
        reference=reference,
        limits=settings.imports,
        progress=progress,
    )
    if layer.id == "roads":
        from geoservice.ingest.roads import read_roads

        records = read_roads(records, catalog, settings.imports.node_tolerance_m, progress=progress)
    return [records]


def refuse_schematic_beside_real(connection: Connection) -> None:
    """The sample is not mixed into real data.

    Raises
    ------
    Conflict
        If records of a real source are loaded.
    """
    for table in ("unit_version", "community", "facility", "road", "place"):
        found = connection.exec_driver_sql(
            f"select exists (select from {table} where not schematic)"  # noqa: S608 - named above
        ).scalar_one()
        if found:
            raise Conflict("sample.real-data", table=table)


def _write_refused(record_sets: Sequence[RecordSet], targets: Sequence[Path]) -> Path | None:
    """The refused rows with their own columns and the reasons, to be mended and imported again.

    Parameters
    ----------
    targets
        The first of them that may be written is: for the shell beside the source, else in the state directory.

    Returns
    -------
    A CSV; None without refused rows.
    """
    frames = [records.rejected.assign(layer=records.layer) for records in record_sets if records.refusals]
    if not frames:
        return None
    table = pd.concat(frames, ignore_index=True).map(_safe)
    for target in targets:
        with suppress(OSError):
            table.to_csv(target, index=False, encoding="utf-8-sig")
            return target
    raise BadInput("import.no-refused-file", file=targets[-1])


def _safe(value: object) -> object:
    """A text that a spreadsheet would take for a formula is led by an apostrophe; a number is none."""
    risky = isinstance(value, str) and value[:1] in ("=", "+", "-", "@") and not _NUMBER.fullmatch(value)
    return f"'{value}" if risky else value
