"""A document as plain data: headings, paragraphs, tables, a map to be drawn, a signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from geoservice.catalog import Text


@dataclass(frozen=True)
class Heading:
    """Of a section (level 1) or of one of several names in it (level 2)."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """One paragraph without a line break in it."""

    text: str


@dataclass(frozen=True)
class Column:
    """A column of a table; `width` is its part of the sum of all."""

    title: str
    width: float = 1.0
    latin: bool = False


@dataclass(frozen=True)
class Table:
    """A table; a cell may hold several lines."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Located:
    """A name of the case on the map.

    Attributes
    ----------
    number
        As in the tables, from 1.
    shape, before
        Hexadecimal EWKB, EPSG:4490, longitude before latitude; `before` is where it lay until now, None where that is
        the same or not known.
    """

    number: int
    name: str
    shape: str
    before: str | None = None


@dataclass(frozen=True)
class LocationMap:
    """Where a map belongs, and what of the case it shows; `missing` are names without a position."""

    located: tuple[Located, ...]
    missing: tuple[str, ...] = ()


Block = Heading | Paragraph | Table | LocationMap


@dataclass(frozen=True)
class Signature:
    """Who signs, and the day as it is written; either may be a blank."""

    signatory: str
    day: str
    seal: bool = True


@dataclass(frozen=True)
class Document:
    """A paper of a case, in Chinese.

    Attributes
    ----------
    title
        Of its kind; `heading` is what stands on it.
    number
        文号; empty where papers of its kind have none.
    addressees
        Empty where it is addressed to nobody.
    transcript
        Whether it is there to be copied into an official form.
    draft
        Whether the step that it belongs to has not been taken.
    lacks
        What has to be filled in before it is used, a sentence each, in the language of whoever asks.
    classification, schematic
        Of the case and of the positions that it shows, before any map is drawn.
    """

    id: str
    case_id: int
    title: Text
    heading: str
    number: str
    addressees: str
    blocks: tuple[Block, ...]
    signature: Signature | None
    remarks: tuple[str, ...]
    citations: tuple[str, ...]
    transcript: bool
    draft: bool
    lacks: tuple[str, ...]
    classification: str
    schematic: bool
    made_on: date

    @property
    def maps(self) -> list[LocationMap]:
        """Its maps that show something."""
        return [one for one in self.blocks if isinstance(one, LocationMap) and one.located]

    @property
    def file_stem(self) -> str:
        """Its name as a file, in Chinese and without an ending."""
        return f"案件{self.case_id}-{self.title.zh}"
