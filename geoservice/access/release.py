"""What stands on everything that leaves: coordinates, data date, classification level, map approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoservice.crs import SRID
from geoservice.errors import Forbidden
from geoservice.language import translate

PUBLIC = "public"


@dataclass(frozen=True)
class Release:
    """What a file or a report says of itself.

    Attributes
    ----------
    data_date
        Day that the data hold for.
    classification
        Highest level of what it was made from.
    schematic
        Whether any of it is 示意数据.
    drawn
        Whether it shows a map; then it needs an approval number (审图号) before the public sees it, 《地图管理条例》.
    approval
        The number, where one was granted.
    """

    data_date: date
    classification: str
    schematic: bool
    drawn: bool = True
    approval: str | None = None

    @classmethod
    def of_run(cls, run: Mapping[str, Any], approval: str | None, *, drawn: bool = True) -> Release:
        """Of what was made from a run: its day, its level."""
        return cls(run["on_date"], run["classification"], run["schematic"], drawn=drawn, approval=approval)

    @property
    def needs_approval(self) -> bool:
        """Whether a number has yet to be applied for."""
        return self.drawn and self.approval is None

    def check(self, *, public: bool) -> Release:
        """Lets nothing leave by a public way that is not public.

        Raises
        ------
        Forbidden
            ``release.not-public``
        """
        if public and self.classification != PUBLIC:
            raise Forbidden("release.not-public")
        return self

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        return {
            "crs": f"EPSG:{SRID}",
            "data_date": self.data_date.isoformat(),
            "classification": self.classification,
            "schematic": self.schematic,
            "map_approval_required": self.needs_approval,
            "map_approval": self.approval,
        }

    def words(self, *, notice: bool = True) -> list[str]:
        """The same for people, a sentence each; without `notice` where 示意数据 stands on its own already."""
        lines = [translate("notice.schematic")] if self.schematic and notice else []
        lines.append(translate(f"release.classification.{self.classification}"))
        lines.append(translate("release.crs", None, crs=f"EPSG:{SRID}"))
        if self.approval is not None:
            lines.append(translate("release.approved", None, number=self.approval))
        elif self.drawn:
            lines.append(translate("release.approval"))
        return lines
