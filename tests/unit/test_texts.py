"""Texts: both languages complete, every error has its text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from geoservice import errors
from geoservice.language import LANGUAGES, catalogue, translate

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "web" / "locales"
FILES = sorted(path.relative_to(LOCALES) for path in LOCALES.glob("*/*.po"))
ERRORS = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.GeoserviceError)
}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Where, name and node of each call in the source."""
    for path in sorted((ROOT / "geoservice").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                yield f"{path.relative_to(ROOT)}:{node.lineno}", name, node


def literal(node: ast.Call, position: int) -> str | None:
    """A text that is given as a literal argument."""
    if len(node.args) <= position:
        return None
    argument = node.args[position]
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def keywords(node: ast.Call) -> set[str] | None:
    """Names of the keyword arguments; None where some are passed on."""
    given = [keyword.arg for keyword in node.keywords]
    return None if None in given else {str(name) for name in given}


def entries(node: ast.Call, position: int) -> set[str] | None:
    """Keys of a literal dictionary; None where it is another expression."""
    if len(node.args) <= position:
        return set()
    argument = node.args[position]
    if not isinstance(argument, ast.Dict) or not all(isinstance(key, ast.Constant) for key in argument.keys):
        return None
    return {str(key.value) for key in argument.keys if isinstance(key, ast.Constant)}


def used() -> Iterator[tuple[str, str, set[str] | None]]:
    """Where, key and names of the values of each text with a literal code; None where the values are not literal."""
    for where, name, node in calls():
        if name in ERRORS and (code := literal(node, 0)):
            yield where, f"error.{code}", keywords(node)
        elif name == "Refusal" and (code := literal(node, 3)):
            values = entries(node, 4)
            yield where, f"error.{code}", None if values is None else values | {"row", "field", "value"}
        elif name == "refusal" and (code := literal(node, 3)):
            values = keywords(node)
            yield where, f"error.{code}", None if values is None else values | {"row", "field", "value", "file"}
        elif name == "Notice" and (code := literal(node, 1)):
            values = entries(node, 2)
            yield where, f"notice.{code}", None if values is None else values | {"row"}
        elif name == "translate" and (code := literal(node, 0)):
            yield where, code, keywords(node)


USED = list(used())


@pytest.mark.parametrize("path", FILES, ids=str)
def test_each_file_parses(path):
    with (LOCALES / path).open("rb") as file:
        messages = [message for message in read_po(file, abort_invalid=True) if message.id]
    assert messages
    for message in messages:
        assert message.string, f"{message.id} has no text"
        assert not message.fuzzy
        placeholders(message.string)


def test_both_languages_have_the_same_files_and_keys():
    names = {language: {path.name for path in FILES if path.parent.name == language} for language in LANGUAGES}
    assert names["zh"] == names["en"]
    assert catalogue("zh").keys() == catalogue("en").keys()


@pytest.mark.parametrize("key", sorted(catalogue("zh")))
def test_both_languages_name_the_same_values(key):
    zh, en = catalogue("zh")[key], catalogue("en").get(key, "")
    assert placeholders(zh) == placeholders(en)


@pytest.mark.parametrize(("where", "key", "values"), USED, ids=[f"{where} {key}" for where, key, _ in USED])
def test_each_text_that_is_used_exists_and_names_only_what_is_given(where, key, values):
    for language in LANGUAGES:
        texts = catalogue(language)
        assert key in texts, f"{where}: {key} has no text in {language}"
        if values is not None:
            remedy = texts.get(key.replace("error.", "remedy.", 1), "") if key.startswith("error.") else ""
            named = placeholders(texts[key]) | placeholders(remedy)
            assert named <= values, f"{where}: the text of {key} names {sorted(named - values)}, which is not given"


def test_uses_are_found_in_the_source():
    assert sum(key.startswith("error.") for _, key, _ in USED) > 20


def test_a_language_that_is_not_known():
    with pytest.raises(ValueError, match="fr"):
        catalogue("fr")


def test_values_are_filled_in_and_missing_ones_stay_visible():
    assert translate("error.setting.invalid", "en", key="K", value=1, reason="r") == "Setting K cannot be 1: r."
    assert "{reason}" in translate("error.setting.invalid", "en", key="K")
    assert translate("no.such.key") == "no.such.key"
    assert re.search("[一-鿿]", translate("app.name", "zh"))
