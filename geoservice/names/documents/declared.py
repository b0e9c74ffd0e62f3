"""The papers of a case as layers/documents declares them: one file each, whose words an officer may change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from geoservice.catalog import Declaration, Identifier, Text, read_declaration
from geoservice.errors import BadDeclaration, NotFound
from geoservice.names.cases.declared import case_rules
from geoservice.names.cases.steps import DRAFT
from geoservice.names.documents.placeholders import known_in
from geoservice.names.documents.writing import placeholders
from geoservice.resources import resource

Rows = Literal["names", "verdicts", "opinions", "materials"]
# Which names of a case a paper is about.
About = Literal["all", "kept"]


class Wording(Declaration):
    """A paragraph; with `given` only where none of those values is a blank, with `kinds` in such cases only."""

    text: str = Field(min_length=1)
    given: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


class ColumnOf(Declaration):
    """A column of a table: its head, what stands in it, and its part of the width."""

    title: str = Field(min_length=1)
    text: str = Field(min_length=1)
    width: float = Field(1.0, gt=0, le=20)


class FieldOf(Declaration):
    """A line of a form: what is asked for, and what is filled in."""

    title: str = Field(min_length=1)
    text: str = Field(min_length=1)


class Section(Declaration):
    """A part of a paper, in this order: heading, paragraphs, fields, table, map.

    Attributes
    ----------
    each_name
        Whether it stands once for every name, whose values it may use then.
    fields
        A form of two columns.
    table
        What has a row each; `verdicts` only where `each_name`.
    empty
        What stands in the place of a table without rows; the table is left out where it is not said.
    kinds
        Cases that it is for; all by default.
    """

    heading: str | None = None
    paragraphs: tuple[Wording, ...] = ()
    each_name: bool = False
    fields: tuple[FieldOf, ...] = ()
    table: Rows | None = None
    columns: tuple[ColumnOf, ...] = ()
    empty: str | None = None
    map: bool = False
    kinds: tuple[str, ...] = ()

    @field_validator("paragraphs", mode="before")
    @classmethod
    def _plain_ones(cls, given: Any) -> Any:
        return [{"text": one} if isinstance(one, str) else one for one in given] if isinstance(given, list) else given

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.table is None) != (not self.columns):
            raise ValueError("table and columns go together")
        if self.table == "verdicts" and not self.each_name:
            raise ValueError("a table of verdicts is that of one name: it needs each_name = true")
        if self.table == "names" and self.each_name:
            raise ValueError("a table of names cannot stand once for every name")
        outer = "name" if self.each_name else "case"
        for what, text in (("heading", self.heading), ("empty", self.empty)):
            _check(what, text, outer)
        for number, one in enumerate(self.paragraphs, 1):
            _check(f"paragraph {number}", one.text, outer)
            _known(f"paragraph {number}", one.given, outer)
        for field in self.fields:
            _check(f"field {field.title}", field.text, outer)
        for column in self.columns:
            _check(f"column {column.title}", column.text, (self.table or "names").removesuffix("s"))
        return self


class DocumentRules(Declaration):
    """One file of layers/documents.

    Attributes
    ----------
    step
        The step that it belongs to: until that is taken the paper is a draft, and its day and number are those of it.
        A case without that step has no such paper.
    from_step
        From which step on it can be drawn; ``draft`` for always.
    public_from
        From which step on what it says is public; never by default.
    kinds, authorities
        Cases that it is for; all by default.
    about
        All names of the case, or those that were not dropped.
    ended
        Whether it can still be drawn of a case that was refused or withdrawn.
    numbered
        Whether it bears a number (文号).
    transcript
        Whether it is only there to be copied from: the official form is another.
    """

    id: Identifier
    order: int
    title: Text
    heading: str = Field(min_length=1)
    step: str | None = None
    from_step: str = DRAFT
    public_from: str | None = None
    kinds: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()
    about: About = "kept"
    ended: bool = False
    numbered: bool = False
    transcript: bool = False
    addressees: str = ""
    signatory: str | None = None
    seal: bool = True
    remarks: tuple[str, ...] = ()
    citations: tuple[str, ...] = Field(min_length=1)
    sections: tuple[Section, ...] = Field(min_length=1)

    @field_validator("heading", "addressees", "signatory")
    @classmethod
    def _names_are_known(cls, given: str | None) -> str | None:
        _check("text", given, "case")
        return given

    @field_validator("remarks")
    @classmethod
    def _remarks_are_known(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for number, one in enumerate(given, 1):
            _check(f"remark {number}", one, "case")
        return given


def _check(what: str, text: str | None, scope: str) -> None:
    try:
        names = () if text is None else placeholders(text)
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None
    _known(what, names, scope)


def _known(what: str, names: Iterable[str], scope: str) -> None:
    known = known_in(scope)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"{what}: no such placeholder {{{unknown[0]}}}; known here: {', '.join(sorted(known))}")


@cache
def document_rules() -> Mapping[str, DocumentRules]:
    """All papers by their id, in their order.

    Raises
    ------
    BadDeclaration
        For the first wrong file.
    """
    return read_documents(resource("layers", "documents"))


def read_documents(folder: Path) -> Mapping[str, DocumentRules]:
    """The papers that the files of a folder declare.

    Raises
    ------
    BadDeclaration
        With file, key and reason.
    """
    found: dict[str, DocumentRules] = {}
    for path in sorted(folder.glob("*.toml")):
        one = read_declaration(path, DocumentRules)
        if one.id in found:
            raise BadDeclaration("catalog.invalid", file=path, key="id", reason=f"{one.id!r} stands twice")
        _check_references(path, one)
        found[one.id] = one
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: (item[1].order, item[0]))))


def declared(document: str) -> DocumentRules:
    """A paper by its id.

    Raises
    ------
    NotFound
        ``documents.no-document`` with those that there are.
    """
    rules = document_rules()
    if document not in rules:
        raise NotFound("documents.no-document", document=document[:60], known="、".join(rules))
    return rules[document]


def _check_references(path: Path, one: DocumentRules) -> None:
    rules = case_rules()
    steps = {DRAFT, *(step.id for step in rules.steps)}
    kinds = {kind.id for kind in rules.kinds}
    told = [("step", [one.step] if one.step else [], steps, "step"), ("from_step", [one.from_step], steps, "step")]
    told += [("public_from", [one.public_from] if one.public_from else [], steps, "step")]
    told += [("kinds", list(one.kinds), kinds, "kind of case")]
    told += [("authorities", list(one.authorities), {each.id for each in rules.authorities}, "authority")]
    for number, section in enumerate(one.sections):
        told.append((f"sections.{number}.kinds", list(section.kinds), kinds, "kind of case"))
        for place, wording in enumerate(section.paragraphs):
            told.append((f"sections.{number}.paragraphs.{place}.kinds", list(wording.kinds), kinds, "kind of case"))
    for key, values, known, what in told:
        for value in values:
            if value not in known:
                raise BadDeclaration("catalog.unknown-reference", file=path, key=key, value=value, what=what)
