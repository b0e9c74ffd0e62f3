"""Builders of small records for tests of the service: each inserts one and returns its id."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from geoalchemy2 import WKTElement
from sqlalchemy import Connection, insert, text

from geoservice.database.models import (
    SRID,
    Community,
    CommunityCode,
    CoverageCircle,
    CoverageReach,
    CoverageRun,
    CoverageUnit,
    Facility,
    Place,
    PlaceName,
    Road,
    Unit,
    UnitCode,
    UnitVersion,
)
from geoservice.database.prepare import bump_revision, revisions
from geoservice.ingest.name_keys import search_keys

PUBLIC = {"classification": "public", "published": True}


def square(lon: float, lat: float, half: float = 0.05) -> str:
    """A square around a point as a multipolygon, in degrees."""
    w, e, s, n = lon - half, lon + half, lat - half, lat + half
    return f"MULTIPOLYGON((({w} {s},{e} {s},{e} {n},{w} {n},{w} {s})))"


def geometry(wkt: str | None) -> WKTElement | None:
    return None if wkt is None else WKTElement(wkt, srid=SRID)


def make_unit(
    connection: Connection,
    name: str,
    wkt: str | None = None,
    *,
    code: str | None = None,
    level: str = "township",
    unit_id: int | None = None,
    **given: Any,
) -> int:
    """A unit with one version; with `unit_id` one more version of that unit."""
    made = unit_id or _insert(connection, Unit)
    values = {**PUBLIC, "name": name, "level": level, "source": "test", "geom": geometry(wkt), **given}
    _insert(connection, UnitVersion, unit_id=made, **values)
    if code is not None:
        _insert(connection, UnitCode, unit_id=made, system="mca", edition="2025", code=code)
    return made


def make_place(
    connection: Connection, name: str, lon: float | None = 113.0, lat: float = 30.6, *, rank: int = 5, **given: Any
) -> int:
    """A place at a point with a standard name."""
    wkt = None if lon is None else f"POINT({lon} {lat})"
    values = {**PUBLIC, "key": f"{name}-{lon}-{lat}", "class_code": "21", "rank": rank, "geom": geometry(wkt), **given}
    made = _insert(connection, Place, **values)
    make_name(connection, made, name)
    return made


def make_name(
    connection: Connection,
    place_id: int,
    name: str,
    *,
    kind: str = "standard",
    reading: str | None = None,
    **given: Any,
) -> int:
    """One more name of a place."""
    keys = search_keys(name, reading)
    values = {
        **PUBLIC,
        "place_id": place_id,
        "kind": kind,
        "name": name,
        "reading": keys.reading,
        "pinyin": keys.pinyin,
        "tones": keys.tones,
        "initials": keys.initials,
        "grams": list(keys.grams),
        **given,
    }
    return _insert(connection, PlaceName, **values)


def make_facility(
    connection: Connection,
    name: str,
    lon: float = 113.0,
    lat: float = 30.6,
    *,
    type_: str = "nursing_home",
    **given: Any,
) -> int:
    values = {**PUBLIC, "key": name, "name": name, "type": type_, "geom": geometry(f"POINT({lon} {lat})"), **given}
    return _insert(connection, Facility, **values)


def make_community(
    connection: Connection, name: str, lon: float = 113.0, lat: float = 30.6, *, code: str | None = None, **given: Any
) -> int:
    values = {**PUBLIC, "name": name, "class_": "rural", "geom": geometry(f"POINT({lon} {lat})"), **given}
    made = _insert(connection, Community, **values)
    if code is not None:
        _insert(connection, CommunityCode, community_id=made, system="nbs", edition="2023", code=code)
    return made


def make_road(
    connection: Connection, key: str, *points: tuple[float, float], class_: str = "residential", **given: Any
) -> int:
    wkt = "LINESTRING(" + ",".join(f"{lon} {lat}" for lon, lat in points) + ")"
    values = {**PUBLIC, "key": key, "class_": class_, "modes": ["walk"], "node_ids": list(range(len(points))), **given}
    return _insert(connection, Road, geom=geometry(wkt), **values)


def make_run(connection: Connection, **given: Any) -> int:
    values = {
        **PUBLIC,
        "started_at": datetime(2026, 1, 1, tzinfo=UTC),
        "on_date": date(2026, 1, 1),
        "network_revision": "abc",
        "input_revisions": {},
        "parameters": {},
        "figures": {},
        **given,
    }
    return _insert(connection, CoverageRun, **values)


def make_reach(
    connection: Connection,
    run_id: int,
    community_id: int,
    facility_id: int | None,
    time_ds: int | None,
    *,
    service: str = "life_circle",
    type_: str = "nursing_home",
) -> int:
    return _insert(
        connection,
        CoverageReach,
        run_id=run_id,
        standard_id=service,
        type=type_,
        community_id=community_id,
        facility_id=facility_id,
        time_ds=time_ds,
        limit_ds=9000,
        covered=time_ds is not None and time_ds <= 9000,
        reason="no_path" if time_ds is None else None,
    )


def make_unit_result(connection: Connection, run_id: int, unit_id: int | None, **given: Any) -> int:
    figures = ("facilities", "communities", "communities_covered", "communities_unjoined")
    people = ("population", "population_covered", "population_60", "population_60_covered")
    rest = ("communities_without_population", "population_80", "population_80_covered")
    values = {
        **dict.fromkeys((*figures, *people, *rest), 0),
        "standard_id": "life_circle",
        "type": "nursing_home",
        "is_total": unit_id is None,
        **given,
    }
    return _insert(connection, CoverageUnit, run_id=run_id, unit_id=unit_id, **values)


def make_circle(connection: Connection, run_id: int, minutes: int, half: float, **given: Any) -> int:
    values = {
        **PUBLIC,
        "standard_id": "life_circle",
        "type": "nursing_home",
        "mode": "walk",
        "area_km2": half * 100,
        "geom": geometry(square(113.0, 30.6, half)),
        **given,
    }
    return _insert(connection, CoverageCircle, run_id=run_id, minutes=minutes, **values)


def _insert(connection: Connection, table: Any, **values: Any) -> int:
    if not values:
        return int(connection.execute(insert(table).values({}).returning(table.id)).scalar_one())
    mapped = {getattr(table, name).property.columns[0]: value for name, value in values.items()}
    return int(connection.execute(insert(table.__table__).values(mapped).returning(table.id)).scalar_one())


def a_county(connection: Connection) -> dict[str, int]:
    """A county with two townships, some of everything, and one run; gives the ids."""
    county = make_unit(connection, "天门市", square(113.0, 30.6, 0.3), code="429006000", level="county")
    town = make_unit(
        connection,
        "竟陵街道",
        square(113.0, 30.6, 0.05),
        code="429006001",
        parent_id=county,
        valid_from=date(2001, 1, 1),
    )
    make_unit(
        connection, "竟陵镇", square(113.0, 30.6, 0.04), unit_id=town, parent_id=county, valid_to=date(2001, 1, 1)
    )
    east = make_unit(connection, "干驿镇", square(113.15, 30.6, 0.05), code="429006103", parent_id=county)
    secret = make_unit(connection, "内部镇", square(112.8, 30.6, 0.05), published=False, classification="internal")
    home = make_facility(connection, "竟陵福利院", 113.0, 30.6, unit_id=town, beds=120, area_m2=900.5)
    closed = make_facility(connection, "旧院", 113.001, 30.6, unit_id=town, closed_on=date(2020, 1, 1))
    hidden = make_facility(connection, "秘密院", 113.002, 30.6, published=False)
    grave = make_facility(connection, "干驿公墓", 113.15, 30.61, type_="cemetery")
    village = make_community(connection, "新堰村", 113.01, 30.61, code="429006001201", unit_id=town, population=900)
    far = make_community(connection, "远村", 113.16, 30.62, unit_id=east, class_=None)
    unseen = make_community(connection, "秘密村", 113.01, 30.6, published=False)
    place = make_place(connection, "天门市", 113.0, 30.6, rank=1)
    make_road(connection, "r1", (112.99, 30.6), (113.01, 30.6), class_="primary", name="陆羽大道")
    make_road(connection, "r2", (113.0, 30.59), (113.0, 30.61), class_="residential")
    # The public's counter goes up when this transaction ends.
    roads = revisions(connection, public=True)["roads"] + 1
    run = make_run(connection, input_revisions={"roads": 0}, public_revisions={"roads": roads})
    make_run(connection, published=False)
    make_reach(connection, run, village, home, 3000)
    make_reach(connection, run, far, None, None)
    make_reach(connection, run, unseen, home, 100)
    make_unit_result(connection, run, None, communities=2, communities_covered=1, population=900)
    make_unit_result(connection, run, town, communities=1, communities_covered=1, population=900)
    make_circle(connection, run, 10, 0.01)
    make_circle(connection, run, 15, 0.02)
    return {
        "county": county, "town": town, "east": east, "secret": secret, "home": home, "closed": closed,
        "hidden": hidden, "grave": grave, "village": village, "far": far, "unseen": unseen, "place": place, "run": run,
    }  # fmt: skip


def change_layer(connection: Connection, layer: str) -> None:
    """A change that everybody sees."""
    bump_revision(connection, layer)
    counted = (
        "update layer_revision set public_revision = public_revision + 1, public_changed_at = now() where layer = :l"
    )
    connection.execute(text(counted), {"l": layer})
