"""Operators that may be answered from an index under a policy.

Under a policy an operator that is not marked leakproof is asked only of rows that the policy lets through, so it never
uses an index. Each of these tells nothing about a row that it is asked of: it raises no error that holds a value, and
writes nothing. Marking them needs a superuser.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from geoservice.database.engine import Database

# && compares the stored boxes of two geometries. LIKE and ILIKE compare texts: a pattern that ends in a lone backslash
# fails, but the pattern is the question and not the row. @> and && of arrays compare elements for equality. @@ compares
# words of a text with those that are asked for.
LEAKPROOF = (
    "public.geometry_overlaps(geometry, geometry)",
    "pg_catalog.textlike(text, text)",
    "pg_catalog.texticlike(text, text)",
    "pg_catalog.arraycontains(anyarray, anyarray)",
    "pg_catalog.arrayoverlap(anyarray, anyarray)",
    "pg_catalog.ts_match_vq(tsvector, tsquery)",
)
_MARKED = text("""
    select bool_and(p.proleakproof) from unnest(cast(:names as text[])) name
    join pg_proc p on p.oid = name::regprocedure
""")


def mark(database: Database) -> None:
    """Marks the operators in the private cluster, or where the given owner is a superuser; else leaves them."""
    with database.connect("superuser") as connection:
        if is_marked(connection) or not _is_superuser(connection):
            return
        for function in LEAKPROOF:
            connection.execute(text(f"alter function {function} leakproof"))


def is_marked(connection: Connection) -> bool:
    """Whether policies leave the indexes in use."""
    return bool(connection.execute(_MARKED, {"names": list(LEAKPROOF)}).scalar())


def _is_superuser(connection: Connection) -> bool:
    return bool(connection.execute(text("select rolsuper from pg_roles where rolname = current_user")).scalar())
