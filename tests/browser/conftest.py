"""Headless Chromium with an eye on what no page may do: console errors, requests to another host."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

# WebGL is drawn by software, and the browser itself asks nobody anything.
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
    "--no-first-run",
    "--use-angle=swiftshader",
    "--use-gl=angle",
]
from geoservice.api.identity import COOKIE
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.conftest import serving
from tests.people import Held

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Watch:
    """What a page said and asked for; `allowed` are parts of console errors that a test brings about itself."""

    host: str
    allowed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    finished: list[Request] = field(default_factory=list)

    def on_console(self, message: ConsoleMessage) -> None:
        said = f"{message.text} ({message.location.get('url')})"
        if message.type == "error" and not any(part in said for part in self.allowed):
            self.errors.append(said)

    def on_finished(self, request: Request) -> None:
        self.finished.append(request)

    def on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != self.host:
            self.outside.append(request.url)


@dataclass
class Desk:
    """An open page of the map and its watch."""

    page: Page
    watch: Watch
    base: str

    def go(self, fragment: str = "") -> None:
        """Opens the map anew, as a link does that somebody sends."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.base}/{fragment}")
        self.settle()

    def module(self, script: str, argument: object) -> Any:
        """Runs a function of JavaScript on a page that is empty but may import our modules."""
        self.watch.allowed.append("/favicon.ico")
        self.page.goto(f"{self.base}/healthz")
        return self.page.evaluate(script, argument)

    def settle(self) -> None:
        """Waits until the map has drawn everything and the figures stand."""
        self.page.wait_for_selector("#map[aria-busy=false]", state="attached")
        self.page.wait_for_selector("#view-figures[aria-busy=false]", state="attached")
        self.page.wait_for_selector("#rings[aria-busy=false]", state="attached")
        self.page.wait_for_selector("#map[aria-busy=false]", state="attached")

    def get(self, path: str, **query: str | float) -> Any:
        response = self.page.request.get(f"{self.base}{path}", params=query)
        assert response.ok, response.text()
        return response.json()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no browser: install one of {', '.join(NAMES)}, or name it in CHROMIUM")
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def open_desk(browser: Browser, live_server: str) -> Iterator[Callable[..., Desk]]:
    """Opens the map in a context of its own; at the end nothing may have gone wrong unseen."""
    opened: list[Desk] = []

    def make(
        fragment: str | None = "",
        *,
        width: int = 1280,
        height: int = 760,
        base: str = live_server,
        who: Held | None = None,
        **context: Any,
    ) -> Desk:
        context = {"locale": "zh-CN", "viewport": {"width": width, "height": height}, **context}
        opened_context = browser.new_context(**context)
        if who is not None:
            opened_context.add_cookies([{"name": COOKIE, "value": who.cookie, "url": base}])
        page = opened_context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch = Watch(urlsplit(base).netloc)
        page.on("console", watch.on_console)
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        page.on("request", watch.on_request)
        page.on("requestfinished", watch.on_finished)
        desk = Desk(page, watch, base.rstrip("/"))
        opened.append(desk)
        if fragment is not None:
            desk.go(fragment)
        return desk

    yield make
    for desk in opened:
        desk.page.context.close()
    for desk in opened:
        assert not desk.watch.errors
        assert not desk.watch.outside


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk()


@pytest.fixture(scope="module")
def office(
    new_database: Callable[..., Database], sample_database: Database, catalog: Catalog, settings: Settings
) -> Iterator[tuple[str, Database]]:
    """A service of its own over the sample county."""
    database = new_database(sample_database)
    with serving(database, catalog, settings) as address:
        yield address, database
    database.dispose()
