"""What a file marks as internal stays out of sight, in every layer, whatever is wished for the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapely.geometry import LineString, Point
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.actor import PUBLIC
from geoservice.database.engine import Database
from geoservice.errors import BadInput
from geoservice.ingest.importing import ImportOutcome, ImportRequest, import_file
from geoservice.settings import Settings
from tests.builders import square
from tests.unit.ingest_builders import geojson

LAYERS = {
    "units": (square, {"level": "township"}, ["unit_version"]),
    "communities": (Point, {}, ["community"]),
    "places": (Point, {"class_code": "21610"}, ["place", "place_name"]),
    "facilities": (Point, {"type": "nursing_home"}, ["facility"]),
    "roads": (lambda x, y: LineString([(x, y), (x + 0.01, y)]), {"class": "residential"}, ["road"]),
    "population": (Point, {"population": 5}, ["population_cell", "population_source"]),
}


def file_of(folder: Path, catalog: Catalog, layer: str, levels: tuple[str, ...]) -> Path:
    shape, more, _ = LAYERS[layer]
    named = {field.name for field in catalog.layers[layer].fields}
    features = []
    for number, level in enumerate(levels):
        values = {"key": f"k{number}", "code": f"42900611{number}", "name": f"甲{'乙丙丁'[number]}", **more}
        if layer == "places":
            values["code"] = f"4290061002220000000{number + 1}"
            values["class_code"] = catalog.codes["place_classes"].entries[0].code
        features.append(
            (
                shape(113.0 + number / 5, 30.5),
                {name: value for name, value in values.items() if name in named} | {"密级": level},
            )
        )
    return geojson(folder, features, name=f"{layer}.geojson")


def bring(database: Database, catalog: Catalog, settings: Settings, path: Path, layer: str) -> ImportOutcome:
    request = ImportRequest(layer, path, "test", publish=True)
    return import_file(database, catalog, settings, request, lambda _step, _done, _total: None)


def shown(database: Database, tables: list[str]) -> list[tuple[int, int]]:
    """Of each table, the rows that there are and those that the public sees."""
    found = []
    for table in tables:
        counted = text(f"select count(*) from {table}")
        with database.connect("owner") as connection:
            rows = connection.execute(counted).scalar_one()
        with database.connect(actor=PUBLIC) as connection:
            found.append((rows, connection.execute(counted).scalar_one()))
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_marked_rows_are_held_back(
    layer: str, database: Database, catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    tables = LAYERS[layer][2]
    path = file_of(tmp_path, catalog, layer, ("公开", "内部", ""))
    for _ in range(2):
        outcome = bring(database, catalog, settings, path, layer)
        assert outcome.state == "loaded", [refusal.message for refusal in outcome.reports[0].refusals]
        notices = {notice.code: notice.values for notice in outcome.reports[0].notices}
        assert notices["import.marked-internal"]["records"] == 1
        # People of one source are told as one.
        expected = [(3, 0), (1, 0)] if layer == "population" else [(3, 2)] * len(tables)
        assert shown(database, tables) == expected
    assert outcome.reports[0].unchanged == 3


def test_a_new_mark_hides_what_was_public(
    database: Database, catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    bring(database, catalog, settings, file_of(tmp_path, catalog, "facilities", ("公开", "公开")), "facilities")
    assert shown(database, ["facility"]) == [(2, 2)]
    request = ImportRequest("facilities", file_of(tmp_path, catalog, "facilities", ("公开", "内部")), "test")
    import_file(database, catalog, settings, request, lambda _step, _done, _total: None)
    assert shown(database, ["facility"]) == [(2, 1)]


def test_nothing_of_a_file_with_secrets_is_kept(
    database: Database, catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    path = file_of(tmp_path, catalog, "facilities", ("公开", "秘密"))
    for skip_bad in (False, True):
        with pytest.raises(BadInput) as caught:
            import_file(
                database,
                catalog,
                settings,
                ImportRequest("facilities", path, "test", skip_bad=skip_bad),
                lambda _step, _done, _total: None,
            )
        assert caught.value.code == "import.secret"
    assert shown(database, ["facility", "import_batch"]) == [(0, 0), (0, 0)]
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
