"""The commands of docs/siting.md about the county, in their order, and what bad input is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyproj import Geod
from shapely.geometry import Point, shape

from geoservice.database.engine import Database
from tests.acceptance.helpers import commands_of, run_command
from tests.acceptance.test_siting_cli import FILES

POINTS = "name,lon,lat,beds\n城西新院,113.05,30.66,100\n皂市新院,113.20,30.83,\n县外,114.9,30.8,50\n"


@pytest.fixture(scope="module")
def county(sample_database: Database, new_database: Callable[..., Database]) -> Iterator[Database]:
    made = new_database(sample_database)
    yield made
    made.dispose()


@pytest.fixture(autouse=True)
def at_the_desk(county: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOSERVICE_DATABASE_URL", county.url("superuser").render_as_string(hide_password=False))
    monkeypatch.setenv("GEOSERVICE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("points.csv").write_text(POINTS, "utf-8")


def test_the_commands_of_the_page() -> None:
    commands = commands_of("siting.md")[FILES:]
    told = [run_command(line) for line in commands]
    assert [one.exit_code for one in told] == [0] * 9, [one.output for one in told]
    for words in ("示意数据，非测绘成果", "已证明最优", "廖家河村", "彭市镇", "推演复核", "数据日期"):
        assert words in told[0].output
    assert "相符" in told[1].output
    assert "新设 5 处：" in told[1].output
    assert "廖家河村（彭市镇）" in told[2].output
    why = json.loads(run_command("siting explain plan.json --json").stdout)
    plan = json.loads(Path("plan.json").read_text("utf-8"))
    assert list(plan)[2] == "unreachable"
    assert plan["schematic"] is True
    assert plan["value"] == plan["bound"] == plan["value_by_what_if"] == plan["people_covered"]["after"]
    assert [one["site"].split("（")[0] for one in why["sites"]] == [one["name"] for one in plan["sites"]]
    assert all(one["without"] < plan["value"] for one in why["sites"])
    kept = json.loads(run_command("scenario show 1 --json").stdout)
    assert kept["total"]["after"]["population_60_covered"] == plan["value"]
    assert kept["gained"] == plan["gained"]
    assert sum(one["after"] - one["before"] for one in plan["townships"]) == sum(
        one["population_60"] for one in plan["gained"]["items"]
    )
    fewest = json.loads(told[4].stdout)
    assert fewest["value"] == len(fewest["sites"]) == fewest["value_by_what_if"]
    assert "关闭（含迁出）现有设施" in told[5].output
    assert "县外" in told[6].output
    assert "关闭（含迁出）" in told[7].output
    years = json.loads(Path("years.json").read_text("utf-8"))
    first, second = years["phases"]
    assert (years["order"], years["existing_year"], first["closes"]) == ("first", 2, [])
    assert [len(first["opens"]), second["moved"]] == [1, max(0, len(second["closes"]) - 1)]
    assert second["closes"] == years["closed"]
    assert [one["name"] for year in years["phases"] for one in year["opens"]] != []
    assert sorted(one["name"] for year in years["phases"] for one in year["opens"]) == sorted(
        one["name"] for one in years["sites"]
    )
    assert (second["value"], years["value"]) == (years["value_by_what_if"],) * 2
    assert "2 期逐期重算，均相符" in told[8].output


def test_the_commands_of_the_page_of_rules() -> None:
    rules, land, plan = (run_command(line) for line in commands_of("siting-rules.md"))
    assert [one.exit_code for one in (rules, land, plan)] == [0, 0, 0], [rules.output, land.output, plan.output]
    for words in ("天门市2019年农村公益性公墓规定", "硬（排除）", "软（提示）", "不得近于 100"):
        assert words in rules.output
    allowed = json.loads(Path("allowed.geojson").read_text("utf-8"))
    (ground,) = (
        shape(one["geometry"]) for one in allowed["features"] if one["properties"]["kind_of_land"] == "allowed"
    )
    area_m2 = abs(Geod(ellps="GRS80").geometry_area_perimeter(ground)[0])
    assert allowed["allowed_km2"] == pytest.approx(area_m2 / 1e6, rel=1e-3)
    assert f"{allowed['allowed_km2']:,.1f} 平方公里" in land.output
    for words in ("已证明最优", "应用的规则", "图层未载入", "每条规则的代价", "条文未读到"):
        assert words in plan.output
    # Rules of land and of candidates are the same: what is refused lies outside, what is chosen inside.
    told = json.loads(run_command(commands_of("siting-rules.md")[2] + " --no-prices --json").stdout)
    sites = {(one["lon"], one["lat"]) for one in told["sites"]}
    refused = {(one["lon"], one["lat"]) for one in told["rejected"]}
    assert (len(sites) > 0, len(refused) > 0) == (True, True)
    inside = {place for place in sites | refused if ground.covers(Point(place))}
    assert inside == sites


def test_where_no_rules_are_laid_down_that_is_said() -> None:
    told = run_command("siting solve --service elder_circle --type day_care_centre --p 1").output
    assert "没有为“日间照料中心”编入选址规则" in told
    assert "编有规则的类型：公墓、加油加气站、养老机构" in told
    off = run_command("siting solve --service funeral --type cemetery --p 1 --rules off").output
    assert "没有用任何选址规则" in off


def test_an_answer_that_was_tampered_with_is_found() -> None:
    run_command("siting solve --service elder_circle --type nursing_home --model pmedian --p 2 -o plan.json")
    kept = json.loads(Path("plan.json").read_text("utf-8"))
    assert json.loads(run_command("siting check plan.json --json").stdout)["agrees"] is True
    for change in ({"value": kept["value"] - 1}, {"sites": kept["sites"][:1]}, {"p": 1}):
        Path("other.json").write_text(json.dumps(kept | change), encoding="utf-8")
        done = run_command("siting check other.json --json")
        assert done.exit_code == 1, done.output
        assert json.loads(done.stdout)["agrees"] is False
    older = kept | {"input_revisions": kept["input_revisions"] | {"roads": 0}}
    Path("other.json").write_text(json.dumps(older), encoding="utf-8")
    assert json.loads(run_command("siting check other.json --json").stdout)["changed_layers"] == ["roads"]
    moved = kept | {"sites": [kept["sites"][0] | {"lon": 113.0}]}
    for content, code in ((moved, "siting.site-gone"), ({"kind": kept["kind"]}, "siting.not-an-answer")):
        Path("other.json").write_text(json.dumps(content), encoding="utf-8")
        done = run_command("siting check other.json --json")
        assert done.exit_code == 2
        assert json.loads(done.stdout)["error"]["code"] == code


def test_a_year_that_was_tampered_with_is_named() -> None:
    run_command("siting solve --phase 1 --phase 2 --move 1 --existing-year 2 --rules off -o years.json")
    kept = json.loads(Path("years.json").read_text("utf-8"))
    assert json.loads(run_command("siting check years.json --json").stdout)["agrees"] is True
    first, second = kept["phases"]
    other = {"name": "别处", "lon": 113.0, "lat": 30.5}
    changes: list[tuple[int, dict[str, object]]] = [
        (1, {"value": first["value"] + 1}),
        (2, {"value": second["value"] - 1}),
        (1, {"opens": [other], "sites": ["别处"]}),
        (1, {"opens": [*first["opens"], *second["opens"]], "sites": second["sites"]}),
        (1, {"closes": second["closes"]}),
        (2, {"closes": []}),
        (2, {"opens": []}),
        (2, {"sites": first["sites"]}),
        (1, {"value": None, "status": "infeasible"}),
    ]
    assert second["closes"] != []
    for year, change in changes:
        phases = [one | (change if number == year else {}) for number, one in enumerate(kept["phases"], 1)]
        Path("other.json").write_text(json.dumps(kept | {"phases": phases}), encoding="utf-8")
        done = run_command("siting check other.json --json")
        assert done.exit_code == 1, change
        found = json.loads(done.stdout)
        assert found["agrees"] is False
        assert next(one["year"] for one in found["years"] if not one["agrees"]) == year, change
        assert f"第 {year} 期不符" in run_command("siting check other.json").output
    for wrong in ({"p": 9}, {"phases": [{"p": 1}, {"p": 2}]}, {"phases": [first | {"value": "1"}, second]}):
        Path("other.json").write_text(json.dumps(kept | wrong), encoding="utf-8")
        assert (
            json.loads(run_command("siting check other.json --json").stdout)["error"]["code"] == "siting.not-an-answer"
        )


def test_english_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOSERVICE_LANGUAGE", "en")
    done = run_command("siting solve --service elder_circle --type nursing_home --model pcentre --p 2 --group 80+")
    assert done.exit_code == 0
    assert "siting." not in done.stdout
    assert "on a fragment of the network" in done.stdout


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--type nothing --p 1", "coverage.unknown-type"),
        ("--service nothing --p 1", "coverage.unknown-service"),
        ("--model best --p 1", "siting.unknown-model"),
        ("--group elders --p 1", "siting.unknown-group"),
        ("--p -1", "siting.negative"),
        ("", "siting.needs"),
        ("--p 1 --places 5", "siting.not-with"),
        ("--model capacity --p 1 --group 60+", "siting.not-with"),
        ("--model capacity --p 1 --places 0", "siting.bad-places"),
        ("--model capacity --p 1 --places 5", "siting.no-rule"),
        ("--service elder_circle --type nursing_home --model capacity --p 1", "siting.needs"),
        ("--p 1 --candidates absent.csv", "import.no-file"),
        ("--p 1 --candidates broken.csv", "siting.bad-candidate"),
        ("--p 1 --candidates outside.geojson", "siting.no-candidates"),
        ("--p 1 --time-limit 0", "siting.bad-time-limit"),
        ("--p 1 --close 1 --existing-year 2", "siting.no-year"),
        ("--phase 1 --phase 2 --close 1 --existing-year 3", "siting.no-year"),
        ("--phase 1 --phase 2 --existing-year 2", "siting.needs"),
    ],
)
def test_bad_input_is_told(line: str, code: str) -> None:
    Path("broken.csv").write_text("name,lon,lat\n一,113.1,30.6\n二,113.1,北\n", "utf-8")
    point = {"type": "Feature", "properties": {"name": "县外"}, "geometry": {"type": "Point", "coordinates": [115, 31]}}
    Path("outside.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [point]}), "utf-8")
    done = run_command(f"siting solve {line} --json")
    assert done.exit_code == 2, done.output
    assert json.loads(done.stdout)["error"]["code"] == code
