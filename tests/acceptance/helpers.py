"""Imports and counts for the tests on real data."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click.testing
import numpy as np
import shapely
from sqlalchemy import text
from typer.testing import CliRunner

from geoservice.catalog import Catalog
from geoservice.cli import app
from geoservice.database.engine import Database
from geoservice.ingest.importing import ImportOutcome, ImportRequest, import_file
from geoservice.network.graph import Graph
from geoservice.network.networks import networks_for
from geoservice.settings import Settings
from tests.acceptance.oracle import Line

DOCS = Path(__file__).resolve().parents[2] / "docs"


def commands_of(page: str) -> list[str]:
    """The commands that a page of docs/ shows, in their order."""
    blocks = re.findall(r"```bash\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    return [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]


def run_command(line: str) -> click.testing.Result:
    """Runs a command as a shell would give it."""
    done = CliRunner().invoke(app, shlex.split(line.removeprefix("geoservice ")))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def silent(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


class Desk:
    """One database with the commands of the program."""

    def __init__(self, database: Database, catalog: Catalog, settings: Settings) -> None:
        self.database = database
        self.catalog = catalog
        self.settings = settings

    def load(self, layer: str, path: Path, **options: Any) -> ImportOutcome:
        """Imports a file."""
        request = ImportRequest(layer=layer, path=path, actor="test", **options)
        return import_file(self.database, self.catalog, self.settings, request, silent)

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """What a statement finds."""
        with self.database.connect("owner") as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def one(self, statement: str, **values: object) -> Any:
        """The one value that a statement finds."""
        ((value,),) = self.rows(statement, **values)
        return value

    def contents(self) -> dict[str, tuple[int, str]]:
        """Number and digest of the rows of every table."""
        tables = [name for (name,) in self.rows("select tablename from pg_tables where schemaname = 'geoservice'")]
        query = "select count(*), coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from {} t"
        return {name: self.rows(query.format(f'geoservice."{name}"'))[0] for name in sorted(tables)}  # type: ignore[misc]

    def graph(self, mode: str) -> Graph:
        """The network of a mode."""
        with self.database.connect("reader") as connection:
            return networks_for(connection, self.catalog, self.settings, [mode], self.database.name)[mode]

    def lines(self, mode: str, *, access: bool = True) -> list[Line]:
        """Roads for `oracle.cut`; without access each class is open to whom it is open by default."""
        declared = self.catalog.modes[mode]
        default = {entry.code: entry.attributes["modes"] for entry in self.catalog.codes["road_classes"].entries}
        found = []
        for class_, modes, posted, nodes, shape in self.rows(
            "select class, modes, speed_kmh, node_ids, st_asbinary(geom) from road"
        ):
            speed = declared.speeds.get(class_, declared.speed_kmh)
            if speed and declared.access in (modes if access else default[class_]):
                positions = shapely.get_coordinates(shapely.from_wkb(bytes(shape)))
                found.append(Line(nodes, positions, min(speed, posted or np.inf)))
        return found


def counts(outcome: ImportOutcome) -> Mapping[str, int]:
    """Read, loaded, changed, unchanged, refused."""
    return {name: outcome.as_dict()[name] for name in ("read", "loaded", "changed", "unchanged", "refused")}


def notices(outcome: ImportOutcome) -> list[str]:
    """Texts of all notices."""
    return [notice.message for report in outcome.reports for notice in report.notices]


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
