"""Puts the program's data files into the wheel; an editable install reads them from the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("layers", "migrations", "web/locales", "web/static", "web/templates")


class WheelFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Build hook of the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before each build."""
        if version == "editable":
            return
        root = Path(self.root)
        if not (root / "web/static/vendor").is_dir():
            self.app.display_warning("web/static/vendor is missing: run script/bootstrap, or the map stays empty")
        for folder in FOLDERS:
            build_data["force_include"][str(root / folder)] = f"geoservice/_data/{folder}"
