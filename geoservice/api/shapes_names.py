"""What checks of proposed names look like."""

from __future__ import annotations

from datetime import date
from typing import Literal

from geoservice.api.shapes import Shape

Kind = Literal["province", "prefecture", "county", "township", "village", "street", "estate", "water", "mountain", "facility"]  # fmt: skip


class Ruled(Shape):
    """What one rule says."""

    rule: str
    title: str
    verdict: Literal["violates", "argue", "hint", "passes"]
    force: Literal["hard", "soft", "hint"]
    source: str
    setting: bool
    reason: str | None
    exemption: str


class ClashShape(Shape):
    """A name that may be taken for the proposed one.

    One that an open case asks for (pending) or that is approved and not entered yet (reserved) has a `case_id` and no
    `name_id`.
    """

    name_id: int | None
    place_id: int | None
    case_id: int | None
    name: str
    reading: str | None
    kind: str
    state: Literal["in_force", "retired", "former", "reserved", "pending"]
    class_code: str
    unit_id: int | None
    unit_name: str | None
    valid_from: date | None
    valid_to: date | None
    lon: float | None
    lat: float | None
    tier: Literal["same", "same_sound", "other_tone", "near_sound", "near_form"]
    whole: bool
    unlikely: bool
    why: str


class ScopeShape(Shape):
    """Where names may not repeat by law, and where it was looked."""

    scope: Literal["nation", "province", "county", "built_up"]
    applied: Literal["all", "province", "county", "built_up"]
    title: str
    article: str
    names: list[str]
    words: str
    cut: bool


class Answer(Shape):
    """Verdicts, the gravest first, and the clashes that they rest on."""

    name: str
    kind: str
    verdict: Literal["violates", "argue", "hint", "passes"]
    verdicts: list[Ruled]
    clashes: list[ClashShape]
    scope: ScopeShape | None


class Bearer(Shape):
    """One record that bears a name."""

    id: int
    name: str
    lon: float | None
    lat: float | None


class BearersOfPart(Shape):
    """Records of one layer: how many, metres of roads or people of communities in all, and the first of them."""

    count: int
    total: float | None
    items: list[Bearer]


class CaseNamed(Shape):
    """An open case about the place."""

    id: int
    name: str


class Bearers(Shape):
    """What bears the name of a place within `near_m` metres; `since` is the day from which that name is in force."""

    name: str
    specific: str
    near_m: int
    since: date | None
    roads: BearersOfPart
    facilities: BearersOfPart
    communities: BearersOfPart
    places: BearersOfPart
    cases: list[CaseNamed]
