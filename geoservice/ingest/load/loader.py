"""Loads record sets into the database in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from geoservice.catalog import Catalog, LayerDeclaration, Publication
from geoservice.database.filters import today
from geoservice.database.prepare import bump_revision
from geoservice.database.trail import imported, one_entry
from geoservice.errors import BadInput
from geoservice.ingest.load.communities import merge_communities
from geoservice.ingest.load.identify import identify
from geoservice.ingest.load.keyed import Counts, Provenance, merge
from geoservice.ingest.load.places import merge_places
from geoservice.ingest.load.registered_twice import link_loaded
from geoservice.ingest.load.staging import TABLE, stage
from geoservice.ingest.load.township import resolve_townships
from geoservice.ingest.load.turns import load_turns
from geoservice.ingest.load.units import merge_units
from geoservice.ingest.records import CLASSIFICATION, Notice, RecordSet, Refusal
from geoservice.ingest.records import INTERNAL as MARKED_INTERNAL

PUBLIC = Publication(classification="public", published=True)
INTERNAL = Publication(classification="internal", published=False)
# Heights are given to all roads at once.
NOT_UNDONE = ("dem",)
# A source of people keeps no rows of before: its import is undone where the source is new (population.sources).
_AS_A_SOURCE = "population"


@dataclass(frozen=True)
class LoadOptions:
    """How to load.

    Attributes
    ----------
    actor
        Who loads.
    sha256
        Digest of the file.
    schematic
        Whether the records are schematic: 示意数据, 非测绘成果.
    skip_bad
        Load the good rows although others are refused.
    publish
        Make every record public and published, or internal; None leaves it to the layer's declaration and to what
        the desk decided before.
    hold
        New records come unpublished whatever the layer declares: who loads may not decide it.
    """

    actor: str
    sha256: str
    schematic: bool = False
    skip_bad: bool = False
    publish: bool | None = None
    hold: bool = False

    def publication(self, layer: LayerDeclaration) -> Publication:
        """What new records of a layer get."""
        if self.hold:
            return Publication(classification=layer.publication.classification, published=False)
        if self.publish is None:
            return layer.publication
        return PUBLIC if self.publish else INTERNAL


@dataclass
class ImportReport:
    """What became of the rows of one layer of a file."""

    layer: str
    source: str
    read: int
    loaded: int
    changed: int
    unchanged: int
    refused: int
    refusals: list[Refusal] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    batch_id: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        return {
            "layer": self.layer,
            "source": self.source,
            "read": self.read,
            "loaded": self.loaded,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "batch": self.batch_id,
            "refusals": [refusal.as_dict() for refusal in self.refusals],
            "notices": [notice.as_dict() for notice in self.notices],
            **self.details,
        }


def load(connection: Connection, catalog: Catalog, records: RecordSet, options: LoadOptions) -> ImportReport:
    """Merges the records of one layer.

    Parameters
    ----------
    connection
        In a transaction that the caller ends.

    Returns
    -------
    ImportReport
        With nothing loaded where rows were refused and `skip_bad` is not set.

    Raises
    ------
    BadInput
        If the database refuses a record for a reason that the reader could not know.
    """
    layer = catalog.layers[records.layer]
    options = replace(options, schematic=options.schematic or records.schematic)
    identify(layer, records)
    if records.refusals and not options.skip_bad:
        return _report(records, Counts(0, 0, 0))
    publication = options.publication(layer)
    provenance = Provenance(
        batch_id=open_batch(
            connection,
            records.layer,
            records.source,
            records.source_crs,
            options,
            read=records.rows_read,
            refused=records.refused,
            kept=layer.id not in (*NOT_UNDONE, _AS_A_SOURCE),
        ),
        classification=publication.classification,
        published=publication.published,
        schematic=options.schematic,
    )
    with one_entry(connection, str(provenance.batch_id)):
        try:
            counts, notices = _MERGERS[layer.id](connection, layer, records, provenance)
        except IntegrityError as error:
            raise _refused_by_database(records, error) from error
        if layer.id == "places":
            notices += link_loaded(connection, catalog, today(), provenance.batch_id)
        if options.publish is not None:
            _republish(connection, layer, publication)
        notices += _hold_back(connection, layer)
        turns = {} if records.turns is None else load_turns(connection, records.turns, provenance)
    if options.publish is None:
        records.notices.extend(_publication_notices(connection, layer))
    records.notices.extend(notices)
    if turns:
        records.report["turn_restrictions"] = turns
    report = _report(records, counts)
    report.batch_id = provenance.batch_id
    close_batch(connection, provenance.batch_id, report, published=publication.published)
    if counts.loaded or counts.changed or any(turns.get(name) for name in ("loaded", "changed", "removed")):
        bump_revision(connection, layer.id)
    return report


# The rows of each table that stand in the staging table.
_BY_KEY = "key in (select s.key from {staging} s)"
_STAGED = {
    "units": {"unit_version": "unit_id in (select s.unit_id from {staging} s)"},
    "communities": {"community": "id in (select s.community_id from {staging} s)"},
    "places": {
        "place": _BY_KEY,
        "place_name": "place_id in (select p.id from place p join {staging} s using (key))",
    },
    "population": {"population_cell": '(source_id, "key") in (select s.source_id, s."key" from {staging} s)'},
}
_MARKED = f"(select * from {TABLE} where {CLASSIFICATION} = '{MARKED_INTERNAL}')"  # noqa: S608 - constants


def _staged(layer: LayerDeclaration, *, of: str = TABLE) -> dict[str, str]:
    """Tables that a layer was merged into, with the condition for the merged rows."""
    conditions = _STAGED.get(layer.id, {layer.table: _BY_KEY})
    return {table: condition.format(staging=of) for table, condition in conditions.items()}


def _publication_notices(connection: Connection, layer: LayerDeclaration) -> list[Notice]:
    """What of the loaded records the public does not see, and what stays public though the layer is internal."""
    table, staged = next(iter(_staged(layer).items()))
    hidden, public = connection.execute(
        text(
            "select count(*) filter (where not published), count(*) filter (where published)"  # noqa: S608 - names from the declarations
            f" from {table} where {staged}"
        )
    ).one()
    notices = [Notice(None, "import.not-published", {"records": hidden})] if hidden else []
    if public and not layer.publication.published:
        notices.append(Notice(None, "import.still-published", {"records": public}))
    return notices


def _republish(connection: Connection, layer: LayerDeclaration, publication: Publication, *, of: str = TABLE) -> None:
    for table, staged in _staged(layer, of=of).items():
        connection.execute(
            text(
                f"update {table} set classification = :classification, published = :published"  # noqa: S608 - names from the declarations
                f" where {staged}"
                " and (classification, published) is distinct from (:classification, :published)"
            ),
            {"classification": publication.classification, "published": publication.published},
        )


def _hold_back(connection: Connection, layer: LayerDeclaration) -> list[Notice]:
    """What the file marks as internal is internal, whatever was wished for the rest."""
    count: int = connection.execute(text(f"select count(*) from {_MARKED} s")).scalar_one()  # noqa: S608 - constants
    if not count:
        return []
    _republish(connection, layer, INTERNAL, of=_MARKED)
    return [Notice(None, "import.marked-internal", {"records": count})]


def _report(records: RecordSet, counts: Counts) -> ImportReport:
    return ImportReport(
        layer=records.layer,
        source=records.source,
        read=records.rows_read,
        loaded=counts.loaded,
        changed=counts.changed,
        unchanged=counts.unchanged,
        refused=records.refused,
        refusals=records.refusals,
        notices=records.notices,
        details={"source_crs": records.source_crs, **records.report},
    )


def open_batch(
    connection: Connection,
    layer: str,
    source: str,
    crs: str | None,
    options: LoadOptions,
    *,
    read: int,
    refused: int = 0,
    kept: bool = False,
) -> int:
    """Begins the record of an import; its id. `kept` says whether it can be undone."""
    statement = text(
        "insert into import_batch (layer, source_name, source_sha256, source_crs, actor, schematic, rows_read, loaded,"
        " changed, unchanged, refused, kept)"
        " values (:layer, :source, :sha256, :crs, :actor, :schematic, :read, 0, 0, 0, :refused, :kept) returning id"
    )
    values = {
        "layer": layer,
        "source": source,
        "sha256": options.sha256,
        "crs": crs,
        "actor": options.actor,
        "schematic": options.schematic,
        "read": read,
        "refused": refused,
        "kept": kept,
    }
    batch_id: int = connection.execute(statement, values).scalar_one()
    return batch_id


def close_batch(connection: Connection, batch_id: int, report: ImportReport, *, published: bool) -> None:
    """Ends the record of an import with its counts, its report and whether something of it is published.

    The audit trail is told.
    """
    whole = report.as_dict()
    whole["refusals"], whole["notices"] = whole["refusals"][:1000], whole["notices"][:1000]
    connection.execute(
        text(
            "update import_batch set loaded = :loaded, changed = :changed, unchanged = :unchanged,"
            " report = cast(:report as jsonb), published = :published where id = :id"
        ),
        {
            "id": batch_id,
            "loaded": report.loaded,
            "changed": report.changed,
            "unchanged": report.unchanged,
            "published": published,
            "report": json.dumps(whole, ensure_ascii=False, default=str).replace("\\u0000", ""),
        },
    )
    imported(connection, batch_id)


def _refused_by_database(records: RecordSet, error: DBAPIError) -> BadInput:
    diagnosis = getattr(error.orig, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or "-"
    detail = getattr(diagnosis, "message_detail", None) or str(error.orig).splitlines()[0]
    return BadInput(
        "import.constraint", file=records.source, layer=records.layer, constraint=constraint, detail=detail[:400]
    )


Merged = tuple[Counts, list[Notice]]


def _units(connection: Connection, layer: LayerDeclaration, records: RecordSet, provenance: Provenance) -> Merged:
    stage(connection, layer, records, {})
    connection.execute(text("update staging set source = coalesce(source, :file)"), {"file": records.source})
    return merge_units(connection, provenance)


def _communities(connection: Connection, layer: LayerDeclaration, records: RecordSet, provenance: Provenance) -> Merged:
    stage(connection, layer, records, {})
    return merge_communities(connection, provenance)


def _places(connection: Connection, layer: LayerDeclaration, records: RecordSet, provenance: Provenance) -> Merged:
    stage(connection, layer, records, {"code_system": "text", "code_edition": "text", "township_name": "text"})
    return merge_places(connection, provenance)


def _facilities(connection: Connection, layer: LayerDeclaration, records: RecordSet, provenance: Provenance) -> Merged:
    stage(connection, layer, records, {"code_system": "text", "code_edition": "text"})
    notices = resolve_townships(connection)
    names = ("key", "name", "type", "address", "beds", "nursing_beds", "area_m2", "opened_on", "closed_on", "geom")
    columns = {name: f's."{name}"' for name in names} | {"unit_id": "s.unit_id", "area_m2": "s.area_m2::numeric(12, 2)"}
    return merge(connection, "facility", columns, provenance), notices


def _roads(connection: Connection, layer: LayerDeclaration, records: RecordSet, provenance: Provenance) -> Merged:
    stage(connection, layer, records, {"node_ids": "bigint[]"})
    names = ("key", "name", "class", "modes", "speed_kmh", "node_ids", "geom")
    columns = {name: f's."{name}"' for name in names} | {
        "oneway": "coalesce(s.oneway, 'no')",
        "level": "coalesce(s.level, 0)",
        "bridge": "coalesce(s.bridge, false)",
        "tunnel": "coalesce(s.tunnel, false)",
    }
    return merge(connection, "road", columns, provenance), []


def _plain(connection: Connection, layer: LayerDeclaration, records: RecordSet, provenance: Provenance) -> Merged:
    stage(connection, layer, records, {})
    columns = {field.name: f's."{field.name}"' for field in layer.fields}
    geometry = "st_multi(s.geom)" if layer.geometry == "MultiPolygon" else _AREAS_MULTI
    columns["geom"] = geometry
    conflict = '("key", valid_from)' if layer.id == "built_up" else '("key")'
    return merge(connection, layer.table, columns, provenance, conflict=conflict), []


def _population(connection: Connection, layer: LayerDeclaration, records: RecordSet, provenance: Provenance) -> Merged:
    """The records name the source that they belong to: a key holds within one source."""
    stage(connection, layer, records, {"source_id": "bigint"})
    columns = {field.name: f's."{field.name}"' for field in layer.fields}
    columns |= {"source_id": "s.source_id", "geom": _AREAS_MULTI}
    return merge(connection, layer.table, columns, provenance, conflict='(source_id, "key")'), []


_AREAS_MULTI = "case when st_dimension(s.geom) = 2 then st_multi(s.geom) else s.geom end"

_MERGERS: dict[str, Callable[[Connection, LayerDeclaration, RecordSet, Provenance], Merged]] = {
    "units": _units,
    "communities": _communities,
    "places": _places,
    "facilities": _facilities,
    "roads": _roads,
    "railways": _plain,
    "water": _plain,
    "walls": _plain,
    "controls": _plain,
    "built_up": _plain,
    "population": _population,
}
