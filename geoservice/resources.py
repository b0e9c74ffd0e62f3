"""Finds the program's data files: the checkout first, then the installed package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

FOLDERS = ("layers", "migrations", "web")


def checkout() -> Path | None:
    """The root of the source checkout that this module runs from, or None when installed."""
    root = Path(__file__).resolve().parent.parent
    if (root / "pyproject.toml").is_file() and all((root / name).is_dir() for name in FOLDERS):
        return root
    return None


def resource(folder: str, *parts: str) -> Path:
    """Path of a data file or folder of the program.

    Parameters
    ----------
    folder
        One of `FOLDERS`.
    parts
        The path below it.

    Raises
    ------
    FileNotFoundError
        If neither the checkout nor the installed package holds it.

    Examples
    --------
    >>> resource("layers", "codes").is_dir()
    True
    """
    if folder not in FOLDERS:
        raise FileNotFoundError(f"{folder!r} is not one of {', '.join(FOLDERS)}")
    root = checkout()
    base = root if root is not None else Path(str(files("geoservice"))) / "_data"
    found = base.joinpath(folder, *parts)
    if not found.exists():
        raise FileNotFoundError(f"the program's own file {found} is missing: install it again")
    return found
