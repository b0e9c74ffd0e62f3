"""Who acts in a transaction: told to the database, whose policies decide by it."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

ALL = "all"
NONE = ""

# What a policy asks for: each is "all", or the units that it is limited to as an array literal, or empty.
_ACT = text("""
    select set_config('geoservice.actor', :name, true), set_config('geoservice.roles', :roles, true),
           set_config('geoservice.request_id', :request_id, true), set_config('geoservice.reads', :reads, true),
           set_config('geoservice.edits', :edits, true), set_config('geoservice.publishes', :publishes, true),
           set_config('geoservice.reviews', :reviews, true), set_config('geoservice.computes', :computes, true),
           set_config('geoservice.manages', :manages, true), set_config('geoservice.system', :system, true)
""")


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a right holds: everywhere, in some units, or nowhere."""

    everywhere: bool = False
    units: frozenset[int] = frozenset()

    @classmethod
    def union(cls, parts: Iterable[Extent]) -> Extent:
        """The extent of several rights together.

        Examples
        --------
        >>> Extent.union([Extent(units=frozenset({2})), Extent(units=frozenset({1}))]).literal
        '{1,2}'
        >>> Extent.union([]).literal, Extent.union([Extent(units=frozenset({2})), Extent(everywhere=True)]).literal
        ('', 'all')
        """
        found = tuple(parts)
        if any(part.everywhere for part in found):
            return cls(everywhere=True)
        return cls(units=frozenset().union(*(part.units for part in found)))

    @property
    def literal(self) -> str:
        """As the policies read it."""
        if self.everywhere:
            return ALL
        return "{" + ",".join(map(str, sorted(self.units))) + "}" if self.units else NONE

    def covers(self, unit_id: int) -> bool:
        """Whether the right holds in a unit.

        Examples
        --------
        >>> Extent(units=frozenset({2})).covers(2), Extent(units=frozenset({2})).covers(3), EVERYWHERE.covers(3)
        (True, False, True)
        """
        return self.everywhere or unit_id in self.units

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.units)


EVERYWHERE = Extent(everywhere=True)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and where which right holds.

    Attributes
    ----------
    name
        Of the account; ``public``, ``system`` or ``shell:NAME`` where there is none.
    roles
        For the record only: rights decide.
    reads
        Where what is not published is seen.
    edits, publishes
        Where records are changed, and where it is changed whether they are published.
    reviews
        Where cases are reviewed.
    computes, manages
        Whether runs are made, and whether accounts are managed.
    system
        Whether it is the program itself, which sees accounts and jobs of all.
    """

    name: str
    account_id: int | None = None
    roles: tuple[str, ...] = ()
    reads: Extent = field(default_factory=Extent)
    edits: Extent = field(default_factory=Extent)
    publishes: Extent = field(default_factory=Extent)
    reviews: Extent = field(default_factory=Extent)
    computes: bool = False
    manages: bool = False
    system: bool = False

    @property
    def is_public(self) -> bool:
        """Whether it sees what is published and nothing else."""
        return not (self.reads or self.manages or self.system)

    @property
    def audience(self) -> str:
        """What caches and ETags are keyed by: equal for actors who see the same records."""
        return self.reads.literal or "public"


PUBLIC = Actor("public")
# The program itself: signs people in, hands out jobs. What a person asked for is done in their name instead.
SYSTEM = Actor("system", system=True, reads=EVERYWHERE)
SHELL = "shell:"


# Who the work under way is for, as the contexts of requests and threads carry it.
acting: ContextVar[Actor] = ContextVar("acting", default=PUBLIC)


def shell_actor(user: str) -> Actor:
    """Who works at the shell owns the machine, and may everything."""
    return Actor(
        f"{SHELL}{user}",
        reads=EVERYWHERE,
        edits=EVERYWHERE,
        publishes=EVERYWHERE,
        reviews=EVERYWHERE,
        computes=True,
        manages=True,
    )


def act(connection: Connection, actor: Actor, request_id: str = "") -> None:
    """Tells the database who acts until the transaction ends; without it the public does."""
    flags = {"computes": actor.computes, "manages": actor.manages, "system": actor.system}
    connection.execute(
        _ACT,
        {
            "name": actor.name,
            "roles": ",".join(actor.roles),
            "request_id": request_id,
            "reads": actor.reads.literal,
            "edits": actor.edits.literal,
            "publishes": actor.publishes.literal,
            "reviews": actor.reviews.literal,
            **{name: "on" if given else "" for name, given in flags.items()},
        },
    )
