"""Forms that several resources share."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from geoservice.catalog import Text

T = TypeVar("T")

Position = tuple[float, float]
Bounds = tuple[float, float, float, float]


class Shape(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(populate_by_name=True)


class Title(Shape):
    """A title in both languages."""

    zh: str
    en: str

    @classmethod
    def of(cls, text: Text) -> Title:
        """From a declaration."""
        return cls(zh=text.zh, en=text.en)


class PageOf(Shape, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(description="Token for `after`; null on the last page")


class CodeOf(Shape):
    """A code; equal values of two systems or editions mean different things."""

    system: str
    edition: str
    code: str
