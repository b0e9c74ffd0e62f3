"""The order of the routes decides nothing: no route takes the requests of another."""

from __future__ import annotations

import re

from geoservice.api.app import routes


def test_a_request_is_answered_by_the_route_that_it_is_for() -> None:
    every = routes()
    for route in every:
        path = re.sub(r"\{[^}]*\}", "1", route.path)
        for method in route.methods:
            found = next(one for one in every if method in one.methods and one.path_regex.match(path))
            assert found is route, f"{method} {path} is taken by {found.path}"
