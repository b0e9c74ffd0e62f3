"""Texts in Chinese and English from web/locales/<language>/*.po."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from types import MappingProxyType

from babel.messages.pofile import read_po

from geoservice.resources import resource

LANGUAGES = ("zh", "en")
current_language: ContextVar[str] = ContextVar("current_language", default="zh")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of a language by their key.

    Raises
    ------
    ValueError
        If a key stands in two files, or the language is not known.
    """
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r} is not one of {', '.join(LANGUAGES)}")
    texts: dict[str, str] = {}
    for path in sorted(resource("web", "locales", language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                key, text = message.id, message.string
                if not isinstance(key, str) or not isinstance(text, str) or not key:
                    continue
                if key in texts:
                    raise ValueError(f"{path.name}: {key!r} is already defined in another file")
                texts[key] = text
    return MappingProxyType(texts)


def translate(key: str, language: str | None = None, /, **values: object) -> str:
    """The text of a key with its values filled in; the key itself where no text exists.

    Examples
    --------
    >>> translate("app.name", "zh")
    '地名与设施服务'
    """
    text = catalogue(language or current_language.get()).get(key)
    if text is None:
        return key
    return text.format_map(_Named(values)) if values else text


class _Named(dict[str, object]):
    """Keeps the name of a value that was not given visible."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
