"""Rules and exclusions as a person reads them at the shell."""

from __future__ import annotations

from typing import Any

from geoservice.language import current_language, translate
from geoservice.terminal import print_table, print_text


def print_rules(told: dict[str, Any]) -> None:
    """Texts with where they stand, then the rules with their examples."""
    heads = [translate(f"siting.rules.head.{name}") for name in ("text", "state", "source")]
    rows = [[_zh(one["title"]), text_state(one), one["source"]] for one in told["texts"]]
    print_table(translate("siting.rules.texts", on=told["on"]), heads, rows)
    names = ("id", "rule", "article", "force", "condition", "pass", "fail")
    rows = [
        [
            one["id"],
            _zh(one["title"]),
            f"{_zh(one['text']['title'])} {one['article']}",
            translate(f"siting.rules.force.{one['force']}") + ("" if one["in_force"] else "†"),
            condition(one),
            _examples(one["examples"]["pass"]),
            _examples(one["examples"]["fail"]),
        ]
        for one in told["rules"]
    ]
    print_table(
        translate("siting.rules.rules", count=len(rows)),
        [translate(f"siting.rules.head.{name}") for name in names],
        rows,
    )
    print_text(translate("siting.rules.note"))


def condition(rule: dict[str, Any]) -> str:
    """What a rule asks, with what of it is a setting."""
    size = rule["area_m2"] if rule["kind"] == "larger" else rule["distance_m"]
    said = translate(f"siting.rules.kind.{rule['kind']}", size=_plain(size))
    return said + (translate("siting.rules.setting") if rule["setting"] else "")


def text_state(text: dict[str, Any]) -> str:
    """Where a text stands on the day."""
    return translate(
        f"siting.rules.state.{text['state']}", since=text["valid_from"] or "—", until=text["valid_to"] or "—"
    )


def print_applied(told: dict[str, Any]) -> None:
    """Which rules were held against the candidates, which texts stand open and why, and who was refused by what."""
    print_text(translate("siting.exclusion.kept", kept=told["kept"], candidates=told["candidates"]))
    names = ("rule", "article", "force", "state", "broken_by", "refused_alone")
    rows = [
        [
            _zh(one["title"]),
            f"{_zh(one['text_title'])} {one['article']}",
            translate(f"siting.rules.force.{one['force']}"),
            translate(f"siting.exclusion.state.{one['state']}"),
            one["broken_by"],
            one["refused_alone"] if one["force"] == "hard" else "—",
        ]
        for one in told["rules"]
    ]
    if rows:
        heads = [translate(f"siting.rules.head.{name}") for name in names]
        print_table(translate("siting.exclusion.rules", on=told["on"]), heads, rows)
    titles = {one["id"]: _zh(one["title"]) for one in told["texts"]}
    for text in told["texts"]:
        if text["state"] not in ("in_force", "unread"):
            print_text(f"· {titles[text['id']]}: {text_state(text)}")
    for one in told["not_applied"]:
        print_text("! " + open_point(one, titles))


def open_point(one: dict[str, Any], titles: dict[str, str]) -> str:
    """What was not held against the candidates, and why."""
    layer = translate(f"layer.{one['layer']}") if one["layer"] else ""
    return translate(
        f"siting.exclusion.open.{one['reason']}",
        text=titles.get(one["text"], one["text"]),
        rule=one["rule"] or "—",
        layer=layer,
        classes=", ".join(one["classes"]) or "—",
    )


def breach_text(breach: dict[str, Any]) -> str:
    """One rule that a place breaks, with its article and by how much."""
    key = "far" if breach["breach"] is None else breach["kind"]
    nearest = breach["nearest"] or {}
    return translate(
        f"siting.exclusion.breach.{key}",
        rule=_zh(breach["title"]),
        text=_zh(breach["text_title"]),
        article=breach["article"],
        metres=_plain(breach["breach"]),
        size=_plain(breach["distance_m"] or breach["area_m2"]),
        name=nearest.get("name") or nearest.get("class") or "—",
    )


def _zh(title: dict[str, str]) -> str:
    return title["en" if current_language.get() == "en" else "zh"]


def _plain(value: float | None) -> str:
    return "—" if value is None else f"{value:,.1f}".removesuffix(".0")


def _examples(places: list[list[float]]) -> str:
    return "; ".join("(" + ", ".join(_plain(one) for one in place) + ")" for place in places)


def print_prices(prices: list[dict[str, Any]], told: dict[str, Any], unit: str) -> None:
    """What each rule costs, with the gap where it is not proven."""
    titles = {one["rule"]: _zh(one["title"]) for one in told["rules"]}
    heads = [translate(f"siting.rules.head.{name}") for name in ("rule", "refused_alone", "price", "proof")]
    rows = [[titles[one["rule"]], one["candidates_more"], _plain(one["price"]), _proof(one)] for one in prices]
    print_table(translate("siting.exclusion.prices", unit=unit), heads, rows)


def _proof(price: dict[str, Any]) -> str:
    if price["proven"]:
        return translate("siting.exclusion.proven")
    return translate("siting.exclusion.between", least=_plain(price["price_least"]), most=_plain(price["price_most"]))
