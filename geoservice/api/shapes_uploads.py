"""What uploads and imports look like, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, StringConstraints

from geoservice.api.parameters import Day, Parameters
from geoservice.api.problems import OPERATORS
from geoservice.api.shapes import Shape, Title
from geoservice.api.shapes_records import CodeShape
from geoservice.catalog import Catalog, LayerDeclaration
from geoservice.errors import GeoserviceError
from geoservice.ingest.importing import PopulationWishes
from geoservice.ingest.load import NOT_UNDONE
from geoservice.ingest.records import Notice, Refusal
from geoservice.ingest.uploads.batches import BatchRow
from geoservice.ingest.uploads.naming import LONGEST_NAME, MOST_FILES
from geoservice.ingest.uploads.wishes import Wishes
from geoservice.jobs.board import JobRow
from geoservice.language import translate

Short = Annotated[str, StringConstraints(max_length=200)]
LARGEST_SIZE = 2**40


class FileOrder(Parameters):
    """A file that is going to be sent: its plain name, and its size in bytes."""

    name: Annotated[str, StringConstraints(max_length=4 * LONGEST_NAME)]
    size: Annotated[int, Field(ge=0, le=LARGEST_SIZE)]


class UploadOrder(Parameters):
    """The files of one source."""

    files: Annotated[list[FileOrder], Field(max_length=10 * MOST_FILES)]


class PopulationOrder(Parameters):
    """What only people have: the day counted for, band and no-data value of a raster, and how they are shared."""

    on: Day | None = None
    band: Annotated[int, Field(ge=1, le=1000)] | None = None
    nodata: Annotated[float, Field(allow_inf_nan=False)] | None = None
    replace: bool = False
    within_m: Annotated[int, Field(ge=100, le=100_000)] | None = None


class WishOrder(Parameters):
    """How an upload is read and loaded; what is left out is guessed."""

    layer: Short | None = None
    part: Short | None = None
    crs: Short | None = None
    encoding: Annotated[str, StringConstraints(max_length=40)] | None = None
    mapping: Annotated[dict[Short, Short], Field(max_length=100, default_factory=dict)]
    constants: Annotated[dict[Short, Short], Field(max_length=100, default_factory=dict)]
    skip_bad: bool = False
    publish: bool | None = None
    population: PopulationOrder = PopulationOrder()

    def wishes(self) -> Wishes:
        """As the loader takes them; an empty text is none."""
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "population"}
        texts = {name: given[name] or None for name in ("layer", "part", "crs", "encoding")}
        return Wishes(**{**given, **texts}, population=PopulationWishes(**self.population.model_dump()))


class Nothing(Parameters):
    """An empty body."""


class Told(Shape):
    """An error or a notice in words; `row` counts as the source does."""

    code: str
    message: str
    remedy: str | None = None
    row: int | None = None


class RefusalShape(Told):
    """Why a row was refused: the field and its value where one is to blame."""

    field: str | None = None
    value: str | None = None


class FileShape(Shape):
    """A file and whether it has arrived whole."""

    name: str
    size: int
    whole: bool


class ColumnShape(Shape):
    """A column of the source, the field or position that it holds, and some of its values."""

    header: str
    field: str | None
    samples: list[str]


class ScoreShape(Shape):
    """How well a layer fits."""

    layer: str
    score: float


class RowsShape(Shape):
    """The first rows as read, under the headers of the columns."""

    total: int | None
    refused: int | None
    numbers: list[int]
    first: list[list[str | None]]


class InspectionShape(Shape):
    """What is in an upload; `problem` says why it cannot be read in this way, `undo` whether its import can be undone."""

    layer: str | None
    scores: list[ScoreShape]
    parts: list[str]
    part: str | None
    format: str | None
    encoding: str | None
    crs: str | None
    crs_reason: str | None
    shift: dict[str, JsonValue] | None
    columns: list[ColumnShape]
    rows: RowsShape
    features: dict[str, JsonValue]
    notices: list[Told]
    problem: Told | None
    undo: bool


class LayerOutcome(Shape):
    """What became of the rows of one layer."""

    layer: str
    read: int
    loaded: int
    changed: int
    unchanged: int
    refused: int
    batch: int | None
    refusals: list[RefusalShape]
    notices: list[Told]


class OutcomeShape(Shape):
    """What a check or a load came to."""

    job: int
    action: Literal["check", "load"]
    state: Literal["checked", "loaded", "refused"]
    read: int
    loaded: int
    changed: int
    unchanged: int
    refused: int
    layers: list[LayerOutcome]


class WorkShape(Shape):
    """The latest job of an upload."""

    id: int
    action: str
    state: str
    step: str | None
    done: int
    total: int
    error: Told | None


class UploadShape(Shape):
    """An upload: its files, what was chosen and found, the latest job, and what it came to."""

    id: int
    owner: str
    created_at: datetime
    files: list[FileShape]
    wishes: WishOrder
    inspection: InspectionShape | None
    job: WorkShape | None
    outcome: OutcomeShape | None
    may_publish: bool


class FieldChoice(Shape):
    """A field that a column may hold; what lies in no column may be one value for all rows."""

    name: str
    title: Title
    required: bool
    codes: list[CodeShape] | None


class LayerChoice(Shape):
    """A layer that may be loaded; `allowed` is whether by this reader, `undo` whether its imports can be undone."""

    id: str
    title: Title
    fields: list[FieldChoice]
    allowed: bool
    undo: bool


class UploadList(Shape):
    """Uploads, what one may send, and to which layers."""

    items: list[UploadShape]
    layers: list[LayerChoice]
    suffixes: list[str]
    sidecars: list[str]
    max_bytes: int
    max_files: int


class BatchShape(Shape):
    """An import. `mine` is whether this reader may undo it; `hindrance` says why nobody can."""

    id: int
    layer: str
    source: str
    actor: str
    imported_at: datetime
    read: int
    loaded: int
    changed: int
    unchanged: int
    refused: int
    undone_at: datetime | None
    undone_by: str | None
    hindrance: Told | None
    mine: bool


class BatchList(Shape):
    """Imports, the newest first; `next` is the id to go on from."""

    items: list[BatchShape]
    next: int | None


class UndoneShape(Shape):
    """What an undoing took out and restored, in rows."""

    batch: int
    removed: int
    restored: int


def layer_choice(layer: LayerDeclaration, catalog: Catalog, *, allowed: bool) -> LayerChoice:
    """A layer as one may load it."""
    fields = [
        FieldChoice(
            name=one.name,
            title=Title.of(one.title),
            required=one.required and one.default is None,
            codes=[
                CodeShape(code=entry.code, title=Title.of(entry.title)) for entry in catalog.codes[one.codes].entries
            ]
            if one.codes
            else None,
        )
        for one in layer.fields
    ]
    undo = layer.id not in NOT_UNDONE
    return LayerChoice(id=layer.id, title=Title.of(layer.title), fields=fields, allowed=allowed, undo=undo)


def error_told(error: GeoserviceError | None) -> Told | None:
    """An error in the language of the reader."""
    return None if error is None else Told(code=error.code, message=error.message, remedy=error.remedy)


def problem_told(told: Mapping[str, Any] | None) -> Told | None:
    """The same from what was kept."""
    return None if told is None else error_told(GeoserviceError(told["code"], **told["values"]))


def notice_told(told: Mapping[str, Any]) -> Told:
    """A notice from what was kept."""
    notice = Notice(told["row"], told["code"], told["values"])
    return Told(code=notice.code, message=notice.message, row=notice.row)


def refusal_told(told: Mapping[str, Any]) -> RefusalShape:
    """A refusal from what was kept."""
    one = Refusal(told["row"], told["field"], told["value"], told["code"], told["values"])
    return RefusalShape(
        code=one.reason_code, message=one.reason, remedy=one.remedy, row=one.row, field=one.field, value=one.value
    )


def inspection_told(told: Mapping[str, Any] | None) -> InspectionShape | None:
    """What was found, in the language of the reader."""
    if told is None:
        return None
    words = {"notices": [notice_told(one) for one in told["notices"]], "problem": problem_told(told["problem"])}
    return InspectionShape(**{**told, **words})


def outcome_told(told: Mapping[str, Any] | None) -> OutcomeShape | None:
    """What a job came to, in the language of the reader."""
    if told is None:
        return None
    layers = [
        {
            **layer,
            "refusals": [refusal_told(one) for one in layer["refusals"]],
            "notices": [notice_told(one) for one in layer["notices"]],
        }
        for layer in told["layers"]
    ]
    return OutcomeShape(**{**told, "layers": layers})


def work_told(job: JobRow) -> WorkShape:
    """A job in the language of the reader; what is wrong with the installation is its operator's business."""
    failure = job.failure
    if failure is not None and failure.code.startswith(OPERATORS):
        failure = GeoserviceError("jobs.internal")
    return WorkShape(
        id=job.id,
        action=job.kind.rpartition(":")[2],
        state=job.state,
        step=translate(job.step) if job.step else None,
        done=job.done,
        total=job.total,
        error=error_told(failure),
    )


def batch_told(row: BatchRow, *, mine: bool) -> BatchShape:
    """An import in the language of the reader."""
    names = BatchShape.model_fields.keys() - {"hindrance", "mine"}
    return BatchShape(**{name: getattr(row, name) for name in names}, hindrance=error_told(row.hindrance), mine=mine)
