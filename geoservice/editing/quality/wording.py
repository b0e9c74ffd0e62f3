"""Checks and findings in words, with their figures."""

from __future__ import annotations

from geoservice.catalog import Catalog
from geoservice.editing.quality.declared import Check, load_thresholds
from geoservice.editing.quality.running import Finding
from geoservice.language import current_language, translate


def title(check: Check, catalog: Catalog, language: str | None = None) -> str:
    """Name of a check with its layer.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> from geoservice.editing.quality.running import check_named
    >>> title(check_named("units.overlap"), load_catalog(), "zh")
    '行政区划：界线重叠'
    """
    layer = getattr(catalog.layers[check.layer].title, language or current_language.get())
    return translate("quality.title", language, layer=layer, what=translate(f"quality.{check.kind}", language))


def explanation(check: Check, catalog: Catalog, language: str | None = None) -> str:
    """What the check looks for, and from which figure on."""
    return translate(f"quality.{check.kind}.help", language, **_limits(check, catalog, language))


def what(check: Check, found: Finding, catalog: Catalog, language: str | None = None) -> str:
    """What is wrong, with figures."""
    return translate(
        f"quality.{check.kind}.found",
        language,
        area=area(found.area_m2, language),
        length=length(found.length_m, language),
        value=found.value or "—",
        other=found.other or translate("quality.elsewhere", language),
        pieces=f"{found.pieces:,}",
        **_limits(check, catalog, language),
    )


def area(m2: float | None, language: str | None = None) -> str:
    """An area with its unit: square metres below a hectare, square kilometres above.

    Examples
    --------
    >>> area(12.345, "en"), area(2_500_000.0, "en"), area(None, "en")
    ('12.3 m²', '2.5000 km²', '—')
    """
    if m2 is None:
        return "—"
    if m2 < 10_000:
        return translate("quality.m2", language, figure=f"{m2:,.1f}")
    return translate("quality.km2", language, figure=f"{m2 / 1e6:,.4f}")


def length(metres: float | None, language: str | None = None) -> str:
    """A length with its unit: metres below ten kilometres, kilometres above.

    Examples
    --------
    >>> length(0.126, "en"), length(25_000.0, "en"), length(None, "en")
    ('0.13 m', '25.0 km', '—')
    """
    if metres is None:
        return "—"
    if metres < 10_000:
        return translate("quality.m", language, figure=f"{metres:,.2f}" if metres < 10 else f"{metres:,.1f}")
    return translate("quality.km", language, figure=f"{metres / 1000:,.1f}")


def _limits(check: Check, catalog: Catalog, language: str | None) -> dict[str, str]:
    declared = load_thresholds(catalog)
    mode = catalog.modes[declared.off_road.mode]
    if check.limit is None:
        return {}
    figure = mode.off_network_m if check.limit == "off_road_m" else declared.figures[check.limit]
    shown = f"{figure:.0%}" if check.limit.endswith("share") else f"{figure:,.10g}"
    return {"limit": shown, "mode": getattr(mode.title, language or current_language.get())}
