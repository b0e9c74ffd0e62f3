"""Problems written to a folder and read again."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from geoservice.siting.problem import Model, Problem, Times

_FILE = "problem.npz"


def write_problem(problem: Problem, folder: Path) -> None:
    """Writes a problem into a folder that exists."""
    arrays: dict[str, Any] = {}
    plain: dict[str, Any] = {}
    for one in fields(problem):
        value = getattr(problem, one.name)
        if isinstance(value, Times):
            arrays |= {f"times_{name.name}": getattr(value, name.name) for name in fields(value)}
        elif isinstance(value, np.ndarray):
            arrays[one.name] = value
        else:
            plain[one.name] = value
    np.savez(folder / _FILE, allow_pickle=False, plain=np.array(json.dumps(plain)), **arrays)


def read_problem(folder: Path) -> Problem:
    """Reads what `write_problem` wrote."""
    with np.load(folder / _FILE, allow_pickle=False) as file:
        given = {name: file[name] for name in file.files}
    plain = json.loads(str(given.pop("plain")))
    times = Times(*(given.pop(f"times_{one.name}") for one in fields(Times)))
    plain |= {
        "model": Model(plain["model"]),
        **{name: tuple(plain[name]) for name in ("levels", "point_names", "site_names")},
    }
    return Problem(times=times, **plain, **given)
