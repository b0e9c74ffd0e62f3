"""What a file says of itself: source, date, coordinates, level, notice. In both languages, so that bytes depend on none."""

from __future__ import annotations

from typing import Any

from geoservice.language import LANGUAGES, translate
from geoservice.publish.formats.content import Content

STAMP = "%Y-%m-%dT%H:%M:%SZ"


def stamp(content: Content) -> str:
    """The moment of the last change, UTC: the only time that a file holds of its own, so that equal data give equal bytes."""
    return content.facts.changed_at.strftime(STAMP)


def told(content: Content) -> dict[str, Any]:
    """Fit for JSON; what is not known is left out."""
    facts, layer = content.facts, content.collection.layer
    found: dict[str, Any] = {
        "collection": content.collection.id,
        "title": {"zh": layer.title.zh, "en": layer.title.en},
        "notice": translate("notice.schematic", "zh") if facts.schematic else None,
        "schematic": facts.schematic,
        "classification": facts.classification,
        "data_changed_at": stamp(content),
        "datetime": content.on,
        "crs": content.system.name,
        "crs_note": _shift_note(content),
        "sources": list(facts.sources),
        "sources_left_out": facts.more_sources or None,
        "attribution": "；".join(facts.attributions) or None,
        "map_approval": content.approval,
        "number_of_features": facts.count,
        "fields": {content.heads[one.name]: {"zh": one.title.zh, "en": one.title.en} for one in content.properties},
        "program": "geoservice",
    }
    return {name: value for name, value in found.items() if value is not None}


def lines(content: Content) -> list[str]:
    """The same for people, a sentence each, Chinese and English."""
    facts = content.facts
    found = [f"{content.collection.layer.title.zh} · {content.collection.layer.title.en}"]
    if facts.schematic:
        found.append(_both("notice.schematic"))
    found.append(_both(f"release.classification.{facts.classification}"))
    found.append(_both("export.told.crs", crs=content.system.name))
    if content.system.shift is not None:
        found.append(_both("export.told.shifted", crs=content.system.shift))
    found.append(_both("export.told.date", date=stamp(content)))
    if content.on is not None:
        found.append(_both("export.told.on", on=content.on))
    sources = "；".join(facts.sources) or "—"
    if facts.more_sources:
        found.append(_both("export.told.more-sources", sources=sources, more=facts.more_sources))
    else:
        found.append(_both("export.told.sources", sources=sources))
    if facts.attributions:
        found.append("；".join(facts.attributions))
    if content.approval is not None:
        found.append(_both("release.approved", number=content.approval))
    found.append(_both("export.told.count", count=facts.count))
    return found


def _shift_note(content: Content) -> str | None:
    return _both("export.told.shifted", crs=content.system.shift) if content.system.shift else None


def _both(key: str, **values: object) -> str:
    return " · ".join(translate(key, language, **values) for language in LANGUAGES)
