"""Background jobs: in the transaction they belong to, one worker each, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.access import accounts
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.background import submit_run
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.run import run_coverage
from geoservice.database.actor import SYSTEM, shell_actor
from geoservice.database.engine import Database
from geoservice.errors import BadInput, BadRequest, Conflict, NotFound
from geoservice.jobs import board
from geoservice.jobs.work import MOST_TRIES, Step, Workplace, perform, recover
from geoservice.settings import Settings
from geoservice.siting.answers import background
from geoservice.siting.answers import store as answers
from geoservice.siting.answers.background import submit_question
from geoservice.siting.county.form import QuestionForm
from geoservice.worker import Worker
from tests.people import signed_in

REQUEST = RunRequest(on=date(2026, 1, 1), services=("life_circle",), types=("community_service_centre",))
ORDER = {"services": ["life_circle"], "types": ["community_service_centre"], "on": "2026-01-01"}
KIND = "coverage:run"
TESTER = replace(shell_actor("test"), system=True)


@pytest.fixture
def county(new_database: Callable[..., Database], sample_database: Database) -> Iterator[Database]:
    """The sample county for one test that writes."""
    made = new_database(sample_database)
    yield made
    made.dispose()


@pytest.fixture
def place(database: Database, settings: Settings, catalog: Catalog) -> Workplace:
    return Workplace(settings, catalog, database, lambda _: TESTER)


def hand_in(database: Database) -> int:
    with database.connect(actor=TESTER) as connection:
        return board.submit(connection, KIND, {}, TESTER.name)


def look(database: Database, job_id: int) -> board.JobRow:
    with database.connect(actor=TESTER) as connection:
        return board.job(connection, job_id)


def ended(database: Database, job_id: int, patience_s: float = 60) -> board.JobRow:
    deadline = monotonic() + patience_s
    while not (found := look(database, job_id)).ended and monotonic() < deadline:
        sleep(0.05)
    return found


def runs(database: Database) -> int:
    with database.connect(actor=TESTER) as connection:
        return connection.execute(text("select count(*) from coverage_run")).scalar_one()


def entries(database: Database) -> list[str]:
    with database.connect(actor=TESTER) as connection:
        rows = connection.execute(text("select status::text from procrastinate.procrastinate_jobs order by id"))
        return list(rows.scalars())


def test_a_job_comes_with_its_transaction_or_not_at_all(database: Database) -> None:
    def undone() -> None:
        with database.connect(actor=TESTER) as connection:
            board.submit(connection, KIND, {}, TESTER.name)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert entries(database) == []
    assert look(database, hand_in(database)).state == "queued"
    assert entries(database) == ["todo"]


def test_a_worker_makes_the_run_and_tells_its_steps(county: Database, settings: Settings, catalog: Catalog) -> None:
    before = runs(county)
    with county.connect(actor=TESTER) as connection:
        job_id = submit_run(connection, catalog, REQUEST, TESTER.name)
    worker = Worker(settings, catalog, county).start()
    found = ended(county, job_id)
    worker.stop()
    assert (found.state, found.tries, found.error) == ("succeeded", 1, None)
    assert (found.step, found.done) == ("coverage.step.store", 1)
    assert runs(county) == before + 1
    with county.connect(actor=TESTER) as connection:
        same = connection.execute(
            text(
                "select count(*), count(distinct population_covered) from coverage_unit where is_total"
                " and standard_id = 'life_circle' and type = 'community_service_centre'"
            )
        ).one()
    assert tuple(same) == (before + 1, 1)
    assert entries(county) == ["succeeded"]


@pytest.mark.parametrize("moment", ["coverage.step.read", "coverage.step.circles", "coverage.step.store"])
def test_cancelling_a_run_leaves_nothing_of_it(
    county: Database, settings: Settings, catalog: Catalog, moment: str
) -> None:
    before, place = runs(county), Workplace(settings, catalog, county, lambda _: TESTER)
    with county.connect(actor=TESTER) as connection:
        job_id = submit_run(connection, catalog, REQUEST, TESTER.name)
    steps = []

    def do(told: Mapping[str, Any], step: Step, _database: Database) -> None:
        def watched(name: str, done: int, total: int) -> None:
            steps.append(name)
            if name == moment and done == total:
                with county.connect(actor=TESTER) as connection:
                    board.cancel(connection, job_id)
            step(name, done, total)

        run_coverage(county, catalog, settings, REQUEST, watched)

    perform(place, job_id, do)
    assert steps[-1] == moment
    assert look(county, job_id).state == "cancelled"
    assert runs(county) == before


def test_a_long_search_holds_up_no_other_kind(
    county: Database, settings: Settings, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(_database: Database, _catalog: Catalog, _settings: Settings, _answer: int, step: Step) -> None:
        while True:
            step("siting.step.solve", 0, 1)
            sleep(0.1)

    monkeypatch.setattr(background, "solve_kept", search)
    form = QuestionForm(service="elder_circle", type="day_care_centre", p=9)
    with county.connect(actor=TESTER) as connection:
        answer = submit_question(connection, catalog, form, TESTER)
        searching = answers.answer(connection, answer).job_id
    assert searching is not None
    worker = Worker(settings, catalog, county).start()
    deadline = monotonic() + 120
    while look(county, searching).state == "queued" and monotonic() < deadline:
        sleep(0.05)
    with county.connect(actor=TESTER) as connection:
        other = submit_run(connection, catalog, REQUEST, TESTER.name)
        second = submit_run(connection, catalog, REQUEST, TESTER.name)
    assert ended(county, other, 200).state == "succeeded"
    assert look(county, searching).state == "running"
    first, next_ = ended(county, other), ended(county, second, 200)
    assert first.finished_at is not None
    assert next_.started_at is not None
    assert first.finished_at <= next_.started_at
    with county.connect(actor=TESTER) as connection:
        board.cancel(connection, searching)
    assert ended(county, searching, 120).state == "cancelled"
    worker.stop()


def test_a_job_that_waits_is_cancelled_at_once(database: Database, place: Workplace) -> None:
    job_id = hand_in(database)
    with database.connect(actor=TESTER) as connection:
        assert board.cancel(connection, job_id).state == "cancelled"
        assert board.cancel(connection, job_id).state == "cancelled"
    assert entries(database) == ["cancelled"]
    perform(place, job_id, lambda _told, _step, _database: pytest.fail("it was cancelled"))


def test_a_failure_keeps_its_words(database: Database, settings: Settings, catalog: Catalog) -> None:
    with database.connect(actor=TESTER) as connection:
        job_id = submit_run(connection, catalog, REQUEST, TESTER.name)
    worker = Worker(settings, catalog, database).start()
    found = ended(database, job_id)
    worker.stop()
    assert found.state == "failed"
    with pytest.raises(BadInput) as told:
        run_coverage(database, catalog, settings, REQUEST, lambda *_: None)
    assert found.failure is not None
    assert str(found.failure) == str(told.value)
    with database.connect(actor=TESTER) as connection, pytest.raises(Conflict):
        board.cancel(connection, job_id)


def test_an_error_that_nobody_foresaw_is_told_without_its_text(database: Database, place: Workplace) -> None:
    def do(_told: Mapping[str, Any], _step: Step, _database: Database) -> None:
        raise ZeroDivisionError("a secret")

    job_id = hand_in(database)
    perform(place, job_id, do)
    failure = look(database, job_id).failure
    assert failure is not None
    assert failure.code == "jobs.internal"
    assert "secret" not in str(failure)


def test_a_worker_that_ends_hands_the_job_on(database: Database, place: Workplace) -> None:
    def do(_told: Mapping[str, Any], step: Step, _database: Database) -> None:
        step("coverage.step.run", 0, 2)
        place.stopping.set()
        step("coverage.step.run", 2, 2)
        pytest.fail("it went on")

    job_id = hand_in(database)
    perform(place, job_id, do)
    found = look(database, job_id)
    assert (found.state, found.tries, found.step) == ("queued", 0, None)
    assert entries(database) == ["todo", "todo"]
    perform(replace(place, stopping=Event()), job_id, lambda _told, _step, _database: None)
    assert look(database, job_id).state == "succeeded"


def test_what_a_killed_worker_left_is_done_again_and_in_the_end_lost(database: Database, place: Workplace) -> None:
    job_id = hand_in(database)
    for attempt in range(1, MOST_TRIES + 1):
        with database.connect(actor=TESTER) as connection:
            connection.execute(text("update job set state = 'running', tries = :n"), {"n": attempt})
            connection.execute(
                text("update procrastinate.procrastinate_jobs set status = 'doing' where status = 'todo'")
            )
        with database.connect(actor=TESTER) as connection:
            recover(connection)
        assert look(database, job_id).state == ("queued" if attempt < MOST_TRIES else "lost")
    assert entries(database) == ["failed"] * MOST_TRIES
    failure = look(database, job_id).failure
    assert failure is not None
    assert str(MOST_TRIES) in failure.message


def test_an_entry_that_fails_before_its_job_begins_is_not_tried_for_ever(database: Database) -> None:
    job_id = hand_in(database)
    for _ in range(MOST_TRIES + 1):
        with database.connect(actor=TESTER) as connection:
            connection.execute(text("update procrastinate.procrastinate_jobs set status = 'failed'"))
            recover(connection)
    assert look(database, job_id).state == "lost"


def test_a_job_that_is_being_done_is_nobody_elses(database: Database, place: Workplace) -> None:
    done = []

    def do(_told: Mapping[str, Any], step: Step, _database: Database) -> None:
        step("coverage.step.run", 1, 2)
        with database.connect(actor=TESTER) as connection:
            recover(connection)
        perform(place, job_id, lambda _told, _step, _database: pytest.fail("it is in other hands"))
        assert look(database, job_id).state == "running"
        done.append(True)

    job_id = hand_in(database)
    perform(place, job_id, do)
    assert done
    assert look(database, job_id).state == "succeeded"


def test_only_some_may_wait(database: Database) -> None:
    made = [hand_in(database) for _ in range(board.MOST_QUEUED)]
    with pytest.raises(Conflict, match=str(board.MOST_QUEUED)):
        hand_in(database)
    with database.connect(actor=TESTER) as connection:
        board.cancel(connection, made[0])
    hand_in(database)


def test_what_is_not_declared_is_refused_at_once(database: Database, catalog: Catalog) -> None:
    with pytest.raises(BadRequest), database.connect(actor=TESTER) as connection:
        submit_run(connection, catalog, RunRequest(on=date(2026, 1, 1), mode="rocket"), TESTER.name)
    assert entries(database) == []
    with pytest.raises(NotFound), database.connect(actor=TESTER) as connection:
        board.job(connection, 1)


def client(
    database: Database, settings: Settings, catalog: Catalog, roles: Sequence[str] | None = ("planner",)
) -> TestClient:
    """As somebody with roles; as the public with None."""
    web = TestClient(create_app(settings, catalog=catalog, database=database), base_url="http://127.0.0.1:8000")
    return web if roles is None else signed_in(web, database, *roles)


def test_http_starts_follows_and_cancels(database: Database, settings: Settings, catalog: Catalog) -> None:
    web = client(database, settings, catalog)
    made = web.post("/api/jobs/coverage-run", json=ORDER)
    assert made.status_code == 202
    assert made.json()["request"]["types"] == ["community_service_centre"]
    path = f"/api/jobs/{made.json()['id']}"
    assert web.get(path).json()["state"] == "queued"
    listed = web.get("/api/jobs").json()
    assert (len(listed["items"]), listed["allowed"], listed["workers"]) == (1, True, 0)
    assert web.post(f"{path}/cancel", json={}).json()["state"] == "cancelled"
    assert web.post("/api/jobs/99/cancel", json={}).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"origin": "http://127.0.0.1:8000"}, 202, None),
        ({"origin": "http://evil.example"}, 403, "access.other-site"),
        ({"origin": "null"}, 403, "access.other-site"),
        ({"sec-fetch-site": "cross-site"}, 403, "access.other-site"),
        ({"content-type": "text/plain"}, 400, "access.not-json"),
        ({"content-type": "application/x-www-form-urlencoded"}, 400, "access.not-json"),
        ({"x-form-key": "guessed"}, 403, "access.form-key"),
        ({"x-form-key": ""}, 403, "access.form-key"),
    ],
)
def test_another_sites_page_cannot_start_a_run(
    database: Database, settings: Settings, catalog: Catalog, headers: dict[str, str], status: int, code: str | None
) -> None:
    answer = client(database, settings, catalog).post("/api/jobs/coverage-run", json=ORDER, headers=headers)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert len(entries(database)) == (1 if status == 202 else 0)


@pytest.mark.parametrize(
    ("roles", "status"),
    [([], 403), (["viewer", "clerk", "reviewer", "approver"], 403), (["planner"], 202), (["administrator"], 202)],
)
def test_the_role_decides_who_may_start(
    database: Database, settings: Settings, catalog: Catalog, roles: list[str], status: int
) -> None:
    web = client(database, settings, catalog, roles)
    assert web.post("/api/jobs/coverage-run", json=ORDER).status_code == status
    assert web.get("/api/jobs").json()["allowed"] is (status == 202)
    assert web.post("/api/jobs/1/cancel", json={}).status_code == (status if status == 403 else 200)


def test_the_public_starts_and_sees_nothing(database: Database, settings: Settings, catalog: Catalog) -> None:
    hand_in(database)
    web = client(database, settings, catalog, None)
    refused = web.post("/api/jobs/coverage-run", json=ORDER)
    assert (refused.status_code, refused.json()["code"]) == (401, "access.sign-in")
    assert web.post("/api/jobs/1/cancel", json={}).status_code == 401
    assert web.get("/api/jobs").json()["items"] == []
    assert web.get("/api/jobs/1").status_code == 404
    assert len(entries(database)) == 1


def test_a_job_is_done_with_the_rights_of_who_handed_it_in(
    database: Database, settings: Settings, catalog: Catalog
) -> None:
    web = client(database, settings, catalog)
    made = web.post("/api/jobs/coverage-run", json=ORDER).json()["id"]
    with database.connect(actor=SYSTEM) as connection:
        accounts.set_grants(connection, accounts.account(connection, "li").id, [])
        accounts.set_active(connection, accounts.account(connection, "li").id, active=False)
    worker = Worker(settings, catalog, database).start()
    found = ended(database, made)
    worker.stop()
    assert (found.state, found.error and found.error["code"]) == ("failed", "access.submitter-gone")


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{", '{"minutes": 0}', '{"minutes": 1e400}', '{"mode": "rocket"}', '{"what": 1}', '{"on": "2026-02-30"}',
     '{"services": ["no such"]}', '{"mode": "' + "x" * 20_000 + '"}'],
)  # fmt: skip
def test_a_bad_order_is_refused_in_words(database: Database, settings: Settings, catalog: Catalog, body: str) -> None:
    answer = client(database, settings, catalog).post(
        "/api/jobs/coverage-run", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert entries(database) == []


def test_a_stopped_worker_comes_to_its_end(database: Database, settings: Settings, catalog: Catalog) -> None:
    worker = Worker(settings, catalog, database).start()
    over = Event()
    deadline = monotonic() + 20
    while not over.is_set() and monotonic() < deadline:
        with database.connect(actor=TESTER) as connection:
            if connection.execute(text("select count(*) from procrastinate.procrastinate_workers")).scalar_one():
                over.set()
    worker.stop()
    with database.connect(actor=TESTER) as connection:
        assert connection.execute(text("select count(*) from procrastinate.procrastinate_workers")).scalar_one() == 0
