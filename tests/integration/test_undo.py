"""An import is undone as a whole, and not where something was built on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.actor import shell_actor
from geoservice.database.engine import Database
from geoservice.errors import Conflict, NotFound
from geoservice.ingest.importing import ImportRequest, import_file
from geoservice.ingest.population.sources import clear_source
from geoservice.ingest.uploads.undo import undo
from geoservice.settings import Settings
from tests.builders_api import make_facility, make_reach, make_run

Load = Callable[..., int]
# Whatever an import of any layer writes to; without what counts changes.
TABLES = (
    "unit", "unit_version", "unit_code", "place", "place_name", "facility", "community", "community_code", "road",
    "turn_restriction", "railway", "water", "wall", "control", "built_up_area",
)  # fmt: skip


def state(database: Database, *tables: str) -> dict[str, list[Any]]:
    """Every row of the tables, geometry exactly."""
    with database.connect("owner") as connection:
        return {
            table: connection.execute(
                text(
                    f"select to_jsonb(t) - '{{geom,geom_3857,version}}'::text[] as row, {geom(table)} from {table} t order by t.id"
                )
            ).all()
            for table in tables or TABLES
        }


def geom(table: str) -> str:
    return (
        "null" if table in ("unit", "unit_code", "community_code", "place_name", "turn_restriction") else "t.geom::text"
    )


@pytest.fixture
def load(database: Database, catalog: Catalog, settings: Settings, tmp_path: Path) -> Load:
    """Imports a table that is given as text; gives the number of the import."""

    def do(layer: str, table: str, name: str = "表.csv", **given: Any) -> int:
        path = tmp_path / name
        path.write_text(table, "utf-8")
        request = ImportRequest(layer, path, actor="test", **given)
        outcome = import_file(database, catalog, settings, request, lambda *_: None)
        assert outcome.state == "loaded", outcome.as_dict()
        batch = outcome.reports[0].batch_id
        assert batch is not None
        return batch

    return do


def undone(database: Database, batch: int) -> dict[str, int]:
    with database.connect("owner", actor=shell_actor("test")) as connection:
        return undo(connection, batch, "test")


HOMES = "编号,名称,类型,床位数,经度,纬度\n"
LINE = '{"type":"FeatureCollection","features":[%s]}'
WAY = '{"type":"Feature","properties":{"key":"%s","name":"%s","class":"%s"},"geometry":{"type":"LineString","coordinates":[[113.1,30.6],[%s,30.6]]}}'
AREA = (
    '{"type":"Feature","properties":{"key":"%s","name":"%s","class":"%s"},"geometry":{"type":"Polygon",'
    '"coordinates":[[[113,30.6],[113.1,30.6],[113.1,%s],[113,30.6]]]}}'
)
# Of each layer what is there before, and the import that is undone: it changes one record and brings another.
CASES: dict[str, tuple[str, str, str]] = {
    "facilities": (
        "a.csv",
        HOMES + "1,岳口福利院,养老机构,50,113.1,30.6\n2,干驿福利院,养老机构,20,113.2,30.6\n",
        HOMES + "1,岳口镇福利院,养老机构,80,113.1234567891,30.6\n3,新院,养老机构,5,113.3,30.6\n",
    ),
    "communities": (
        "a.csv",
        "村代码,村名,城乡,总人口,经度,纬度\n429006001201,新堰村,乡村,900,113.1,30.6\n",
        "村代码,村名,城乡,总人口,经度,纬度\n429006001201,新堰村,城镇,950,113.1,30.61\n429006001202,旧堰村,乡村,100,113.2,30.6\n",
    ),
    "units": (
        "a.csv",
        "代码,名称,级别,启用日期\n429006001,竟陵镇,township,1990-01-01\n",
        "代码,名称,级别,启用日期\n429006001,竟陵街道,township,2001-01-01\n429006103,干驿镇,township,1990-01-01\n",
    ),
    "places": (
        "a.csv",
        "key,name,class_code,alias,经度,纬度\np1,天门市,21,竟陵,113.1,30.6\n",
        "key,name,class_code,alias,经度,纬度\np1,天门新市,21,景陵,113.1,30.6\np2,岳口,21,,113.2,30.6\n",
    ),
    "roads": ("a.geojson", LINE % WAY % ("r1", "路", "primary", "113.2"), LINE % ",".join((WAY % ("r1", "大路", "primary", "113.25"), WAY % ("r2", "小路", "residential", "113.3")))),
    "railways": ("a.geojson", LINE % WAY % ("r1", "路", "rail", "113.2"), LINE % ",".join((WAY % ("r1", "铁路", "rail", "113.25"), WAY % ("r2", "支线", "rail", "113.3")))),
    "water": ("a.geojson", LINE % AREA % ("w1", "湖", "lake", "30.7"), LINE % ",".join((AREA % ("w1", "大湖", "lake", "30.7"), AREA % ("w2", "小湖", "lake", "30.8")))),
    "walls": ("a.geojson", LINE % WAY % ("r1", "墙", "wall", "113.101"), LINE % ",".join((WAY % ("r1", "围墙", "wall", "113.102"), WAY % ("r2", "墙", "wall", "113.103")))),
    "controls": ("a.geojson", LINE % AREA % ("c1", "林", "forest", "30.7"), LINE % ",".join((AREA % ("c1", "林地", "forest", "30.75"), AREA % ("c2", "湿地", "nature_reserve", "30.8")))),
    "built_up": ("a.geojson", LINE % AREA % ("b1", "城区", "built_up", "30.7"), LINE % ",".join((AREA % ("b1", "城区", "built_up", "30.75"), AREA % ("b2", "镇区", "built_up", "30.8")))),
}  # fmt: skip


@pytest.mark.parametrize("layer", CASES)
def test_every_layer_is_as_before(database: Database, load: Load, layer: str) -> None:
    name, first, second = CASES[layer]
    load(layer, first, name)
    before = state(database)
    batch = load(layer, second, name)
    assert state(database) != before
    done = undone(database, batch)
    assert done["removed"] > 0
    assert done["restored"] > 0
    assert state(database) == before
    with pytest.raises(Conflict, match=f"{batch}"):
        undone(database, batch)


def test_imports_are_undone_one_after_the_other(database: Database, load: Load) -> None:
    empty = state(database)
    one = load("facilities", CASES["facilities"][1])
    two = load("facilities", CASES["facilities"][2])
    with pytest.raises(Conflict) as refused:
        undone(database, one)
    assert (refused.value.code, refused.value.values["later"]) == ("undo.later-import", two)
    undone(database, two)
    assert undone(database, one) == {"removed": 2, "restored": 0}
    assert state(database) == empty


def test_a_record_that_was_edited_since_keeps_its_import(database: Database, load: Load) -> None:
    load("facilities", CASES["facilities"][1])
    batch = load("facilities", CASES["facilities"][2])
    with database.connect("owner", actor=shell_actor("test")) as connection:
        connection.execute(text("update facility set beds = 81 where key = '2'"))
    with database.connect("owner", actor=shell_actor("test")) as connection:
        undo(connection, batch, "test")
        connection.rollback()
    with database.connect("owner", actor=shell_actor("test")) as connection:
        connection.execute(text("update facility set beds = 81 where key = '1'"))
    before = state(database)
    with pytest.raises(Conflict) as refused:
        undone(database, batch)
    assert refused.value.code == "undo.edited"
    assert state(database) == before


def test_what_a_run_or_another_record_refers_to_stays(database: Database, load: Load) -> None:
    villages = load("communities", CASES["communities"][1])
    units = load("units", CASES["units"][1])
    with database.connect("owner") as connection:
        community = connection.execute(text("select id from community")).scalar_one()
        make_reach(connection, make_run(connection), community, None, None)
        make_facility(connection, "院", unit_id=connection.execute(text("select id from unit")).scalar_one())
    for batch, other in ((villages, "服务圈计算结果"), (units, "设施")):
        with pytest.raises(Conflict) as refused:
            undone(database, batch)
        assert (refused.value.code, refused.value.values["other"]) == ("undo.referred", other)


def test_a_source_of_people_goes_with_the_import_that_brought_it(database: Database, load: Load) -> None:
    load("communities", CASES["communities"][1])
    first = load("population", "key,人口,经度,纬度\n1,10,113.1,30.6\n")
    renewed = load("population", "key,人口,经度,纬度\n1,12,113.1,30.6\n")
    for batch, code in ((renewed, "undo.not-kept"), (first, "undo.source-gone")):
        with pytest.raises(Conflict) as refused:
            undone(database, batch)
        assert refused.value.code == code
    with database.connect("owner") as connection:
        clear_source(connection, "1")
    again = load("population", "key,人口,经度,纬度\n1,10,113.1,30.6\n2,5,113.2,30.6\n")
    assert undone(database, again)["removed"] == 3
    with database.connect("owner") as connection:
        for table in ("population_source", "population_cell", "community_estimate"):
            assert connection.execute(text(f"select count(*) from {table}")).scalar_one() == 0
    with pytest.raises(NotFound):
        undone(database, 999)


def test_while_others_write_there_it_has_to_wait(
    database: Database, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geoservice.ingest.uploads.undo.PATIENCE_S", 1)
    batch = load("facilities", CASES["facilities"][1])
    with database.connect("owner") as other:
        other.execute(text("update facility set beds = 7"))
        with pytest.raises(Conflict) as refused:
            undone(database, batch)
        assert refused.value.code == "undo.busy"
        other.rollback()
    assert undone(database, batch)["removed"] == 2


def test_the_trail_tells_it(database: Database, load: Load) -> None:
    batch = load("facilities", CASES["facilities"][1])
    undone(database, batch)
    with database.connect("owner") as connection:
        entry = connection.execute(
            text("select actor, action, key, after from audit_entry order by id desc limit 1")
        ).one()
    assert entry[:3] == ("shell:test", "import-undone", str(batch))
    assert entry.after["removed"] == {"facility": 2}


def test_the_shell_lists_imports_and_undoes_them(
    database: Database, load: Load, monkeypatch: pytest.MonkeyPatch, catalog: Catalog, settings: Settings
) -> None:
    from contextlib import contextmanager

    from typer.testing import CliRunner

    from geoservice.cli import app, importing

    @contextmanager
    def here() -> Any:
        yield settings, catalog, database

    monkeypatch.setattr(importing, "ready", here)
    one = load("facilities", CASES["facilities"][1])
    two = load("facilities", CASES["facilities"][2])

    def command(*line: str) -> tuple[int, Any]:
        result = CliRunner().invoke(app, ["import", *line, "--json"])
        return result.exit_code, json.loads(result.stdout) if result.exit_code == 0 else None

    code, told = command("batches")
    assert code == 0
    assert [(item["id"], item["hindrance"] and item["hindrance"]["code"]) for item in told["items"]] == [
        (two, None),
        (one, "undo.later-import"),
    ]
    assert command("undo", str(one))[0] == 1
    assert command("undo", "99")[0] == 2
    assert command("undo", str(two)) == (0, {"batch": two, "removed": 1, "restored": 1})
    assert command("undo", str(one)) == (0, {"batch": one, "removed": 2, "restored": 0})
    assert CliRunner().invoke(app, ["import", "batches"]).exit_code == 0
