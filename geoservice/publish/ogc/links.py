"""Links, and the addresses of what the service has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
# Value of the parameter f to media type, for most resources.
FORMATS = {"json": JSON, "html": HTML}

Link = dict[str, str]


@dataclass(frozen=True)
class Place:
    """Where a request came in.

    Attributes
    ----------
    root
        Address of the landing page, without a slash at its end.
    path
        Of the resource below it.
    query
        Parameters of the request without the format.
    """

    root: str
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()

    def to(self, *parts: str) -> str:
        """Address of another resource.

        Examples
        --------
        >>> Place("http://a/ogc").to("collections", "roads", "items")
        'http://a/ogc/collections/roads/items'
        """
        return "/".join((self.root, *(quote(part, safe="") for part in parts)))

    def here(self, *, leave: Iterable[str] = (), **others: str) -> str:
        """Address of this resource with other values of some parameters.

        Examples
        --------
        >>> Place("http://a/ogc", "/collections", (("lang", "en"),)).here(f="html")
        'http://a/ogc/collections?lang=en&f=html'
        """
        kept = [(name, value) for name, value in self.query if name not in others and name not in leave]
        query = urlencode([*kept, *others.items()])
        return f"{self.root}{self.path}" + (f"?{query}" if query else "")


def link(href: str, rel: str, type_: str, title: str | None = None) -> Link:
    """A link as RFC 8288 has it."""
    return {"href": href, "rel": rel, "type": type_} | ({"title": title} if title else {})


def itself(place: Place, given: str, formats: dict[str, str]) -> list[Link]:
    """Links to a resource in the format that was given, and in its others."""
    first = link(place.here(f=given), "self", formats[given])
    return [first, *(link(place.here(f=name), "alternate", type_) for name, type_ in formats.items() if name != given)]
