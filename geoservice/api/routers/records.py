"""Records of the declared layers: listed, read, changed, made, taken out, and as they were."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Query, Response
from fastapi import Path as InPath
from pydantic import Field
from sqlalchemy import Connection

from geoservice.access.roles import Permission, allows
from geoservice.api.applying import apply, may_edit
from geoservice.api.parameters import Box, Boxed, Code, Count, Paged, Parameters, PathId, RecordId, Words, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service, Services
from geoservice.api.shapes import Title
from geoservice.api.shapes_records import (
    Changes,
    CodeShape,
    Done,
    FieldForm,
    LayerForm,
    LayerForms,
    NamedChange,
    NewRecord,
    RecordChange,
    RecordLine,
    RecordList,
    RecordShape,
    Removal,
    RemovedList,
    RemovedShape,
    Return,
    VersionList,
    VersionShape,
)
from geoservice.api.versions import check_version, version_tag
from geoservice.catalog import Catalog, FieldDeclaration
from geoservice.database.filters import BBox
from geoservice.editing import writing
from geoservice.editing.kept import Kept, kept_layer, kept_layers
from geoservice.editing.reading import Record, Wanted, counted, record, records, with_geometry
from geoservice.editing.removed import bring_back, removed
from geoservice.editing.versions import versions
from geoservice.errors import BadRequest
from geoservice.ingest.geometry import allowed_types

router = APIRouter(prefix="/api/records", tags=["records"])

CAP = 1000
MOST_REMOVED = 100
Layer = Annotated[str, InPath(max_length=60, description="Id of the layer", examples=["facilities"])]
IfMatch = Annotated[str | None, Header(description="ETag of the record that the change starts from")]
READ, EDIT = needs(Permission.READ), needs(Permission.EDIT)


class Listed(Boxed):
    """Which records: all conditions hold together."""

    q: Words | None = None
    unit: RecordId | None = Field(None, description="Id of the unit that they name")
    field: Code | None = Field(None, description="A declared field of the record's own row")
    value: str = Field("", max_length=200, description="Its value; empty for records without one")


class Near(Parameters):
    """Where, and how many at most."""

    bbox: Box
    limit: Count = Field(200, le=500)


@router.get("", dependencies=[READ, Depends(no_query)])
def layers(service: Service, response: Response) -> LayerForms:
    """The layers whose records are changed one by one, with their fields."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        return LayerForms(items=[_form(service, connection, kept) for kept in kept_layers(service.catalog)])


@router.get("/{layer}", dependencies=[READ])
def listed(service: Service, response: Response, layer: Layer, given: Annotated[Listed, Query()]) -> RecordList:
    """Records of a layer by id, without their geometry."""
    response.headers["Cache-Control"] = "no-store"
    kept = kept_layer(service.catalog, layer)
    wanted = Wanted(q=given.q or None, unit=given.unit, bbox=given.box, equal=_equal(kept, given))
    with service.read() as connection:
        found, following = records(connection, kept, wanted, limit=given.capped(CAP), after=given.after)
        total = counted(connection, kept, wanted) if given.after is None else None
    return RecordList(items=[RecordLine(**_told(one)) for one in found], next=following, total=total)


@router.get("/{layer}/near", dependencies=[READ])
def near_records(service: Service, response: Response, layer: Layer, given: Annotated[Near, Query()]) -> Done:
    """Records that meet a box, with their geometry: what somebody who draws there snaps to."""
    response.headers["Cache-Control"] = "no-store"
    kept = kept_layer(service.catalog, layer)
    with service.read() as connection:
        found = with_geometry(connection, kept, Wanted(bbox=BBox.parse(given.bbox)), limit=given.limit)
    return Done(items=[RecordShape(**_told(one), geometry=one.geometry) for one in found])


@router.post("/{layer}", status_code=201, dependencies=[EDIT, Depends(no_query)])
def new_record(service: Service, response: Response, layer: Layer, given: Annotated[NewRecord, Body()]) -> RecordShape:
    """Makes a record."""
    kept = kept_layer(service.catalog, layer)
    with service.read() as connection:
        (made,) = apply(service, connection, kept, [_change(None, None, given)], given.reason)
    return _answer(response, made)


@router.post("/{layer}/changes", dependencies=[EDIT, Depends(no_query)])
def change_several(service: Service, response: Response, layer: Layer, given: Annotated[Changes, Body()]) -> Done:
    """Changes several records, all of them or none."""
    response.headers["Cache-Control"] = "no-store"
    kept = kept_layer(service.catalog, layer)
    changes = [_change(one.id, one.version, one) for one in given.changes]
    with service.read() as connection:
        trial = connection.begin_nested()
        # Out first: what comes may take their place.
        gone = [(one.id, one.version) for one in given.removals]
        if gone:
            writing.remove(connection, kept, gone, reason=given.reason)
        done = apply(service, connection, kept, changes, given.reason)
        if given.check_only:
            trial.rollback()
    return Done(items=[RecordShape(**_told(one), geometry=one.geometry) for one in done])


@router.post("/{layer}/removal", dependencies=[EDIT, Depends(no_query)])
def remove_several(service: Service, response: Response, layer: Layer, given: Annotated[Removal, Body()]) -> Done:
    """Takes several records out, all of them or none; the answer is how they were."""
    response.headers["Cache-Control"] = "no-store"
    kept = kept_layer(service.catalog, layer)
    named = [(one.id, one.version) for one in given.records]
    with service.read() as connection:
        gone = writing.remove(connection, kept, named, reason=given.reason)
    return Done(items=[RecordShape(**_told(one), geometry=one.geometry) for one in gone])


@router.get("/{layer}/removed", dependencies=[EDIT])
def removed_records(
    service: Service, response: Response, layer: Layer, given: Annotated[Paged, Query()]
) -> RemovedList:
    """Records that were taken out, the last first, as far as whoever asks might change them."""
    response.headers["Cache-Control"] = "no-store"
    kept = kept_layer(service.catalog, layer)
    with service.read() as connection:
        found, following = removed(connection, kept, limit=given.capped(MOST_REMOVED), after=given.after)
    return RemovedList(items=[RemovedShape(**asdict(one)) for one in found], next=following)


@router.post("/{layer}/return", dependencies=[EDIT, Depends(no_query)])
def return_several(service: Service, response: Response, layer: Layer, given: Annotated[Return, Body()]) -> Done:
    """Brings records back that were taken out, all of them or none."""
    response.headers["Cache-Control"] = "no-store"
    kept = kept_layer(service.catalog, layer)
    with service.read() as connection:
        back = bring_back(connection, kept, given.ids, reason=given.reason, publishes=service.actor.publishes)
    return Done(items=[RecordShape(**_told(one), geometry=one.geometry) for one in back])


@router.get("/{layer}/{record_id}", dependencies=[READ, Depends(no_query)])
def one_record(service: Service, response: Response, layer: Layer, record_id: PathId) -> RecordShape:
    """One record with its geometry."""
    with service.read() as connection:
        return _answer(response, record(connection, kept_layer(service.catalog, layer), record_id))


@router.patch("/{layer}/{record_id}", dependencies=[EDIT, Depends(no_query)])
def change_record(
    service: Service,
    response: Response,
    layer: Layer,
    record_id: PathId,
    given: Annotated[RecordChange, Body()],
    if_match: IfMatch = None,
) -> RecordShape:
    """Changes a record."""
    kept = kept_layer(service.catalog, layer)
    with service.read() as connection:
        present = record(connection, kept, record_id)
        check_version(if_match, present.version)
        changed = apply(service, connection, kept, [_change(record_id, present.version, given)], given.reason)
    return _answer(response, changed[0] if changed else present)


@router.delete("/{layer}/{record_id}", dependencies=[EDIT, Depends(no_query)])
def remove_record(
    service: Service, response: Response, layer: Layer, record_id: PathId, if_match: IfMatch = None
) -> RecordShape:
    """Takes a record out; the answer is how it was."""
    response.headers["Cache-Control"] = "no-store"
    kept = kept_layer(service.catalog, layer)
    with service.read() as connection:
        present = record(connection, kept, record_id)
        check_version(if_match, present.version)
        (gone,) = writing.remove(connection, kept, [(record_id, present.version)], reason=None)
    return RecordShape(**_told(gone), geometry=gone.geometry)


@router.get("/{layer}/{record_id}/versions", dependencies=[READ, Depends(no_query)])
def record_versions(service: Service, response: Response, layer: Layer, record_id: PathId) -> VersionList:
    """A record at every moment of its life, the oldest first."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        found = versions(connection, kept_layer(service.catalog, layer), record_id)
    return VersionList(items=[VersionShape(**asdict(one)) for one in found])


def _equal(kept: Kept, given: Listed) -> dict[str, str]:
    if given.field is None:
        return {}
    if given.field not in kept.own:
        raise BadRequest("records.no-filter", field=given.field, known=", ".join(kept.own))
    return {given.field: given.value}


def _change(record_id: int | None, version: int | None, given: RecordChange | NamedChange) -> writing.Change:
    return writing.Change(
        id=record_id,
        version=version,
        values=given.values,
        geometry=given.geometry,
        drawn="geometry" in given.model_fields_set,
        unit_id=given.unit_id,
        assigned="unit_id" in given.model_fields_set,
        published=given.published,
    )


def _answer(response: Response, found: Record) -> RecordShape:
    response.headers["ETag"] = version_tag(found.version)
    response.headers["Cache-Control"] = "no-store"
    return RecordShape(**_told(found), geometry=found.geometry)


def _told(found: Record) -> dict[str, Any]:
    return {name: getattr(found, name) for name in RecordLine.model_fields}


def _form(service: Services, connection: Connection, kept: Kept) -> LayerForm:
    layer = kept.layer
    return LayerForm(
        id=layer.id,
        title=Title.of(layer.title),
        geometry=list(allowed_types(layer)),
        geometry_required=layer.geometry_required,
        has_unit=kept.unit is not None,
        table=kept.table.name,
        records=counted(connection, kept, Wanted()),
        may_edit=may_edit(service, kept),
        may_publish=allows(service.actor, Permission.PUBLISH) and allows(service.actor, Permission.EDIT),
        fields=[_field(one, kept, service.catalog) for one in kept.fields],
    )


def _field(declared: FieldDeclaration, kept: Kept, catalog: Catalog) -> FieldForm:
    codes = catalog.codes[declared.codes].entries if declared.codes else None
    same = ("name", "type", "required", "max_length", "min", "max", "unit", "default")
    return FieldForm(
        **{name: getattr(declared, name) for name in same},
        title=Title.of(declared.title),
        help=None if declared.help is None else Title.of(declared.help),
        codes=None if codes is None else [CodeShape(code=one.code, title=Title.of(one.title)) for one in codes],
        for_life=declared.name in kept.identity,
    )
