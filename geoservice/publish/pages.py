"""Pages from web/templates."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from geoservice.language import current_language, translate
from geoservice.resources import resource


def render(template: str, **values: object) -> str:
    """A page in the language of the request; `t` translates in it."""
    language = current_language.get()
    given = {"language": language, "title": translate("app.name"), "t": translate, **values}
    return _templates().get_template(template).render(given)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(resource("web", "templates")), autoescape=True, undefined=StrictUndefined
    )
