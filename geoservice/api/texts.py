"""Texts of the page: the catalogues that it needs and no more."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from babel.messages.pofile import read_po

from geoservice.resources import resource

PAGE_DOMAINS = (
    "base",
    "map",
    "page",
    "accounts",
    "desk",
    "import_page",
    "quality",
    "drawing",
    "approval",
    "batch_page",
    "siting_page",
    "siting_told",
)


@cache
def page_texts(language: str) -> Mapping[str, str]:
    """Key to text of the page's catalogues in one of `geoservice.language.LANGUAGES`.

    Examples
    --------
    >>> page_texts("zh")["app.name"]
    '地名与设施服务'
    """
    texts: dict[str, str] = {}
    for domain in PAGE_DOMAINS:
        with resource("web", "locales", language, f"{domain}.po").open("rb") as file:
            texts |= {str(message.id): str(message.string) for message in read_po(file) if message.id}
    return MappingProxyType(texts)
