"""Making, replacing, changing and taking out of features, as the document of OpenAPI 3.0 describes it: a draft."""

from __future__ import annotations

from typing import Any

from geoservice.language import translate
from geoservice.publish.ogc.links import GEOJSON, JSON
from geoservice.publish.ogc.model import Collection

MERGE_PATCH = "application/merge-patch+json"
DRAFT = "Draft of OGC API - Features - Part 4."
_TEXT = {"type": "string"}
_IF_MATCH = {
    "name": "If-Match", "in": "header", "required": True, "schema": _TEXT,
    "description": "ETag of the feature that the change starts from",
}  # fmt: skip
_REASON = {
    "name": "Geoservice-Reason", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 4500},
    "description": "Why it is changed, kept in the history: UTF-8, or percent-encoded",
}  # fmt: skip
_REFUSED = {
    "403": "Forbidden",
    "408": "TooSlow",
    "409": "Conflict",
    "412": "Changed",
    "413": "TooLarge",
    "415": "WrongMedia",
    "428": "NoVersion",
}
TOLD = {
    "Forbidden": "Whoever asks may not change this",
    "TooSlow": "The body takes too long",
    "Conflict": "Another feature has its key, or others refer to it",
    "Changed": "It was changed since it was read",
    "TooLarge": "The body is too large",
    "WrongMedia": "The body is of a kind that is not read here",
    "NoVersion": "The header If-Match is absent",
}


def making(one: Collection, title: str, crs: list[str], errors: dict[str, Any]) -> dict[str, Any]:
    """The operation on a collection."""
    described = _operation(f"create_{one.id}", one, title, crs, errors, _whole(one))
    done = _done(one, title)
    done["headers"]["Location"] = {"description": "Address of the feature", "schema": _TEXT}
    described["responses"]["201"] = done
    for status in ("412", "428"):
        del described["responses"][status]
    return {"post": described}


def changing(
    one: Collection, title: str, crs: list[str], errors: dict[str, Any], feature_id: dict[str, Any]
) -> dict[str, Any]:
    """The operations on a feature."""
    part = {MERGE_PATCH: {"schema": {"type": "object"}}, GEOJSON: {"schema": {"type": "object"}}}
    operations = {
        "put": _operation(f"replace_{one.id}", one, title, crs, errors, _whole(one)),
        "patch": _operation(f"update_{one.id}", one, title, crs, errors, part),
        "delete": _operation(f"delete_{one.id}", one, title, [], errors, None),
    }
    for method, described in operations.items():
        described["parameters"] = [feature_id, _IF_MATCH, *described["parameters"]]
        if method != "delete":
            described["responses"]["200"] = _done(one, title)
        described["responses"]["204"] = {"description": "Done; nothing is left to be seen"}
    return operations


def _whole(one: Collection) -> dict[str, Any]:
    schema = {"schema": {"$ref": f"#/components/schemas/{one.id}Feature"}}
    return {GEOJSON: schema, JSON: schema}


def _operation(
    operation: str, one: Collection, title: str, crs: list[str], errors: dict[str, Any], body: dict[str, Any] | None
) -> dict[str, Any]:
    header = {
        "name": "Content-Crs", "in": "header", "required": False, "description": "Reference system of the geometry",
        "schema": {"type": "string", "enum": [f"<{uri}>" for uri in crs]},
    }  # fmt: skip
    refused = {status: {"$ref": f"#/components/responses/{name}"} for status, name in _REFUSED.items()}
    return {
        "operationId": operation,
        "tags": [one.id],
        "summary": f"{title} ({translate('ogc.draft')})",
        "description": DRAFT,
        "security": [{"token": []}],
        "parameters": [_REASON, *([header] if crs else [])],
        **({} if body is None else {"requestBody": {"required": True, "content": body}}),
        "responses": {**errors, **refused},
    }


def _done(one: Collection, title: str) -> dict[str, Any]:
    headers = {
        "ETag": {"description": "Version of the feature, for If-Match", "schema": _TEXT},
        "Content-Crs": {"description": "Reference system of the geometry", "schema": _TEXT},
    }
    content = {GEOJSON: {"schema": {"$ref": f"#/components/schemas/{one.id}Feature"}}}
    return {"description": title, "headers": headers, "content": content}
