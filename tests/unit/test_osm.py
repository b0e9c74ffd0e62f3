"""Small OpenStreetMap files to record sets."""

from __future__ import annotations

import pytest
import shapely

from geoservice.ingest.osm import read_osm
from geoservice.language import catalogue
from tests.unit.osm_builders import node, osm_file, relation, ring, square, way

LAYERS = ["units", "places", "communities", "facilities", "roads", "railways", "water", "walls", "built_up", "controls"]
LINE = [node(1, 113.0, 30.0), node(2, 113.01, 30.0), node(3, 113.02, 30.0)]


@pytest.fixture
def read(tmp_path, catalog):
    def read_objects(*objects):
        return {records.layer: records for records in read_osm(osm_file(tmp_path / "map.osm", *objects), catalog)}

    return read_objects


def rows(records):
    return {row["key"] if "key" in row else row["code"]: row for row in records.records.to_dict("records")}


def notices(records):
    for notice in records.notices:
        for language in ("zh", "en"):
            assert f"notice.{notice.code}" in catalogue(language), notice.code
        assert "{" not in notice.message
    return {notice.code: notice.values for notice in records.notices}


def test_all_layers_in_loading_order_with_the_declared_columns(tmp_path, catalog):
    found = read_osm(osm_file(tmp_path / "map.osm", node(1, 113.0, 30.0, place="village", name="李庄")), catalog)
    assert [records.layer for records in found] == LAYERS
    for records in found:
        assert {field.name for field in catalog.layers[records.layer].fields} <= set(records.records.columns)
        assert {"geom", "source_row"} <= set(records.records.columns)
        assert records.records.crs.to_epsg() == 4490
        assert records.source == "map.osm"


class TestRoads:
    def test_a_road(self, read):
        tags = {
            "highway": "primary_link",
            "name": "陆羽大道",
            "oneway": "-1",
            "layer": "1",
            "bridge": "viaduct",
            "maxspeed": "60",
        }
        (road,) = rows(read(*LINE, way(10, [1, 2, 2, 3], tags))["roads"]).values()
        assert road["key"] == "osm:way/10"
        assert (road["class"], road["name"], road["oneway"]) == ("primary", "陆羽大道", "backward")
        assert (road["level"], road["bridge"], road["tunnel"], road["speed_kmh"]) == (1, True, False, 60.0)
        assert road["modes"] == ["walk", "bicycle", "car"]
        assert road["node_ids"] == [1, 2, 3]
        assert road["geom"].equals(shapely.LineString([(113.0, 30.0), (113.01, 30.0), (113.02, 30.0)]))
        assert road["source_row"] == 4

    def test_what_is_no_road_is_counted(self, read):
        roads = read(
            *LINE,
            way(10, [1, 2], {"highway": "proposed"}),
            way(11, [1, 2], {"highway": "construction"}),
            way(12, [1, 2], {"highway": "construction"}),
            way(13, [2, 3], {"highway": "path"}),
        )["roads"]
        assert list(rows(roads)) == ["osm:way/13"]
        assert notices(roads)["import.osm-roads-skipped"] == {"count": 3, "classes": "construction 2, proposed 1"}

    def test_a_way_that_leaves_the_extract_is_cut_into_runs(self, read):
        more = [node(5, 113.05, 30.0), node(6, 113.06, 30.0)]
        roads = read(*LINE, *more, way(10, [1, 2, 99, 3, 98, 5, 6], {"highway": "track"}))["roads"]
        found = rows(roads)
        assert {key: row["node_ids"] for key, row in found.items()} == {"osm:way/10/0": [1, 2], "osm:way/10/1": [5, 6]}
        assert notices(roads)["import.osm-roads-cut"]["count"] == 1

    def test_a_way_with_no_nodes_in_the_file(self, read):
        roads = read(*LINE, way(10, [97, 98], {"highway": "track"}), way(11, [1, 98], {"highway": "track"}))["roads"]
        assert not rows(roads)
        assert notices(roads)["import.osm-roads-lost"]["count"] == 2

    def test_a_line_without_extent(self, read):
        roads = read(node(1, 113, 30), node(2, 113, 30), way(10, [1, 2], {"highway": "track"}))["roads"]
        assert not rows(roads)
        assert notices(roads)["import.osm-roads-lost"]["count"] == 1

    def test_a_closed_road_is_kept_without_modes(self, read):
        roads = read(*LINE, way(10, [1, 2], {"highway": "service", "access": "private"}))["roads"]
        assert rows(roads)["osm:way/10"]["modes"] == []
        assert notices(roads)["import.osm-roads-closed"]["count"] == 1

    def test_bicycles_against_a_one_way_street(self, read):
        roads = read(*LINE, way(10, [1, 2], {"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}))[
            "roads"
        ]
        found = rows(roads)
        assert (found["osm:way/10"]["oneway"], found["osm:way/10"]["modes"]) == ("forward", ["walk", "car"])
        both = found["osm:way/10/bicycle"]
        assert (both["oneway"], both["modes"], both["node_ids"]) == ("no", ["bicycle"], [1, 2])
        assert notices(roads)["import.osm-contraflow"]["count"] == 1

    def test_a_roundabout_and_a_ferry(self, read):
        roads = read(
            *LINE,
            way(10, [1, 2, 3, 1], {"highway": "tertiary", "junction": "roundabout"}),
            way(11, [1, 3], {"route": "ferry"}),
        )["roads"]
        found = rows(roads)
        assert found["osm:way/10"]["oneway"] == "forward"
        assert found["osm:way/11"]["class"] == "ferry"

    def test_the_number_of_a_road_without_a_name(self, read):
        roads = read(*LINE, way(10, [1, 2], {"highway": "motorway", "ref": "G50"}))["roads"]
        assert rows(roads)["osm:way/10"]["name"] == "G50"

    def test_every_class_has_modes(self, catalog):
        for entry in catalog.codes["road_classes"].entries:
            assert set(entry.attributes["modes"]) <= {"walk", "bicycle", "car"}, entry.code
            assert entry.osm, entry.code

    @pytest.mark.parametrize(
        ("word", "class_"),
        [
            ("高速公路", "motorway"),
            ("国道", "trunk"),
            ("省道", "primary"),
            ("县道", "secondary"),
            ("乡道", "tertiary"),
            ("村道", "unclassified"),
            ("主干路", "primary"),
            ("次干路", "secondary"),
            ("支路", "tertiary"),
            ("巷", "residential"),
        ],
    )
    def test_chinese_names_of_classes(self, catalog, word, class_):
        assert catalog.codes["road_classes"].find(word).code == class_


class TestGround:
    def test_railways(self, read):
        railways = read(
            *LINE,
            way(10, [1, 2], {"railway": "rail", "name": "汉宜铁路"}),
            way(11, [2, 3], {"railway": "rail", "tunnel": "yes"}),
            way(12, [2, 3], {"railway": "abandoned"}),
            way(13, [2, 3], {"railway": "subway"}),
        )["railways"]
        assert {key: row["class"] for key, row in rows(railways).items()} == {
            "osm:way/10": "rail",
            "osm:way/11": "underground",
            "osm:way/13": "underground",
        }

    def test_water_with_an_island(self, read):
        water = read(
            *square(1, 113.0, 30.0, 0.03),
            *square(5, 113.01, 30.01, 0.01),
            way(10, ring(1), {}),
            way(11, ring(5), {}),
            relation(
                20,
                [("way", 10, "outer"), ("way", 11, "inner")],
                {"type": "multipolygon", "natural": "water", "name": "湖"},
            ),
        )["water"]
        (lake,) = rows(water).values()
        assert (lake["key"], lake["class"], lake["name"]) == ("osm:relation/20", "water", "湖")
        assert lake["geom"].geom_type == "MultiPolygon"
        assert lake["geom"].area == pytest.approx(0.03**2 - 0.01**2)

    def test_a_river_cut_by_the_border_and_a_cut_lake(self, read):
        water = read(
            *LINE,
            way(10, [1, 2, 99, 3], {"waterway": "river"}),
            way(11, [1, 2], {"waterway": "stream", "tunnel": "culvert"}),
            relation(20, [("way", 98, "outer")], {"type": "multipolygon", "natural": "water"}),
        )["water"]
        assert {key: row["class"] for key, row in rows(water).items()} == {
            "osm:way/10": "river",
            "osm:way/11": "underground",
        }
        assert notices(water)["import.osm-areas-cut"]["count"] == 1

    def test_built_up_land(self, read):
        built_up = read(
            *square(1, 113.0, 30.0, 0.03),
            way(10, ring(1), {"landuse": "residential", "name": "新城"}),
            way(11, ring(1), {"landuse": "forest"}),
        )["built_up"]
        assert {key: row["class"] for key, row in rows(built_up).items()} == {"osm:way/10": "residential"}


class TestUnits:
    COUNTY = (
        *square(1, 113.0, 30.0, 0.3),
        *square(5, 113.1, 30.1, 0.1),
        way(10, ring(1), {}),
        way(11, ring(5), {}),
    )

    def test_levels_kinds_and_parents(self, read):
        units = read(
            *self.COUNTY,
            relation(20, [("way", 10, "outer")], boundary("6", "天门市")),
            relation(21, [("way", 11, "outer")], boundary("8", "岳口镇")),
        )["units"]
        found = rows(units)
        assert {code: (row["level"], row["kind"], row["parent_code"]) for code, row in found.items()} == {
            "r20": ("county", "市", None),
            "r21": ("township", "镇", "r20"),
        }
        assert {(row["code_system"], row["code_edition"]) for row in found.values()} == {("osm", "")}
        assert found["r21"]["source"] == "OpenStreetMap relation 21"

    def test_what_the_extract_cuts_is_said(self, read):
        units = read(*self.COUNTY, relation(20, [("way", 10, "outer"), ("way", 99, "outer")], boundary("4", "湖北省")))
        named = notices(units["units"])["import.osm-units-cut"]
        assert named == {"count": 1, "examples": "湖北省"}
        assert not rows(units["units"])

    def test_another_country_has_other_levels(self, read):
        units = read(
            *self.COUNTY,
            relation(20, [("way", 10, "outer")], boundary("2", "Andorra") | {"ISO3166-1": "AD"}),
            relation(21, [("way", 11, "outer")], boundary("7", "Ordino")),
            relation(22, [("way", 11, "outer")], boundary("8", "Ordino centre")),
        )["units"]
        assert {code: row["level"] for code, row in rows(units).items()} == {"r21": "township"}
        assert notices(units)["import.osm-units-left-out"] == {"count": 2, "levels": "2 1, 8 1"}

    def test_units_beyond_the_border_of_a_whole_country_are_left_out(self, read):
        units = read(
            *self.COUNTY,
            *square(100, 114.0, 30.0, 0.1),
            way(12, ring(100), {}),
            relation(20, [("way", 10, "outer")], boundary("2", "Andorra") | {"ISO3166-1": "AD"}),
            relation(23, [("way", 12, "outer")], boundary("8", "Mérens-les-Vals")),
        )["units"]
        assert not rows(units)


def boundary(level, name):
    return {"type": "boundary", "boundary": "administrative", "admin_level": level, "name": name}


class TestPlaces:
    def test_names_and_classes(self, read):
        places = read(
            node(1, 113.0, 30.0, place="town", name="岳口", alt_name="岳镇;岳家口", old_name="牛口"),
            node(2, 113.1, 30.0, place="hamlet", name="李家湾"),
            node(3, 113.2, 30.0, natural="peak", name="白云山"),
            node(4, 113.3, 30.0, place="hamlet"),
            node(5, 113.4, 30.0, place="country", name="中国"),
            node(6, 113.5, 30.0, place="locality", name="荒地"),
        )["places"]
        found = rows(places)
        town = found["osm:node/1"]
        assert (town["name"], town["class_code"], town["rank"]) == ("岳口", "22100", 2)
        assert (town["alias"], town["former_name"]) == ("岳镇、岳家口", "牛口")
        assert {key: row["class_code"] for key, row in found.items()} == {
            "osm:node/1": "22100",
            "osm:node/2": "22200",
            "osm:node/3": "13",
            "osm:node/6": "13",
        }
        assert notices(places)["import.osm-places-skipped"] == {"count": 1, "kinds": "country 1"}

    def test_the_local_name_stays_the_standard_name(self, read):
        tags = {"place": "village", "name": "Ordino", "name:zh": "奥尔迪诺"}
        (place,) = rows(read(*square(1, 113, 30, 0.1), way(10, ring(1), tags))["places"]).values()
        assert (place["name"], place["alias"]) == ("Ordino", "奥尔迪诺")
        assert place["geom"].geom_type == "MultiPolygon"

    def test_pieces_of_a_river_are_one_place(self, read):
        places = read(
            *LINE,
            node(7, 114.0, 30.0),
            node(8, 114.1, 30.0),
            way(12, [1, 2], {"waterway": "river", "name": "汉江"}),
            way(11, [2, 3], {"waterway": "river", "name": "汉江"}),
            way(13, [7, 8], {"waterway": "river", "name": "汉江"}),
        )["places"]
        assert sorted(rows(places)) == ["osm:way/11", "osm:way/13"]

    def test_a_point_in_the_area_of_its_name_is_left_out(self, read):
        sets = read(
            *square(1, 113, 30, 0.1),
            node(9, 113.05, 30.05, place="village", name="李庄", population="820"),
            way(10, ring(1), {"place": "village", "name": "李庄"}),
        )
        assert list(rows(sets["places"])) == ["osm:way/10"]
        assert notices(sets["places"])["import.osm-doubles"]["count"] == 1
        assert {code: row["population"] for code, row in rows(sets["communities"]).items()} == {"n9": 820}

    def test_markup_and_rare_characters_stay_text(self, read):
        name = "𣲗源口<b>'; drop table place; --"
        (place,) = rows(read(node(1, 113, 30, place="village", name=name))["places"]).values()
        assert place["name"] == name

    def test_a_name_that_is_too_long(self, read):
        places = read(node(1, 113, 30, place="village", name="村" * 101))["places"]
        (refusal,) = places.refusals
        assert (refusal.row, refusal.field, refusal.reason_code) == (1, "name", "import.osm-too-long")
        assert not rows(places)
        assert places.rows_read == 1


class TestCommunities:
    def test_classes_and_populations(self, read):
        communities = read(
            node(1, 113.0, 30.0, place="town", name="岳口", population="12480"),
            node(2, 113.1, 30.0, place="hamlet", name="李家湾", population="约300"),
            node(3, 113.2, 30.0, place="isolated_dwelling", name="王家"),
            node(4, 113.3, 30.0, place="locality", name="荒地"),
        )["communities"]
        found = rows(communities)
        assert {code: (row["class"], row["population"]) for code, row in found.items()} == {
            "n1": ("urban", 12480),
            "n2": ("rural", None),
        }
        assert notices(communities)["import.osm-no-population"] == {"count": 1, "total": 2}

    def test_a_city_and_its_quarters_are_not_counted_twice(self, read):
        communities = read(
            node(1, 113.0, 30.0, place="city", name="天门市"),
            node(2, 113.1, 30.0, place="quarter", name="竟陵"),
        )["communities"]
        assert list(rows(communities)) == ["n2"]
        assert notices(communities)["import.osm-cities-left-out"]["names"] == "天门市"

    def test_a_city_alone_is_a_demand_point(self, read):
        assert list(rows(read(node(1, 113.0, 30.0, place="city", name="天门市"))["communities"])) == ["n1"]


class TestFacilities:
    def test_types_names_and_addresses(self, read):
        facilities = read(
            *square(1, 113, 30, 0.001),
            node(9, 113.1, 30.0, amenity="hospital", name="人民医院", beds="300", **{"addr:street": "陆羽大道"}),
            node(11, 113.2, 30.0, amenity="hospital", disused="yes"),
            way(10, ring(1), {"landuse": "cemetery"}),
        )["facilities"]
        found = rows(facilities)
        hospital, cemetery = found["osm:node/9"], found["osm:way/10"]
        assert (hospital["type"], hospital["name"], hospital["beds"], hospital["address"]) == (
            "hospital",
            "人民医院",
            300,
            "陆羽大道",
        )
        assert (cemetery["type"], cemetery["name"]) == ("cemetery", "未命名公墓（OSM way 10）")
        assert cemetery["geom"].geom_type == "Point"
        assert shapely.box(113, 30, 113.001, 30.001).contains(cemetery["geom"])
        assert len(found) == 2
        assert notices(facilities)["import.osm-unnamed"] == {"count": 1, "types": "公墓 1"}

    def test_a_point_inside_its_area_is_one_facility(self, read):
        facilities = read(
            *square(1, 113, 30, 0.01),
            node(9, 113.005, 30.005, amenity="hospital"),
            node(8, 113.006, 30.005, amenity="hospital", name="别的医院"),
            way(10, ring(1), {"amenity": "hospital", "name": "人民医院"}),
        )["facilities"]
        assert sorted(rows(facilities)) == ["osm:node/8", "osm:way/10"]
        assert notices(facilities)["import.osm-doubles"]["count"] == 1


class TestTurns:
    MEMBERS = (("way", 10, "from"), ("node", 2, "via"), ("way", 11, "to"))

    @pytest.fixture
    def turns(self, read):
        def of(tags, members=self.MEMBERS):
            ways = [way(10, [1, 2], {"highway": "primary"}), way(11, [2, 3], {"highway": "primary"})]
            roads = read(*LINE, *ways, relation(7, members, {"type": "restriction", **tags}))["roads"]
            return {turn.key: turn for turn in roads.turns}

        return of

    def test_a_restriction_holds_for_all_vehicles(self, turns):
        (turn,) = turns({"restriction": "no_left_turn"}).values()
        assert (turn.key, turn.kind, turn.modes) == ("osm:relation/7", "no_left_turn", ("bicycle", "car"))
        assert (turn.from_ways, turn.via_nodes, turn.to_ways) == (("osm:way/10",), (2,), ("osm:way/11",))
        assert (turn.via_ways, turn.condition) == ((), None)

    @pytest.mark.parametrize(
        ("tags", "expected"),
        [
            ({"restriction": "no_u_turn", "except": "bicycle;psv"}, {("no_u_turn", None): ("car",)}),
            ({"restriction": "no_u_turn", "except": "motor_vehicle"}, {("no_u_turn", None): ("bicycle",)}),
            ({"restriction": "no_u_turn", "except": "vehicle"}, {("no_u_turn", None): ()}),
            ({"restriction:motorcar": "no_entry"}, {("no_entry", None): ("car",)}),
            ({"restriction:bicycle": "no_entry"}, {("no_entry", None): ("bicycle",)}),
            (
                {"restriction": "no_u_turn", "restriction:motor_vehicle": "no_exit"},
                {("no_u_turn", None): ("bicycle",), ("no_exit", None): ("car",)},
            ),
            (
                {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"},
                {("no_left_turn", "Mo-Fr 07:00-09:00"): ("bicycle", "car")},
            ),
            (
                {"restriction": "no_left_turn", "restriction:conditional": "none @ (22:00-06:00)"},
                {("no_left_turn", None): ("bicycle", "car")},
            ),
            (
                {"restriction": "no_left_turn", "hour_on": "07:00", "hour_off": "09:00"},
                {("no_left_turn", "hour_on=07:00; hour_off=09:00"): ("bicycle", "car")},
            ),
        ],
    )
    def test_exceptions_and_conditions_go_by_the_mode(self, turns, tags, expected):
        found = turns(tags)
        assert {(turn.kind, turn.condition): turn.modes for turn in found.values()} == expected
        assert len(found) == len(expected)

    def test_what_lacks_members_is_kept_as_it_is(self, turns):
        (turn,) = turns({"restriction": "no_u_turn"}, [("way", 10, "from"), ("way", 12, "via")]).values()
        assert (turn.from_ways, turn.via_nodes, turn.via_ways, turn.to_ways) == (
            ("osm:way/10",),
            (),
            ("osm:way/12",),
            (),
        )

    def test_how_many_there_are_is_told(self, read):
        ways = [way(10, [1, 2], {"highway": "primary"}), way(11, [2, 3], {"highway": "primary"})]
        roads = read(*LINE, *ways, relation(7, self.MEMBERS, {"type": "restriction", "restriction": "no_exit"}))[
            "roads"
        ]
        assert notices(roads)["import.osm-turns"] == {"count": 1, "kinds": "no_exit 1"}
        assert read(*LINE)["roads"].turns == []


class TestWalls:
    NODES = (
        *(node(20 + k, 113.0 + 0.001 * k, 30.0) for k in range(4)),
        node(30, 113.0015, 29.999),
        node(31, 113.0015, 30.001),
    )
    WALL = way(40, [20, 21, 22, 23], {"barrier": "wall"})

    @pytest.fixture
    def wall(self, read):
        def of(*objects):
            return read(*objects)["walls"]

        return of

    def gaps(self, records):
        """Metres of wall that are missing, at their middle."""
        (row,) = records.records.to_dict("records")
        whole = shapely.LineString([(113.0 + 0.001 * k, 30.0) for k in range(4)])
        left = shapely.difference(whole, shapely.buffer(row["geom"], 1e-9))
        metres = 111_320 * 0.8660254
        return [
            (round(part.centroid.x, 5), round(part.length * metres, 1))
            for part in shapely.get_parts(left)
            if not part.is_empty
        ]

    def test_classes(self, wall):
        kinds = ["city_wall", "wall", "fence", "retaining_wall", "hedge", "kerb", "guard_rail", "handrail"]
        found = wall(*self.NODES, *(way(40 + k, [20, 21], {"barrier": kind}) for k, kind in enumerate(kinds)))
        assert [row["class"] for row in found.records.to_dict("records")] == kinds[:5]

    @pytest.mark.parametrize("tags", [{"bridge": "yes"}, {"tunnel": "yes"}, {"layer": "1"}])
    def test_what_is_above_or_below_bars_nothing(self, wall, tags):
        assert wall(*self.NODES, way(40, [20, 21], {"barrier": "wall", **tags})).records.empty

    def test_a_wall_without_openings_is_whole(self, wall):
        assert self.gaps(wall(*self.NODES, self.WALL)) == []

    @pytest.mark.parametrize(
        ("tags", "open_"),
        [
            ({"barrier": "gate"}, True),
            ({"barrier": "stile"}, True),
            ({"barrier": "entrance"}, True),
            ({"entrance": "main"}, True),
            ({"barrier": "gate", "access": "no"}, False),
            ({"barrier": "gate", "access": "private"}, False),
            ({"barrier": "gate", "access": "private", "foot": "yes"}, True),
            ({"barrier": "block"}, False),
            ({"entrance": "emergency"}, False),
            ({"highway": "crossing"}, False),
        ],
    )
    def test_it_is_open_at_a_gate_that_walkers_pass(self, wall, tags, open_):
        nodes = [one for one in self.NODES if 'id="21"' not in one]
        found = wall(*sorted([*nodes, node(21, 113.001, 30.0, **tags)]), self.WALL)
        assert self.gaps(found) == ([(113.001, 4.0)] if open_ else [])
        assert notices(found)["import.osm-walls"] == {"count": 1, "openings": int(open_), "width": 4.0}

    @pytest.mark.parametrize(
        ("road", "open_"),
        [
            (way(50, [30, 22, 31], {"highway": "path"}), 113.002),
            (way(50, [30, 31], {"highway": "residential"}), 113.0015),
            (way(50, [30, 31], {"highway": "residential", "foot": "no"}), None),
            (way(50, [30, 31], {"highway": "motorway"}), None),
            (way(50, [30, 31], {"highway": "residential", "bridge": "yes"}), None),
            (way(50, [30, 31], {"highway": "residential", "tunnel": "yes"}), None),
            (way(50, [30, 31], {"railway": "rail"}), None),
        ],
    )
    def test_it_is_open_where_walkers_cross_it_on_the_ground(self, wall, road, open_):
        assert self.gaps(wall(*self.NODES, self.WALL, road)) == ([] if open_ is None else [(open_, 4.0)])

    def test_a_wall_that_is_all_opening_is_left_out(self, read):
        near = [node(20, 113.0, 30.0), node(21, 113.00001, 30.0, barrier="gate")]
        assert read(*near, way(40, [20, 21], {"barrier": "wall"}))["walls"].records.empty
