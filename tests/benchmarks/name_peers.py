"""What somebody would use without this program: a LIKE scan, and the trigram index of pg_trgm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import text

from geoservice.database.actor import EVERYWHERE, Actor
from geoservice.database.filters import containing
from geoservice.ingest.name_keys import VARIANTS
from tests.benchmarks.name_questions import Question
from tests.benchmarks.registry import Registry

# In the order that the search is documented to have.
_BEST = """
    order by case when {name} = :q then 0 when {name} like :q || '%' then 1 else 3 end,
             case when n.kind = 'former' or n.valid_to <= :day then 2 when n.kind = 'standard' then 0 else 1 end,
             p.rank, length(n.name), n.id
"""
_SCAN = (
    "select n.id, n.place_id from place_name n join place p on p.id = n.place_id where {condition} {order} limit {most}"
)
_STAFF = Actor("bench", roles=("reviewer",), reads=EVERYWHERE)
TIMEOUT_S = 120.0


class Peers:
    """Answers to parts of names in Han characters, the best first, from the same table and as the same role."""

    def __init__(self, registry: Registry, limit: int, day: date) -> None:
        self.registry = registry
        self.limit = limit
        self.day = day

    def answers(self, question: Question) -> bool:
        """Whether it is one that the peers have an answer to."""
        han = question.typed.isalpha() and not any(one.isascii() for one in question.typed)
        return han and question.unit is None and question.bbox is None

    def right(self, question: Question) -> list[int]:
        """The names that a reader of the whole table finds, variants of one character taken for one."""
        name = f"translate(n.name, '{''.join(VARIANTS)}', '{''.join(VARIANTS.values())}')"
        typed = question.typed.translate(str.maketrans(VARIANTS))
        # A name that is found beside a better one of the same place is left out.
        return self._ids(f"{name} like :part", _BEST.format(name=name), typed, most=self.limit * 4, scan=True)

    def ways(self) -> Sequence[tuple[str, Callable[[Question], list[int]]]]:
        """Each subject with its question."""
        best = _BEST.format(name="n.name")
        nearest = "order by similarity(n.name, :q) desc, n.id"
        return (
            ("LIKE scan", partial(self._ask, "n.name like :part", best, scan=True)),
            ("pg_trgm ILIKE", partial(self._ask, "n.name ilike :part", best)),
            ("pg_trgm %", partial(self._ask, "n.name %% :q", nearest)),
        )

    def _ask(self, condition: str, order: str, question: Question, *, scan: bool = False) -> list[int]:
        return self._ids(condition, order, question.typed, most=self.limit, scan=scan)

    def _ids(self, condition: str, order: str, typed: str, *, most: int, scan: bool = False) -> list[int]:
        statement = _SCAN.format(condition=condition.replace("%%", "%"), order=order, most=most)
        values: dict[str, Any] = {"q": typed, "part": containing(typed), "day": self.day}
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        with self.registry.database.connect(actor=_STAFF, timeout_s=TIMEOUT_S) as connection:
            if scan:
                connection.execute(text("set local enable_bitmapscan = off"))
                connection.execute(text("set local enable_indexscan = off"))
            rows = connection.execute(text(statement), used).all()
        best = dict.fromkeys(row.place_id for row in rows)
        first = {place: next(row.id for row in rows if row.place_id == place) for place in best}
        return list(first.values())[: self.limit]
