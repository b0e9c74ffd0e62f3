"""What each audience sees of every table, asked straight through the application's role."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from geoservice.access.roles import Role, actor_of
from geoservice.catalog import Catalog
from geoservice.database.actor import EVERYWHERE, PUBLIC, SYSTEM, Actor, Extent
from geoservice.database.engine import Database
from geoservice.database.leakproof import is_marked
from geoservice.errors import Forbidden
from geoservice.network.networks import networks_for
from geoservice.settings import Settings

CLASSIFIED = text("""
    select table_name from information_schema.columns
    where table_schema = 'geoservice' and column_name in ('classification', 'published')
    group by 1 having count(*) = 2 order by 1
""")
# These tell nothing of a record.
OPEN = {"facility_type", "service_standard", "layer_revision", "layer_touch", "name_keys_edition", "alembic_version"}
BY_UNIT = ("facility", "community", "place", "unit_version")
GROUND = ("road", "railway", "water", "wall", "control", "built_up_area", "turn_restriction", "road_height")
PEOPLE = ("account", "account_role", "account_link", "credential", "session", "sign_in_attempt", "api_token")


@pytest.fixture(scope="module")
def mixed(sample_database: Database, new_database: Callable[..., Database]) -> Iterator[Database]:
    """The sample county: of each table a third public, a third internal, a third secret; one unpublished run."""
    made = new_database(sample_database)
    with made.connect("owner") as connection:
        for table in connection.execute(CLASSIFIED).scalars().all():
            connection.execute(
                text(f"""
                    update {table} set published = id % 3 = 0,
                        classification = case id % 3 when 0 then 'public' when 1 then 'internal' else 'secret' end
                """)
                if table != "road_height"
                else text("select 1")
            )
        connection.execute(text("insert into account (name) values ('li'), ('wang')"))
        connection.execute(text("insert into credential (account_id, password_hash) select id, 'x' from account"))
        connection.execute(text("insert into account_role (account_id, role) select id, 'viewer' from account"))
        connection.execute(
            text(
                "insert into session (key, account_id, form_key, ends_at) select 'k', min(id), 'f', now() from account"
            )
        )
        connection.execute(
            text(
                "insert into api_token (key, account_id, title, scope, ends_at)"
                " select name::bytea, id, 't', 'read', now() from account"
            )
        )
        connection.execute(text("insert into account_link (account_id, issuer) select id, 'i' from account"))
        connection.execute(text("insert into sign_in_attempt values ('k', 'n', 'v', 'r', '/', now())"))
        connection.execute(
            text("insert into job (kind, request, submitter) values ('x', '{}', 'li'), ('x', '{}', 'wang')")
        )
        connection.execute(text("analyze"))
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def own(mixed: Database) -> int:
    """A township."""
    with mixed.connect("owner") as connection:
        found: int = connection.execute(
            text("select unit_id from facility where unit_id is not null group by 1 order by count(*) desc limit 1")
        ).scalar_one()
        return found


def actors(own: int) -> dict[str, Actor]:
    limited = Extent(units=frozenset({own}))
    found = {role.value: actor_of("li", 1, [(role, EVERYWHERE)]) for role in Role}
    found |= {f"{role.value} of one": actor_of("li", 1, [(role, limited)]) for role in Role if role != "administrator"}
    return {"public": PUBLIC, "system": SYSTEM, **found}


NAMES = list(actors(1))


def tables(database: Database) -> list[str]:
    with database.connect("owner") as connection:
        statement = (
            "select relname from pg_class where relnamespace = 'geoservice'::regnamespace and relkind in ('r', 'p')"
        )
        return sorted(connection.execute(text(statement)).scalars())


def test_every_table_and_view_is_protected_or_open_by_name(mixed: Database) -> None:
    with mixed.connect("owner") as connection:
        rows = connection.execute(
            text(
                "select relname, relkind, relrowsecurity, coalesce(array_to_string(reloptions, ','), '') from pg_class"
                " where relnamespace = 'geoservice'::regnamespace and relkind in ('r', 'p', 'v', 'm')"
            )
        ).all()
    for name, kind, secured, options in rows:
        if kind in ("r", "p"):
            assert secured != (name in OPEN), name
        else:
            assert kind == "v", f"{name} knows no policies"
            assert "security_invoker=true" in options, name


def expected(table: str, actor: Actor, own: int) -> str:
    """The rows that an actor may see, as the owner counts them."""
    public = "(published and classification = 'public')"
    if actor.reads.everywhere:
        inside = "classification in ('public', 'internal')"
    elif actor.reads:
        inside = f"classification in ('public', 'internal') and unit_id = {own}"
    else:
        inside = "false"
    if table in BY_UNIT:
        return f"{public} or {inside}"
    if table == "place_name":
        return f"{public} or {inside.replace(f'unit_id = {own}', f'place_id in (select id from place where unit_id = {own})')}"
    if table in GROUND:
        return f"{public} or {inside.split(' and unit_id')[0]}"
    return f"{public} or {inside if actor.reads.everywhere else 'false'}"


@pytest.mark.parametrize("name", NAMES)
def test_records_are_seen_by_level_publication_and_township(mixed: Database, own: int, name: str) -> None:
    actor = actors(own)[name]
    with mixed.connect("owner") as connection:
        classified = connection.execute(CLASSIFIED).scalars().all()
        wanted = {
            table: connection.execute(
                text(f"select count(*) from {table} where {expected(table, actor, own)}")
            ).scalar()
            for table in classified
        }
    with mixed.connect(actor=actor) as connection:
        found = {table: connection.execute(text(f"select count(*) from {table}")).scalar() for table in classified}
    assert found == wanted
    assert wanted["facility"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_belongs_to_a_record_is_seen_with_it(mixed: Database, own: int, name: str) -> None:
    actor = actors(own)[name]
    pairs = {
        "unit_code": ("unit_id", "select unit_id from unit_version"),
        "unit": ("id", "select unit_id from unit_version"),
        "community_code": ("community_id", "select id from community"),
        "community_estimate": ("source_id", "select id from population_source"),
        "job_run": ("job_id", "select id from job"),
        **dict.fromkeys(
            ("coverage_reach", "coverage_unit", "coverage_facility", "coverage_case"),
            ("run_id", "select id from coverage_run"),
        ),
        "community_people": ("community_id", "select id from community"),
    }
    for table, (column, parent) in pairs.items():
        with mixed.connect(actor=actor) as connection:
            ids = connection.execute(text(parent)).scalars().all()
            found = connection.execute(text(f"select count(*) from {table}")).scalar()
        with mixed.connect("owner") as connection:
            statement = text(f"select count(*) from {table} where {column} = any(:ids)")
            assert found == connection.execute(statement, {"ids": ids}).scalar(), table


@pytest.mark.parametrize("name", NAMES)
def test_accounts_are_seen_by_administrators_and_oneself(mixed: Database, own: int, name: str) -> None:
    actor = actors(own)[name]
    whole, mine = actor.system or actor.manages, actor.name == "li"
    with mixed.connect(actor=actor) as connection:
        found = {
            table: connection.execute(text(f"select count(*) from {table}")).scalar() for table in (*PEOPLE, "job")
        }
    few = 2 if whole else 1 if mine else 0
    secret = (2, 1) if actor.system else (0, 0)
    jobs = 2 if actor.system or actor.reads.everywhere else few
    assert found == {
        "account": few, "account_role": few, "account_link": few, "api_token": few,
        "credential": secret[0], "session": secret[1], "sign_in_attempt": secret[1], "job": jobs,
    }  # fmt: skip


def test_without_an_actor_the_public_is_meant_and_none_is_left_over(mixed: Database, own: int) -> None:
    def count() -> int:
        with mixed.connect() as connection:
            found: int = connection.execute(text("select count(*) from facility")).scalar_one()
            return found

    before = count()
    with mixed.connect(actor=SYSTEM) as connection:
        assert connection.execute(text("select count(*) from facility")).scalar_one() > before
    assert count() == before


def changes(database: Database, actor: Actor, statement: str) -> int:
    """How many rows a statement changes, undone in the end; -1 where the database refuses."""
    try:
        with database.connect(actor=actor) as connection:
            done = connection.execute(text(statement)).rowcount
            connection.rollback()
            return done
    except Forbidden:
        return -1


@pytest.mark.parametrize("name", NAMES)
def test_records_are_changed_by_those_who_edit_there(mixed: Database, own: int, name: str) -> None:
    actor = actors(own)[name]
    one = f"update facility set address = 'x' where unit_id = {own} and classification <> 'secret'"
    other = f"update facility set address = 'x' where unit_id <> {own} and classification <> 'secret'"
    assert (changes(mixed, actor, one) > 0) == bool(actor.edits)
    assert (changes(mixed, actor, other) > 0) == actor.edits.everywhere
    assert changes(mixed, actor, "update facility set address = 'x' where classification = 'secret'") <= 0
    gone = "delete from place_name where place_id in (select id from place where unit_id {} {})"
    assert (changes(mixed, actor, gone.format("=", own)) > 0) == bool(actor.edits)
    assert (changes(mixed, actor, gone.format("<>", own)) > 0) == actor.edits.everywhere
    assert (changes(mixed, actor, "delete from water") > 0) == actor.edits.everywhere
    assert changes(mixed, actor, "delete from facility where classification = 'secret'") <= 0
    away = f"update facility set unit_id = (select min(unit_id) from facility where unit_id <> {own}) where unit_id = {own}"
    assert (changes(mixed, actor, away) > 0) == actor.edits.everywhere


def test_publishing_is_not_editing(mixed: Database, own: int) -> None:
    publish = f"update facility set published = true, classification = 'public' where unit_id = {own} and not published and classification = 'internal'"
    limited = Extent(units=frozenset({own}))
    assert changes(mixed, actor_of("li", 1, [(Role.CLERK, EVERYWHERE)]), publish) == -1
    both = [(Role.CLERK, EVERYWHERE), (Role.APPROVER, limited)]
    assert changes(mixed, actor_of("li", 1, both), publish) > 0
    elsewhere = publish.replace(f"unit_id = {own}", f"unit_id <> {own}")
    assert changes(mixed, actor_of("li", 1, both), elsewhere) == -1


def test_a_name_is_never_more_public_than_its_place(mixed: Database) -> None:
    shown = text("select count(*) from place_name where published and place_id = :id")
    publish = text("update place_name set published = true, classification = 'public' where place_id = :id")
    with mixed.connect("owner") as connection:
        place = {"id": connection.execute(text("select min(place_id) from place_name")).scalar_one()}
        connection.execute(text("update place set published = true, classification = 'public' where id = :id"), place)
        connection.execute(publish, place)
        assert connection.execute(shown, place).scalar_one() > 0
        connection.execute(text("update place set published = false where id = :id"), place)
        assert connection.execute(shown, place).scalar_one() == 0
        connection.execute(publish, place)
        assert connection.execute(shown, place).scalar_one() == 0
        connection.rollback()


def test_runs_are_made_by_those_who_compute(mixed: Database, own: int) -> None:
    made = "insert into job (kind, request, submitter) values ('x', '{}', 'li')"
    for name, actor in actors(own).items():
        allowed = actor.computes
        assert changes(mixed, actor, made) == (1 if allowed else -1), name
    other = made.replace("'li'", "'wang'")
    assert changes(mixed, actors(own)["planner"], other) == -1


HOT = {
    "tile": "select id from facility where geom_3857 && st_tileenvelope(14, 13357, 6740)",
    "box": "select id from road where geom && st_makeenvelope(113.1, 30.6, 113.11, 30.61, 4490)",
    "record": "select * from facility where id = 17",
    "part of a name": "select id from place_name where name like '%天门市%'",
    "characters": "select id from place_name where grams @> array['天门']",
    "reach": "select * from coverage_reach where run_id = 3 and standard_id = 'x' and type = 'y' and community_id = 5",
}


@pytest.mark.parametrize("question", HOT)
@pytest.mark.parametrize("audience", ["public", "viewer", "viewer of one"])
def test_policies_leave_indexes_in_use(mixed: Database, own: int, question: str, audience: str) -> None:
    with mixed.connect(actor=actors(own)[audience]) as connection:
        assert is_marked(connection)
        # The sample is small: what matters is that an index can answer at all.
        connection.execute(text("set local enable_seqscan = off"))
        plan = "\n".join(connection.execute(text(f"explain {HOT[question]}")).scalars())
    hot = HOT[question].split(" from ")[1].split()[0]
    assert f"Seq Scan on {hot}" not in plan, plan
    assert "Index" in plan


def test_networks_hold_the_roads_that_are_seen(mixed: Database, catalog: Catalog, settings: Settings) -> None:
    found = []
    for actor in (PUBLIC, actor_of("li", 1, [(Role.VIEWER, EVERYWHERE)]), PUBLIC):
        with mixed.connect(actor=actor) as connection:
            seen = set(connection.execute(text("select id from road")).scalars())
            graph = networks_for(connection, catalog, settings, ["walk"], mixed.name)["walk"]
        assert set(graph.edge_road.tolist()) <= seen
        found.append(graph.revision)
    assert found[0] == found[2] != found[1]


def test_uploads_are_seen_by_their_owner_and_administrators(mixed: Database, own: int) -> None:
    made = "insert into upload (owner, files) values ('{}', '[]')"
    with mixed.connect("owner") as connection:
        for name in ("li", "wang"):
            connection.execute(text(made.format(name)))
    for name, actor in actors(own).items():
        whole = actor.system or actor.manages
        seen = 2 if whole else 1 if actor.name == "li" else 0
        with mixed.connect(actor=actor) as connection:
            assert connection.execute(text("select count(*) from upload")).scalar_one() == seen, name
        assert changes(mixed, actor, "delete from upload") == seen, name
        assert changes(mixed, actor, made.format("wang")) == -1, name
        assert (changes(mixed, actor, made.format("li")) == 1) == (bool(actor.edits) and actor.name == "li"), name
        handed = "insert into job (kind, request, submitter) values ('imports:load', '{}', 'li')"
        may = actor.name == "li" and bool(actor.edits or actor.computes)
        assert (changes(mixed, actor, handed) == 1) == may, name
        assert changes(mixed, actor, "select from batch_before") == -1, name


def test_plans_and_their_rows_are_seen_by_their_owner_and_administrators(mixed: Database, own: int) -> None:
    made = (
        "insert into name_plan (owner, file, size, kind, wishes, reading, rows)"
        " values ('{}', 'a.csv', 1, 'street', '{{}}', '{{}}', 1) returning id"
    )
    with mixed.connect("owner") as connection:
        for name in ("li", "wang"):
            plan = connection.execute(text(made.format(name))).scalar_one()
            row = "insert into name_plan_row (plan_id, row, name, cells, notes, faults) values (:id, 2, '路', '[]', '[]', '[]')"
            connection.execute(text(row), {"id": plan})
    for name, actor in actors(own).items():
        whole = actor.system or actor.manages
        seen = 2 if whole else 1 if actor.name == "li" else 0
        with mixed.connect(actor=actor) as connection:
            for table in ("name_plan", "name_plan_row"):
                assert connection.execute(text(f"select count(*) from {table}")).scalar_one() == seen, (name, table)
        for statement in ("update name_plan_row set mark = 'passes'", "delete from name_plan"):
            assert changes(mixed, actor, statement) == seen, (name, statement)
        assert changes(mixed, actor, made.format("wang")) == -1, name
        assert (changes(mixed, actor, made.format("li")) == 1) == (bool(actor.reads) and actor.name == "li"), name
        handed = "insert into job (kind, request, submitter) values ('names:plan', '{}', 'li')"
        may = actor.name == "li" and bool(actor.reads or actor.computes)
        assert (changes(mixed, actor, handed) == 1) == may, name
