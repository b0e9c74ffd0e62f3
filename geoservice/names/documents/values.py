"""What the placeholders of a paper stand for, always in Chinese; what is not known is empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from geoservice.catalog import Catalog
from geoservice.language import translate
from geoservice.names.cases.announcing import spelling_of
from geoservice.names.cases.clock import last_day
from geoservice.names.cases.declared import Authority, case_rules
from geoservice.names.cases.reading import Name, Opinion, Situation
from geoservice.names.documents.facts import Facts, NameFacts, Size
from geoservice.names.documents.writing import chinese_day, clean, metres, position, square_metres
from geoservice.names.rules.declared import naming_rules

Values = Mapping[str, str]
NOTHING = "—"
_DAYS = ("registered", "checked", "consulted", "approved", "filed", "announced")
_NUMBERED = ("approved", "filed", "announced")
_ENDINGS = ("refuse", "withdraw")


@dataclass(frozen=True)
class Subject:
    """A case with what is known of it, as papers speak of it."""

    found: Situation
    facts: Facts
    catalog: Catalog

    @property
    def authority(self) -> Authority:
        """Who decides on it."""
        return case_rules().authority(self.found.case.name_kind)


def zh(key: str, **values: object) -> str:
    """A text of the catalogue in Chinese."""
    return translate(key, "zh", **values) if values else translate(key, "zh")


def of_case(subject: Subject, names: list[Name]) -> Values:
    """What is said of the case itself, when a paper is about some of its names."""
    found, authority = subject.found, subject.authority
    case, rules = found.case, case_rules()
    kind = next(one.title.zh for one in rules.kinds if one.id == case.kind)
    told = {
        "case_no": str(case.id),
        "case_title": case.title,
        "subject": subject_of(case.kind, kind, names),
        "kind": kind,
        "name_kind": authority.title.zh,
        "count": str(len(names)),
        "case_unit": case.unit_name or "",
        "applicant": case.applicant,
        "contact": case.contact,
        "brands": "、".join(case.brands),
        "office": rules.office.name,
        "asked": "、".join(dict.fromkeys(one.asked for one in found.opinions)),
        "refusal": next((one.reason for one in reversed(found.moves) if one.action in _ENDINGS), ""),
        "passed_over": _passed_over(found),
    }
    told |= {name: getattr(authority, name) for name in ("approver", "filing_office", "announcer", "asker")}
    told |= {name: getattr(authority, name) for name in ("approves", "asks", "files", "article")}
    told |= {f"{step}_on": _day(case.taken.get(step)) for step in _DAYS}
    told |= {f"{step}_no": number_of(found, step) for step in _NUMBERED}
    told |= {
        f"{name}_last_day": _day(_last_day(subject, step))
        for name, step in (("consultation", "consulted"), ("filing", "filed"), ("announcement", "announced"))
    }
    return _cleaned(told)


def subject_of(kind: str, title: str, names: list[Name]) -> str:
    """What a case is about, as a heading says it."""
    first = names[0]
    if len(names) > 1:
        shown = first.old_name if kind == "renaming" and first.old_name else first.effective
        return f"{shown}等{len(names)}处地名{title}"
    if kind == "renaming" and first.old_name:
        return f"{first.old_name}更名为{first.effective}"
    return f"{first.effective}{title}"


def number_of(found: Situation, step: str) -> str:
    """文号 of a step that was taken; empty where none was stated."""
    if step not in found.case.taken:
        return ""
    return next((one.document for one in reversed(found.moves) if one.to_state == step and one.document), "")


def of_name(subject: Subject, number: int, name: Name) -> Values:
    """What is said of one name."""
    case = subject.found.case
    facts = subject.facts.names.get(name.id, NameFacts())
    checked = None if name.checked is None else name.checked["zh"]
    scope = None if checked is None else checked["scope"]
    told = {
        "number": str(number),
        "name": name.name,
        "standard": name.effective,
        "old_name": name.old_name or "",
        "spelling": spelling(subject, name),
        "reading": name.effective_reading or "",
        "unit": facts.units or case.unit_name or "",
        "class_code": name.class_code,
        "class": _class(subject.catalog, name.class_code),
        "meaning": name.meaning,
        "origin": name.origin,
        "location": name.location,
        "length": metres(name.length_m),
        "width": metres(name.width_m),
        "measured": _size(facts.size),
        "measured_before": _size(facts.size_before),
        "position": position(facts.bounds),
        "decision": zh(f"documents.decision.{name.decision or 'open'}"),
        "verdict": zh(f"names.verdict.{name.standing}") if name.standing else zh("documents.unchecked"),
        "passed": "、".join(_titles(checked["passed"])) if checked else "",
        "scope": f"{scope['words']}（{scope['article']}）" if scope else "",
        "argument": name.argument,
    }
    return _cleaned(told)


def spelling(subject: Subject, name: Name) -> str:
    """In Roman letters with tones: by the reading that was stated, else as the registry holds it of a name that stays."""
    by_reading = spelling_of(subject.found.case, name)
    if by_reading or subject.found.case.held_to_rules:
        return by_reading or ""
    return subject.facts.names.get(name.id, NameFacts()).registered_spelling


def of_verdicts(name: Name) -> list[Values]:
    """What the rules say of a name other than that it passes, each with what people found of it."""
    told = [] if name.checked is None else name.checked["zh"]["verdicts"]
    found: dict[str, list[str]] = {}
    for one in name.findings:
        words = zh(f"documents.finding.{one['finding']}", reason=one["reason"], by=one["by"], day=_moment(one["at"]))
        found.setdefault(one["rule"], []).append(words)
    return [
        _cleaned(
            {
                "rule": one["title"],
                "rule_verdict": zh(f"names.verdict.{one['verdict']}"),
                "source": one["source"] + (zh("documents.setting") if one["setting"] else ""),
                "reason": one["reason"] or NOTHING,
                "exemption": one["exemption"] or NOTHING,
                "finding": "\n".join(found.get(one["rule"], [NOTHING])),
            }
        )
        for one in told
    ]


def of_opinions(opinions: Iterable[Opinion]) -> list[Values]:
    """Who was asked, what they say, what became of it."""
    return [
        _cleaned(
            {
                "number": str(number),
                "asked_party": one.asked,
                "asked_on": chinese_day(one.asked_on),
                "answered_on": chinese_day(one.answered_on) if one.answered_on else NOTHING,
                "stance": zh(f"case.stance.{one.stance or 'open'}"),
                "opinion": one.opinion or NOTHING,
                "outcome": zh(f"case.outcome.{one.outcome}") if one.outcome else NOTHING,
                "answer": one.answer or NOTHING,
            }
        )
        for number, one in enumerate(opinions, 1)
    ]


def of_materials(found: Situation) -> list[Values]:
    """Every paper of the list, whether it is there or not."""
    noted = {one.material: one for one in found.materials}
    rows = []
    for number, declared in enumerate(case_rules().materials, 1):
        one = noted.get(declared.id)
        rows.append(
            _cleaned(
                {
                    "number": str(number),
                    "material": declared.title.zh,
                    "material_article": declared.article,
                    "present": zh(f"documents.present.{'yes' if one is not None and one.present else 'no'}"),
                    "file": (one.file_name if one else "") or NOTHING,
                    "material_note": (one.note if one else "") or NOTHING,
                }
            )
        )
    return rows


def _passed_over(found: Situation) -> str:
    rules = case_rules()
    over = {step: reason for one in found.moves for step, reason in one.passed_over.items()}
    left = {step: reason for step, reason in over.items() if step not in found.case.taken and step in found.case.past}
    return "；".join(f"{rules.title_of(step).zh}：{reason}" for step, reason in left.items())


def _last_day(subject: Subject, step: str) -> date | None:
    """The last day for a step, taken or not; None where it has no term, or that has not begun."""
    for term in case_rules().terms:
        if term.step == step and term.holds_for(subject.authority) and term.after in subject.found.case.taken:
            return last_day(subject.found.case.taken[term.after], term.days)
    return None


def _titles(ids: Iterable[str]) -> list[str]:
    titles = {one.id: one.title.zh for one in naming_rules().rules}
    return [titles.get(one, one) for one in ids]


def _class(catalog: Catalog, code: str) -> str:
    entry = next((one for one in catalog.codes["place_classes"].entries if one.code == code), None)
    return "" if entry is None else entry.title.zh


def _size(size: Size) -> str:
    return metres(size.length_m) if size.length_m is not None else square_metres(size.area_m2)


def _day(day: date | None) -> str:
    return "" if day is None else chinese_day(day)


def _moment(at: str) -> str:
    return chinese_day(datetime.fromisoformat(at).astimezone().date())


def _cleaned(values: Mapping[str, str]) -> Values:
    return {name: clean(value) for name, value in values.items()}
