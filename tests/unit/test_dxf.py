"""Drawings to roads with their names: what is drawn, what is written beside it, and what is unclear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ezdxf
import pytest
import shapely

from geoservice.crs import metric_crs
from geoservice.errors import BadInput
from geoservice.ingest.readers import dxf, dxf_drawing
from geoservice.ingest.readers.dxf import layers_of, read_dxf
from geoservice.ingest.reading import read_layer
from geoservice.settings import ImportSettings
from tests.dxf_builders import EAST, NORTH, ROADS, Drawn
from tests.unit.ingest_builders import CATALOG, zipped

LIMITS = ImportSettings()
CLASS = {"class_code": "23"}


def rows(path: Path, **options: Any) -> list[tuple[str | None, str, Any]]:
    """Name, relation and shape of each row."""
    options.setdefault("limits", LIMITS)
    table = read_dxf(path, **options)
    names, _, relations, _ = table.cells
    return list(zip(names.tolist(), relations.tolist(), table.geometry.tolist(), strict=True))


def told(path: Path, **options: Any) -> set[str]:
    options.setdefault("limits", LIMITS)
    return {notice.code for notice in read_dxf(path, **options).notices}


def relations(path: Path, **options: Any) -> dict[str | None, str]:
    return {name: relation for name, relation, _ in rows(path, **options)}


def fails(path: Path, code: str, **options: Any) -> BadInput:
    options.setdefault("limits", LIMITS)
    with pytest.raises(BadInput) as caught:
        read_layer(path, CATALOG.layers["places"], CATALOG, constants=CLASS, **options)
    assert caught.value.code == code
    assert caught.value.remedy
    assert "{" not in str(caught.value)
    return caught.value


# -- what is written --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("陆羽大道", "陆羽大道"),
        ("%%u陆羽大道%%u", "陆羽大道"),
        ("%%o%%u陆羽 大道", "陆羽大道"),
        ("\\U+9646\\U+7FBD路", "陆羽路"),
        ("陆 羽 大 道", "陆羽大道"),
        ("𣲗源路", "𣲗源路"),
    ],
)
def test_codes_of_texts_are_taken_off(tmp_path: Path, words: str, name: str) -> None:
    path = Drawn().line((0, 0), (100, 0)).text(words, (50, 5)).save(tmp_path / "a.dxf")
    assert relations(path) == {name: "已对应"}


@pytest.mark.parametrize(
    "words",
    ["{\\fSimSun|b0|i0|c134|p2;陆羽\\P大道}", "\\A1;\\C3;陆羽{\\H0.7x;大道}", "\\pxqc;陆羽大道", "陆羽\\~大道"],
)
def test_codes_of_long_texts_are_taken_off(tmp_path: Path, words: str) -> None:
    path = Drawn().line((0, 0), (100, 0)).mtext(words, (50, 5)).save(tmp_path / "a.dxf")
    assert set(relations(path)) == {"陆羽大道"}


def test_widths_and_numbers_are_no_names_and_are_told(tmp_path: Path) -> None:
    path = Drawn().road("陆羽大道", 0).text("B=30", (20, 5)).text("24.5", (30, 5)).save(tmp_path / "a.dxf")
    assert relations(path) == {"陆羽大道": "已对应"}
    assert "import.dxf-no-names" in told(path)


@pytest.mark.parametrize("align", ["LEFT", "RIGHT", "TOP_LEFT", "BOTTOM_RIGHT", "MIDDLE_CENTER", "CENTER", "MIDDLE"])
def test_the_middle_of_a_text_counts_and_not_its_anchor(tmp_path: Path, align: str) -> None:
    """A text along one road whose anchor lies on the next one."""
    from ezdxf.enums import TextEntityAlignment

    drawn = Drawn().line((0, 0), (200, 0))
    made = drawn.space.add_text("陆羽大道", height=10, dxfattribs={"layer": ROADS})
    made.set_placement(drawn.at((100, 12)), align=TextEntityAlignment[align])
    table = read_dxf(drawn.save(tmp_path / "a.dxf"), limits=LIMITS)
    height = {"LEFT": 17, "RIGHT": 17, "TOP_LEFT": 7, "BOTTOM_RIGHT": 17, "CENTER": 17}.get(align, 12)
    assert table.cells[3][0] == height


# -- what is drawn ----------------------------------------------------------------------------------------------------


def test_arcs_bulges_and_curves_are_chords_within_the_tolerance(tmp_path: Path) -> None:
    drawn = Drawn()
    space, given = drawn.space, {"layer": ROADS}
    space.add_arc(drawn.at((0, 0)), radius=500, start_angle=0, end_angle=180, dxfattribs=given)
    space.add_lwpolyline([(*drawn.at((0, 2000)), 0, 0, 1), (*drawn.at((1000, 2000)), 0, 0, 0)], dxfattribs=given)
    space.add_spline(
        [(*drawn.at((0, 4000)), 0), (*drawn.at((500, 4200)), 0), (*drawn.at((1000, 4000)), 0)], dxfattribs=given
    )
    space.add_polyline2d([drawn.at((0, 6000)), drawn.at((900, 6000))], dxfattribs=given)
    drawn.text("弧路", (0, 495)).text("凸路", (500, 1505)).text("曲路", (500, 4195)).text("折路", (450, 6005))
    found = {name: shape for name, _, shape in rows(drawn.save(tmp_path / "a.dxf"))}
    assert found["弧路"].length == pytest.approx(500 * 3.14159265, rel=1e-3)
    assert found["凸路"].length == pytest.approx(500 * 3.14159265, rel=1e-3)
    centre = shapely.Point(drawn.at((0, 0)))
    chords = shapely.get_coordinates(
        shapely.line_interpolate_point(found["弧路"], shapely.length(found["弧路"]) * 0.37)
    )
    assert 499.9 <= centre.distance(shapely.Point(chords[0])) <= 500.001
    assert shapely.get_num_coordinates(found["曲路"]) > 5
    assert found["折路"].length == pytest.approx(900)
    coarse = {name: shape for name, _, shape in rows(tmp_path / "a.dxf", limits=ImportSettings(dxf_flatten_m=10))}
    assert shapely.get_num_coordinates(coarse["弧路"]) < shapely.get_num_coordinates(found["弧路"])


def test_pieces_that_meet_end_to_end_are_one_road(tmp_path: Path) -> None:
    drawn = Drawn().line((0, 0), (100, 0)).line((100, 0), (200, 10)).line((200, 10), (300, 0)).text("陆羽大道", (50, 5))
    ((name, _, shape),) = rows(drawn.save(tmp_path / "a.dxf"))
    assert name == "陆羽大道"
    assert shapely.get_num_coordinates(shape) == 4


def test_one_name_on_lines_that_touch_is_one_road_and_on_others_two(tmp_path: Path) -> None:
    drawn = Drawn()
    for start in (0, 100):
        drawn.line((start, 0), (start + 50, 1), (start + 100, 0)).text("陆羽大道", (start + 50, 5))
    drawn.line((0, 900), (50, 901), (100, 900)).text("陆羽大道", (50, 905))
    found = rows(drawn.save(tmp_path / "a.dxf"))
    assert sorted(shape.geom_type for _, _, shape in found) == ["LineString", "MultiLineString"]


def test_blocks_are_opened_and_draw_on_the_layer_that_they_are_put_on(tmp_path: Path) -> None:
    drawn = Drawn()
    block = drawn.document.blocks.new("路牌")
    block.add_line((0, 0), (100, 0), dxfattribs={"layer": "0"})
    block.add_attdef("NAME", (50, 5), height=4)
    inserted = drawn.space.add_blockref("路牌", drawn.at((0, 0)), dxfattribs={"layer": ROADS})
    inserted.add_attrib("NAME", "陆羽大道", drawn.at((40, 5)), dxfattribs={"height": 4, "layer": ROADS})
    inner = drawn.document.blocks.new("内")
    inner.add_text("东湖路", height=4, dxfattribs={"layer": "0", "insert": (40, 205)})
    inner.add_line((0, 200), (100, 200), dxfattribs={"layer": "0"})
    drawn.space.add_blockref("内", drawn.at((0, 0)), dxfattribs={"layer": ROADS})
    assert relations(drawn.save(tmp_path / "a.dxf")) == {"陆羽大道": "已对应", "东湖路": "已对应"}


def test_a_block_of_blocks_of_blocks_does_not_exhaust_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dxf_drawing, "MOST_DRAWN", 2_000)
    drawn = Drawn()
    below = drawn.document.blocks.new("B0")
    below.add_line((0, 0), (1, 0))
    for step in range(1, 6):
        block = drawn.document.blocks.new(f"B{step}")
        for at in range(10):
            block.add_blockref(f"B{step - 1}", (at, 0))
    drawn.space.add_blockref("B5", drawn.at((0, 0)))
    fails(drawn.save(tmp_path / "a.dxf"), "import.dxf-too-much", crs="4547")


# -- joining ----------------------------------------------------------------------------------------------------------


def test_a_text_names_the_nearest_line_of_its_layer_within_the_distance(tmp_path: Path) -> None:
    path = (
        Drawn()
        .road("陆羽大道", 0)
        .line((0, 20), (100, 21), (400, 20), layer="管线")
        .text("孤路", (200, 800))
        .text("远路", (200, -40))
        .save(tmp_path / "a.dxf")
    )
    assert relations(path, part=ROADS) == {"陆羽大道": "已对应", "孤路": "附近没有线", "远路": "附近没有线"}
    # Farther out it names the line: then the line has two names.
    wider = relations(path, part=ROADS, limits=ImportSettings(dxf_within_m=50))
    assert wider["远路"] == wider["陆羽大道"] == "一条线有几个名称"
    assert wider["孤路"] == "附近没有线"


@pytest.mark.parametrize(("second", "unclear"), [(12, True), (14, True), (17, False), (60, False)])
def test_a_second_line_almost_as_near_makes_it_unclear(tmp_path: Path, second: float, unclear: bool) -> None:
    """The first at 10 m, the ratio 1.5."""
    path = (
        Drawn()
        .line((0, 0), (50, 0), (100, 0))
        .line((0, 10 + second), (50, 10 + second), (100, 10 + second))
        .text("陆羽大道", (50, 10))
        .save(tmp_path / "a.dxf")
    )
    found = relations(path)
    assert found["陆羽大道"] == ("两条线一样近" if unclear else "已对应")
    # Lines that no text belongs to are told as such.
    assert len(rows(path)) == (3 if unclear else 2)
    assert found[None] == "线没有名称"


def test_a_text_on_a_crossing_is_unclear_whatever_the_last_millimetre_says(tmp_path: Path) -> None:
    drawn = Drawn().line((0, 0), (50, 0), (100, 0)).line((50.4, -50), (50.4, 0), (50.4, 50)).text("陆羽大道", (50, 0))
    assert relations(drawn.save(tmp_path / "a.dxf"))["陆羽大道"] == "两条线一样近"


def test_the_same_text_twice_is_one_name_and_another_is_told(tmp_path: Path) -> None:
    path = (
        Drawn()
        .road("陆羽大道", 0)
        .text("陆羽大道", (30, 6))
        .road("东湖路", 300)
        .text("西湖路", (30, 306))
        .save(tmp_path / "a.dxf")
    )
    table = read_dxf(path, limits=LIMITS)
    assert sorted(table.cells[0].tolist()) == ["东湖路", "西湖路", "陆羽大道"]
    noticed = {notice.row: notice for notice in table.notices if notice.row}
    assert {notice.code for notice in noticed.values()} == {"import.dxf-several"}
    assert len(noticed) == 2
    assert all("湖路" in notice.message for notice in noticed.values())


def test_layers_are_chosen_and_told_with_their_numbers(tmp_path: Path) -> None:
    path = (
        Drawn()
        .road("陆羽大道", 0)
        .road("东湖路", 300, layer="规划路")
        .line((0, 600), (50, 601), (100, 600), layer="等高线")
        .save(tmp_path / "a.dxf")
    )
    assert set(relations(path)) == {"陆羽大道", "东湖路"}
    assert set(relations(path, part="规划路")) == {"东湖路"}
    assert set(relations(path, part=f"规划路,{ROADS}")) == {"陆羽大道", "东湖路"}
    messages = " ".join(notice.message for notice in read_dxf(path, limits=LIMITS).notices)
    assert "等高线（文字 0，线 1）" in messages
    assert f"{ROADS}（文字 1，线 1）" in messages
    assert sorted(layers_of(path)) == sorted(["等高线", "规划路", ROADS])
    assert fails(path, "import.layer-unknown", crs="4547", part="没有").values["layer"] == "没有"


def test_names_on_a_layer_of_their_own_are_joined_where_that_is_said(tmp_path: Path) -> None:
    drawn = Drawn().line((0, 0), (50, 0), (100, 0), layer="中线").text("陆羽大道", (50, 5), layer="路名")
    path = drawn.save(tmp_path / "a.dxf")
    fails(path, "import.dxf-no-layer", crs="4547")
    assert relations(path, part="路名=中线") == {"陆羽大道": "已对应"}


def test_hidden_layers_are_read_only_when_they_are_chosen(tmp_path: Path) -> None:
    drawn = Drawn().road("陆羽大道", 0).road("旧路", 300, layer="废")
    drawn.document.layers.add("废").freeze()
    path = drawn.save(tmp_path / "a.dxf")
    assert set(relations(path)) == {"陆羽大道"}
    assert set(relations(path, part="废")) == {"旧路"}


# -- coordinates ------------------------------------------------------------------------------------------------------


def placed(path: Path, crs: str | None) -> Any:
    records = read_layer(path, CATALOG.layers["places"], CATALOG, constants=CLASS, limits=LIMITS, crs=crs)
    assert not records.refusals
    return records.records["geom"].iloc[0]


@pytest.mark.parametrize(
    ("origin", "crs"),
    [((EAST, NORTH), "EPSG:4547"), ((38_000_000 + EAST, NORTH), "EPSG:4526")],
)
def test_a_drawing_lies_where_its_system_says(tmp_path: Path, origin: tuple[float, float], crs: str) -> None:
    path = Drawn(origin=origin).road("陆羽大道", 0).save(tmp_path / "a.dxf")
    middle = placed(path, crs).centroid
    east, north = metric_crs(113.16, 30.66).project(middle.x, middle.y)
    assert (float(east), float(north)) == pytest.approx((EAST + 200, NORTH), abs=0.1)


def test_degrees_are_joined_in_metres_as_well(tmp_path: Path) -> None:
    drawn = Drawn(origin=(113.16, 30.66)).line((0, 0), (0.002, 0), (0.004, 0))
    drawn.text("陆羽大道", (0.002, 0.0001), height=0.00001).text("远路", (0.002, 0.0009), height=0.00001)
    path = drawn.save(tmp_path / "a.dxf")
    assert relations(path) == {"陆羽大道": "已对应", "远路": "附近没有线"}
    assert "EPSG:4490" in str(fails(path, "import.dxf-crs"))
    assert placed(path, "4490").bounds[:2] == pytest.approx((113.16, 30.66))


@pytest.mark.parametrize(
    ("origin", "crs", "code", "word"),
    [
        ((EAST, NORTH), None, "import.dxf-crs", "EPSG:4547"),
        ((38_000_000 + EAST, NORTH), None, "import.dxf-crs", "EPSG:4526"),
        ((EAST, NORTH), "EPSG:4526", "import.zone-contradicts", "EPSG:4547"),
        ((38_000_000 + EAST, NORTH), "EPSG:4547", "import.zone-contradicts", "EPSG:4526"),
        ((NORTH, EAST), "EPSG:4547", "import.dxf-swapped", "X"),
        ((NORTH, 38_000_000 + EAST), "EPSG:4526", "import.dxf-swapped", "X"),
        ((0, 0), "EPSG:4547", "import.dxf-implausible", "EPSG"),
        ((EAST * 1000, NORTH * 1000), "EPSG:4547", "import.dxf-implausible", "米"),
        ((EAST, NORTH), "EPSG:4490", "import.not-degrees", "EPSG"),
        ((EAST, NORTH), "EPSG:99999", "crs.unknown", "99999"),
    ],
)
def test_a_wrong_system_is_told_with_what_would_fit(
    tmp_path: Path, origin: tuple[float, float], crs: str | None, code: str, word: str
) -> None:
    path = Drawn(origin=origin).road("陆羽大道", 0).save(tmp_path / "a.dxf")
    assert word in str(fails(path, code, crs=crs))


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize(
    ("version", "encoding"), [("R2000", "gbk"), ("R2000", "utf-8"), ("R2010", None), ("R12", "gbk")]
)
def test_encodings_and_binary_drawings(tmp_path: Path, version: str, encoding: str | None, binary: bool) -> None:
    drawn = Drawn(version, encoding=encoding).line((0, 0), (100, 0)).text("陆羽大道", (50, 5))
    path = drawn.save(tmp_path / "a.dxf", binary=binary)
    assert relations(path) == {"陆羽大道": "已对应"}


def test_a_drawing_that_says_another_encoding_than_it_has(tmp_path: Path) -> None:
    path = Drawn("R2000", encoding="gbk").road("陆羽大道", 0).save(tmp_path / "a.dxf")
    path.write_bytes(path.read_bytes().replace(b"ANSI_936", b"ANSI_1252"))
    assert set(relations(path)) == {"陆羽大道"}


def test_a_drawing_in_an_archive(tmp_path: Path) -> None:
    path = Drawn().road("陆羽大道", 0).save(tmp_path / "a.dxf")
    packed = zipped(tmp_path, {"a.dxf": path.read_bytes()})
    assert placed(packed, "4547").geom_type == "LineString"


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_drawing_that_was_cut_short_is_refused(tmp_path: Path, share: float, binary: bool) -> None:
    path = Drawn().road("陆羽大道", 0).save(tmp_path / "a.dxf", binary=binary)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    fails(path, "import.empty-file" if share == 0 else "import.broken-file", crs="4547")


def test_garbage_is_refused_and_a_dwg_is_named(tmp_path: Path) -> None:
    for name, content, code in (
        ("a.dxf", b"hello", "import.broken-file"),
        ("a.dxf", b"  0\nSECTION\n  2\nENTITIES\n  0\nLINE\n 10\nabc\n  0\nENDSEC\n  0\nEOF\n", "import.broken-file"),
        ("a.dxf", b"AC1027\x00\x00", "import.dwg"),
        ("a.dwg", b"AC1027\x00\x00", "import.dwg"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        fails(path, code, crs="4547")


def test_an_empty_drawing_and_one_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Drawn().save(tmp_path / "a.dxf")
    fails(path, "import.empty-file", crs="4547")
    monkeypatch.setattr(dxf_drawing, "LARGEST_MB", 0)
    fails(path, "import.file-too-large", crs="4547")


def test_a_line_that_cannot_be_read_is_listed(tmp_path: Path) -> None:
    drawn = Drawn().road("陆羽大道", 0)
    drawn.space.add_line((float("nan"), 0), (1, 1), dxfattribs={"layer": ROADS})
    path = drawn.save(tmp_path / "a.dxf")
    records = read_layer(path, CATALOG.layers["places"], CATALOG, constants=CLASS, limits=LIMITS, crs="4547")
    assert len(records.records) == 1
    assert records.refusals


def test_the_library_is_the_one_that_was_looked_at() -> None:
    assert ezdxf.__version__.startswith("1.")
    assert dxf.FORMAT == "DXF"
