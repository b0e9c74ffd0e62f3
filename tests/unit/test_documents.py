"""Papers of a case as they are declared: each is for every kind of case, and names only what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoservice.api.app import create_app
from geoservice.errors import BadDeclaration
from geoservice.language import translate
from geoservice.names.cases.declared import case_rules
from geoservice.names.documents.declared import document_rules, read_documents
from geoservice.names.documents.placeholders import SCOPES, known_in
from geoservice.resources import resource
from geoservice.settings import Settings

KINDS = [one.id for one in case_rules().kinds]


@pytest.mark.parametrize("document", document_rules())
@pytest.mark.parametrize("kind", KINDS)
def test_each_paper_lists_the_names_of_every_kind(document: str, kind: str) -> None:
    rules = document_rules()[document]
    held = [one for one in rules.sections if not one.kinds or kind in one.kinds]
    assert any(one.table == "names" or one.each_name for one in held)
    assert any(one.map for one in held)


@pytest.mark.parametrize("document", document_rules())
def test_each_paper_names_kinds_and_steps_that_there_are(document: str) -> None:
    rules = document_rules()[document]
    assert {kind for one in rules.sections for kind in one.kinds} <= set(KINDS)
    assert rules.from_step in {"draft", *(one.id for one in case_rules().steps)}


@pytest.mark.parametrize("name", sorted({name for scope in SCOPES for name in known_in(scope)}))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_placeholder_is_told_in_words(name: str, language: str) -> None:
    key = f"documents.value.{name}"
    assert translate(key, language) != key


def test_a_service_with_a_broken_paper_does_not_start(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = resource("layers", "documents", "reply.toml").read_text("utf-8")
    (tmp_path / "reply.toml").write_text(given.replace("{applicant}", "{nobody}"), "utf-8")
    monkeypatch.setattr("geoservice.api.app.document_rules", lambda: read_documents(tmp_path))
    with pytest.raises(BadDeclaration, match=r"reply\.toml.*nobody"):
        create_app(settings)


def test_the_first_unknown_placeholder_is_told(tmp_path: Path) -> None:
    given = resource("layers", "documents", "reply.toml").read_text("utf-8")
    (tmp_path / "reply.toml").write_text(given.replace("{applicant}", "{nobody}"), "utf-8")
    with pytest.raises(BadDeclaration, match="nobody"):
        read_documents(tmp_path)
