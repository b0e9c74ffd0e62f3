"""Changes of a scenario: a facility added, moved, closed, or given another number of places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from geoservice.errors import BadInput

Kind = Literal["add", "move", "close", "resize"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_CHANGES = 200
MOST_PLACES = 1_000_000
LONGEST_NAME = 80
_NEEDED: Mapping[Kind, frozenset[str]] = {
    "add": frozenset({"lon", "lat"}),
    "move": frozenset({"lon", "lat"}),
    "close": frozenset(),
    "resize": frozenset({"places"}),
}
_ALLOWED: Mapping[Kind, frozenset[str]] = {
    "add": frozenset({"lon", "lat", "places", "name"}),
    "move": frozenset({"lon", "lat"}),
    "close": frozenset(),
    "resize": frozenset({"places"}),
}


@dataclass(frozen=True)
class Change:
    """One change; what does not belong to its kind is None.

    Attributes
    ----------
    facility
        Id of the facility that is meant, where it is one of the real data.
    site
        Which of the facilities that the scenario adds is meant, counted from 1 in the order of adding.
    lon, lat
        Degrees, EPSG:4490, of a facility that is added or moved.
    places
        Of a facility that is added, where known, or of one that gets another number of them.
    name
        Of a facility that is added.
    """

    kind: Kind
    facility: int | None = None
    site: int | None = None
    lon: float | None = None
    lat: float | None = None
    places: int | None = None
    name: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON: only what is given.

        Examples
        --------
        >>> Change("close", facility=7).as_dict()
        {'kind': 'close', 'facility': 7}
        """
        return {name: value for name, value in asdict(self).items() if value is not None}


def changes_of(given: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Changes as they came by JSON.

    Raises
    ------
    BadInput
        ``scenario.too-many-changes``, ``scenario.bad-change`` with the number of the change and the field.

    Examples
    --------
    >>> changes_of([{"kind": "add", "lon": 113.1, "lat": 30.6, "name": "新院"}])[0].name
    '新院'
    >>> changes_of([])
    ()
    """
    if len(given) > MOST_CHANGES:
        raise BadInput("scenario.too-many-changes", count=len(given), most=MOST_CHANGES)
    return tuple(_change(number, one) for number, one in enumerate(given, start=1))


def _change(number: int, given: Mapping[str, Any]) -> Change:
    held = {name: value for name, value in given.items() if value is not None}
    unknown = sorted(set(held) - set(Change.__dataclass_fields__))
    kind = held.pop("kind", None)
    if unknown or kind not in KINDS:
        raise BadInput("scenario.bad-change", number=number, field=unknown[0] if unknown else "kind")
    meant = {"facility", "site"} & set(held)
    said = set(held) - meant
    wrong = sorted((_NEEDED[kind] - said) | (said - _ALLOWED[kind]))
    if wrong or len(meant) != (0 if kind == "add" else 1):
        raise BadInput("scenario.bad-change", number=number, field=wrong[0] if wrong else "facility")
    for name, value in held.items():
        if not _fits(name, value):
            raise BadInput("scenario.bad-change", number=number, field=name)
    return Change(kind, **held)


def _fits(name: str, value: Any) -> bool:
    if name == "name":
        return isinstance(value, str) and value == value.strip() and 0 < len(value) <= LONGEST_NAME
    if isinstance(value, bool):
        return False
    if name in ("lon", "lat"):
        most = 180 if name == "lon" else 90
        # NaN is not within anything.
        return isinstance(value, (int, float)) and -most <= value <= most
    most = MOST_PLACES if name == "places" else 2**63 - 1
    return isinstance(value, int) and (0 if name == "places" else 1) <= value <= most
