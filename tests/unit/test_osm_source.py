"""Damaged and strange OpenStreetMap files are refused whole, with file and place."""

from __future__ import annotations

import bz2
import contextlib
import gzip

import osmium
import pytest

from geoservice.errors import BadInput
from geoservice.ingest.osm import read_osm
from geoservice.ingest.osm.contents import read_contents
from geoservice.ingest.osm.source import check_file
from tests.unit.osm_builders import node, osm_file, way

ROAD = [node(1, 113.0, 30.0), node(2, 113.01, 30.0), way(10, [1, 2], {"highway": "primary", "name": "陆羽大道"})]


def pbf(path, *objects):
    xml = osm_file(path.with_suffix(".osm"), *objects)
    with osmium.SimpleWriter(str(path)) as writer:
        for item in osmium.FileProcessor(str(xml)):
            writer.add(item)
    return path


def refusal(path, catalog):
    with pytest.raises(BadInput) as caught:
        read_osm(path, catalog)
    assert caught.value.values["file"] == path.name
    assert path.name in caught.value.message
    assert caught.value.exit_code == 2
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
def test_an_empty_file(tmp_path, catalog, suffix):
    path = tmp_path / f"空{suffix}"
    path.touch()
    assert refusal(path, catalog).code == "import.osm-empty"


def test_a_file_without_objects(tmp_path, catalog):
    assert refusal(osm_file(tmp_path / "nothing.osm"), catalog).code == "import.osm-empty"


def test_a_missing_file_and_a_folder(tmp_path, catalog):
    assert refusal(tmp_path / "none.osm", catalog).code == "import.osm-missing"
    (tmp_path / "folder.osm").mkdir()
    assert refusal(tmp_path / "folder.osm", catalog).code == "import.osm-missing"


def test_another_kind_of_file(tmp_path, catalog):
    path = tmp_path / "roads.geojson"
    path.write_text("{}")
    assert refusal(path, catalog).code == "import.osm-unknown-format"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_pbf_names_the_byte(tmp_path, catalog, share):
    whole = pbf(tmp_path / "whole.osm.pbf", *ROAD)
    data = whole.read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(data[: int(len(data) * share)])
    error = refusal(path, catalog)
    assert error.code in ("import.osm-truncated", "import.osm-not-pbf")
    assert 0 <= error.values["byte"] <= len(data)


def test_every_truncation_within_a_block_is_refused(tmp_path):
    """A file that ends with a whole block is a whole file: nothing in it says how many were to come."""
    data = pbf(tmp_path / "whole.osm.pbf", *ROAD).read_bytes()
    path = tmp_path / "cut.osm.pbf"
    taken = []
    for size in range(1, len(data)):
        path.write_bytes(data[:size])
        with contextlib.suppress(BadInput):
            read_contents(path, ["highway"])
            taken.append(size)
    assert len(taken) <= 1


def test_broken_bytes_within_a_pbf(tmp_path, catalog):
    data = bytearray(pbf(tmp_path / "whole.osm.pbf", *ROAD).read_bytes())
    data[-20] ^= 0xFF
    path = tmp_path / "broken.osm.pbf"
    path.write_bytes(data)
    assert refusal(path, catalog).code == "import.osm-unreadable"


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "<html><body/></html>",
        '<osm version="0.6"><node id="1" lat="30" lon="113"><tag k="name" v="天',
        '<osm version="0.6"><node id="1" lat="NaN" lon="113"/></osm>',
        '<osm version="0.6"><node id="1" lat="inf" lon="113"/></osm>',
        """<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]>
        <osm version="0.6"><node id="1" lat="30" lon="113"><tag k="name" v="&d;"/></node></osm>""",
    ],
)
def test_text_that_is_no_map(tmp_path, catalog, text):
    path = tmp_path / "map.osm"
    path.write_text(text, encoding="utf-8")
    assert refusal(path, catalog).code == "import.osm-unreadable"


def test_text_in_gbk(tmp_path, catalog):
    path = tmp_path / "gbk.osm"
    path.write_bytes(
        '<osm version="0.6"><node id="1" lat="30" lon="113"><tag k="name" v="天门"/></node></osm>'.encode("gbk")
    )
    assert refusal(path, catalog).code == "import.osm-unreadable"


def test_junk_under_the_name_of_a_pbf(tmp_path, catalog):
    path = tmp_path / "junk.osm.pbf"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    assert refusal(path, catalog).code == "import.osm-not-pbf"


def test_changes_are_no_map(tmp_path, catalog):
    path = tmp_path / "changes.osm"
    path.write_text('<osmChange version="0.6"><delete><node id="3" version="2"/></delete></osmChange>')
    assert refusal(path, catalog).code == "import.osm-not-a-map"


def test_objects_that_were_never_uploaded(tmp_path, catalog):
    path = osm_file(
        tmp_path / "josm.osm", node(-1, 113, 30), node(-2, 113.1, 30), way(-3, [-1, -2], {"highway": "path"})
    )
    assert refusal(path, catalog).code == "import.osm-not-uploaded"


def test_a_bomb(tmp_path, catalog):
    path = tmp_path / "bomb.osm.gz"
    with gzip.open(path, "wb") as file:
        file.write(b'<osm version="0.6">')
        for _ in range(80):
            file.write(b" " * (1 << 20))
        file.write(b"</osm>")
    assert refusal(path, catalog).code == "import.osm-bomb"


def test_a_broken_archive(tmp_path, catalog):
    whole = gzip.compress(osm_file(tmp_path / "a.osm", *ROAD).read_bytes())
    path = tmp_path / "cut.osm.gz"
    path.write_bytes(whole[:-20])
    assert refusal(path, catalog).code == "import.osm-unreadable"


@pytest.mark.parametrize(("suffix", "pack"), [(".osm.gz", gzip.compress), (".osm.bz2", bz2.compress)])
def test_packed_files_are_read(tmp_path, suffix, pack):
    path = tmp_path / f"map{suffix}"
    path.write_bytes(pack(osm_file(tmp_path / "a.osm", *ROAD).read_bytes()))
    assert [line.id for line in read_contents(path, ["highway"]).lines] == [10]


def test_ways_before_their_nodes_and_doubled_objects_are_sorted_first(tmp_path):
    path = osm_file(tmp_path / "overpass.osm", ROAD[2], ROAD[1], ROAD[0], ROAD[0])
    (line,) = read_contents(path, ["highway"]).lines
    assert line.positions == ((113.0, 30.0), (113.01, 30.0))


def test_nodes_beyond_the_earth_have_no_position(tmp_path):
    path = osm_file(tmp_path / "far.osm", node(1, 201.0, 95.0, place="village", name="远"), *ROAD[1:])
    contents = read_contents(path, ["highway", "place"])
    assert contents.positionless == 1
    assert contents.nodes == []


def test_progress_is_told(tmp_path):
    told = []
    read_contents(osm_file(tmp_path / "a.osm", *ROAD), ["highway"], told.append)
    assert told[-1] == 3


def test_a_whole_pbf_passes(tmp_path):
    assert isinstance(check_file(pbf(tmp_path / "whole.osm.pbf", *ROAD)), osmium.io.File)
