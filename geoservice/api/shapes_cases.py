"""What cases look like, and the forms that they are made and changed by."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from geoservice.api.parameters import Day, Parameters, RecordId
from geoservice.api.shapes import Shape, Title
from geoservice.api.shapes_names import ClashShape, Kind, Ruled, ScopeShape

CaseKind = Literal["naming", "renaming", "retirement", "extent"]
Right = Literal["edit", "review", "publish"]
Action = Literal["create", "advance", "return", "refuse", "withdraw"]
Verdict = Literal["violates", "argue", "hint", "passes"]
Stance = Literal["agrees", "objects", "comments", "silent"]
Outcome = Literal["adopted", "partly", "declined"]


def _writable(value: str) -> str:
    wrong = next((one for one in value if unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t"), None)
    if wrong is not None:
        raise ValueError(f"U+{ord(wrong):04X}")
    return value.replace("\r\n", "\n").strip()


Short = Annotated[str, StringConstraints(max_length=200), AfterValidator(_writable)]
Given = Annotated[
    str, StringConstraints(max_length=200, min_length=1, strip_whitespace=True), AfterValidator(_writable)
]
Prose = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_writable)]
# Longer ones are told in words that a name has a most length.
ProposedName = Annotated[str, StringConstraints(max_length=20_000)]
Reading = Annotated[str, StringConstraints(max_length=400), AfterValidator(_writable)]
Metres = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
StepId = Annotated[str, StringConstraints(max_length=60)]


class NewName(Parameters):
    """What is applied for of one name; `place_id` of the place that there is, for all but a naming.

    A retirement and an extent change keep the name of the place: it may be left out.
    """

    name: ProposedName | None = None
    reading: Reading | None = Field(None, description="With tone marks or numbers")
    class_code: Annotated[str, StringConstraints(max_length=20)] | None = None
    meaning: Prose = ""
    origin: Prose = ""
    location: Prose = Field("", description="In words")
    length_m: Metres | None = None
    width_m: Metres | None = None
    place_id: RecordId | None = None
    geometry: dict[str, JsonValue] | None = Field(None, description="GeoJSON, EPSG:4490, longitude first")


class NewNames(Parameters):
    """Names that are added together or not at all."""

    names: list[NewName] = Field(min_length=1, max_length=500)


class NewCase(Parameters):
    """An application; it begins as a draft."""

    kind: CaseKind
    name_kind: Kind = Field(description="Of all its names: decides who approves")
    title: Given
    unit_id: RecordId
    applicant: Short = ""
    contact: Short = ""
    brands: list[Annotated[str, StringConstraints(max_length=100), AfterValidator(_writable)]] = Field(
        default_factory=list, max_length=20, description="Names and trademarks of the applicant"
    )
    names: list[NewName] = Field(default_factory=list, max_length=500)


class CaseChange(Parameters):
    """What becomes of an application while it may change; what is left out stays."""

    title: Given | None = None
    unit_id: RecordId | None = None
    applicant: Short | None = None
    contact: Short | None = None
    brands: list[Annotated[str, StringConstraints(max_length=100), AfterValidator(_writable)]] | None = Field(
        None, max_length=20
    )


class NewMove(Parameters):
    """Where a case shall go; `on` is the day of the act itself, today by default."""

    to: StepId
    on: Day | None = None
    document: Short = Field("", description="文号")
    reason: Prose = Field("", description="Wanted of a return and a refusal")
    note: Prose = Field("", description="Of a site visit, a review, an announcement")
    passed_over: dict[StepId, Prose] = Field(
        default_factory=dict, max_length=20, description="Step to the reason for leaving it out"
    )


class NewFinding(Parameters):
    """What somebody finds of one rule: that it does not hold for the name, or that it does."""

    rule: StepId
    finding: Literal["exempt", "upheld"]
    reason: Annotated[
        str, StringConstraints(max_length=4000, min_length=1, strip_whitespace=True), AfterValidator(_writable)
    ]


class Decision(Parameters):
    """What people find and decide of a name; what is left out stays.

    `approved_name` is for another name than applied for; empty for the one applied for.
    """

    decision: Literal["approved", "dropped", "open"] | None = None
    approved_name: ProposedName | None = None
    approved_reading: Reading | None = None
    argument: Prose | None = None
    findings: list[NewFinding] = Field(default_factory=list, max_length=60)


class NewOpinion(Parameters):
    """Somebody who is asked; `asked_on` is today by default."""

    asked: Given
    asked_on: Day | None = None


class OpinionChange(Parameters):
    """What they say, and what became of it; what is left out stays, and null takes a day, a stance or an outcome back."""

    asked: Given | None = None
    asked_on: Day | None = None
    answered_on: Day | None = None
    stance: Stance | None = None
    opinion: Prose | None = None
    outcome: Outcome | None = None
    answer: Prose | None = None


class MaterialNote(Parameters):
    """Whether a paper is there."""

    present: bool = True
    file_name: Short = ""
    note: Prose = ""


class StepShape(Shape):
    """A step as it is declared."""

    id: str
    title: Title
    right: Right
    optional: bool
    article: str | None


class StepOfCase(StepShape):
    """A step of a case: taken on a day, passed over with a reason, or ahead."""

    state: Literal["taken", "passed_over", "ahead"]
    on: date | None


class KindShape(Shape):
    """A kind of case."""

    id: str
    title: Title


class TermShape(Shape):
    """Calendar days from one step to another, from the day after; `setting` where it is no law."""

    step: str
    after: str
    days: int
    article: str
    setting: bool
    authorities: list[str]


class AuthorityShape(Shape):
    """Who approves names of some kinds, who is asked, where it is filed and who announces."""

    id: str
    title: Title
    kinds: list[str]
    approves: str
    asks: str
    files: str
    announces: str
    article: str
    note: str | None
    skips: list[str]
    needs: list[str]


class MaterialShape(Shape):
    """A paper as it is declared; `steps` are those that it has to be there for, a required one for the first."""

    id: str
    title: Title
    article: str
    required: bool
    steps: list[str]


class MaterialOfCase(MaterialShape):
    """The same of a case."""

    present: bool
    file_name: str
    note: str


class ClockShape(Shape):
    """Whether a last day on a holiday moves to the next working day."""

    moves_from_holidays: bool
    holidays: list[date]


class RulesShape(Shape):
    """The life of a case as it is declared."""

    kinds: list[KindShape]
    steps: list[StepShape]
    terms: list[TermShape]
    authorities: list[AuthorityShape]
    materials: list[MaterialShape]
    clock: ClockShape


class DueShape(Shape):
    """A step that is due and its last day; `days_left` is negative when it is overdue."""

    step: str
    title: Title
    last_day: date
    days_left: int
    article: str
    setting: bool


class CaseHead(Shape):
    """A case as every list has it."""

    id: int
    version: int
    kind: CaseKind
    name_kind: str
    title: str
    applicant: str
    unit_id: int
    unit_name: str | None
    state: str
    state_title: Title
    created_by: str
    created_at: datetime
    changed_at: datetime


class CaseLine(CaseHead):
    """A case in the list, with its most urgent term, how many names it has and the first of them."""

    names: int
    first_names: list[str]
    due: DueShape | None


class CaseList(Shape):
    """One page of cases, the newest first."""

    items: list[CaseLine]
    next: str | None = Field(description="Token for `after`; null on the last page")


class KeptCheck(Shape):
    """What the rules said of a name on the day of its check: verdicts other than passes, and the rules that pass."""

    name: str
    verdict: Verdict
    verdicts: list[Ruled]
    passed: list[str]
    clashes: list[ClashShape]
    clashes_in_all: int
    scope: ScopeShape | None


class FindingShape(Shape):
    """What somebody found of a rule."""

    rule: str
    finding: Literal["exempt", "upheld"]
    reason: str
    by: str
    at: datetime


class CaseNameShape(Shape):
    """One name of a case.

    `verdict` is the machine's, `standing` the same after what people have found; both null until checked. `geometry` is
    what was applied for where it is `drawn`, else that of the place.
    """

    id: int
    name: str
    reading: str | None
    class_code: str
    meaning: str
    origin: str
    location: str
    length_m: float | None
    width_m: float | None
    place_id: int | None
    old_name: str | None
    spelling: str | None = Field(description="In Roman letters, where the reading was stated")
    announcement_lacks: list[Literal["spelling", "location"]]
    drawn: bool
    geometry: dict[str, Any] | None
    verdict: Verdict | None
    standing: Verdict | None
    checked_on: date | None
    check: KeptCheck | None
    findings: list[FindingShape]
    argument: str
    decision: Literal["approved", "dropped"] | None
    approved_name: str | None
    approved_reading: str | None
    entered_name_id: int | None


class OpinionShape(Shape):
    """One party of the consultation; `open` while it waits for their word, or for ours on theirs."""

    id: int
    asked: str
    asked_on: date
    answered_on: date | None
    stance: Stance | None
    opinion: str
    outcome: Outcome | None
    answer: str
    open: bool


class Hindrance(Shape):
    """What stands in the way of a move."""

    code: str
    detail: str
    remedy: str | None


class PassedOver(Shape):
    """A step that is left out by a move: it wants a reason."""

    step: str
    title: Title


class MoveShape(Shape):
    """What may become of a case now; `right` is null where the applicant may."""

    to: str
    title: Title
    action: Action
    right: Right | None
    passes_over: list[PassedOver]
    reason_wanted: bool
    open: bool
    hindrances: list[Hindrance]


class TransitionShape(Shape):
    """What has become of it."""

    id: int
    action: Action
    from_state: str | None
    from_title: Title | None
    to_state: str
    to_title: Title
    actor: str
    at: datetime
    on_day: date
    document: str
    reason: str
    note: str
    passed_over: dict[str, str]


class CaseShape(CaseHead):
    """A case with everything that belongs to it, and what whoever asks may do with it now."""

    contact: str
    brands: list[str]
    held_to_rules: bool
    open_to_change: bool
    authority: AuthorityShape
    steps: list[StepOfCase]
    due: list[DueShape]
    names: list[CaseNameShape]
    opinions: list[OpinionShape]
    materials: list[MaterialOfCase]
    moves: list[MoveShape]
    transitions: list[TransitionShape]


class DocumentLine(Shape):
    """A paper of a case; `hindrance` is null where it can be drawn.

    It is a `draft` until the step that it belongs to was taken; a `transcript` is there to be copied into the official form.
    """

    id: str
    title: Title
    open: bool
    draft: bool
    transcript: bool
    citations: list[str]
    hindrance: Hindrance | None


class CaseDocuments(Shape):
    """All papers of a case."""

    items: list[DocumentLine]
