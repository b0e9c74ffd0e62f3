"""What the files of the page must fulfil, without a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from geoservice.api.texts import PAGE_DOMAINS

WEB = Path(__file__).resolve().parents[2] / "web"
SOURCES = [*sorted((WEB / "static" / "js").glob("*.js")), *sorted((WEB / "templates").glob("*.html"))]
STYLES = sorted((WEB / "static" / "css").glob("*.css"))
# Documents that are one file each, read without a server: their style is inside them.
ALONE = {"report.html", "scenario_portable.html", "scenario_report.html", "portable.html", "paper.html"}
KEY = re.compile(r"""["'`](map\.[a-z0-9_.-]+)(\$\{)?""")


def keys(language: str) -> set[str]:
    found: set[str] = set()
    for domain in PAGE_DOMAINS:
        with (WEB / "locales" / language / f"{domain}.po").open("rb") as file:
            found |= {str(message.id) for message in read_po(file) if str(message.id).startswith("map.")}
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_key_of_the_page_has_a_text(language: str) -> None:
    known = keys(language)
    for source in SOURCES:
        for key, open_end in KEY.findall(source.read_text("utf-8")):
            found = any(one.startswith(key) for one in known) if open_end else key in known
            assert found, f"{source.name}: {key}"


def test_no_text_is_left_over() -> None:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    used = KEY.findall(source)
    whole = {key for key, open_end in used if not open_end}
    beginnings = tuple(key for key, open_end in used if open_end)
    assert {key for key in keys("zh") - whole if not key.startswith(beginnings)} == set()


def test_nothing_is_inline_and_nothing_is_foreign() -> None:
    for source in [*SOURCES, *STYLES]:
        text = source.read_text("utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"https?://|//cdn|@import", text), source.name
        assert "innerHTML" not in text, source.name
        assert "insertAdjacentHTML" not in text, source.name
    for template in (WEB / "templates").glob("*.html"):
        if template.name in ALONE:
            continue
        text = template.read_text("utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text), template.name


def test_colours_stand_in_one_file() -> None:
    for style in STYLES:
        if style.name in ("tokens.css", "print.css", "paper.css"):
            continue
        assert not re.search(r"#[0-9a-f]{3,8}\b|rgb\(", style.read_text("utf-8")), style.name


def test_every_module_is_preloaded() -> None:
    template = (WEB / "templates" / "map.html").read_text("utf-8")
    modules = {path.stem for path in (WEB / "static" / "js").glob("*.js")} - {"theme"}
    named = re.search(r"for module in \[(.*?)\]", template, re.DOTALL)
    assert named is not None
    assert set(re.findall(r'"(\w+)"', named[1])) == modules


def test_browser_libraries_are_pinned_and_name_no_host() -> None:
    package = json.loads((WEB / "package.json").read_text("utf-8"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["dependencies"].values())
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))
    assert all("resolved" not in entry for entry in lock["packages"].values())
    copies = json.loads((WEB / "vendor.json").read_text("utf-8"))
    assert {source.split("/")[0] for source in copies} == set(package["dependencies"])


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast_is_at_least_aa(theme: str) -> None:
    light, dark = (WEB / "static" / "css" / "tokens.css").read_text("utf-8").split('[data-theme="dark"]')
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light if theme == "light" else dark))
    pairs = [
        *((ink, paper, 4.5) for ink in ("ink", "ink-2", "accent", "danger-ink") for paper in ("paper", "paper-2")),
        ("accent", "accent-soft", 4.5),
        ("ink", "paper-3", 4.5),
        ("warn-ink", "warn-soft", 4.5),
        ("map-label", "map-halo", 4.5),
        ("map-label-2", "map-halo", 4.5),
        ("map-water-label", "map-halo", 4.5),
        ("focus", "paper", 3.0),
        ("rule-strong", "paper", 3.0),
        ("covered", "map-land", 3.0),
        ("uncovered", "map-land", 3.0),
        ("bar", "bar-track", 3.0),
        ("select", "map-land", 3.0),
    ]
    for ink, paper, least in pairs:
        high, low = sorted((luminance(tokens[ink]), luminance(tokens[paper])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= least, f"{ink} on {paper}: {(high + 0.05) / (low + 0.05):.2f}"
