"""The place-name code (地名代码): 20 digits, 6 of the county, 3 of the township, 5 of the class, 6 of the number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from geoservice.ingest.values import Noted, ValueRefusedError

# Lists of units give these codes to the places that the units are named by.
UNIT_DIGITS = (6, 9, 12)
DIGITS = 20
PARTS = {"county": 6, "township": 3, "class_code": 5, "serial": 6}
# Two-digit groups of classes that there are (GB/T 18521, census practice): 11 to 13 nature, 21 to 27 the others.
GROUPS = ("11", "12", "13", "21", "22", "23", "24", "25", "26", "27")


@dataclass(frozen=True, slots=True)
class PlaceCode:
    """A code in its parts; `township` is 000 where no township is meant."""

    county: str
    township: str
    class_code: str
    serial: str

    def __str__(self) -> str:
        return self.county + self.township + self.class_code + self.serial

    @property
    def unit_code(self) -> str:
        """Nine digits of the township, six of the county where no township is meant."""
        return self.county if self.township == "000" else self.county + self.township

    @classmethod
    def parse(cls, text: str) -> PlaceCode:
        """Takes a code apart.

        Raises
        ------
        ValueRefusedError
            ``import.place-code-digits``, ``import.place-code-length``, ``import.place-code-class`` or
            ``import.place-code-serial``.

        Examples
        --------
        >>> PlaceCode.parse("42900610021610000001")
        PlaceCode(county='429006', township='100', class_code='21610', serial='000001')
        """
        if not (text.isascii() and text.isdigit()):
            raise ValueRefusedError("import.place-code-digits")
        if len(text) != DIGITS:
            raise ValueRefusedError("import.place-code-length", length=len(text))
        found = cls(text[:6], text[6:9], text[9:14], text[14:])
        if found.class_code[:2] not in GROUPS:
            raise ValueRefusedError("import.place-code-class", part=found.class_code, known="、".join(GROUPS))
        if not int(found.serial):
            raise ValueRefusedError("import.place-code-serial", part=found.serial)
        return found

    @classmethod
    def compose(cls, county: str, township: str, class_code: str, serial: int) -> PlaceCode:
        """Puts a code together.

        Raises
        ------
        ValueRefusedError
            ``import.place-code-part`` where a part has not its number of digits, and as `parse`.

        Examples
        --------
        >>> str(PlaceCode.compose("429006", "100", "22100", 1))
        '42900610022100000001'
        """
        parts = {"county": county, "township": township, "class_code": class_code, "serial": f"{serial:06d}"}
        for name, part in parts.items():
            if len(part) != PARTS[name] or not (part.isascii() and part.isdigit()):
                raise ValueRefusedError("import.place-code-part", part=part[:40], name=name, digits=PARTS[name])
        return cls.parse("".join(parts.values()))


def parse_place_code(cell: Any) -> Any:
    """A cell that `parse_code_text` has read; None for nothing. A code of the length of a unit's is kept as it is."""
    text = cell.value if isinstance(cell, Noted) else cell
    if text is not None and len(str(text)) not in UNIT_DIGITS:
        PlaceCode.parse(str(text))
    return cell
