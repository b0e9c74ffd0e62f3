"""What a person asks about a file: its format, the model and its numbers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

from geoservice.errors import BadInput
from geoservice.network.arrays import Bools
from geoservice.siting.instances.plan import read_plan
from geoservice.siting.instances.planar import read_planar
from geoservice.siting.instances.pmed import read_pmed
from geoservice.siting.problem import Model, Problem


class Format(StrEnum):
    """Formats of files: see `pmed`, `planar` and `plan`."""

    ORLIB_PMED = "orlib-pmed"
    MCLP = "mclp"
    PLAN = "plan"


_MODELS = {Format.ORLIB_PMED: Model.PMEDIAN, Format.MCLP: Model.MCLP, Format.PLAN: Model.MCLP}


@dataclass(frozen=True)
class Asked:
    """A question about a file.

    Attributes
    ----------
    fixed
        Numbers of sites that stay, from 1 in the order of the file.
    """

    format: Format
    file: Path
    model: Model
    p: int | None = None
    radius: Decimal | None = None
    fixed: tuple[int, ...] = ()
    ties: bool = False

    @classmethod
    def parse(
        cls,
        format_: str,
        file: Path,
        *,
        model: str | None = None,
        p: int | None = None,
        radius: str | None = None,
        fixed: tuple[int, ...] = (),
        ties: bool = False,
    ) -> Asked:
        """From words.

        Raises
        ------
        BadInput
            ``siting.unknown-format``, ``siting.unknown-model``, ``siting.bad-radius``.
        """
        if format_ not in set(Format):
            raise BadInput("siting.unknown-format", value=format_, known=", ".join(Format))
        if model is not None and model not in set(Model):
            raise BadInput("siting.unknown-model", value=model, known=", ".join(Model))
        read = Format(format_)
        return cls(read, file, Model(model) if model else _MODELS[read], p, _radius(radius), fixed, ties)

    def problem(self) -> Problem:
        """The problem; reads the file.

        Raises
        ------
        BadInput
            What is wrong with the file or the numbers.
        """
        if self.format is Format.ORLIB_PMED:
            # Times of a network are whole: a radius between two of them is the lower one.
            whole = None if self.radius is None else int(min(self.radius, Decimal(2**31 - 1)))
            made = read_pmed(self.file).problem(self.p, self.model, whole)
        elif self.format is Format.PLAN:
            made = read_plan(self.file).problem(self.model, self.p)
        else:
            if self.radius is None:
                raise BadInput("siting.no-radius")
            made = read_planar(self.file).problem(self.radius, self.p, self.model)
        return replace(made, fixed=_with_fixed(made, self.fixed), ties=self.ties)

    def as_dict(self) -> dict[str, Any]:
        """The question as plain values."""
        return {
            "format": self.format.value,
            "file": str(self.file),
            "model": self.model.value,
            "p": self.p,
            "radius": None if self.radius is None else str(self.radius),
            "fixed": list(self.fixed),
            "ties": self.ties,
        }

    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()


def _radius(word: str | None) -> Decimal | None:
    if word is None:
        return None
    try:
        radius = Decimal(word)
    except InvalidOperation:
        raise BadInput("siting.bad-radius", radius=word) from None
    if not radius.is_finite() or radius < 0:
        raise BadInput("siting.bad-radius", radius=word)
    return radius


def _with_fixed(problem: Problem, fixed: tuple[int, ...]) -> Bools:
    for number in fixed:
        if not 1 <= number <= problem.sites:
            raise BadInput("siting.no-site", number=number, sites=problem.sites)
    stay = problem.fixed.copy()
    stay[[number - 1 for number in fixed]] = True
    return stay
