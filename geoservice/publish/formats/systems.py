"""Coordinate systems of files: those of the OGC API, and the shifted ones of map vendors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geoservice.crs import BD09, GCJ02, Crs
from geoservice.errors import BadRequest
from geoservice.publish.ogc.crs import CRS84, OgcCrs, by_epsg

# As the parameter crs names them, beside the addresses of the others.
SHIFTED = {"gcj02": GCJ02, "bd09": BD09}
# About a millimetre: there and back stays within a centimetre.
_SHIFTED_DIGITS = 8
_WGS84 = 4326


@dataclass(frozen=True)
class System:
    """A coordinate system that a file is written in; coordinates stand east first unless the format says otherwise.

    Attributes
    ----------
    crs
        Of the coordinates; of what they were before the shift where they are shifted.
    shift
        ``GCJ02`` or ``BD09``; None where they are true.
    """

    crs: OgcCrs
    shift: str | None = None

    @property
    def name(self) -> str:
        """``EPSG:4547``, ``OGC:CRS84``, ``GCJ02`` or ``BD09``.

        Examples
        --------
        >>> System(CRS84).name, System(CRS84, BD09).name
        ('OGC:CRS84', 'BD09')
        """
        if self.shift is not None:
            return self.shift
        return "OGC:CRS84" if self.crs.epsg is None else f"EPSG:{self.crs.epsg}"

    @property
    def digits(self) -> int:
        """Decimals of coordinates in texts."""
        return self.crs.digits if self.shift is None else _SHIFTED_DIGITS

    @property
    def code(self) -> str:
        """What stands in files whose coordinates are east first whatever the definition says."""
        return f"EPSG:{self.crs.epsg or _WGS84}"

    def shifted(self, geometries: Any) -> Any:
        """Geometries as they go out."""
        return geometries if self.shift is None else Crs.parse(self.shift).from_lonlat(geometries)

    def shapes(self, wkb: Sequence[bytes | None]) -> Any:
        """Geometries as they go out, from WKB; None stays None."""
        return self.shifted(shapely.from_wkb(np.array(wkb, dtype=object)))


def chosen_system(
    text: str | None, default: int | None, known: Callable[[], Sequence[OgcCrs]], *, shifts: bool, any_: bool, form: str
) -> System:
    """The system of a file.

    Parameters
    ----------
    text
        Address of a system that the collection lists, ``gcj02`` or ``bd09``; None for the format's own.
    default
        EPSG code of the format's own; None for CRS84.
    known
        The systems that the collection lists.
    shifts, any_
        Whether the format takes shifted coordinates, and any system but its own.
    form
        The format, for the error.

    Raises
    ------
    BadRequest
        ``ogc.unknown-crs``, or ``export.crs`` where the format cannot hold it.
    """
    own = System(CRS84 if default is None else by_epsg(default))
    if text is None:
        return own
    if text.lower() in SHIFTED:
        if not shifts:
            raise BadRequest("export.crs", value=text, format=form, own=own.name)
        return System(CRS84, SHIFTED[text.lower()])
    found = next((one for one in known() if one.uri == text), None)
    if found is None:
        allowed = ", ".join([*(one.uri for one in known()), *SHIFTED])
        raise BadRequest("ogc.unknown-crs", name="crs", value=text[:120], allowed=allowed)
    if not any_ and found != own.crs:
        raise BadRequest("export.crs", value=text, format=form, own=own.name)
    return System(found)


def address(text: str) -> str:
    """What a person calls a system as the parameter crs names it.

    Raises
    ------
    BadInput
        ``crs.unknown``

    Examples
    --------
    >>> address("4547"), address("GCJ-02"), address("cgcs2000")
    ('http://www.opengis.net/def/crs/EPSG/0/4547', 'gcj02', 'http://www.opengis.net/def/crs/EPSG/0/4490')
    """
    parsed = Crs.parse(text)
    for name, shift in SHIFTED.items():
        if parsed.name == shift:
            return name
    return CRS84.uri if parsed.epsg is None else by_epsg(parsed.epsg).uri
