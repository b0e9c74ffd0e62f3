"""Rules and exclusions as a person reads them at the shell."""

from __future__ import annotations

from typing import Any

from geoservice.language import translate
from geoservice.siting.exclusion.words import condition, plain, text_state, titled
from geoservice.terminal import print_table, print_text


def print_rules(told: dict[str, Any]) -> None:
    """Texts with where they stand, then the rules with their examples."""
    heads = [translate(f"siting.rules.head.{name}") for name in ("text", "state", "source")]
    rows = [[titled(one["title"]), text_state(one), one["source"]] for one in told["texts"]]
    print_table(translate("siting.rules.texts", on=told["on"]), heads, rows)
    names = ("id", "rule", "article", "force", "condition", "pass", "fail")
    rows = [
        [
            one["id"],
            titled(one["title"]),
            f"{titled(one['text']['title'])} {one['article']}",
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


def print_applied(told: dict[str, Any]) -> None:
    """Which rules were held against the candidates, which texts stand open and why, and who was refused by what."""
    kept = translate("siting.exclusion.kept", kept=told["kept"], candidates=told["candidates"])
    print_text(told["unruled"] or kept)
    names = ("rule", "article", "force", "state", "broken_by", "refused_alone")
    rows = [
        [
            titled(one["title"]),
            f"{titled(one['text_title'])} {one['article']}",
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
    print_open(told)


def _examples(places: list[list[float]]) -> str:
    return "; ".join("(" + ", ".join(plain(one) for one in place) + ")" for place in places)


def print_prices(prices: list[dict[str, Any]], told: dict[str, Any], unit: str) -> None:
    """What each rule costs, with the gap where it is not proven."""
    titles = {one["rule"]: titled(one["title"]) for one in told["rules"]}
    heads = [translate(f"siting.rules.head.{name}") for name in ("rule", "refused_alone", "price", "proof")]
    rows = [[titles[one["rule"]], one["candidates_more"], plain(one["price"]), _proof(one)] for one in prices]
    print_table(translate("siting.exclusion.prices", unit=unit), heads, rows)


def _proof(price: dict[str, Any]) -> str:
    if price["proven"]:
        return translate("siting.exclusion.proven")
    return translate("siting.exclusion.between", least=plain(price["price_least"]), most=plain(price["price_most"]))


def print_land(told: dict[str, Any]) -> None:
    """What remains and what each rule takes, in square kilometres and as a share of the county."""
    print_text(
        translate(
            "siting.land.left",
            on=told["on"],
            left=plain(told["allowed_km2"]),
            whole=plain(told["county_km2"]),
            share=f"{100 * told['features'][0]['properties']['share']:.1f}",
        )
    )
    if told["schematic"]:
        print_text(translate("notice.schematic"))
    rows = [
        [
            titled(one["title"]),
            f"{titled(one['text_title'])} {one['article']}",
            translate(f"siting.rules.force.{one['force']}"),
            translate(f"siting.exclusion.state.{one['state']}"),
            plain(one["km2"]),
            "—" if one["km2"] is None else f"{100 * one['share']:.1f} %",
        ]
        for one in (feature["properties"] for feature in told["features"][1:])
    ]
    heads = [translate(f"siting.rules.head.{name}") for name in ("rule", "article", "force", "state", "km2", "share")]
    print_table(translate("siting.land.taken"), heads, rows)
    print_open(told)


def print_open(told: dict[str, Any]) -> None:
    """Texts that do not hold on the day, and what of those that do was not applied."""
    for text in told["texts"]:
        if text["state"] not in ("in_force", "unread"):
            print_text(f"· {titled(text['title'])}: {text_state(text)}")
    for one in told["not_applied"]:
        print_text("! " + one["message"])
