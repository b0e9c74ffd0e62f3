"""What an account may load and undo: the loader itself has the owner's rights."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from geoservice.database.actor import Actor
from geoservice.errors import Forbidden
from geoservice.ingest.load.within import BY_UNIT
from geoservice.ingest.uploads.touched import Batch, brought


@dataclass(frozen=True)
class LoadRights:
    """How an account's load is limited: see `importing.Submission`."""

    within: frozenset[int] | None
    hold: bool


def may_publish(actor: Actor) -> bool:
    """Whether an account decides what is published wherever it edits."""
    if actor.publishes.everywhere:
        return True
    return not actor.edits.everywhere and bool(actor.edits) and actor.edits.units <= actor.publishes.units


def load_rights(actor: Actor, layer: str, *, publish: bool | None) -> LoadRights:
    """How an account may load a layer.

    Raises
    ------
    Forbidden
        ``access.not-allowed``, ``uploads.not-in-townships`` or ``uploads.may-not-publish``.
    """
    if not actor.edits:
        raise Forbidden("access.not-allowed")
    within = None if actor.edits.everywhere else actor.edits.units
    if within is not None and layer not in BY_UNIT:
        raise Forbidden("uploads.not-in-townships", layer=layer)
    if publish is not None and not may_publish(actor):
        raise Forbidden("uploads.may-not-publish")
    return LoadRights(within, hold=not may_publish(actor))


def refuse_foreign(connection: Connection, actor: Actor, found: Batch, submitter: str) -> None:
    """Lets an account undo its own imports, and an administrator all, within the units where it edits now.

    Raises
    ------
    Forbidden
        ``undo.not-yours`` or ``undo.outside-own-units``.
    """
    if not actor.manages and actor.name != submitter:
        raise Forbidden("undo.not-yours", id=found.id, actor=submitter)
    if actor.edits.everywhere:
        return
    if found.layer not in BY_UNIT:
        raise Forbidden("uploads.not-in-townships", layer=found.layer)
    table = found.tables[-1]
    statement = text(
        f"select exists (select from {table} t where t.id in ({brought(table)})"  # noqa: S608 - of the tables of a layer
        " and (t.unit_id is null or t.unit_id <> all (:units)))"
        f" or exists (select from batch_before b where b.batch_id = :batch and b.table_name = '{table}'"
        " and b.before is not null and coalesce(cast(b.before ->> 'unit_id' as bigint) <> all (:units), true))"
    )
    if connection.execute(statement, {"batch": found.id, "units": sorted(actor.edits.units)}).scalar_one():
        raise Forbidden("undo.outside-own-units", id=found.id)
