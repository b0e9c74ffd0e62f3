"""A client of the OGC API for tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

BASE = "http://127.0.0.1:8000"
ROOT = f"{BASE}/ogc"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"


def epsg(code: int) -> str:
    return f"http://www.opengis.net/def/crs/EPSG/0/{code}"


class Ogc:
    """Asks for resources below the landing page."""

    def __init__(self, app: FastAPI, headers: dict[str, str] | None = None) -> None:
        self.web = TestClient(app, base_url=BASE, headers=headers)

    def ask(self, path: str, *, accept: str = "", status: int = 200, **given: Any) -> Any:
        headers = {"Accept": accept} if accept else {}
        params = {name.replace("_", "-") if name in DASHED else name: value for name, value in given.items()}
        answer = self.web.get(f"/ogc{path}", params=params or None, headers=headers)
        assert answer.status_code == status, f"{path} {given} {answer.status_code} {answer.text[:400]}"
        return answer

    def json(self, path: str, **given: Any) -> Any:
        return self.ask(path, accept=JSON, **given).json()

    def items(self, collection: str, **given: Any) -> Any:
        return self.ask(f"/collections/{collection}/items", accept=GEOJSON, **given).json()

    def refused(self, path: str, status: int = 400, **given: Any) -> str:
        """Code of the problem that a request meets."""
        answer = self.ask(path, accept=GEOJSON, status=status, **given)
        assert answer.headers["content-type"] == "application/problem+json"
        assert "no-store" in answer.headers["cache-control"]
        assert "etag" not in answer.headers
        return str(answer.json()["code"])

    def ids(self, collection: str, **given: Any) -> list[int]:
        return [feature["id"] for feature in self.everything(collection, **given)]

    def everything(self, collection: str, **given: Any) -> list[dict[str, Any]]:
        """All features, over the links to the next page."""
        return [feature for page in self.pages(collection, **given) for feature in page["features"]]

    def pages(self, collection: str, **given: Any) -> Iterator[Any]:
        page = self.items(collection, **given)
        while True:
            yield page
            following = linked(page, "next")
            if not following:
                return
            answer = self.web.get(following[0]["href"], headers={"Accept": GEOJSON})
            assert answer.status_code == 200, answer.text[:300]
            page = answer.json()

    def collections(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json("/collections")["collections"]
        return found


DASHED = ("bbox_crs", "filter_lang", "filter_crs")


def linked(document: Any, rel: str, type_: str | None = None) -> list[dict[str, str]]:
    return [link for link in document["links"] if link["rel"] == rel and type_ in (None, link["type"])]
