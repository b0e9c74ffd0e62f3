"""What stands on every paper besides its own words: level, draft, coordinates, approval, days. In Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from geoservice.access.release import Release
from geoservice.database.models.base import CLASSIFICATIONS
from geoservice.language import current_language, translate
from geoservice.names.documents.model import Document
from geoservice.names.documents.writing import chinese_day
from geoservice.publish.documents.locating import Chart

LISTED = 20


@dataclass(frozen=True)
class Marks:
    """Words for one paper; `release` decides whether it may leave.

    Attributes
    ----------
    imported_on
        Day of the newest import of what lies around; None where nothing of it was imported.
    """

    release: Release
    imported_on: date | None

    @property
    def level(self) -> str:
        """密级."""
        return translate(f"release.classification.{self.release.classification}", "zh")

    @property
    def draft(self) -> str:
        """That it is a draft."""
        return translate("documents.draft", "zh")

    @property
    def transcript(self) -> str:
        """That the official form is another."""
        return translate("documents.transcript", "zh")

    @property
    def seal(self) -> str:
        """Where the seal goes."""
        return translate("documents.seal", "zh")

    @property
    def no_map(self) -> str:
        """In the place of a map of nothing."""
        return translate("documents.map.none", "zh")

    @property
    def under_map(self) -> list[str]:
        """A sentence each; 示意数据 and the level stand elsewhere."""
        token = current_language.set("zh")
        try:
            words = self.release.words(notice=False)
        finally:
            current_language.reset(token)
        if self.imported_on is None:
            return [translate("documents.map.undated", "zh"), *words[1:]]
        return [translate("documents.map.dated", "zh", day=chinese_day(self.imported_on)), *words[1:]]

    def missing(self, names: Sequence[str]) -> str:
        """Names that are not on the map."""
        shown = "、".join(names[:LISTED]) + ("" if len(names) <= LISTED else f"等{len(names)}处")
        return translate("documents.map.missing", "zh", names=shown)


def marks_of(document: Document, charts: Sequence[Chart], approval: str | None) -> Marks:
    """What a paper says of itself: the highest level of the case and of what its maps show.

    Parameters
    ----------
    approval
        Map approval number (审图号) of the installation.
    """
    levels = [document.classification, *(chart.background.classification for chart in charts)]
    days = [chart.background.imported_on for chart in charts if chart.background.imported_on is not None]
    release = Release(
        data_date=max(days, default=document.made_on),
        classification=max(levels, key=CLASSIFICATIONS.index),
        schematic=document.schematic or any(chart.schematic for chart in charts),
        drawn=bool(charts),
        approval=approval,
    )
    return Marks(release, max(days, default=None))
