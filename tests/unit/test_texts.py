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


def raised() -> Iterator[tuple[str, str, set[str] | None]]:
    """Where, code and names of the values of each error made with a literal code; None where values are passed on."""
    for path in sorted((ROOT / "geoservice").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in ERRORS and isinstance(node.args[0].value, str):
                given = [keyword.arg for keyword in node.keywords]
                values = None if None in given else {str(value) for value in given}
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args[0].value, values


RAISED = list(raised())


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


@pytest.mark.parametrize(("where", "code", "values"), RAISED, ids=[f"{where} {code}" for where, code, _ in RAISED])
def test_each_error_has_its_text(where, code, values):
    for language in LANGUAGES:
        texts = catalogue(language)
        assert f"error.{code}" in texts, f"{where}: error.{code} has no text in {language}"
        if values is not None:
            named = placeholders(texts[f"error.{code}"]) | placeholders(texts.get(f"remedy.{code}", ""))
            assert named <= values, f"{where}: the text of {code} names {sorted(named - values)}, which is not given"


def test_errors_are_found_in_the_source():
    assert len(RAISED) > 20


def test_a_language_that_is_not_known():
    with pytest.raises(ValueError, match="fr"):
        catalogue("fr")


def test_values_are_filled_in_and_missing_ones_stay_visible():
    assert translate("error.setting.invalid", "en", key="K", value=1, reason="r") == "Setting K cannot be 1: r."
    assert "{reason}" in translate("error.setting.invalid", "en", key="K")
    assert translate("no.such.key") == "no.such.key"
    assert re.search("[一-鿿]", translate("app.name", "zh"))
