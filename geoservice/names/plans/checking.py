"""Every name of a plan against the rules, the names that there are, and the rest of the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from itertools import combinations

from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.errors import BadInput, BadRequest
from geoservice.ingest.alike import alike_keys
from geoservice.ingest.records import Refusal
from geoservice.names.clashes.comparing import Sounding, compare
from geoservice.names.clashes.scopes import Scopes
from geoservice.names.clashes.searching import Proposed, codes_of, read_ahead
from geoservice.names.plans.reading import Inside, Line, Plan
from geoservice.names.romanisation.declared import spelling_class
from geoservice.names.romanisation.romanise import romanise
from geoservice.names.rules.checking import check_name, is_name

Progress = Callable[[int, int], None]

AHEAD = 500  # rows whose like names are read together
# Of rows that a row clashes with inside the plan so many are told, and so many names of one key are compared.
MOST_INSIDE = 20
MOST_OF_A_KEY = 300


def _silent(_done: int, _all: int) -> None:
    """Tells nobody."""


def check_plan(
    connection: Connection, catalog: Catalog, plan: Plan, *, day: date, progress: Progress = _silent
) -> None:
    """Checks and spells the names of a plan; see `check_lines`."""
    check_lines(connection, catalog, plan.lines, plan.proposed, day=day, progress=progress)


def check_lines(
    connection: Connection,
    catalog: Catalog,
    lines: Sequence[Line],
    proposed: Mapping[int, Proposed],
    *,
    day: date,
    progress: Progress = _silent,
    comparing: Progress = _silent,
) -> None:
    """Checks and spells names; what is found stands in their lines.

    Parameters
    ----------
    proposed
        Row to what is asked of it; rows without a name are not there.
    day
        On which names are in force.
    progress
        Called with the rows done and all rows; what it raises ends the check.
    comparing
        The same of the pairs of names that are compared with each other afterwards.
    """
    scopes = Scopes(connection, day)
    for done, line in enumerate(lines, start=1):
        if done % AHEAD == 1:
            coming = [proposed[one.row] for one in lines[done - 1 : done - 1 + AHEAD] if one.row in proposed]
            read_ahead(scopes, catalog, [one for one in coming if is_name(one.name)])
        if line.row in proposed:
            try:
                line.outcome = check_name(connection, catalog, proposed[line.row], day=day, scopes=scopes)
            except BadInput as error:
                line.faults.append(Refusal(line.row, None, line.name, error.code, error.values))
            _spell(line, proposed[line.row])
        progress(done, len(lines))
    compare_inside(catalog, lines, proposed, comparing)


def _spell(line: Line, proposed: Proposed) -> None:
    """In Roman letters; a reading that does not fit was noticed when the row was read."""
    for reading in dict.fromkeys((proposed.reading, None)):
        with suppress(BadRequest):
            found = romanise(line.name, spelling_class(proposed.kind), reading)
            line.spelling, line.unconfirmed = found.spelling, found.unconfirmed
            return


def compare_inside(
    catalog: Catalog, lines: Sequence[Line], proposed: Mapping[int, Proposed], progress: Progress = _silent
) -> None:
    """Compares the names of a plan with each other: each pair of different names once."""
    rows: defaultdict[tuple[str, str | None], list[Line]] = defaultdict(list)
    for line in lines:
        if line.outcome is not None:
            rows[line.outcome.name, proposed[line.row].reading].append(line)
    soundings: dict[tuple[str, str | None], Sounding] = {}
    holders: defaultdict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for named, bearers in rows.items():
        code = codes_of(catalog, proposed[bearers[0].row].kind)[0]
        soundings[named] = Sounding.of(named[0], code, named[1])
        for key in alike_keys(named[0], code, named[1]):
            holders[key].append(named)
    compared = {(one, one) for one, bearers in rows.items() if len(bearers) > 1}
    for group in holders.values():
        compared |= set(combinations(group[:MOST_OF_A_KEY], 2))
        for named in group[MOST_OF_A_KEY:]:
            for line in rows[named]:
                line.inside_cut = True
    pairs = sorted(compared, key=lambda pair: (rows[pair[0]][0].row, rows[pair[1]][0].row))
    for done, (one, other) in enumerate(pairs, start=1):
        progress(done, len(pairs))
        match = compare(soundings[one], soundings[other])
        if match is not None:
            _tell(rows[one], [Inside(line.row, line.name, match) for line in rows[other][: MOST_INSIDE + 2]])
            if one != other:
                _tell(rows[other], [Inside(line.row, line.name, match) for line in rows[one][: MOST_INSIDE + 2]])


def _tell(lines: Sequence[Line], found: Sequence[Inside]) -> None:
    for line in lines:
        new = [one for one in found if one.row != line.row]
        room = MOST_INSIDE - len(line.inside)
        line.inside += new[:room]
        line.inside_cut = line.inside_cut or len(new) > room
