"""Kept answers as a person reads them at the shell."""

from __future__ import annotations

from typing import Any

from geoservice.language import translate
from geoservice.siting.county.telling import print_county
from geoservice.siting.telling import figure
from geoservice.terminal import percent, print_table, print_text

_HEADS = ("id", "name", "owner", "type", "model", "value", "gap", "state")


def print_lines(items: list[dict[str, Any]]) -> None:
    """A list of answers."""
    rows = [
        [
            *(one[name] for name in ("id", "name", "owner", "type")),
            translate(f"siting.short.{one['model']}"),
            figure(one["value"]),
            "—" if one["gap"] is None else percent(one["gap"]),
            _state(one),
        ]
        for one in items
    ]
    print_table(translate("siting.kept"), [translate(f"siting.kept.{name}") for name in _HEADS], rows)


def print_kept(told: dict[str, Any]) -> None:
    """One answer, or how far its search is."""
    print_text(f"{told['id']} {told['name']} · {told['owner']}")
    if told["stale"]:
        print_text(translate("siting.county.changed", layers=", ".join(told["stale"])))
    if told["answer"] is not None:
        print_county(told["answer"])
        return
    print_text(_state(told))
    known = told["progress"]
    if known is not None:
        print_text(translate("siting.progress", value=figure(known["value"]), bound=figure(known["bound"])))


def _state(one: dict[str, Any]) -> str:
    if one["status"] is not None:
        return translate(f"siting.status.{one['status']}")
    return translate(f"siting.kept.state.{one['state'] or 'lost'}")
