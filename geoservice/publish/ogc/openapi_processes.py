"""Processes and jobs, as the document of OpenAPI 3.0 describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoservice.language import translate
from geoservice.publish.ogc.links import HTML, JSON
from geoservice.publish.ogc.processes.asking import DOCUMENT, RAW
from geoservice.publish.ogc.processes.documents import STATES
from geoservice.publish.ogc.processes.listing import AFTER, LIMIT, job_parameters
from geoservice.publish.ogc.processes.parts import Input, Process

Described = dict[str, Any]

_TEXT: Described = {"type": "string"}
_LINKS: Described = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
_COMMON = [{"$ref": f"#/components/parameters/{name}"} for name in ("f", "lang")]
_JOB_ID = {"name": "jobId", "in": "path", "required": True, "schema": _TEXT, "description": "Number of the job"}
_TAG = "processes"
_SUMMARY: Described = {
    "type": "object",
    "required": ["id", "version"],
    "properties": {
        **dict.fromkeys(("id", "title", "description", "version"), _TEXT),
        "jobControlOptions": {
            "type": "array",
            "items": {"type": "string", "enum": ["sync-execute", "async-execute", "dismiss"]},
        },
        "outputTransmission": {"type": "array", "items": {"type": "string", "enum": ["value", "reference"]}},
        "links": _LINKS,
    },
}
_MOMENT: Described = {"type": "string", "format": "date-time"}
PROCESS_SCHEMAS: Described = {
    "processSummary": _SUMMARY,
    "processList": {
        "type": "object",
        "required": ["processes", "links"],
        "properties": {
            "processes": {"type": "array", "items": {"$ref": "#/components/schemas/processSummary"}},
            "links": _LINKS,
        },
    },
    "process": {
        "allOf": [
            {"$ref": "#/components/schemas/processSummary"},
            {
                "type": "object",
                "properties": {
                    name: {"type": "object", "additionalProperties": {"type": "object"}}
                    for name in ("inputs", "outputs")
                },
            },
        ]
    },
    "statusInfo": {
        "type": "object",
        "required": ["jobID", "status", "type"],
        "properties": {
            **dict.fromkeys(("processID", "jobID", "message"), _TEXT),
            "type": {"type": "string", "enum": ["process"]},
            "status": {"type": "string", "enum": list(STATES)},
            **dict.fromkeys(("created", "started", "finished", "updated"), _MOMENT),
            "progress": {"type": "integer", "minimum": 0, "maximum": 100},
            "links": _LINKS,
        },
    },
    "jobList": {
        "type": "object",
        "required": ["jobs", "links"],
        "properties": {
            "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/statusInfo"}},
            "links": _LINKS,
        },
    },
    "results": {"type": "object", "additionalProperties": {"type": "object"}},
}


def process_paths(known: Mapping[str, Process], errors: Described) -> Described:
    """Paths of all processes and of the jobs."""
    paths: Described = {
        "/processes": {"get": _get("getProcesses", translate("ogc.processes"), "processList", errors, [LIMIT, AFTER])}
    }
    for one in known.values():
        here, title = f"/processes/{one.id}", translate(f"ogc.process.{one.id}")
        paths[here] = {"get": _get(f"describe_process_{one.id}", title, "process", errors)}
        paths[f"{here}/execution"] = {"post": _execution(one, title, errors)}
    jobs, job = translate("ogc.jobs"), translate("ogc.job")
    paths["/jobs"] = {"get": _get("getJobs", jobs, "jobList", errors, job_parameters(known))}
    paths["/jobs/{jobId}"] = {
        "get": _get("getStatus", job, "statusInfo", errors, [_JOB_ID]),
        "delete": _dismissal(job, errors),
    }
    results = _get("getResult", translate("ogc.results"), "results", errors, [_JOB_ID])
    results["responses"] |= {"409": {"$ref": "#/components/responses/Conflict"}}
    results["responses"]["200"]["content"] |= _raw(*known.values())
    paths["/jobs/{jobId}/results"] = {"get": results}
    return paths


def _get(
    operation: str, summary: str, schema: str, errors: Described, parameters: list[Described] | None = None
) -> Described:
    return {
        "operationId": operation,
        "tags": [_TAG],
        "summary": summary,
        "parameters": [*(parameters or []), *_COMMON],
        "responses": {
            "200": {"description": summary, "content": {**_json(schema), HTML: {"schema": _TEXT}}},
            "304": {"description": "What the client holds is still good"},
            **errors,
        },
    }


def _execution(one: Process, title: str, errors: Described) -> Described:
    prefer = {
        "name": "Prefer", "in": "header", "required": False, "schema": {"type": "string", "enum": ["respond-async"]},
        "description": "Do it in the background and answer with the job",
    }  # fmt: skip
    refused = {"403": "Forbidden", "408": "TooSlow", "409": "Conflict", "413": "TooLarge", "415": "WrongMedia"}
    at_once = {"200": {"description": title, "content": {**_json("results"), **_raw(one)}}} if one.at_once else {}
    location = {"Location": {"description": "Address of the job", "schema": _TEXT}}
    return {
        "operationId": f"execute_{one.id}",
        "tags": [_TAG],
        "summary": title,
        "security": [{"token": []}],
        "parameters": [prefer],
        "requestBody": {"required": True, "content": {JSON: {"schema": _request(one)}}},
        "responses": {
            **at_once,
            "201": {"description": translate("ogc.job"), "headers": location, "content": _json("statusInfo")},
            **errors,
            **{status: {"$ref": f"#/components/responses/{name}"} for status, name in refused.items()},
        },
    }


def _dismissal(title: str, errors: Described) -> Described:
    refused = {
        status: {"$ref": f"#/components/responses/{name}"}
        for status, name in (("403", "Forbidden"), ("409", "Conflict"))
    }
    return {
        "operationId": "dismiss",
        "tags": [_TAG],
        "summary": title,
        "security": [{"token": []}],
        "parameters": [_JOB_ID],
        "responses": {"200": {"description": title, "content": _json("statusInfo")}, **errors, **refused},
    }


def _request(one: Process) -> Described:
    """A request to execute a process (execute.yaml), with its own inputs."""
    inputs: Described = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _given(found) for name, found in one.inputs.items()},
    }
    required = [name for name, found in one.inputs.items() if found.required]
    if required:
        inputs["required"] = required
    output = {"type": "object", "properties": {"transmissionMode": {"type": "string", "enum": ["value"]}}}
    outputs = {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(one.outputs, output)}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "inputs": inputs,
            "outputs": outputs,
            "response": {"type": "string", "enum": [RAW, DOCUMENT], "default": RAW},
        },
        **({"required": ["inputs"]} if required else {}),
    }


def _given(one: Input) -> Described:
    """A value as it is, under ``value``, or by reference."""
    schema = {name: value for name, value in one.schema.items() if name != "default"}
    reference = {"type": "object", "required": ["href"], "properties": {"href": _TEXT}}
    qualified = {"type": "object", "required": ["value"], "properties": {"value": schema}}
    single = {"anyOf": [schema, qualified, reference]}
    if not one.many:
        return single
    return {"anyOf": [single, {"type": "array", "maxItems": one.most, "items": single}]}


def _raw(*known: Process) -> Described:
    types = {output.media_type for one in known for output in one.outputs.values()} - {JSON}
    if any(len(one.outputs) > 1 for one in known):
        types.add("multipart/related")
    return {
        media_type: {"schema": _TEXT if "multipart" in media_type else {"type": "object"}}
        for media_type in sorted(types)
    }


def _json(schema: str) -> Described:
    return {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
