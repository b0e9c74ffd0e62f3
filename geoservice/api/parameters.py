"""Parameters of requests, parsed at the edge."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from geoservice.database.filters import BBox
from geoservice.database.paging import LARGEST
from geoservice.errors import BadRequest

DEFAULT_LIMIT = 100
LONGEST_TEXT = 100
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# NUL cannot be stored; the replacement character stands where the address was no UTF-8; surrogates are no characters.
_NO_TEXT = re.compile("[\x00\ufffd\ud800-\udfff]")


def _iso_date(value: Any) -> Any:
    if isinstance(value, str) and not _ISO_DATE.fullmatch(value):
        raise ValueError("YYYY-MM-DD")
    return value


def _integer(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,19}", value):
        raise ValueError("0-9")
    return value


def _code(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", value):
        raise ValueError("A-Z a-z 0-9 _ . -")
    return value


Day = Annotated[date, BeforeValidator(_iso_date), Field(description="ISO date, YYYY-MM-DD", examples=["2026-01-31"])]
RecordId = Annotated[int, Field(ge=1, le=LARGEST), BeforeValidator(_integer)]
PathId = Annotated[RecordId, Path(description="Id of the record")]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT), Field(description="Part of a name")
]
Code = Annotated[str, StringConstraints(max_length=60), AfterValidator(_code)]
Box = Annotated[
    str,
    StringConstraints(max_length=200),
    Field(description="west,south,east,north in degrees, CRS84", examples=["112.5,30.3,113.5,30.9"]),
]
Token = Annotated[str, StringConstraints(max_length=2000), Field(description="`next` of the page before")]
Count = Annotated[int, Field(ge=1), BeforeValidator(_integer)]
TileNumber = Annotated[int, BeforeValidator(_integer), Path()]


class Parameters(BaseModel):
    """Query parameters of one resource; any other is refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        names = {item.alias or name for name, item in cls.model_fields.items()}
        unknown = sorted(set(given) - names) if isinstance(given, dict) else []
        if unknown:
            raise BadRequest("api.unknown-parameter", name=unknown[0], allowed=", ".join(sorted(names)))
        return given


class Paged(Parameters):
    """Parameters of every list."""

    limit: Count = Field(DEFAULT_LIMIT, description="Most records of one page")
    after: Token | None = None

    def capped(self, cap: int) -> int:
        """The limit, refused above the cap.

        Raises
        ------
        BadRequest
            If more is asked for than one page may hold.
        """
        if self.limit > cap:
            raise BadRequest("api.limit-too-large", limit=self.limit, cap=cap)
        return self.limit


class Boxed(Paged):
    """Parameters of a list of things that lie somewhere."""

    bbox: Box | None = None

    @property
    def box(self) -> BBox | None:
        """The box as numbers; BadRequest where it is none."""
        return None if self.bbox is None else BBox.parse(self.bbox)


async def plain_query(request: Request) -> None:
    """Refuses a parameter that is given twice or holds what is no text.

    Raises
    ------
    BadRequest
        With the name of the parameter.
    """
    pairs = request.query_params.multi_items()
    for name, value in pairs:
        if _NO_TEXT.search(name) or _NO_TEXT.search(value):
            raise BadRequest("api.not-text", name=_NO_TEXT.sub("?", name)[:60])
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise BadRequest("api.repeated-parameter", name=name[:60])


async def no_query(request: Request) -> None:
    """Refuses every parameter, for resources that know none.

    Raises
    ------
    BadRequest
        With the name of the first.
    """
    for name in request.query_params:
        raise BadRequest("api.unknown-parameter", name=name[:60], allowed="-")
