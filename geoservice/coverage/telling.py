"""Evidence in the shell: a short table of the way with its sum, and the verdict."""

from __future__ import annotations

from itertools import groupby

from geoservice.catalog import Catalog
from geoservice.coverage.evidence import Evidence
from geoservice.language import current_language, translate
from geoservice.terminal import print_table, print_text


def print_evidence(found: Evidence, catalog: Catalog) -> None:
    """Legs, roads and their sum; steps on the same road one after the other are one line."""
    if found.path is None or found.facility is None:
        reason = translate(f"coverage.reason.{found.reason}")
        print_text(translate("evidence.no-way", community=found.community.name, reason=reason))
        return
    title = translate(
        "evidence.title",
        community=found.community.name,
        facility=found.facility.name,
        mode=translate(f"mode.{found.limit.mode}"),
    )
    heads = [translate(f"evidence.{name}") for name in ("part", "class", "length_m", "time_s")]
    print_table(title, heads, evidence_rows(found, catalog))
    print_text(_verdict(found))


def evidence_rows(found: Evidence, catalog: Catalog) -> list[list[object]]:
    """Part, road class, metres and seconds of each line of the table, the sum last; empty without a way."""
    path = found.path
    if path is None:
        return []
    classes = {entry.code: entry.title for entry in catalog.codes["road_classes"].entries}
    rows: list[list[object]] = [
        [translate("evidence.access"), None, _metres(path.access.length_m), _seconds(path.access.time_ds)]
    ]
    for road, group in groupby(path.steps, key=lambda step: found.edge_road[step.edge]):
        steps, called = list(group), found.roads[road]
        title = classes.get(called.class_)
        rows.append(
            [
                called.name or translate("evidence.no-name"),
                getattr(title, current_language.get()) if title else called.class_,
                _metres(sum(step.length_m for step in steps)),
                _seconds(sum(step.time_ds for step in steps)),
            ]
        )
    rows.append([translate("evidence.egress"), None, _metres(path.egress.length_m), _seconds(path.egress.time_ds)])
    rows.append([translate("evidence.sum"), None, _metres(path.length_m), _seconds(path.time_ds)])
    return rows


def _verdict(found: Evidence) -> str:
    assert found.time_ds is not None
    time, limit = _seconds(found.time_ds), _seconds(found.limit_ds)
    margin = _seconds(abs(found.limit_ds - found.time_ds))
    if found.covered:
        return translate("evidence.covered", limit=limit, time=time, margin=margin)
    return translate("evidence.not-covered", limit=limit, time=time, margin=margin)


def _metres(length_m: float) -> str:
    return f"{length_m:.1f}"


def _seconds(time_ds: int) -> str:
    return f"{time_ds // 10}.{time_ds % 10}"
