"""Evidence and losses in the shell: short tables and what they come to."""

from __future__ import annotations

from itertools import groupby

from geoservice.catalog import Catalog
from geoservice.coverage.evidence import Evidence
from geoservice.coverage.figures.telling import print_estimated
from geoservice.coverage.loss import Loss, LossReport
from geoservice.coverage.shortage import ShortageReport
from geoservice.language import current_language, translate
from geoservice.terminal import notes, print_table, print_text

MOST_LOSSES = 20


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


def print_losses(found: LossReport) -> None:
    """The facilities whose closing takes cover away from most people, and how many communities have no other."""

    def weight(loss: Loss) -> tuple[int, int, int, int]:
        return -loss.lost.population, -loss.lost.communities, -loss.single.population, loss.facility_id

    heads = [
        translate(f"evidence.{name}")
        for name in ("facility", "lost", "lost_population", "lost_60", "single", "single_population")
    ]
    rows = [
        [
            loss.name,
            loss.lost.communities,
            loss.lost.population,
            loss.lost.population_60,
            loss.single.communities,
            loss.single.population,
        ]
        for loss in sorted(found.losses, key=weight)[:MOST_LOSSES]
    ]
    print_table(translate("evidence.losses"), heads, rows)
    if len(found.losses) > MOST_LOSSES:
        notes.print(translate("import.more", count=len(found.losses) - MOST_LOSSES), markup=False)
    print_text(
        translate(
            "evidence.backup",
            communities=found.communities,
            covered=found.covered,
            only=found.covered - found.backed_up,
        )
    )
    print_estimated(found.population_estimated.as_dict())


def print_shortage(found: ShortageReport) -> None:
    """Facilities that are full first, each with its nominal and its effective limit, then the sums and the rule."""
    sums, rule = found.sums, found.sums["rule"]
    nominal = " / ".join(f"{limit.minutes * 60}" for limit in found.limits)
    heads = [translate(f"figures.{name}") for name in ("facility", "places", "taken", "nominal_s", "effective_s")]
    rows = [
        [
            one.name,
            one.capacity,
            _thousandths(one.taken_milli),
            nominal,
            _seconds(one.effective_ds) if one.full and one.effective_ds is not None else nominal,
        ]
        for one in sorted(found.facilities, key=lambda one: (not one.full, -one.taken_milli, one.facility_id))
    ]
    print_table(translate("figures.capacity"), heads, rows[:MOST_LOSSES])
    if len(rows) > MOST_LOSSES:
        notes.print(translate("import.more", count=len(rows) - MOST_LOSSES), markup=False)
    print_text(
        translate(
            "figures.shortage",
            places=sums["capacity"],
            full=sums["facilities_full"],
            **{
                name: _thousandths(sums[f"{name}_milli"])
                for name in ("asked", "asked_out_of_reach", "given_nearest_first", "given_at_best", "short_at_best")
            },
        )
    )
    group = translate(f"figures.group.{rule['group']}")
    print_text(
        translate("figures.rule", group=group, rate=rule["per_thousand"], field=rule["field"], source=rule["source"])
    )
    for name in ("facilities_without_capacity", "communities_without_people"):
        if sums[name]:
            notes.print(translate(f"figures.{name}", count=sums[name]), markup=False)
    print_estimated(found.estimated.as_dict())


def _thousandths(milli: int) -> str:
    return f"{milli // 1000}.{milli % 1000:03d}".rstrip("0").rstrip(".")


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
