"""A paper of a case put together from its declaration and the values of the case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.language import translate
from geoservice.names.cases.reading import Name, Situation
from geoservice.names.documents import values
from geoservice.names.documents.declared import DocumentRules, Section, Wording
from geoservice.names.documents.drawable import has_reached, names_about, why_not
from geoservice.names.documents.facts import read_facts
from geoservice.names.documents.model import (
    Block,
    Column,
    Document,
    Heading,
    Located,
    LocationMap,
    Paragraph,
    Signature,
    Table,
)
from geoservice.names.documents.values import Subject, Values
from geoservice.names.documents.writing import BLANK, chinese_day, fill, placeholders

SHOWN = 3
# Columns that hold Roman letters.
_LATIN = ("spelling", "reading")


def compose(connection: Connection, catalog: Catalog, found: Situation, rules: DocumentRules, day: date) -> Document:
    """A paper of a case.

    Parameters
    ----------
    day
        The units in force on it are those that names are said to lie in.

    Raises
    ------
    Conflict
        ``documents.too-early`` and others where it cannot be drawn now.
    """
    hindrance = why_not(found, rules)
    if hindrance is not None:
        raise hindrance
    subject = Subject(found, read_facts(connection, found.case, day), catalog)
    return _Composer(subject, rules, names_about(found, rules), day).document()


class _Composer:
    """Fills in one paper, and notes what stays blank."""

    def __init__(self, subject: Subject, rules: DocumentRules, names: list[Name], day: date) -> None:
        self.subject = subject
        self.rules = rules
        self.names = names
        self.day = day
        self.case_values = values.of_case(subject, names)
        self.name_values = [
            {**self.case_values, **values.of_name(subject, number, one)} for number, one in enumerate(names, 1)
        ]
        self.blanks: dict[str, list[str]] = {}

    def document(self) -> Document:
        rules, found = self.rules, self.subject.found
        case = found.case
        blocks = tuple(block for section in rules.sections if self._holds(section) for block in self._section(section))
        taken = case.taken.get(rules.step) if rules.step else None
        classification = self.subject.facts.classification
        if rules.public_from is not None and classification == "internal" and has_reached(case, rules.public_from):
            classification = "public"
        return Document(
            id=rules.id,
            case_id=case.id,
            title=rules.title,
            heading=self._fill(rules.heading, self.case_values),
            number=(values.number_of(found, rules.step or "") or BLANK) if rules.numbered else "",
            addressees=self._fill(rules.addressees, self.case_values),
            blocks=blocks,
            signature=None
            if rules.signatory is None
            else Signature(self._fill(rules.signatory, self.case_values), chinese_day(taken), seal=rules.seal),
            remarks=tuple(self._fill(one, self.case_values) for one in rules.remarks),
            citations=rules.citations,
            transcript=rules.transcript,
            draft=rules.step is not None and taken is None,
            lacks=tuple(self._lacks()),
            classification=classification,
            schematic=any(one.schematic for one in self.subject.facts.names.values()),
            made_on=self.day,
        )

    def _holds(self, one: Section | Wording) -> bool:
        return not one.kinds or self.subject.found.case.kind in one.kinds

    def _section(self, section: Section) -> Iterator[Block]:
        if not section.each_name:
            yield from self._part(section, self.case_values, None)
            return
        for name, told in zip(self.names, self.name_values, strict=True):
            yield from self._part(section, told, name)

    def _part(self, section: Section, told: Values, name: Name | None) -> Iterator[Block]:
        if section.heading is not None:
            yield Heading(self._fill(section.heading, told), 1 if name is None else 2)
        for wording in section.paragraphs:
            if self._holds(wording) and all(told[one] for one in wording.given):
                yield from _paragraphs(self._fill(wording.text, told))
        if section.fields:
            heads = (Column(values.zh("documents.field"), 1.0), Column(values.zh("documents.content"), 2.6))
            yield Table(heads, tuple((one.title, self._fill(one.text, told)) for one in section.fields))
        if section.table is not None:
            rows = self._rows(section, told, name)
            if rows:
                columns = tuple(Column(one.title, one.width, _is_latin(one.text)) for one in section.columns)
                yield Table(columns, tuple(rows))
            elif section.empty is not None:
                yield from _paragraphs(self._fill(section.empty, told))
        if section.map:
            yield self._map()

    def _rows(self, section: Section, told: Values, name: Name | None) -> list[tuple[str, ...]]:
        found = self.subject.found
        if section.table == "names":
            given: list[Mapping[str, str]] = list(self.name_values)
        elif section.table == "verdicts":
            given = [{**told, **one} for one in values.of_verdicts(name)] if name is not None else []
        elif section.table == "opinions":
            given = [{**told, **one} for one in values.of_opinions(found.opinions)]
        else:
            given = [{**told, **one} for one in values.of_materials(found)]
        return [tuple(self._fill(column.text, one) for column in section.columns) for one in given]

    def _map(self) -> LocationMap:
        facts = self.subject.facts.names
        located = tuple(
            Located(number, told["standard"], one.lies, facts[one.id].before if one.id in facts else None)
            for number, (one, told) in enumerate(zip(self.names, self.name_values, strict=True), 1)
            if one.lies is not None
        )
        missing = [told["standard"] for one, told in zip(self.names, self.name_values, strict=True) if one.lies is None]
        return LocationMap(located, tuple(missing))

    def _fill(self, template: str, told: Values) -> str:
        """The template filled in; what stays blank is noted, with the name that it is said of."""
        for one in placeholders(template):
            if not told[one]:
                whose = self.blanks.setdefault(one, [])
                if "standard" in told and told["standard"] not in whose:
                    whose.append(told["standard"])
        return fill(template, told)

    def _lacks(self) -> Iterator[str]:
        if self.rules.signatory is not None and (
            self.rules.step is None or self.rules.step not in self.subject.found.case.taken
        ):
            yield translate("documents.lacks.day")
        if self.rules.numbered and not values.number_of(self.subject.found, self.rules.step or ""):
            yield translate("documents.lacks.number")
        for one, whose in self.blanks.items():
            what = translate(f"documents.value.{one}")
            if whose and len(whose) < len(self.names):
                more = f" +{len(whose) - SHOWN}" if len(whose) > SHOWN else ""
                yield translate("documents.lacks.of", None, what=what, names="、".join(whose[:SHOWN]) + more)
            else:
                yield translate("documents.lacks.value", None, what=what)
        nowhere = [
            block for section in self.rules.sections if section.map and self._holds(section) for block in [self._map()]
        ]
        for block in nowhere[:1]:
            if block.missing:
                more = f" +{len(block.missing) - SHOWN}" if len(block.missing) > SHOWN else ""
                yield translate("documents.lacks.position", None, names="、".join(block.missing[:SHOWN]) + more)


def _paragraphs(text: str) -> Iterator[Paragraph]:
    for line in text.split("\n"):
        if line.strip():
            yield Paragraph(line.strip())


def _is_latin(template: str) -> bool:
    return set(placeholders(template)) <= set(_LATIN) and bool(placeholders(template))
