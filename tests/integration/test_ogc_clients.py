"""Programs that others use, against a running service: GDAL, OWSLib, what QGIS asks for; who sees what; pages while others write."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
import shapely
from owslib.ogcapi.features import Features
from owslib.ogcapi.processes import Processes
from pyproj import Transformer
from sqlalchemy import text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.prepare import bump_revision
from geoservice.settings import Settings
from tests.conftest import serving
from tests.ogc_client import GEOJSON, JSON, Ogc, epsg, linked
from tests.people import signed_in

BOX = (113.0, 30.5, 113.2, 30.7)


@pytest.fixture(scope="module")
def address(county: Database, catalog: Catalog, settings: Settings) -> Iterator[str]:
    with serving(county, catalog, settings) as base:
        yield f"{base}/ogc"


# GDAL keeps the interpreter while it waits for an answer: it reads in a process of its own, else the service could not answer.
GDAL = """
import json, sys, pyogrio
address, layer, how = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
how = {name: tuple(value) if isinstance(value, list) else value for name, value in how.items()}
if not layer:
    print(json.dumps([name for name, _ in pyogrio.list_layers(address)]))
else:
    frame = pyogrio.read_dataframe(address, layer=layer, fid_as_index=True, **how).sort_index()
    points = [[point.x, point.y] for point in frame.geometry]
    print(json.dumps({"ids": list(map(int, frame.index)), "names": list(frame["name"]), "points": points, "epsg": frame.crs.to_epsg()}))
"""


def by_gdal(address: str, layer: str = "", **how: Any) -> Any:
    call = [sys.executable, "-c", GDAL, f"OAPIF:{address}", layer, json.dumps(how)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-600:]
    return json.loads(done.stdout)


def everything(address: str, layer: str, **given: Any) -> list[dict[str, Any]]:
    """All features over the links to the next page."""
    url = f"{address}/collections/{layer}/items?{urlencode({'limit': 1000, **given})}"
    found = []
    while url:
        page = httpx2.get(url, headers={"Accept": GEOJSON}, timeout=60).json()
        found += page["features"]
        url = next((link["href"] for link in linked(page, "next")), "")
    return found


def test_gdal_reads_every_page_of_a_layer(address: str) -> None:
    assert {"facilities", "places", "units", "roads"} <= set(by_gdal(address))
    features = everything(address, "facilities")
    told = by_gdal(address, "facilities", PAGE_SIZE="137")
    assert told["ids"] == [one["id"] for one in features]
    assert len(features) > 5 * 137
    assert told["names"] == [one["properties"]["name"] for one in features]
    assert told["points"] == [pytest.approx(one["geometry"]["coordinates"], abs=1e-9) for one in features]


def test_gdal_asks_for_a_box_and_for_values(address: str) -> None:
    features = everything(address, "facilities")
    box = shapely.box(*BOX)
    inside = [one["id"] for one in features if box.intersects(shapely.Point(one["geometry"]["coordinates"]))]
    assert by_gdal(address, "facilities", bbox=BOX)["ids"] == inside != []
    for where, fits in (
        ("beds > 50 AND type = 'nursing_home'", lambda one: one["type"] == "nursing_home" and (one["beds"] or 0) > 50),
        ("name LIKE '%福利院'", lambda one: one["name"].endswith("福利院")),
        ("NOT (beds <= 50 OR beds IS NULL)", lambda one: one["beds"] is not None and one["beds"] > 50),
    ):
        wanted = [one["id"] for one in features if fits(one["properties"])]
        assert by_gdal(address, "facilities", where=where)["ids"] == wanted, where


def test_gdal_reads_other_systems(address: str) -> None:
    plain, zone = by_gdal(address, "facilities"), by_gdal(address, "facilities", CRS="EPSG:4547")
    assert (zone["ids"], zone["epsg"]) == (plain["ids"], 4547)
    moved = Transformer.from_crs(4490, 4547, always_xy=True)
    assert zone["points"] == [pytest.approx(moved.transform(*point), abs=0.02) for point in plain["points"]]


def test_owslib_reads_the_processes(address: str) -> None:
    service = Processes(address)
    assert {"service-circle", "coverage", "siting"} <= {one["id"] for one in service.processes()}
    assert service.process("service-circle")["inputs"]["point"]["minOccurs"] == 1
    # Who has no account is told so.
    with pytest.raises(RuntimeError, match=r"access\.sign-in"):
        service.execute("coverage", {"circles": False}, async_=True)


def test_owslib_reads_the_service(address: str) -> None:
    service = Features(address)
    assert {"facilities", "units"} <= set(service.feature_collections())
    assert "paths" in service.api()
    assert "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text" in service.conformance()["conformsTo"]
    assert "beds" in service.collection_queryables("facilities")["properties"]
    assert service.collection("facilities")["storageCrs"] == epsg(4490)
    page = service.collection_items("facilities", limit=5, bbox=list(BOX))
    assert page["numberReturned"] == 5
    one = service.collection_item("facilities", str(page["features"][0]["id"]))
    assert one["properties"] == page["features"][0]["properties"]
    wanted = [
        feature["id"] for feature in everything(address, "facilities") if (feature["properties"]["beds"] or 0) > 100
    ]
    asked = service.collection_items("facilities", filter="beds > 100", limit=1000)
    assert [feature["id"] for feature in asked["features"]] == wanted != []


# The requests that QgsOapifProvider sends when a layer is opened and drawn.
def test_what_qgis_asks_for(address: str) -> None:
    def ask(url: str, accept: str) -> Any:
        answer = httpx2.get(url, headers={"Accept": accept, "User-Agent": "Mozilla/5.0 QGIS/34000"}, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    landing = ask(address, JSON)
    (described,) = linked(landing, "service-desc")
    assert described["type"] == "application/vnd.oai.openapi+json;version=3.0"
    api = ask(described["href"], "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0")
    assert api["components"]["parameters"]["limit"]["schema"]["maximum"] == 10_000
    declared = ask(linked(landing, "conformance")[0]["href"], JSON)["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in declared
    (data,) = linked(landing, "data")
    assert "facilities" in {one["id"] for one in ask(data["href"], JSON)["collections"]}
    one = ask(f"{data['href']}/facilities", JSON)
    (queried,) = linked(one, "http://www.opengis.net/def/rel/ogc/1.0/queryables")
    assert "geometry" in ask(queried["href"], "application/schema+json")["properties"]
    items = linked(one, "items", GEOJSON)[0]["href"]
    assert ask(f"{items}?limit=10", GEOJSON)["features"]
    # A window of the map, in the layer's stored system: latitude first.
    box = ",".join(str(number) for number in (BOX[1], BOX[0], BOX[3], BOX[2]))
    given = {"limit": 50, "bbox": box, "bbox-crs": epsg(4490), "crs": epsg(4490)}
    url, found = f"{items}?{urlencode(given)}", []
    while url:
        page = ask(url, GEOJSON)
        found += page["features"]
        url = next((link["href"] for link in linked(page, "next", GEOJSON)), "")
    wanted = everything(address, "facilities", bbox=",".join(map(str, BOX)))
    assert [feature["id"] for feature in found] == [feature["id"] for feature in wanted]
    assert [feature["geometry"]["coordinates"][::-1] for feature in found] == [
        pytest.approx(feature["geometry"]["coordinates"], abs=1e-7) for feature in wanted
    ]


def test_staff_sees_what_the_public_does_not(county: Database, settings: Settings, catalog: Catalog) -> None:
    with county.connect("owner") as connection:
        number = connection.execute(text("select max(id) from facility where published")).scalar_one()
        hide = "update facility set published = false, classification = 'internal', beds = 9876 where id = :id"
        connection.execute(text(hide), {"id": number})
        bump_revision(connection, "facilities")
    app = create_app(settings, catalog=catalog, database=county)
    public, staff = Ogc(app), Ogc(app)
    signed_in(staff.web, county, "viewer")
    for given in ({"filter": "beds = 9876"}, {"beds": "9876"}):
        page = public.items("facilities", **given)
        assert (page["features"], page["numberMatched"]) == ([], 0)
        assert [one["id"] for one in staff.items("facilities", **given)["features"]] == [number]
    assert public.refused(f"/collections/facilities/items/{number}", status=404) == "ogc.no-feature"
    assert staff.ask(f"/collections/facilities/items/{number}").json()["id"] == number
    # Whether it exists shows in no error either.
    for name in ("published", "classification", "batch_id"):
        assert (
            staff.refused("/collections/facilities/items", filter=f"{name} IS NULL")
            == "ogc.bad-filter.unknown-property"
        )
    assert (
        public.items("facilities", limit=1)["numberMatched"] == staff.items("facilities", limit=1)["numberMatched"] - 1
    )


def test_pages_lose_and_double_nothing_while_others_write(county: Database, address: str) -> None:
    before = {one["id"] for one in everything(address, "facilities")}
    enough = Event()

    def write() -> None:
        ids = sorted(before)
        turn = 0
        while not enough.is_set():
            with county.connect("owner") as connection:
                connection.execute(text("update facility set beds = coalesce(beds, 0) + 1 where id = any(:ids)"), {"ids": ids[turn % 7 :: 7]})  # fmt: skip
                copied = "insert into facility (key, name, type, geom, published, classification) select 'w' || :turn, name, type, geom, published, classification from facility where id = :id"  # fmt: skip
                connection.execute(text(copied), {"turn": turn, "id": ids[turn % len(ids)]})
                bump_revision(connection, "facilities")
            turn += 1

    writer = Thread(target=write)
    writer.start()
    try:
        for given in ({"limit": 23}, {"limit": 23, "filter": "name IS NOT NULL"}):
            found = [one["id"] for one in everything(address, "facilities", **given)]
            assert found == sorted(set(found))
            assert before <= set(found)
    finally:
        enough.set()
        writer.join()
    assert len(everything(address, "facilities")) > len(before)
