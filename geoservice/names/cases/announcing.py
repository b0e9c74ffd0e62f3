"""What an announcement carries of each name, and what it lacks still."""

from __future__ import annotations

from geoservice.errors import BadRequest
from geoservice.names.cases.reading import Case, Name
from geoservice.names.romanisation.declared import spelling_class
from geoservice.names.romanisation.romanise import romanise


def spelling_of(case: Case, name: Name) -> str | None:
    """The spelling of a name in Roman letters where its reading was stated; a guess is not announced."""
    if name.effective_reading is None:
        return None
    try:
        return romanise(name.effective, spelling_class(case.name_kind), name.effective_reading).spelling
    except BadRequest:
        return None


def lacks(case: Case, name: Name) -> list[str]:
    """What is not there of 标准名称、罗马字母拼写、所属政区、位置描述、批准机关、批准时间 that somebody has to say.

    The unit, the authority and the day come with the case itself; a name that is not new is announced as it stands.
    """
    if not case.held_to_rules or name.dropped:
        return []
    found = {"spelling": spelling_of(case, name) is not None, "location": bool(name.location)}
    return [one for one, there in found.items() if not there]
