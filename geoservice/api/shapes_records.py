"""What resources of records look like, and the forms that they are changed by."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, StringConstraints

from geoservice.api.parameters import Parameters, RecordId
from geoservice.api.shapes import Shape, Title

Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=500), Field(description="Why, for the record")
]
Values = Annotated[dict[str, JsonValue], Field(description="Declared field to value", max_length=60)]
GeoJson = dict[str, JsonValue]


class CodeShape(Shape):
    """An entry of a code list."""

    code: str
    title: Title


class FieldForm(Shape):
    """A field as its layer declares it; a list with `codes` takes several of them.

    `for_life` is one that is given once and not changed.
    """

    name: str
    type: Literal["text", "integer", "number", "date", "code", "boolean", "list"]
    title: Title
    help: Title | None
    required: bool
    max_length: int | None
    min: float | None
    max: float | None
    unit: str | None
    codes: list[CodeShape] | None
    default: JsonValue
    for_life: bool


class LayerForm(Shape):
    """A layer whose records are changed one by one.

    `may_edit` says whether whoever asks may change records of it somewhere, `may_publish` the same of publication.
    """

    id: str
    title: Title
    geometry: list[str]
    geometry_required: bool
    has_unit: bool
    table: str
    records: int
    may_edit: bool
    may_publish: bool
    fields: list[FieldForm]


class LayerForms(Shape):
    """All of them."""

    items: list[LayerForm]


class MarksShape(Shape):
    """Level, publication and origin."""

    classification: str
    published: bool
    schematic: bool
    batch_id: int | None


class RecordLine(Shape):
    """A record in a list; longitude and latitude of a point on it."""

    id: int
    version: int
    values: dict[str, Any]
    unit_id: int | None
    unit_name: str | None
    marks: MarksShape
    lon: float | None
    lat: float | None


class RecordShape(RecordLine):
    """A record with its geometry: GeoJSON, EPSG:4490, longitude first."""

    geometry: dict[str, Any] | None


class RecordList(Shape):
    """One page of records; `total` counts those that fit the conditions, on the first page."""

    items: list[RecordLine]
    next: str | None
    total: int | None


class RemovedShape(Shape):
    """A record that is gone, as it was, with its geometry; who took it out when and why."""

    id: int
    at: datetime
    actor: str
    reason: str | None
    values: dict[str, Any]
    unit_id: int | None
    marks: MarksShape
    geometry: dict[str, Any] | None


class RemovedList(Shape):
    """One page of them, the last first."""

    items: list[RemovedShape]
    next: str | None


class VersionShape(Shape):
    """A record from one moment to the next."""

    number: int
    action: str
    at: datetime | None
    actor: str | None
    reason: str | None
    file: str | None
    values: dict[str, Any]
    unit_id: int | None
    marks: dict[str, Any]
    geometry: dict[str, Any] | None


class VersionList(Shape):
    """The versions of a record, the oldest first."""

    items: list[VersionShape]


class RecordChange(Parameters):
    """What becomes of a record; what is left out stays."""

    values: Values = Field(default_factory=dict)
    geometry: GeoJson | None = None
    unit_id: RecordId | None = None
    published: bool | None = None
    reason: Reason | None = None


class NewRecord(RecordChange):
    """A record that is asked for."""


class NamedChange(Parameters):
    """The same of one record among several, with the version that it starts from; no id for a new one."""

    id: RecordId | None = None
    version: int | None = Field(None, ge=0)
    values: Values = Field(default_factory=dict)
    geometry: GeoJson | None = None
    unit_id: RecordId | None = None
    published: bool | None = None


class NamedVersion(Parameters):
    """A record and the version that is meant."""

    id: RecordId
    version: int = Field(ge=0)


class Changes(Parameters):
    """Changes that are done together or not at all, and records that are taken out with them.

    With `check_only` nothing is kept.
    """

    changes: list[NamedChange] = Field(min_length=1, max_length=5000)
    removals: list[NamedVersion] = Field(default_factory=list, max_length=5000)
    reason: Reason | None = None
    check_only: bool = False


class Removal(Parameters):
    """Records that are taken out together."""

    records: list[NamedVersion] = Field(min_length=1, max_length=5000)
    reason: Reason | None = None


class Return(Parameters):
    """Records that are brought back together, by the ids that they had."""

    ids: list[RecordId] = Field(min_length=1, max_length=5000)
    reason: Reason | None = None


class Done(Shape):
    """Records after a change, in the order of the changes."""

    items: list[RecordShape]
