"""Answers kept in a file, and checked again from their sites alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geoservice.errors import BadInput
from geoservice.siting.evaluate import Worth, evaluate
from geoservice.siting.instances.asked import Asked
from geoservice.siting.problem import Problem
from geoservice.siting.told import in_units

KIND, EDITION = "geoservice siting answer", 1


def answer_text(asked: Asked, told: dict[str, Any]) -> str:
    """The file of an answer, as JSON."""
    kept = {"kind": KIND, "edition": EDITION, "asked": asked.as_dict() | {"sha256": asked.digest()}, "answer": told}
    return json.dumps(kept, ensure_ascii=False, indent=2) + "\n"


@dataclass(frozen=True)
class Checked:
    """A kept answer beside what its sites are worth.

    Attributes
    ----------
    told, found
        The value in the file and the value recomputed, in the unit of the instance.
    same_file
        Whether the instance is the one that was answered.
    """

    asked: Asked
    problem: Problem
    sites: tuple[int, ...]
    worth: Worth
    told: float | None
    found: float | None
    same_file: bool

    @property
    def agrees(self) -> bool:
        return self.told == self.found and self.worth.allowed and self.same_file

    def as_dict(self) -> dict[str, Any]:
        """The check as plain values."""
        return {
            "agrees": self.agrees,
            "value": self.found,
            "value_in_file": self.told,
            "sites": [site + 1 for site in self.sites],
            "new": self.worth.new,
            "broken": list(self.worth.broken),
            "same_file": self.same_file,
            **self.asked.as_dict(),
        }


def check_answer(path: Path, instance: Path | None = None) -> Checked:
    """Reads an answer, reads its instance again, and recomputes the value.

    Parameters
    ----------
    instance
        In place of the file that the answer names; without it that path, and then one of the same name beside the
        answer, is read.

    Raises
    ------
    BadInput
        ``siting.not-an-answer``, or what is wrong with the instance.
    """
    try:
        kept = json.loads(path.read_text("utf-8"))
        if kept["kind"] != KIND or kept["edition"] != EDITION:
            raise BadInput("siting.not-an-answer", file=path.name)
        question, answer = kept["asked"], kept["answer"]
        sites, told = [int(number) for number in answer["sites"]], answer["value"]
        asked = Asked.parse(
            str(question["format"]),
            Path(question["file"]),
            model=question["model"],
            p=question["p"],
            radius=question["radius"],
            fixed=tuple(question["fixed"]),
            ties=bool(question["ties"]),
        )
    except OSError as error:
        raise BadInput("siting.cannot-read", file=path, reason=error.strerror) from None
    except (ValueError, KeyError, TypeError):
        raise BadInput("siting.not-an-answer", file=path.name) from None
    beside = path.parent / asked.file.name
    asked = replace(asked, file=instance or (asked.file if asked.file.exists() or not beside.exists() else beside))
    problem = asked.problem()
    for number in sites:
        if not 1 <= number <= problem.sites:
            raise BadInput("siting.no-site", number=number, sites=problem.sites)
    chosen = tuple(number - 1 for number in sites)
    worth = evaluate(problem, chosen)
    return Checked(
        asked, problem, chosen, worth, told, in_units(problem, worth.value), question["sha256"] == asked.digest()
    )
