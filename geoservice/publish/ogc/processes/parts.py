"""What processes are described by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

MOST_VALUES = 50
Kind = Literal["text", "integer", "number", "boolean", "day", "point", "object"]
Schema = dict[str, Any]


@dataclass(frozen=True)
class Input:
    """One input; its texts stand under ``ogc.process.<process>.<id>``.

    Attributes
    ----------
    many, most
        Whether it may come several times, and how often.
    """

    id: str
    kind: Kind
    schema: Schema
    required: bool = False
    many: bool = False
    most: int = MOST_VALUES


@dataclass(frozen=True)
class Output:
    """One output, always JSON of a media type."""

    id: str
    media_type: str
    schema: Schema


@dataclass(frozen=True, eq=False)
class Process:
    """A process and the kind of job that does it.

    Attributes
    ----------
    at_once
        Whether it can be answered while the client waits; in the background every one can.
    """

    id: str
    job: str
    inputs: Mapping[str, Input]
    outputs: Mapping[str, Output]
    at_once: bool

    @property
    def modes(self) -> list[str]:
        """How it can be executed, as the standard names it."""
        return [*(["sync-execute"] if self.at_once else []), "async-execute", "dismiss"]
