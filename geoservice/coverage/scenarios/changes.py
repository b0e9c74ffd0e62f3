"""Changes of a scenario: a facility added, moved, closed, opened or given other places; a road closed or added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal, get_args

from geoservice.errors import BadInput

Kind = Literal["add", "move", "close", "resize", "opening", "close_road", "add_road"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ROAD_KINDS = frozenset({"close_road", "add_road"})
MOST_CHANGES = 200
MOST_PLACES = 1_000_000
MOST_SPEED_KMH = 200
MOST_CORNERS = 200
LONGEST_NAME = 80
LONGEST_CLASS = 40
_NEEDED: Mapping[Kind, frozenset[str]] = {
    "add": frozenset({"lon", "lat"}),
    "move": frozenset({"lon", "lat"}),
    "close": frozenset(),
    "resize": frozenset({"places"}),
    "opening": frozenset(),
    "close_road": frozenset(),
    "add_road": frozenset({"path", "road_class"}),
}
_ALLOWED: Mapping[Kind, frozenset[str]] = {
    "add": frozenset({"lon", "lat", "places", "nursing_places", "name"}),
    "move": frozenset({"lon", "lat"}),
    "close": frozenset(),
    "resize": frozenset({"places", "nursing_places"}),
    "opening": frozenset({"opened_on", "closed_on"}),
    "close_road": frozenset({"road", "lon", "lat", "name"}),
    "add_road": frozenset({"path", "road_class", "speed_kmh", "name"}),
}
# What may be said of the road that is closed: all of one, the piece at a place, or all of a name.
_ROADS_MEANT = ({"road"}, {"road", "lon", "lat"}, {"lon", "lat"}, {"name"})
_MOST: Mapping[str, float] = {"lon": 180, "lat": 90, "speed_kmh": MOST_SPEED_KMH}


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
        Degrees, EPSG:4490, of a facility that is added or moved, or of the piece of road that is closed.
    places, nursing_places
        Of a facility that is added, where known, or of one that gets another number of them.
    name
        Of a facility or a road that is added, or of the roads that are closed.
    opened_on, closed_on
        ISO dates in place of those of the record: open from the first to the day before the last; None for always.
    road
        Id of the road that is closed.
    path
        Longitude, latitude of the corners of a road that is added.
    road_class, speed_kmh
        Class of a road that is added, and its posted speed where it has one.
    """

    kind: Kind
    facility: int | None = None
    site: int | None = None
    lon: float | None = None
    lat: float | None = None
    places: int | None = None
    nursing_places: int | None = None
    name: str | None = None
    opened_on: str | None = None
    closed_on: str | None = None
    road: int | None = None
    path: tuple[tuple[float, float], ...] | None = None
    road_class: str | None = None
    speed_kmh: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON: only what is given.

        Examples
        --------
        >>> Change("close", facility=7).as_dict()
        {'kind': 'close', 'facility': 7}
        """
        held = {name: value for name, value in asdict(self).items() if value is not None}
        return held | ({"path": [list(at) for at in self.path]} if self.path is not None else {})

    @property
    def dates(self) -> tuple[date | None, date | None]:
        """Of an opening: the day from which it is open, and that from which it is not."""
        opened, closed = (None if day is None else date.fromisoformat(day) for day in (self.opened_on, self.closed_on))
        return opened, closed


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
    >>> changes_of([{"kind": "add_road", "path": [[113, 30], [113.1, 30]], "road_class": "tertiary"}])[0].path
    ((113, 30), (113.1, 30))
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
    wrong = _misplaced(kind, set(held)) or next((name for name, value in held.items() if not _fits(name, value)), None)
    wrong = wrong or _contrary(held)
    if wrong is not None:
        raise BadInput("scenario.bad-change", number=number, field=wrong)
    if "path" in held:
        held["path"] = tuple((at[0], at[1]) for at in held["path"])
    return Change(kind, **held)


def _misplaced(kind: Kind, names: set[str]) -> str | None:
    """The first field that is missing or does not belong to the kind."""
    meant = {"facility", "site"} & names
    said = names - meant
    wrong = sorted((_NEEDED[kind] - said) | (said - _ALLOWED[kind]))
    if wrong:
        return wrong[0]
    if len(meant) != (0 if kind == "add" or kind in ROAD_KINDS else 1):
        return "facility"
    return "road" if kind == "close_road" and said not in _ROADS_MEANT else None


def _contrary(held: Mapping[str, Any]) -> str | None:
    """A field that another one speaks against."""
    if held.get("nursing_places", 0) > held.get("places", MOST_PLACES):
        return "nursing_places"
    return "closed_on" if held.get("opened_on", "") >= held.get("closed_on", "~") else None


def _fits(name: str, value: Any) -> bool:
    if name in ("name", "road_class"):
        most = LONGEST_NAME if name == "name" else LONGEST_CLASS
        return isinstance(value, str) and value == value.strip() and 0 < len(value) <= most and value.isprintable()
    if name in ("opened_on", "closed_on"):
        return isinstance(value, str) and _is_day(value)
    if name == "path":
        return _is_path(value)
    if isinstance(value, bool):
        return False
    if name in _MOST:
        # NaN is not within anything.
        fits = isinstance(value, (int, float)) and -_MOST[name] <= value <= _MOST[name]
        return fits and (name != "speed_kmh" or value >= 1)
    most = MOST_PLACES if name in ("places", "nursing_places") else 2**63 - 1
    return isinstance(value, int) and (0 if name in ("places", "nursing_places") else 1) <= value <= most


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_path(value: Any) -> bool:
    if not isinstance(value, (list, tuple)) or not 2 <= len(value) <= MOST_CORNERS:
        return False
    pairs = all(isinstance(at, (list, tuple)) and len(at) == 2 for at in value)
    return pairs and all(_fits("lon", at[0]) and _fits("lat", at[1]) for at in value)
