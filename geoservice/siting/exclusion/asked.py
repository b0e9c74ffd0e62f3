"""Which rules a question means: all that hold for a type on a day, none, or some by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from geoservice.errors import BadInput
from geoservice.siting.exclusion.declared import LegalText, Rule, siting_rules

ON, OFF = "on", "off"


@dataclass(frozen=True)
class Asked:
    """Rules for a type on a day.

    Attributes
    ----------
    rules
        In force and meant, in the order of the file.
    left_out
        In force, but not meant.
    texts
        All that are for the type, whatever their state.
    """

    type: str
    on: date
    rules: tuple[Rule, ...]
    left_out: tuple[Rule, ...]
    texts: tuple[LegalText, ...]

    @classmethod
    def parse(cls, type_: str, on: date, wanted: str = ON) -> Asked:
        """From ``on``, ``off``, or ids with commas.

        Raises
        ------
        BadInput
            ``siting.unknown-rule``, ``siting.rule-not-for``, ``siting.rule-not-in-force``.

        Examples
        --------
        >>> from datetime import date
        >>> [one.id for one in Asked.parse("cemetery", date(2026, 11, 1), "tianmen_2019_water").rules]
        ['tianmen_2019_water']
        >>> Asked.parse("cemetery", date(2026, 11, 1), "off").rules
        ()
        """
        declared = siting_rules()
        holding = tuple(one for one in declared.rules if type_ in one.types and declared.text_of(one).in_force(on))
        names = {one.id for one in holding} if wanted == ON else set() if wanted == OFF else _named(wanted)
        for name in sorted(names - {one.id for one in holding}):
            _refuse(name, type_, on)
        meant = tuple(one for one in holding if one.id in names)
        left_out = tuple(one for one in holding if one.id not in names)
        return cls(type_, on, meant, left_out, tuple(text for text in declared.texts if type_ in text.types))


def _named(wanted: str) -> set[str]:
    return {name.strip() for name in wanted.split(",") if name.strip()}


def _refuse(name: str, type_: str, on: date) -> None:
    declared = siting_rules()
    rule = next((one for one in declared.rules if one.id == name), None)
    if rule is None:
        known = ", ".join(one.id for one in declared.rules if type_ in one.types)
        raise BadInput("siting.unknown-rule", value=name[:80], known=known or "-")
    if type_ not in rule.types:
        raise BadInput("siting.rule-not-for", value=name, type=type_, types=", ".join(rule.types))
    text = declared.text_of(rule)
    raise BadInput(
        "siting.rule-not-in-force", value=name, on=on, since=text.valid_from or "-", until=text.valid_to or "-"
    )
