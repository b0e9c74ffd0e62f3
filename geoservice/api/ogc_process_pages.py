"""Pages of processes and jobs for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi.responses import Response

from geoservice.api.ogc import Asking
from geoservice.api.ogc_pages import page_of
from geoservice.language import translate
from geoservice.publish.ogc.links import itself
from geoservice.publish.ogc.processes.parts import Process

Document = Mapping[str, Any]
LONGEST = 20_000


def processes_page(ask: Asking, document: Document) -> Response:
    """All processes."""
    steps = [(translate("ogc.processes"), "/ogc/processes?f=html")]
    return page_of("ogc_processes.html", ask, steps, document["links"], document=document)


def process_page(ask: Asking, one: Process, document: Document) -> Response:
    """One process: what goes in, what comes out, and a request to begin with."""
    example = {"inputs": _EXAMPLES[one.id]}
    return page_of(
        "ogc_process.html",
        ask,
        _steps(one),
        document["links"],
        document=document,
        address=ask.place.to("processes", one.id, "execution"),
        example=json.dumps(example, ensure_ascii=False),
        later=not one.at_once,
        jobs=f"/ogc/jobs?f=html&processID={one.id}",
        types={
            "in": {found.id: _type(found.schema) for found in one.inputs.values()},
            "out": {found.id: _type(found.schema) for found in one.outputs.values()},
        },
        choices={name: found.schema.get("enum", []) for name, found in one.inputs.items()},
    )


def jobs_page(ask: Asking, document: Document) -> Response:
    """Jobs, with their states."""
    steps = [(translate("ogc.jobs"), "/ogc/jobs?f=html")]
    following = next((one["href"] for one in document["links"] if one["rel"] == "next"), None)
    return page_of(
        "ogc_jobs.html", ask, steps, document["links"], document=document, next=following,
        signed_in=ask.who.actor.account_id is not None,
    )  # fmt: skip


def job_page(ask: Asking, one: Process, document: Document) -> Response:
    """One job."""
    steps = [(translate("ogc.jobs"), "/ogc/jobs?f=html"), (document["jobID"], "")]
    links = itself(ask.place, "html", {"json": "application/json", "html": "text/html"})
    return page_of("ogc_job.html", ask, steps, links, document=document, process=one.id)


def results_page(ask: Asking, one: Process, job_id: str, document: Document) -> Response:
    """What came out of a job, the beginning of each value."""
    steps = [
        (translate("ogc.jobs"), "/ogc/jobs?f=html"),
        (job_id, f"/ogc/jobs/{job_id}?f=html"),
        (translate("ogc.results"), ""),
    ]
    texts = {name: json.dumps(found["value"], ensure_ascii=False, indent=1) for name, found in document.items()}
    shown = {name: text[:LONGEST] for name, text in texts.items()}
    links = itself(ask.place, "html", {"json": "application/json", "html": "text/html"})
    cut = [name for name, text in texts.items() if len(text) > LONGEST]
    schematic = any(_schematic(found["value"]) for found in document.values())
    return page_of(
        "ogc_results.html", ask, steps, links,
        process=one.id, document=document, shown=shown, cut=cut, schematic=schematic,
    )  # fmt: skip


def _schematic(value: Mapping[str, Any]) -> bool:
    """Whether a result says of itself that it is schematic, wherever its kind says so."""
    return any(bool(told.get("schematic")) for told in (value, value.get("about", {}), value.get("release", {})))


def _steps(one: Process) -> list[tuple[str, str]]:
    return [(translate("ogc.processes"), "/ogc/processes?f=html"), (translate(f"ogc.process.{one.id}"), "")]


def _type(schema: Mapping[str, Any]) -> str:
    if "oneOf" in schema:
        return " / ".join(dict.fromkeys(_type(one) for one in schema["oneOf"]))
    return str(schema.get("format", schema["type"]))


_EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "service-circle": {"point": {"value": {"type": "Point", "coordinates": [113.16, 30.66]}}},
    "coverage": {"circles": False},
    "siting": {"model": "mclp", "p": 2},
}
