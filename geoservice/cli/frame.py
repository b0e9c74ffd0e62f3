"""What every command starts from: settings and database in, errors told, exit codes out."""

from __future__ import annotations

import getpass
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any, ParamSpec

import typer

from geoservice.catalog import Catalog, load_catalog
from geoservice.database.actor import Actor, shell_actor
from geoservice.database.engine import Database
from geoservice.database.prepare import prepare
from geoservice.errors import BadInput, GeoserviceError
from geoservice.language import current_language, translate
from geoservice.settings import Settings
from geoservice.terminal import notes, print_json, print_text

Json = Annotated[bool, typer.Option("--json", help="机器可读的输出 · machine-readable output")]
P = ParamSpec("P")


def reporting(command: Callable[P, int | None]) -> Callable[P, None]:
    """Turns an error into its text and its exit code, in JSON where that was asked for."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            current_language.set(Settings().state.language)
            code = command(*args, **kwargs)
        except GeoserviceError as error:
            if kwargs.get("json_"):
                print_json({"error": {"code": error.code, "message": error.message, "remedy": error.remedy}})
            notes.print(translate("cli.error", message=error), style="red", markup=False)
            raise typer.Exit(error.exit_code) from None
        except BrokenPipeError:  # whoever read the output has closed it, as head does
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except Exception:  # noqa: BLE001 - whatever it is, the officer is told where the details are
            notes.print(translate("cli.internal", log=_keep_trace()), style="red", markup=False)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            notes.print(translate("cli.interrupted"), markup=False)
            raise typer.Exit(1) from None
        raise typer.Exit(code or 0)

    return run


def _keep_trace() -> Path:
    """Writes the error under way to a file of its own."""
    with NamedTemporaryFile("w", prefix="geoservice-error-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(traceback.format_exc())
    return Path(file.name)


@contextmanager
def ready() -> Iterator[tuple[Settings, Catalog, Database]]:
    """Settings, declarations and a prepared database."""
    settings, catalog = Settings(), load_catalog()
    database = Database(settings, speaker=at_the_shell().name)
    with closing_engines(database):
        prepare(database, catalog)
        yield settings, catalog, database


@contextmanager
def closing_engines(database: Database) -> Iterator[None]:
    """Closes its connections in the end."""
    try:
        yield
    finally:
        database.dispose()


def show(values: dict[str, Any], *, json_: bool) -> None:
    """Values in words, one a line, or as JSON."""
    if json_:
        print_json(values)
        return
    for key, value in values.items():
        if value is not None:
            print_text(f"{translate(f'cli.{key}')}: {value}")


def write_file(file: Path, content: str) -> None:
    """Writes a text file.

    Raises
    ------
    BadInput
        ``evidence.cannot-write``.
    """
    try:
        file.write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        raise BadInput("evidence.cannot-write", file=file, reason=error.strerror) from None


def at_the_shell() -> Actor:
    """Whoever works here."""
    return shell_actor(getpass.getuser())
