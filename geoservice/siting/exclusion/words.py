"""Rules and what breaks them in words of the current language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from geoservice.catalog import Catalog, load_catalog
from geoservice.language import current_language, translate
from geoservice.siting.exclusion.declared import siting_rules


def condition(rule: dict[str, Any]) -> str:
    """What a rule asks, with what of it is a setting."""
    size = rule["area_m2"] if rule["kind"] == "larger" else rule["distance_m"]
    said = translate(f"siting.rules.kind.{rule['kind']}", size=plain(size))
    return said + (translate("siting.rules.setting") if rule["setting"] else "")


def text_state(text: dict[str, Any]) -> str:
    """Where a text stands on the day."""
    return translate(
        f"siting.rules.state.{text['state']}", since=text["valid_from"] or "—", until=text["valid_to"] or "—"
    )


def open_point(one: dict[str, Any], titles: Mapping[str, str]) -> str:
    """What was not held against the candidates, and why."""
    layer = translate(f"layer.{one['layer']}") if one["layer"] else ""
    return translate(
        f"siting.exclusion.open.{one['reason']}",
        text=titles.get(one["text"], one["text"]),
        rule=_rule_title(one["rule"]),
        layer=layer,
        classes=", ".join(_class_title(one["layer"], code) for code in one["classes"]) or "—",
    )


def _rule_title(rule_id: str | None) -> str:
    """Title of a rule; of one that is declared no more its id."""
    titles = (titled(rule.title.model_dump()) for rule in siting_rules().rules if rule.id == rule_id)
    return next(titles, rule_id or "—")


def _class_title(layer: str, code: str) -> str:
    """Title of a class of a layer, its code where there is no list of them."""
    codes = next((one.codes for one in _declared().layers[layer].fields if one.name in ("class", "type")), None)
    entry = _declared().codes[codes].find(code) if codes else None
    return code if entry is None else titled(entry.title.model_dump())


def type_title(code: str) -> str:
    """Title of a type of facilities, its code where nothing declares it."""
    others = {one.id: one.title for one in siting_rules().others}
    entry = _declared().codes["facility_types"].find(code)
    title = others.get(code) if entry is None else entry.title
    return code if title is None else titled(title.model_dump())


def ruled_types() -> str:
    """Titles of the types that any rule is for, in a row."""
    return translate("siting.and").join(map(type_title, siting_rules().ruled))


def unruled(type_: str, applied: int) -> str | None:
    """Why no rule was held against the places of a type; None where some were.

    Examples
    --------
    >>> unruled("day_care_centre", 0)
    '没有为“日间照料中心”编入选址规则（不等于法规没有要求），候选点未按规则排除。编有规则的类型：公墓、加油加气站、养老机构。'
    >>> unruled("cemetery", 0)
    '没有用任何选址规则：按要求关闭，或当日没有生效的。'
    >>> unruled("cemetery", 3) is None
    True
    """
    if applied:
        return None
    if type_ in siting_rules().ruled:
        return translate("siting.exclusion.off")
    return translate("siting.exclusion.unruled", type=type_title(type_), types=ruled_types())


@cache
def _declared() -> Catalog:
    return load_catalog()


def breach_text(breach: dict[str, Any]) -> str:
    """One rule that a place breaks, with its article and by how much."""
    key = "far" if breach["breach"] is None else breach["kind"]
    nearest = breach["nearest"] or {}
    return translate(
        f"siting.exclusion.breach.{key}",
        rule=titled(breach["title"]),
        text=titled(breach["text_title"]),
        article=breach["article"],
        metres=plain(breach["breach"]),
        size=plain(breach["distance_m"] or breach["area_m2"]),
        name=nearest.get("name") or nearest.get("class") or "—",
    )


def titled(title: Mapping[str, str]) -> str:
    """Of a title in both languages the one to show."""
    return title["en" if current_language.get() == "en" else "zh"]


def plain(value: float | None) -> str:
    """A number with one decimal at most."""
    return "—" if value is None else f"{value:,.1f}".removesuffix(".0")
