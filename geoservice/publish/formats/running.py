"""An export under way: one transaction, one deadline, one folder, all of which end with it."""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, false, select

from geoservice.access.release import Release
from geoservice.crs import SRID, gauss_kruger_zone
from geoservice.database.actor import PUBLIC, Actor, acting
from geoservice.database.engine import Database
from geoservice.errors import BadRequest, Deadline, NotFound, Unavailable
from geoservice.publish.formats.content import Content
from geoservice.publish.formats.facts import facts
from geoservice.publish.formats.form import Format
from geoservice.publish.formats.systems import chosen_system
from geoservice.publish.formats.told import told
from geoservice.publish.ogc.crs import OgcCrs, offered
from geoservice.publish.ogc.kept import Published
from geoservice.publish.ogc.model import Collection, said
from geoservice.publish.ogc.queries import Asked, fitting
from geoservice.publish.ogc.reading import asked as read_asked
from geoservice.publish.ogc.reading import parameter_names as feature_parameters
from geoservice.publish.ogc.sources import Source, source
from geoservice.settings import Settings

# Parameters of an export beside those that select features.
NAMES = ("id", "zh", "en")
LEVELS = ("public", "internal")
# With dashes, that no property can bear the same name.
COLUMN_NAMES, ACCESS_LEVEL, ABOUT = "column-names", "access-level", "about-file"
_PREFIX = "geoservice-export-"
# A folder that a killed process has left behind is thrown away after this.
_LEFT_BEHIND_S = 86_400
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

Progress = Callable[[str, int, int], None]


def parameter_names(one: Collection) -> tuple[str, ...]:
    """Parameters that a download is asked for with."""
    return (
        *(name for name in feature_parameters(one) if name not in ("limit", "after")),
        COLUMN_NAMES,
        ACCESS_LEVEL,
        ABOUT,
    )


@dataclass(frozen=True)
class Limits:
    """Bounds of one export; None for none, as at the shell.

    Attributes
    ----------
    deadline_s
        From its beginning to its last byte.
    """

    deadline_s: float | None = None
    most_rows: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    Attributes
    ----------
    given
        Parameters as text: those of the features, ``crs`` and ``column-names``.
    level
        ``public`` for what the public sees, ``internal`` for all that whoever asks may see.
    page
        Most rows, from `given`'s ``after`` on; None for all.
    """

    collection: Collection
    format: Format
    given: Mapping[str, str]
    today: date
    level: str = "internal"
    page: int | None = None


class _Clock:
    """Tells of progress and ends what takes too long."""

    def __init__(self, deadline_s: float | None, progress: Progress) -> None:
        self._ends = None if deadline_s is None else time.monotonic() + deadline_s
        self._progress = progress
        self._done = 0
        self.total = 0
        self.stopped = False

    def left_s(self) -> float | None:
        return None if self._ends is None else max(0.0, self._ends - time.monotonic())

    def __call__(self, rows: int) -> None:
        if self.stopped:
            raise Deadline("export.stopped")
        if self.left_s() == 0.0:
            raise Deadline("database.deadline")
        self._done += rows
        self._progress("export.writing", min(self._done, self.total), self.total)


@dataclass
class Running:
    """An export under way.

    Attributes
    ----------
    content
        What it is written from.
    last
        Id of the last row of a page where more follow.
    """

    format: Format
    content: Content
    folder: Path
    last: int | None
    _stack: ExitStack = field(repr=False)
    _clock: _Clock = field(repr=False)

    def finally_(self, call: Callable[[], None]) -> None:
        """Something that is done in the end, however it ends."""
        self._stack.callback(call)

    @property
    def stopped(self) -> bool:
        """Whether nobody waits for it."""
        return self._clock.stopped

    def left_s(self) -> float | None:
        """Seconds until its deadline; None without one."""
        return self._clock.left_s()

    def stop(self) -> None:
        """Ends it from another thread at the next batch: nobody waits for it any more."""
        self._clock.stopped = True

    def chunks(self) -> Generator[bytes, None, None]:
        """The file, piece by piece; afterwards, and where it stops, nothing is left."""
        with self._stack:
            try:
                yield from self.format.write(self.content, self.folder)
            except OSError as error:
                if error.errno in _NO_SPACE:
                    raise Unavailable("export.no-space") from error
                raise

    def beside(self) -> bytes:
        """What stands beside a file that has no place for it."""
        return description(self.content)

    def close(self) -> None:
        """Ends it before its time."""
        self._stack.close()


def description(content: Content) -> bytes:
    """What a file says of itself, as JSON."""
    return (json.dumps(told(content), ensure_ascii=False, indent=1) + "\n").encode()


def begin(
    database: Database,
    settings: Settings,
    published: Published,
    wanted: Wanted,
    *,
    actor: Actor,
    limits: Limits,
    request_id: str = "",
    progress: Progress = lambda *_: None,
) -> Running:
    """Opens an export: whatever can be refused is refused here, before its first byte.

    Parameters
    ----------
    published
        The collections, and where they reach for whoever asks.
    actor
        Who asks; the policies of the rows decide by it.

    Raises
    ------
    NotFound
        ``ogc.no-collection`` where whoever asks may see nothing of it.
    BadRequest
        For a wrong parameter, a format that cannot hold what is asked for, or more rows than `limits` allow.
    Forbidden
        ``release.not-public``, should anything that is not public be about to leave for the public.
    """
    if wanted.level not in LEVELS:
        raise BadRequest("api.bad-parameter", name=ACCESS_LEVEL, value=wanted.level[:60], expected=", ".join(LEVELS))
    if wanted.level == "public":
        actor = PUBLIC
    clock = _Clock(limits.deadline_s, progress)
    token = acting.set(actor)
    try:
        with ExitStack() as stack:
            connection = stack.enter_context(
                database.connect(
                    timeout_s=limits.deadline_s,
                    actor=None if actor == PUBLIC else actor,
                    request_id=request_id,
                    repeatable=True,
                )
            )
            content, last = _content(connection, wanted, published, clock, settings.release.map_approval)
            Release(wanted.today, content.facts.classification, content.facts.schematic).check(public=actor.is_public)
            clock.total = content.facts.count
            if limits.most_rows is not None and content.facts.count > limits.most_rows:
                raise BadRequest("export.too-many-rows", count=content.facts.count, most=limits.most_rows)
            folder = stack.enter_context(_folder(settings.home / "exports"))
            return Running(wanted.format, content, folder, last, stack.pop_all(), clock)
    finally:
        acting.reset(token)


def _content(
    connection: Connection, wanted: Wanted, published: Published, clock: _Clock, approval: str | None
) -> tuple[Content, int | None]:
    one, form = wanted.collection, wanted.format
    if not form.takes(one):
        raise BadRequest("export.not-this-layer", format=form.id, layer=one.layer.title.zh)

    seen = published.seen(connection, wanted.today, [one.id]).get(one.id)
    if seen is None:
        raise NotFound("ogc.no-collection", id=one.id)

    def known() -> Sequence[OgcCrs]:
        return offered(seen[1].bounds)

    crs = wanted.given.get("crs")
    own = _metres(seen[1].bounds) if form.local else form.crs
    system = chosen_system(crs, own, known, shifts=form.shifts, any_=form.takes_any_system, form=form.id)
    given = {name: value for name, value in wanted.given.items() if name != "crs"}
    asked = read_asked(given, one, today=wanted.today, most=wanted.page or 1, systems=known)
    found = source(one, today=wanted.today, when=asked.when)
    conditions, last = tuple(fitting(found, asked)), None
    if wanted.page is not None:
        conditions, last = _page(connection, found, asked, conditions)
    # Joins that no condition needs are left out where rows are counted: they cost as much as the rows themselves.
    origin = found.joined if asked.when is not None or asked.conditions else found.table.__table__
    return (
        Content(
            connection,
            one,
            found,
            conditions,
            system,
            heads(one, wanted.given.get(COLUMN_NAMES, NAMES[0])),
            facts(connection, one, found, conditions, origin),
            on=wanted.given.get("datetime"),
            approval=approval,
            watch=clock,
        ),
        last,
    )


def _metres(bounds: Sequence[float] | None) -> int:
    """EPSG code of the projection in metres for the middle of a layer."""
    if bounds is None:
        return SRID
    return gauss_kruger_zone((bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)


def _page(
    connection: Connection, found: Source, asked: Asked, conditions: tuple[Any, ...]
) -> tuple[tuple[Any, ...], int | None]:
    """The conditions of one page, and its last id where more rows follow."""
    rows = select(found.id).select_from(found.joined).where(*conditions)
    if asked.after is not None:
        rows = rows.where(found.id > asked.after)
    ids = connection.execute(rows.order_by(found.id).limit(asked.limit + 1)).scalars().all()
    shown = ids[: asked.limit]
    if not shown:
        return (*conditions, false()), None
    return (*conditions, found.id.between(shown[0], shown[-1])), shown[-1] if len(ids) > len(shown) else None


def heads(one: Collection, names: str) -> dict[str, str]:
    """Property to the name of its column: its id, or its title in a language.

    Raises
    ------
    BadRequest
        ``api.bad-parameter``
    """
    if names not in NAMES:
        raise BadRequest("api.bad-parameter", name=COLUMN_NAMES, value=names[:60], expected=", ".join(NAMES))
    titles = {
        found.name: found.name if names == NAMES[0] else said(found.title, names) for found in one.properties.values()
    }
    # Two fields may bear one title.
    taken = ["id", *titles.values()]
    return {
        name: title if taken.count(title) == 1 or title == name else f"{title} ({name})"
        for name, title in titles.items()
    }


@contextmanager
def _folder(parent: Path) -> Iterator[Path]:
    """A folder that goes when it is left; what killed processes left behind goes as well."""
    parent.mkdir(parents=True, exist_ok=True)
    for one in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - one.stat().st_mtime > _LEFT_BEHIND_S:
                shutil.rmtree(one, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent, ignore_cleanup_errors=True) as name:
        yield Path(name)
