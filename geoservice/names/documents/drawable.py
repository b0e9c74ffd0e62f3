"""Whether a paper can be drawn of a case now, and why not."""

from __future__ import annotations

from geoservice.errors import Conflict, GeoserviceError
from geoservice.language import current_language
from geoservice.names.cases.declared import case_rules
from geoservice.names.cases.reading import Case, Name, Situation, state_title
from geoservice.names.cases.steps import DRAFT, ENDED, LAST
from geoservice.names.documents.declared import DocumentRules


def names_about(found: Situation, rules: DocumentRules) -> list[Name]:
    """The names of a case that a paper is about."""
    return found.kept_names if rules.about == "kept" else found.names


def why_not(found: Situation, rules: DocumentRules) -> GeoserviceError | None:
    """What stands in the way of a paper; None where it can be drawn."""
    case = found.case
    authority = case_rules().authority(case.name_kind)
    titled = {"title": _titled(rules), "state": state_title(case.state)}
    if rules.kinds and case.kind not in rules.kinds:
        return Conflict("documents.not-for-this", title=titled["title"])
    if (rules.authorities and authority.id not in rules.authorities) or rules.step in authority.skips:
        return Conflict("documents.not-for-this", title=titled["title"])
    if not found.names:
        return Conflict("documents.no-names")
    if not names_about(found, rules):
        return Conflict("documents.all-dropped", title=titled["title"])
    if case.state in ENDED and case.state != LAST and not rules.ended:
        return Conflict("documents.ended", **titled)
    if not has_reached(case, rules.from_step):
        return Conflict("documents.too-early", **titled, step=state_title(rules.from_step))
    return None


def has_reached(case: Case, step: str) -> bool:
    """Whether a case has come to a step or past it; one that was refused stays where it was."""
    order = [DRAFT, *(one.id for one in case_rules().steps)]
    reached = max((order.index(one) for one in (*case.past, *case.taken) if one in order), default=0)
    return reached >= order.index(step)


def _titled(rules: DocumentRules) -> str:
    return str(getattr(rules.title, current_language.get()))
