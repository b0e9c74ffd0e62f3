"""Pages of features in memory: kept until something changes, never longer, and never for another audience."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event, text

from geoservice.api.app import create_app
from geoservice.api.routers import ogc_items
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.prepare import bump_revision
from geoservice.settings import DatabaseSettings, Settings
from tests import builders_api as make
from tests.people import add_person, hold_session

EPSG = "http://www.opengis.net/def/crs/EPSG/0/4547"
PAGES = (
    "facilities/items",
    "facilities/items?limit=3",
    "facilities/items?limit=1000&lang=en",
    "facilities/items?bbox=112.9,30.5,113.1,30.7",
    "facilities/items?datetime=2020-06-01",
    "facilities/items?datetime=2020-06-01/..",
    "facilities/items?type=nursing_home&f=json",
    "facilities/items?filter=beds>10",
    f"facilities/items?limit=4&crs={EPSG}",
    "places/items?limit=3",
    "places/items?datetime=2020-06-01",
    "units/items",
    "roads/items?limit=1",
)
EDITS = (
    ("facilities", "update facility set name = name || '院', beds = coalesce(beds, 9) + 1 where id = :id"),
    ("facilities", "update facility set published = not published, classification = 'public' where id = :id"),
    ("facilities", "update facility set opened_on = date '2020-06-01' + (:id - 3)::int where id = :id"),
    ("facilities", "delete from facility where id = :id and id % 3 = 0"),
    ("facilities", "update facility set geom = ST_Translate(geom, 0.05, 0.01) where id = :id"),
    ("places", "update place_name set name = name || '村' where place_id = :id"),
    ("places", "update place_name set valid_from = date '2020-06-01' + (:id - 3)::int where place_id = :id"),
    ("units", "update unit_version set name = name || '镇' where id = :id"),
    ("roads", "update road set geom = ST_Translate(geom, 0.01, 0) where id = :id"),
)


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Iterator[Database]:
    database = new_database()
    with database.connect("owner") as connection:
        make.a_county(connection)
        for number in range(12):
            at = 113 + number * 0.02, 30.6
            make.make_facility(connection, f"f{number}", *at, beds=number * 3, published=number % 4 > 0)
            make.make_place(connection, f"p{number}", *at)
            make.make_road(connection, f"w{number}", at, (at[0] + 0.02, 30.62))
    yield database
    database.dispose()


class Asked:
    """One service that keeps pages and one that keeps none, over one database; each asked by several people."""

    def __init__(self, database: Database, settings: Settings, catalog: Catalog, **headers: dict[str, str]) -> None:
        server = settings.server.model_copy(update={"page_cache_mb": 0})
        none = Settings(state=settings.state, server=server, audit=settings.audit)
        apps = [create_app(one, catalog=catalog, database=database) for one in (settings, none)]
        self.headers = {"public": {}, **headers}
        self.keeping, self.making = (TestClient(app, base_url="http://127.0.0.1:8000") for app in apps)

    def get(self, path: str, who: str = "public") -> Any:
        """The answer of the service that keeps, which must be that of the one that makes."""
        kept = self.keeping.get(f"/ogc/collections/{path}", headers=self.headers[who])
        made = self.making.get(f"/ogc/collections/{path}", headers=self.headers[who])
        assert kept.status_code == made.status_code, path
        assert kept.headers.get("etag") == made.headers.get("etag"), (path, who)
        found, wanted = kept.json(), made.json()
        for one in (found, wanted):
            # The moment of the answer, and a number that is told only where it was counted in this state.
            one.pop("timeStamp", None)
            one.pop("numberMatched", None)
        assert found == wanted, (path, who)
        return kept


@pytest.fixture
def asked(database: Database, settings: Settings, catalog: Catalog) -> Asked:
    return Asked(database, settings, catalog)


def _statements(database: Database, ask: Callable[[], object]) -> list[str]:
    """What the public's connections were sent meanwhile."""
    statements: list[str] = []

    def remember(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with database.look(timeout_s=DatabaseSettings().statement_timeout_s) as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", remember)
    ask()
    event.remove(engine, "before_cursor_execute", remember)
    return statements


def test_a_kept_page_is_not_made_again(asked: Asked, database: Database) -> None:
    path = "/ogc/collections/places/items?limit=5"
    first = asked.keeping.get(path)
    answers: list[Any] = []
    told = _statements(database, lambda: answers.append(asked.keeping.get(path)))
    assert answers[0].json()["features"] == first.json()["features"] != []
    assert answers[0].headers["etag"] == first.headers["etag"]
    assert answers[0].headers["content-crs"] == first.headers["content-crs"]
    (only,) = told
    assert "layer_revision" in only
    assert "string_agg(page" not in only
    # Another language, size or place is another page.
    for other in (f"{path}&lang=en", path.replace("5", "6"), f"{path}&bbox=113,30,114,31"):
        assert any("string_agg(page" in one for one in _statements(database, lambda at=other: asked.keeping.get(at)))


def test_the_moment_is_that_of_the_answer(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/ogc/collections/places/items"
    first = asked.keeping.get(path).json()

    class Later(ogc_items.datetime):  # type: ignore[misc,name-defined]
        @classmethod
        def now(cls, zone: Any = None) -> Any:
            return super().now(zone) + timedelta(hours=1)

    monkeypatch.setattr(ogc_items, "datetime", Later)
    later = asked.keeping.get(path).json()
    assert later["timeStamp"] > first["timeStamp"]
    assert later["features"] == first["features"]


def test_no_edit_leaves_a_wrong_page(asked: Asked, database: Database) -> None:
    chance = random.Random(5)
    held: dict[str, str] = {}
    same = changed = 0
    for _ in range(30):
        for path in PAGES:
            tag = asked.get(path).headers.get("etag")
            same, changed = same + (held.get(path) == tag), changed + (held.get(path, tag) != tag)
            held[path] = tag
        with database.connect("owner") as connection:
            _edit(connection, chance)
    # An edit of one layer leaves the pages of the others.
    assert changed > 30
    assert same > changed


def _edit(connection: Connection, chance: random.Random) -> None:
    layer, statement = chance.choice(EDITS)
    connection.execute(text(statement), {"id": chance.randint(1, 12)})
    # What staff see is counted by whoever writes.
    bump_revision(connection, layer)


def test_a_new_day_is_another_page(asked: Asked, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.connect("owner") as connection:
        connection.execute(text("update place_name set valid_from = date '2020-01-01', valid_to = date '2030-01-01'"))
        for number in connection.execute(text("select id from place")).scalars().all():
            make.make_name(connection, number, f"后名{number}", valid_from=date(2030, 1, 1))
    names = []
    for day in (date(2029, 12, 31), date(2030, 1, 1), date(2029, 12, 31)):
        monkeypatch.setattr(ogc_items, "today", lambda at=day: at)
        names.append(asked.get("places/items?limit=1").json()["features"][0]["properties"]["name"])
    assert names[1].startswith("后名")
    assert names[0] == names[2] != names[1]


def test_each_audience_is_given_its_own(database: Database, settings: Settings, catalog: Catalog) -> None:
    with database.connect("owner") as connection:
        one, other = (make.make_unit(connection, name, make.square(113.0 + at, 30.6)) for at, name in enumerate("甲乙"))
        for number, unit in enumerate((one, other)):
            make.make_facility(connection, f"内{number}", 113.0, 30.6, published=False, unit_id=unit)
    people = {
        "viewer": add_person(database, "viewer", "viewer"),
        "of one": add_person(database, "clerk", "clerk", units=[one]),
        "of the other": add_person(database, "other", "viewer", units=[other]),
        "no role": add_person(database, "nobody"),
    }
    headers = {who: hold_session(database, account).headers for who, account in people.items()}
    asked = Asked(database, settings, catalog, **headers)
    seen = {"public": set(), "no role": set(), "viewer": {"内0", "内1"}, "of one": {"内0"}, "of the other": {"内1"}}
    chance = random.Random(3)
    for turn in range(8):
        for who in chance.sample(list(seen), len(seen)):
            answer = asked.get("facilities/items?limit=1000", who)
            inside = {each["properties"]["name"] for each in answer.json()["features"]} & {"内0", "内1"}
            assert inside == seen[who], (turn, who)
            assert answer.headers["cache-control"].startswith("private") == (who != "public")
            for path in PAGES[:6]:
                asked.get(path, who)
        with database.connect("owner") as connection:
            _edit(connection, chance)
    # Who loses a role is given what the public is, though the page of those with the role is kept.
    with database.connect("owner") as connection:
        connection.execute(text("delete from account_role where account_id = :id"), {"id": people["viewer"]})
    left = asked.get("facilities/items?limit=1000", "viewer").json()["features"]
    assert not {"内0", "内1"} & {each["properties"]["name"] for each in left}


def test_what_is_wrong_is_wrong_again(asked: Asked) -> None:
    for path, status in (
        ("facilities/items?limit=0", 400),
        ("facilities/items?nothing=1", 400),
        ("facilities/items?after=x", 400),
        ("nothing/items", 404),
    ):
        for _ in range(2):
            assert asked.keeping.get(f"/ogc/collections/{path}").status_code == status
