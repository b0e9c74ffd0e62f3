"""What the tags of a road say: who may use it, in which direction, how fast, at which level.

Sources: the pages Key:access, Key:oneway, Key:maxspeed and Key:layer of the OpenStreetMap wiki.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

Tags = Mapping[str, str]

MODES = ("walk", "bicycle", "car")

# From the most particular key to the most general: the first that says something decides.
ACCESS_KEYS = {
    "walk": ("foot", "access"),
    "bicycle": ("bicycle", "vehicle", "access"),
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
}
# Keys that open a road to a mode which its class does not offer; the general ones only close.
OPENING_KEYS = {"walk": ("foot",), "bicycle": ("bicycle",), "car": ("motorcar", "motor_vehicle")}

OPEN = frozenset({"yes", "permissive", "designated", "official", "destination", "customers", "public", "residents"})
CLOSED = frozenset(
    {
        "no",
        "private",
        "agricultural",
        "forestry",
        "delivery",
        "permit",
        "military",
        "emergency",
        "psv",
        "bus",
        "use_sidepath",
        "dismount",
    }
)

ONEWAY_VALUES = {
    "yes": "forward",
    "true": "forward",
    "1": "forward",
    "-1": "backward",
    "reverse": "backward",
    "no": "no",
    "false": "no",
    "0": "no",
    "reversible": "no",
    "alternating": "no",
}
CONTRAFLOW_LANES = frozenset({"opposite", "opposite_lane", "opposite_track", "opposite_share_busway"})

KMH_PER_MPH = 1.609344
MAX_SPEED_KMH = 200
LEVELS = range(-10, 11)

_SPEED = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(km/h|kmh|kph|mph)?", re.IGNORECASE)


def oneway(tags: Tags) -> str:
    """Direction of vehicles along the drawing: ``no``, ``forward`` or ``backward``.

    Motorways and roundabouts are one-way unless their tag says no.

    Examples
    --------
    >>> oneway({"highway": "motorway"}), oneway({"highway": "primary", "oneway": "-1"}), oneway({})
    ('forward', 'backward', 'no')
    """
    stated = ONEWAY_VALUES.get(tags.get("oneway", "").strip().lower())
    if stated is not None:
        return stated
    implied = tags.get("highway") == "motorway" or tags.get("junction") in ("roundabout", "circular")
    return "forward" if implied else "no"


def contraflow_cycling(tags: Tags) -> bool:
    """Whether bicycles may use a one-way road in both directions."""
    if tags.get("oneway:bicycle", "").lower() in ("no", "false", "0"):
        return True
    return any(
        tags.get(key) in CONTRAFLOW_LANES for key in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    )


def modes(tags: Tags, default: Collection[str]) -> list[str]:
    """Who may use a road: a subset of walk, bicycle, car, in this order.

    Parameters
    ----------
    tags
        Tags of the way.
    default
        Modes that its class is open to.

    Examples
    --------
    >>> modes({"highway": "footway", "bicycle": "yes"}, ["walk"])
    ['walk', 'bicycle']
    >>> modes({"highway": "service", "access": "private", "foot": "yes"}, ["walk", "bicycle", "car"])
    ['walk']
    >>> modes({"highway": "steps", "bicycle": "yes"}, ["walk"])
    ['walk']
    """
    return [mode for mode in MODES if _allowed(tags, mode, default=mode in default)]


def speed_kmh(tags: Tags) -> float | None:
    """Posted speed in km/h; None where none is posted as one number.

    Examples
    --------
    >>> speed_kmh({"maxspeed": "50"}), speed_kmh({"maxspeed": "30 mph"}), speed_kmh({"maxspeed": "CN:urban"})
    (50.0, 48.3, None)
    """
    found = _SPEED.fullmatch(tags.get("maxspeed", "").strip())
    if found is None:
        return None
    speed = float(found[1]) * (KMH_PER_MPH if (found[2] or "").lower() == "mph" else 1.0)
    return round(speed, 1) if 1 <= speed <= MAX_SPEED_KMH else None


def level(tags: Tags) -> int:
    """The level at which the road lies: `layer`, 0 where nothing sensible is said.

    Examples
    --------
    >>> level({"layer": "-1"}), level({"layer": "+2"}), level({"layer": "ground"}), level({})
    (-1, 2, 0, 0)
    """
    try:
        value = int(tags.get("layer", "0"))
    except ValueError:
        return 0
    return value if value in LEVELS else 0


def flag(tags: Tags, key: str) -> bool:
    """Whether a key says anything but no; for example bridge=viaduct.

    Examples
    --------
    >>> flag({"bridge": "viaduct"}, "bridge"), flag({"bridge": "no"}, "bridge"), flag({}, "bridge")
    (True, False, False)
    """
    return tags.get(key, "no").strip().lower() not in ("no", "false", "0", "")


def _allowed(tags: Tags, mode: str, *, default: bool) -> bool:
    if tags.get("highway") == "steps" and mode != "walk":
        return False
    if default and mode != "car" and flag(tags, "motorroad"):
        default = False
    for key in ACCESS_KEYS[mode]:
        value = tags.get(key, "").strip().lower()
        if value in CLOSED:
            return False
        if value in OPEN:
            return default or key in OPENING_KEYS[mode]
    return default
