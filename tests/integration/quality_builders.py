"""A sound county for the checks of the records, and for each check what makes it find one thing."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, text

from tests.builders_api import make_community, make_facility, make_name, make_place, make_road, make_unit

MARKS = "classification, published"
PUBLIC = "'public', true"
LINES = {"railways": "railway", "walls": "wall", "roads": "road"}
AREAS = {"units": "unit_version", "built_up": "built_up_area"}


def area(west: float, south: float, east: float, north: float) -> str:
    return f"MULTIPOLYGON((({west} {south},{east} {south},{east} {north},{west} {north},{west} {south})))"


def sound(connection: Connection) -> dict[str, int]:
    """A county of two townships with one of everything, in which no check finds anything; gives the ids."""
    county = make_unit(connection, "天门市", area(113, 30.6, 113.1, 30.7), code="429006000", level="county")
    west = make_unit(connection, "竟陵街道", area(113, 30.6, 113.05, 30.7), code="429006001", parent_id=county)
    east = make_unit(connection, "干驿镇", area(113.05, 30.6, 113.1, 30.7), code="429006103", parent_id=county)
    ids = {"county": county, "west": west, "east": east}
    ids["home"] = make_facility(connection, "竟陵福利院", 113.02, 30.6505, unit_id=west, beds=120)
    ids["village"] = make_community(
        connection, "新堰村", 113.03, 30.6495, code="429006001201", unit_id=west,
        population=900, population_60=200, population_80=20, households=300,
    )  # fmt: skip
    ids["place"] = make_place(connection, "张家湾", 113.03, 30.66, unit_id=west)
    open_to = {"modes": ["walk", "bicycle", "car"]}
    make_road(connection, "r1", (113.01, 30.65), (113.05, 30.65), (113.09, 30.65), node_ids=[1, 2, 3], **open_to)
    make_road(connection, "r2", (113.05, 30.65), (113.05, 30.68), node_ids=[2, 4], **open_to)
    for table in ("railway", "wall"):
        run(connection, line(table, "sound", "113.01 30.61,113.09 30.62"))
    run(connection, built_up("sound", area(113.02, 30.64, 113.04, 30.66)))
    run(
        connection,
        f"insert into water (key, class, geom, {MARKS})"
        f" values ('sound', 'lake', st_geomfromtext('{area(113.06, 30.66, 113.07, 30.67)}', 4490), {PUBLIC})",
    )
    return ids


def run(connection: Connection, statements: str) -> None:
    for statement in statements.split(";"):
        connection.execute(text(statement))


def line(table: str, key: str, points: str, *, nodes: str = "", more: str = "") -> str:
    """A statement that draws a line; a road has the nodes given, or new ones."""
    columns = f"key, class, geom, {MARKS}" + (", modes, node_ids, oneway" if table == "road" else "")
    shape = f"st_setsrid('LINESTRING({points})'::geometry, 4490)"
    kind = "residential" if table == "road" else "rail"
    given = nodes or ",".join(str(900 + number) for number in range(len(points.split(","))))
    road = f", '{{walk,car}}', '{{{given}}}', '{more or 'no'}'" if table == "road" else ""
    return f"insert into {table} ({columns}) values ('{key}', '{kind}', {shape}, {PUBLIC}{road})"


def built_up(key: str, wkt: str) -> str:
    return f"insert into built_up_area (key, geom, {MARKS}) values ('{key}', st_geomfromtext('{wkt}', 4490), {PUBLIC})"


def outline(layer: str, wkt: str) -> str:
    """A statement that gives the west township, or a new built-up area, an outline."""
    if layer == "built_up":
        return built_up("new", wkt)
    return f"update unit_version set geom = st_geomfromtext('{wkt}', 4490) where name = '竟陵街道'"


def _unit(name: str, change: str) -> str:
    return f"update unit_version set {change} where name = '{name}'"


def _free(table: str, constraint: str) -> str:
    return f"alter table {table} drop constraint ck_{table}_{constraint};"


def _move(table: str, lon: float, lat: float) -> str:
    return f"update {table} set geom = st_setsrid(st_makepoint({lon}, {lat}), 4490)"


def _copy(table: str, changed: dict[str, str]) -> str:
    """A statement that writes the only row of a table a second time."""
    columns = {
        "facility": ["key", "type", "name", "unit_id", "geom", "beds", "classification", "published"],
        "community": ["name", "unit_id", "geom", "class", "population", "classification", "published"],
        "place": ["key", "class_code", "unit_id", "geom", "classification", "published"],
    }[table]
    values = {column: column for column in columns} | changed
    return (
        f"insert into {table} ({', '.join(columns)}) select {', '.join(values[name] for name in columns)} from {table}"
    )


POINTS = {"facilities": "facility", "communities": "community", "places": "place"}
STANDING = {layer: POINTS[layer] for layer in ("facilities", "communities")}
HALF = "113 30.6,113.05 30.6,113.05 30.7,113 30.7,113 30.6"
BOW = "MULTIPOLYGON(((113 30.6,113.05 30.7,113.05 30.6,113 30.7,113 30.6)))"
KEY = {"facility": {"key": "'copy'"}, "community": {}, "place": {"key": "'copy'"}}

STATEMENTS: dict[str, str] = {
    "units.overlap": outline("units", area(113, 30.6, 113.051, 30.7)),
    "units.gap": outline("units", area(113, 30.6, 113.049, 30.7)),
    "units.beyond-parent": outline("units", area(112.999, 30.6, 113.05, 30.7)),
    "units.too-large": outline("units", area(112, 30.2, 113.05, 31.2)),
    "units.no-outline": _unit("竟陵街道", "geom = null"),
    "units.no-parent": _unit("竟陵街道", "parent_id = null"),
    "units.ended-parent": _unit("竟陵街道", "valid_to = '2020-01-01'") + ";" + _unit("干驿镇", "parent_id = (select unit_id from unit_version where name = '竟陵街道')"),
    "units.wrong-level": _unit("竟陵街道", "level = 'county'"),
    "units.code-form": "update unit_code set code = '42900' where code = '429006001'",
    "units.code-parent": "update unit_code set code = '429007001' where code = '429006001'",
    "units.same-name": _unit("竟陵街道", "name = '干驿镇'"),
    "communities.no-point": "update community set geom = null",
    "communities.no-people": "update community set population = null, population_60 = null, population_80 = null",
    "communities.no-class": "update community set class = null",
    "communities.households": "update community set households = 901",
    "communities.aged": "update community set population_60 = 800",
    "communities.ages": _free("community", "ages_within") + "update community set population_60 = 901",
    "communities.future": "update community set population_date = '2999-01-01'",
    "communities.code-form": "update community_code set code = '4290060012'",
    "facilities.unlisted": "insert into facility_type values ('odd', '其他', 'Odd', 99); update facility set type = 'odd'",
    "places.unlisted": "update place set class_code = 'odd'",
    "roads.unlisted": "update road set class = 'odd' where key = 'r2'",
    "facilities.closed-first": _free("facility", "opened_before_closed") + "update facility set opened_on = '2020-02-01', closed_on = '2020-01-01'",
    "facilities.no-beds": "update facility set beds = null",
    "places.no-name": "update place_name set valid_to = '2020-01-01'",
    "places.no-reading": "update place_name set reading = ' '",
    "places.registered-twice": ";".join((
        "update place set class_code = '21610'",
        "update place_name set name = '张家湾村'",
        _copy("place", {"key": "'copy'", "class_code": "'27610'", "geom": "st_setsrid(st_makepoint(113.031, 30.66), 4490)"}),
        ("insert into place_name (place_id, kind, name, pinyin, tones, initials, grams, classification, published) select id, 'standard',"
        f" '张家塆村民委员会', 'z', 'z', 'z', '{{}}', {PUBLIC} from place where key = 'copy'"),
    )),
    "facilities.twin": _copy("facility", {"key": "'copy'", "unit_id": "null", "geom": "st_setsrid(st_makepoint(113.0205, 30.6505), 4490)"}),
    "roads.loose-end": line("road", "new", "113.03 30.655,113.03 30.650004"),
    "roads.island": line("road", "new", "113.03 30.67,113.04 30.67"),
    "roads.trap": line("road", "new", "113.09 30.65,113.095 30.65", nodes="3,9", more="forward"),
    "water.invalid": _free("water", "geom_valid") + f"update water set geom = st_geomfromtext('{BOW}', 4490)",
    **{f"{layer}.outside-county": _move(table, 114, 30.65) for layer, table in POINTS.items()},
    **{f"{layer}.other-township": _move(table, 113.07, 30.65) for layer, table in POINTS.items()},
    **{f"{layer}.off-road": _move(table, 113.02, 30.66) for layer, table in STANDING.items()},
    **{f"{layer}.no-unit": f"update {table} set unit_id = null" for layer, table in STANDING.items()},
    **{f"{layer}.same-name": _copy(table, KEY[table]) for layer, table in STANDING.items()},
    **{f"{layer}.same-spot": _copy(table, KEY[table]) for layer, table in POINTS.items()},
    **{f"{layer}.ended-unit": _unit("竟陵街道", "valid_to = '2020-01-01'") for layer in POINTS},
    **{f"{layer}.invalid": _free(table, "geom_valid") + outline(layer, BOW) for layer, table in AREAS.items()},
    **{f"{layer}.touching": outline(layer, f"MULTIPOLYGON((({HALF}),(113 30.6,113.01 30.62,113.02 30.62,113 30.6)))") for layer in AREAS},
    **{f"{layer}.repeated": outline(layer, f"MULTIPOLYGON(((113 30.6,{HALF})))") for layer in AREAS},
    **{f"{layer}.sliver": outline(layer, f"MULTIPOLYGON((({HALF}),(113.01 30.61,113.01 30.6101,113.0101 30.6101,113.01 30.61)))") for layer in AREAS},
    # The first one turns back at the vertex that the ring begins with.
    "units.spike": outline("units", "MULTIPOLYGON(((112.9 30.6,113.05 30.6,113.05 30.7,113 30.7,113 30.6001,112.9 30.6)))"),
    "built_up.spike": outline("built_up", "MULTIPOLYGON(((113 30.6,113.05 30.6,113.05 30.65,113.09 30.65,113.05 30.6501,113.05 30.7,113 30.7,113 30.6)))"),
    "units.same-shape": outline("units", area(113.05, 30.6, 113.1, 30.7)),
    "built_up.same-shape": built_up("new", area(113.02, 30.64, 113.04, 30.66)),
    **{f"{layer}.invalid": _free(table, "geom_valid") + line(table, "new", "113.03 30.67,113.03 30.67") for layer, table in LINES.items()},
    **{f"{layer}.touching": line(table, "new", "113.03 30.67,113.04 30.67,113.035 30.68,113.035 30.66") for layer, table in LINES.items()},
    **{f"{layer}.repeated": line(table, "new", "113.03 30.67,113.04 30.67,113.04 30.67") for layer, table in LINES.items()},
    **{f"{layer}.short": line(table, "new", "113.03 30.67,113.030005 30.67") for layer, table in LINES.items()},
    **{f"{layer}.jump": line(table, "new", "113.03 30.67,113.33 30.67") for layer, table in LINES.items()},
    "railways.same-shape": line("railway", "new", "113.09 30.62,113.01 30.61"),
    "walls.same-shape": line("wall", "new", "113.09 30.62,113.01 30.61"),
    "roads.same-shape": line("road", "new", "113.05 30.68,113.05 30.65"),
}  # fmt: skip


def _two_names(connection: Connection, ids: dict[str, int]) -> None:
    make_name(connection, ids["place"], "李家湾")


def _statements(given: str) -> Callable[[Connection, dict[str, int]], None]:
    return lambda connection, _: run(connection, given)


TRIGGERS: dict[str, Callable[[Connection, dict[str, int]], None]] = {
    **{name: _statements(given) for name, given in STATEMENTS.items()},
    "places.two-names": _two_names,
}
