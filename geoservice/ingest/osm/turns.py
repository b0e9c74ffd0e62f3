"""Turn restrictions of OpenStreetMap: who must obey them, and when.

Sources: the pages Relation:restriction and Conditional restrictions of the OpenStreetMap wiki. A restriction holds for
all vehicles; ``restriction:motorcar`` and the like narrow it to one kind, ``except`` takes kinds out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from geoservice.ingest.osm.contents import Members
from geoservice.ingest.osm.frames import clean
from geoservice.ingest.records import Turn

# Kinds of vehicle from the most particular to the most general.
VEHICLES: Mapping[str, tuple[str, ...]] = {
    "bicycle": ("bicycle", "vehicle"),
    "car": ("motorcar", "motor_vehicle", "vehicle"),
}
KEY = "restriction"
CONDITIONAL = ":conditional"
_PLAIN = (KEY, *dict.fromkeys(f"{KEY}:{kind}" for kinds in VEHICLES.values() for kind in kinds))
KEYS = frozenset({*_PLAIN, *(f"{key}{CONDITIONAL}" for key in _PLAIN)})
# Tags of before there were conditions.
TIMES = ("day_on", "day_off", "hour_on", "hour_off")


def read_turns(relations: Iterable[Members]) -> list[Turn]:
    """Restrictions as they stand in the file, also those that no network can keep.

    One that says different things to different vehicles becomes several, with the mode at the end of the key.
    """
    found = []
    for relation in relations:
        if relation.tags.get("type") != KEY:
            continue
        said: dict[tuple[str, str | None], list[str]] = {}
        for mode in VEHICLES:
            rule = rule_for(relation.tags, mode)
            if rule is not None:
                said.setdefault(rule, []).append(mode)
        if not said:
            said[relation.tags.get(KEY, "-"), None] = []
        for number, ((kind, condition), modes) in enumerate(said.items()):
            key = relation.key if number == 0 else f"{relation.key}/{modes[0]}"
            found.append(_turn(relation, key, kind, modes, condition))
    return found


def rule_for(tags: Mapping[str, str], mode: str) -> tuple[str, str | None] | None:
    """Kind of a restriction for a mode, and when it holds; None where the mode need not obey it.

    Examples
    --------
    >>> rule_for({"restriction": "no_left_turn", "except": "bicycle;psv"}, "bicycle") is None
    True
    >>> rule_for({"restriction": "no_left_turn", "except": "bicycle;psv"}, "car")
    ('no_left_turn', None)
    >>> rule_for({"restriction:conditional": "no_u_turn @ (Mo-Fr 07:00-19:00)"}, "car")
    ('no_u_turn', 'Mo-Fr 07:00-19:00')
    """
    excepted = {kind.strip() for kind in tags.get("except", "").split(";")}
    if not excepted.isdisjoint(VEHICLES[mode]):
        return None
    keys = [*(f"{KEY}:{kind}" for kind in VEHICLES[mode]), KEY]
    for key in keys:
        kind = clean(tags.get(key))
        if kind:
            times = "; ".join(f"{name}={tags[name]}" for name in TIMES if name in tags)
            return kind, times or None
    for key in keys:
        said = clean(tags.get(f"{key}{CONDITIONAL}"))
        if said:
            kind, _, condition = said.partition("@")
            return kind.strip(), condition.strip(" ()") or said
    return None


def _turn(relation: Members, key: str, kind: str, modes: list[str], condition: str | None) -> Turn:
    def of(role: str, type_: str) -> list[int]:
        return [ref for kind_, ref, role_ in relation.members if role_ == role and kind_ == type_]

    def ways(role: str) -> tuple[str, ...]:
        return tuple(f"osm:way/{ref}" for ref in of(role, "w"))

    return Turn(key, kind, ways("from"), tuple(of("via", "n")), ways("via"), ways("to"), tuple(modes), condition)
