"""Indicators in words, for the shell, pages and reports."""

from __future__ import annotations

from collections.abc import Sequence

from geoservice.catalog import Catalog
from geoservice.coverage.indicators.counting import Value
from geoservice.coverage.indicators.declared import Indicator, Quantity, Stated, Target
from geoservice.language import current_language, translate


def quantity_words(quantity: Quantity, catalog: Catalog) -> str:
    """What a quantity counts.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> token = current_language.set("zh")
    >>> quantity_words(Quantity(count="townships", having=("cemetery",)), load_catalog())
    '有公墓的乡镇（街道）数'
    >>> current_language.reset(token)
    """
    key = f"indicators.count.{quantity.count}"
    if quantity.class_ is not None:
        key += f".{quantity.class_}"
    words = translate(key, None, types=_types(quantity.types, catalog))
    if quantity.having and quantity.count != "county":
        return translate("indicators.having", None, what=words, types=_types(quantity.having, catalog))
    if quantity.having:
        return translate(key, None, types=_types(quantity.having, catalog))
    if quantity.beside:
        return translate(
            "indicators.beside",
            None,
            what=words,
            types=_types(quantity.beside, catalog),
            metres=format(quantity.within_m or 0, "g"),
        )
    return words


def formula_words(indicator: Indicator, catalog: Catalog) -> str:
    """How an indicator is counted."""
    if indicator.numerator is None:
        return translate("indicators.entered")
    above = quantity_words(indicator.numerator, catalog)
    if indicator.denominator is None:
        return above
    below = quantity_words(indicator.denominator, catalog)
    return translate("indicators.formula", None, above=above, below=below, factor=format(indicator.factor, "g"))


def target_words(target: Target | None) -> str:
    """A target with its year; a dash where there is none."""
    if target is None:
        return "—"
    words = translate(
        "indicators.target.more" if target.more_than else "indicators.target.least",
        None,
        value=format(target.value, "g"),
        year=target.year,
    )
    return words + (translate("indicators.target.binding") if target.binding else "")


def stated_words(stated: Sequence[Stated]) -> str:
    """Figures of the plan with their year and place."""
    told = (
        translate("indicators.stated", None, value=f"{one.value:g}{one.unit or ''}", year=one.year, place=one.place)
        for one in stated
    )
    return translate("indicators.and").join(told) or "—"


def value_words(value: Value) -> str:
    """A value with one decimal, three where it is small; why there is none where there is none."""
    if value.value is None:
        return translate(f"indicators.missing.{value.missing}")
    return f"{value.value:,.1f}" if value.value >= 1 or value.value == 0 else f"{value.value:.3g}"


def parts_words(value: Value) -> str:
    """Numerator and denominator; empty for figures that are entered."""
    if value.numerator is None or value.denominator is None:
        return value.source or ""
    return f"{value.numerator:,.6g} / {value.denominator:,.7g}"


def verdict_words(value: Value) -> str:
    """Whether the target is met, and how much is short."""
    if value.met is None:
        return "—"
    if value.met:
        return translate("indicators.met")
    if value.short_of is None:
        return translate("indicators.unmet")
    return translate("indicators.short", None, count=f"{value.short_of:,}")


def remarks(report_row_stated: Sequence[Sequence[Stated]]) -> list[str]:
    """The plan's contradictions, one a line."""
    return [translate("indicators.contradiction", None, figures=stated_words(group)) for group in report_row_stated]


def _types(types: Sequence[str], catalog: Catalog) -> str:
    language = current_language.get()
    titles = {entry.code: getattr(entry.title, language) for entry in catalog.codes["facility_types"].entries}
    return translate("indicators.list").join(titles[code] for code in types)
