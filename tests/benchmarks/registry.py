"""A made-up registry of many names in a PostGIS of its own, with the columns that the loader makes."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg

from geoservice.catalog import load_catalog
from geoservice.database.engine import SEARCH_PATH, Database
from geoservice.database.prepare import prepare
from geoservice.ingest.load.places import name_row
from geoservice.settings import Settings, StateSettings
from tests.benchmarks.vocabulary import DATA, Vocabulary, vocabulary

COUNTIES = DATA / "divisions" / "china_counties_mca_2025.csv"
# Names a county: China's registry of about ten million over its counties.
DENSITY = 3500
TOWNSHIPS = 14
# Distinct names are far fewer than places: each is drawn this often, on average.
REPEATS = 7
CHUNK = 20_000
# As many names besides the standard one of each place, in thousandths of all names.
FORMER, ENDED, ALIAS = 40, 20, 20
# Only writing asks these; building them over ten million names would take longer than all the rest.
LEFT_OUT = ("ex_place_name_validity", "uq_place_name_place_id_kind_name_valid_from")
Tell = Callable[[str], None]

_FORM_COLUMNS = (
    "class_code, rank, name, reading, reading_source, romanisation, pinyin, tones, initials, grams, specific, generic,"
    " alike_keys"
)
_FORMS = """
    create unlogged table form (
        id bigint generated always as identity, class_code text, rank int, name text, reading text, reading_source text,
        romanisation text, pinyin text, tones text, initials text, grams text[], specific text, generic text,
        alike_keys text[]
    )
"""


@dataclass(frozen=True)
class Registry:
    """A filled registry.

    Attributes
    ----------
    names, places, counties
        How many there are.
    built_s
        What filling took, indexes included; None where it was kept from an earlier run.
    """

    database: Database
    names: int
    places: int
    counties: int
    built_s: float | None

    def superuser(self) -> psycopg.Connection[Any]:
        """A connection that no policy binds, to prepare and to look."""
        address = self.database.url("superuser").set(drivername="postgresql")
        return psycopg.connect(address.render_as_string(hide_password=False), autocommit=True, options=_OPTIONS)


_OPTIONS = f"-csearch_path={SEARCH_PATH}"


@contextmanager
def registry(names: int, tell: Tell, keep: Path | None = None) -> Iterator[Registry]:
    """A registry of so many names in a cluster that goes at the end.

    Parameters
    ----------
    keep
        A directory for the cluster, which stays there and is used again where it holds as many names.
    """
    home = keep or Path(tempfile.mkdtemp(prefix="geoservice-bench-"))
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    database = Database(Settings(state=StateSettings(home=home)))
    try:
        prepare(database, load_catalog())
        yield filled(database, names, tell, home / "registry.json")
    finally:
        database.dispose()
        if database.cluster is not None:
            database.cluster.stop()
        if keep is None:
            take_away(home)


def take_away(home: Path) -> None:
    """Removes a home with its cluster."""
    pointer = home / "cluster.place"
    if pointer.is_file():
        shutil.rmtree(pointer.read_text(encoding="utf-8").strip(), ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def filled(database: Database, names: int, tell: Tell, facts: Path) -> Registry:
    """Fills an empty database, or takes what an earlier run has left there.

    Parameters
    ----------
    facts
        File that says what is there.
    """
    if facts.is_file():
        kept = json.loads(facts.read_text(encoding="utf-8"))
        if kept["asked"] == names:
            return Registry(database, kept["names"], kept["places"], kept["counties"], None)
        raise SystemExit(f"{facts.parent} holds a registry of {kept['asked']:,} names.")
    start = time.perf_counter()
    made = Registry(database, names, 0, max(2, names // DENSITY), None)
    with made.superuser() as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set maintenance_work_mem = '1GB'")
        connection.execute("set work_mem = '256MB'")
        _units(connection, made.counties)
        tell(f"{made.counties:,} counties")
        _forms(database, max(names // REPEATS, 1000))
        tell("distinct names with their keys")
        indexes = _without_indexes(connection)
        places = _records(connection, names)
        tell(f"{names:,} names of {places:,} places")
    _indexed(made, indexes, tell)
    filled = {"asked": names, "names": names, "places": places, "counties": made.counties}
    facts.write_text(json.dumps(filled), encoding="utf-8")
    return Registry(database, names, places, made.counties, time.perf_counter() - start)


# ---- Units ---------------------------------------------------------------------------------------------------------


def _units(connection: psycopg.Connection[Any], counties: int) -> None:
    """Provinces, counties in a grid of half a degree, and townships as parts of them, with their built-up areas."""
    with COUNTIES.open(encoding="utf-8") as file:
        real = list(csv.DictReader(file))
    provinces = [row["name"] for row in real if row["level"] == "1"]
    names = [row["name"] for row in real if row["level"] == "3"]
    connection.execute(
        "insert into unit overriding system value select n from generate_series(1, %s) n",
        [len(provinces) + counties * (TOWNSHIPS + 1)],
    )
    rows = "insert into unit_version (unit_id, parent_id, level, name, source, geom, classification, published)"
    for at, name in enumerate(provinces, start=1):
        connection.execute(f"{rows} values (%s, null, 'province', %s, 'bench', null, 'public', true)", [at, name])
    connection.execute(
        f"""{rows}
        select %(first)s + n, 1 + n %% %(provinces)s, 'county', (%(names)s::text[])[1 + n %% %(known)s], 'bench',
               st_multi(st_makeenvelope(75 + n %% 100 * 0.5, 20 + n / 100 * 0.5, 75.5 + n %% 100 * 0.5, 20.5 + n / 100 * 0.5, 4490)),
               'public', true
        from generate_series(0, %(counties)s - 1) n""",
        {
            "first": len(provinces) + 1,
            "provinces": len(provinces),
            "names": names,
            "known": len(names),
            "counties": counties,
        },
    )
    connection.execute(
        f"""{rows}
        select %(first)s + n * %(each)s + t, %(county)s + n, 'township', 'T' || n || '-' || t, 'bench', st_multi(st_makeenvelope(
                 75 + n %% 100 * 0.5 + t %% 7 * 0.0714, 20 + n / 100 * 0.5 + t / 7 * 0.25,
                 75 + n %% 100 * 0.5 + (t %% 7 + 1) * 0.0714, 20 + n / 100 * 0.5 + (t / 7 + 1) * 0.25, 4490)),
               'public', true
        from generate_series(0, %(counties)s - 1) n cross join generate_series(0, %(each)s - 1) t""",
        {"first": len(provinces) + counties + 1, "county": len(provinces) + 1, "counties": counties, "each": TOWNSHIPS},
    )
    connection.execute(
        """insert into built_up_area (key, name, class, geom, classification, published)
        select 'b' || unit_id, name, 'built_up', st_multi(geom), 'public', true from unit_version
        where level = 'township' and name like '%-0'"""
    )
    connection.execute("analyze unit_version")


# ---- Names ---------------------------------------------------------------------------------------------------------


def _forms(database: Database, draws: int) -> None:
    """Names with their keys, worked out by two processes and brought in by COPY."""
    address = database.url("superuser").set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True, options=_OPTIONS) as connection:
        connection.execute(_FORMS)
    spans = [(seed, min(CHUNK, draws - start)) for seed, start in enumerate(range(0, draws, CHUNK))]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        waiting: list[Future[None]] = [pool.submit(_copy_forms, address, *span) for span in spans]
        for each in waiting:
            each.result()


def _copy_forms(address: str, seed: int, count: int) -> None:
    words = _words()
    with (
        psycopg.connect(address, options=_OPTIONS) as connection,
        connection.cursor() as cursor,
        cursor.copy(f"copy form ({_FORM_COLUMNS}) from stdin") as copy,  # type: ignore[arg-type]
    ):
        for place, (kind, name) in enumerate(words.draw(count, seed)):
            row = name_row(name, None, None, kind.code)
            copy.write_row((kind.code, kind.ranks[place % len(kind.ranks)], *row.values()))


_known: list[Vocabulary] = []


def _words() -> Vocabulary:
    """Read once a process."""
    if not _known:
        _known.append(vocabulary())
    return _known[0]


# ---- Records -------------------------------------------------------------------------------------------------------

# Which name and where: spread by a hash of the number, so that every run makes the same registry.
_PLACES = """
    insert into place (id, key, class_code, unit_id, rank, geom, classification, published)
    overriding system value
    select n, 'b' || n, f.class_code,
           case when n % 10 > 0 then %(township)s + at.unit end, f.rank,
           st_setsrid(st_makepoint(75 + at.county % 100 * 0.5 + (at.unit % %(each)s % 7 + at.x) * 0.0714,
                                   20 + at.county / 100 * 0.5 + (at.unit % %(each)s / 7 + at.y) * 0.25), 4490),
           'public', true
    from generate_series(%(from)s::bigint, %(to)s) n
    cross join lateral (select (hashint8extended(n, 1) & 1073741823) % %(units)s as unit,
                               (hashint8extended(n, 1) & 1073741823) % %(units)s / %(each)s as county,
                               (hashint8extended(n, 2) & 1023) / 1024.0 as x, (hashint8extended(n, 3) & 1023) / 1024.0 as y
    ) at
    join form f on f.id = 1 + (hashint8extended(n, 4) & 1073741823) % %(forms)s
"""
_NAMES = """
    insert into place_name (place_id, kind, name, reading, reading_source, romanisation, pinyin, tones, initials, grams,
                            specific, generic, alike_keys, valid_from, valid_to, classification, published, place_rank, areas)
    select p.id, k.kind, f.name, f.reading, f.reading_source, f.romanisation, f.pinyin, f.tones, f.initials, f.grams,
           f.specific, f.generic, f.alike_keys, k.valid_from, k.valid_to, 'public', true, p.rank,
           u.above || cell_keys(p.geom, p.unit_id is not null)
    from place p
    join above u on u.unit_id = coalesce(p.unit_id, 0)
    cross join lateral (
        select 4, 'standard', case when p.id % 1000 < %(ended)s then date '2001-05-01' end, null::date
        union all select 5, 'standard', null, date '2001-05-01' where p.id % 1000 < %(ended)s
        union all select 6, 'former', null, case when p.id % 2 = 0 then date '1987-01-01' end
            where p.id % 1000 >= 1000 - %(former)s
        union all select 7, 'alias', null, null where p.id % 1000 between 500 and 499 + %(alias)s
    ) k (seed, kind, valid_from, valid_to)
    join form f on f.id = 1 + (hashint8extended(p.id, k.seed) & 1073741823) % %(forms)s
    where p.id between %(from)s and %(to)s
"""
STEP = 500_000


def _records(connection: psycopg.Connection[Any], names: int) -> int:
    """Places with their names; how many places."""
    forms = _count(connection, "select max(id) from form")
    connection.execute("create unique index on form (id)")
    connection.execute("analyze form")
    townships = _count(connection, "select count(*) from unit_version where level = 'township'")
    first = _count(connection, "select min(unit_id) from unit_version where level = 'township'")
    places = names * 1000 // (1000 + FORMER + ENDED + ALIAS)
    values = {"forms": forms, "units": townships, "each": TOWNSHIPS, "township": first}
    values |= {"former": FORMER, "ended": ENDED, "alias": ALIAS}
    # Asked once a unit and not once a name.
    connection.execute(
        "create temporary table above as select distinct unit_id, units_above(unit_id) as above from unit_version"
        " union all select 0, array[]::bigint[]"
    )
    for start in range(1, places + 1, STEP):
        span = {**values, "from": start, "to": min(places, start + STEP - 1)}
        connection.execute(_escaped(_PLACES), span)
        connection.execute(_escaped(_NAMES), span)
    connection.execute("drop table form")
    return places


def _count(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    return int(row[0])


def _escaped(query: str) -> Any:
    return query.replace("% ", "%% ")


# ---- Indexes -------------------------------------------------------------------------------------------------------

_DEFINED = """
    select indexdef, indexname from pg_indexes
    where schemaname = 'geoservice' and tablename in ('place', 'place_name')
      and indexname not like 'pk_%' and indexname not like 'uq_%' and indexname not like 'ex_%'
"""


def _without_indexes(connection: psycopg.Connection[Any]) -> list[str]:
    """Drops what is built after loading; its definitions."""
    found = connection.execute(_DEFINED).fetchall()
    for _, name in found:
        connection.execute(f"drop index {name}")  # type: ignore[call-overload]
    for name in LEFT_OUT:
        connection.execute(f"alter table place_name drop constraint if exists {name}")  # type: ignore[call-overload]
    return [definition for definition, _ in found]


def _indexed(made: Registry, definitions: Sequence[str], tell: Tell) -> None:
    """All indexes, two at a time."""

    def build(definition: str) -> None:
        with made.superuser() as connection:
            connection.execute("set maintenance_work_mem = '1500MB'")
            start = time.perf_counter()
            connection.execute(definition)  # type: ignore[call-overload]
            tell(f"{definition.split()[2]} in {time.perf_counter() - start:.0f} s")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(build, definitions))
    with made.superuser() as connection:
        for table in ("place", "place_name"):
            connection.execute(f"vacuum analyze {table}")  # type: ignore[call-overload]
