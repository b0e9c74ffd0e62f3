"""The connections on which the public asks: no statement before its own, and all that one must keep to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic, sleep

import pytest
from sqlalchemy import event, select, text

from geoservice.database import fresh
from geoservice.database.actor import EVERYWHERE, Actor, act
from geoservice.database.engine import Database
from geoservice.database.models import Facility
from geoservice.errors import Deadline, Unavailable
from tests import builders_api as make

READER = Actor("reader", reads=EVERYWHERE)


@pytest.fixture
def looked(new_database: Callable[..., Database]) -> Iterator[Database]:
    made = new_database()
    yield made
    made.dispose()


def _backend(database: Database) -> int:
    with database.look(timeout_s=5) as connection:
        return int(connection.execute(text("select pg_backend_pid()")).scalar_one())


def _end(database: Database, backend: int) -> None:
    with database.connect("superuser") as connection:
        connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": backend})
        end = monotonic() + 10
        while (
            monotonic() < end
            and connection.execute(
                text("select true from pg_stat_activity where pid = :pid"), {"pid": backend}
            ).scalar()
        ):
            connection.execute(text("select pg_stat_clear_snapshot()"))
            sleep(0.02)


def test_a_statement_is_all_that_is_sent(looked: Database) -> None:
    sent: list[str] = []
    with looked.look(timeout_s=5) as connection:
        event.listen(connection.engine, "before_cursor_execute", lambda _c, _u, statement, *_: sent.append(statement))
    with looked.look(timeout_s=5) as connection:
        assert connection.execute(select(Facility.id)).all() == []
        assert not connection.connection.driver_connection.info.transaction_status  # type: ignore[union-attr]
    assert len(sent) == 1


def test_a_statement_that_takes_too_long_is_ended(looked: Database) -> None:
    with pytest.raises(Deadline), looked.look(timeout_s=0.2) as connection:
        connection.execute(text("select pg_sleep(5)"))
    with looked.look(timeout_s=5) as connection:
        assert connection.execute(text("show statement_timeout")).scalar_one() == "5s"


def test_nothing_is_written(looked: Database) -> None:
    with pytest.raises(Unavailable), looked.look(timeout_s=5) as connection:
        connection.execute(text("delete from facility"))


def test_the_public_sees_what_is_published_whoever_asked_before(looked: Database) -> None:
    with looked.connect("owner") as connection:
        seen = make.make_facility(connection, "公", 113, 30.5)
        make.make_facility(connection, "内", 113, 30.6, published=False)
    with looked.connect(actor=READER) as connection:
        assert len(connection.execute(select(Facility.id)).all()) == 2
    with looked.look(timeout_s=5) as connection:
        act(connection, READER)
        # What one statement was told, the next one does not know.
        assert connection.execute(select(Facility.id)).scalars().all() == [seen]


def test_a_connection_that_the_server_has_closed_is_not_handed_out(looked: Database) -> None:
    first = _backend(looked)
    assert _backend(looked) == first
    _end(looked, first)
    assert _backend(looked) != first


def test_the_server_is_asked_after_a_while_only(looked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    with looked.look(timeout_s=5) as connection:
        ping = connection.engine.dialect.do_ping
        monkeypatch.setattr(connection.engine.dialect, "do_ping", lambda given: asked.append(1) or ping(given))
    _backend(looked)
    assert not asked
    monkeypatch.setattr(fresh, "ASKED_AFTER_S", 0.0)
    _backend(looked)
    assert asked


def test_one_plan_is_kept_for_what_asks_for_it_and_no_other(looked: Database) -> None:
    kept = text("select id from facility where id = :id").execution_options(one_plan=True)
    with looked.look(timeout_s=5) as connection:
        for number in range(12):
            connection.execute(kept, {"id": number})
            connection.execute(text("select key from facility where id = :id"), {"id": number})
        held = connection.execute(text("select statement, generic_plans from pg_prepared_statements")).all()
    assert [(statement.startswith("select id"), generic > 0) for statement, generic in held] == [(True, True)]
