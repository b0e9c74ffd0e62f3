"""The documents of processes and jobs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from geoservice.errors import GeoserviceError
from geoservice.jobs.board import JobRow
from geoservice.language import translate
from geoservice.publish.ogc.links import FORMATS, HTML, JSON, Place, itself, link
from geoservice.publish.ogc.processes.asking import DOCUMENT
from geoservice.publish.ogc.processes.model import VERSION
from geoservice.publish.ogc.processes.parts import Process

PROCESSES_1 = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
CLASSES = tuple(
    f"{PROCESSES_1}{name}" for name in ("core", "ogc-process-description", "json", "oas30", "job-list", "dismiss")
)
_REL = "http://www.opengis.net/def/rel/ogc/1.0/"
PROCESSES, JOBS, EXECUTE, RESULTS = (f"{_REL}{name}" for name in ("processes", "job-list", "execute", "results"))
ACCEPTED, RUNNING, SUCCESSFUL, FAILED, DISMISSED = STATES = ("accepted", "running", "successful", "failed", "dismissed")
_STATE = {"queued": ACCEPTED, "succeeded": SUCCESSFUL, "failed": FAILED, "lost": FAILED, "cancelled": DISMISSED}

# Of jobs that were handed in elsewhere.
DEFAULT_RESPONSE = DOCUMENT

Document = dict[str, Any]


def process_list(place: Place, given: str, found: Sequence[Process], following: str | None) -> Document:
    """Processes in short; `following` is the id that the next page begins after."""
    links = itself(place, given, FORMATS)
    if following is not None:
        links.append(link(place.here(f=given, after=following), "next", FORMATS[given]))
    return {"processes": [{**_summary(one), "links": _links(place, one)} for one in found], "links": links}


def description(place: Place, given: str, one: Process) -> Document:
    """A process with its inputs and outputs."""
    inputs = {
        name: {
            "title": translate(f"ogc.process.{one.id}.{name}"),
            "description": translate(f"ogc.process.{one.id}.{name}.about"),
            "minOccurs": 1 if found.required else 0,
            "maxOccurs": "unbounded" if found.many else 1,
            "schema": found.schema,
        }
        for name, found in one.inputs.items()
    }
    outputs = {
        name: {
            "title": translate(f"ogc.process.{one.id}.out.{name}"),
            "description": translate(f"ogc.process.{one.id}.out.{name}.about"),
            "schema": found.schema,
        }
        for name, found in one.outputs.items()
    }
    links = [*itself(place, given, FORMATS), *_links(place, one)[2:]]
    return {**_summary(one), "inputs": inputs, "outputs": outputs, "links": links}


def _summary(one: Process) -> Document:
    return {
        "id": one.id,
        "title": translate(f"ogc.process.{one.id}"),
        "description": translate(f"ogc.process.{one.id}.about"),
        "version": VERSION,
        "jobControlOptions": one.modes,
        "outputTransmission": ["value"],
    }


def _links(place: Place, one: Process) -> list[dict[str, str]]:
    here = place.to("processes", one.id)
    return [
        link(here, "self", JSON, translate(f"ogc.process.{one.id}")),
        link(f"{here}?f=html", "alternate", HTML),
        link(f"{here}/execution", EXECUTE, JSON, translate("ogc.process.execute")),
        link(place.to("jobs") + f"?processID={one.id}", JOBS, JSON, translate("ogc.jobs")),
    ]


def status(row: JobRow) -> str:
    """State of a job in the words of the standard; one that is to stop counts as stopped."""
    if row.state == "running":
        return DISMISSED if row.cancel_requested else RUNNING
    return _STATE[row.state]


def status_info(place: Place, one: Process, row: JobRow, failure: GeoserviceError | None) -> Document:
    """A job (statusInfo.yaml), with links to itself and, once it has some, to its results."""
    state, here = status(row), place.to("jobs", str(row.id))
    found: Document = {"processID": one.id, "type": "process", "jobID": str(row.id), "status": state}
    if failure is not None:
        found["message"] = str(failure)
    elif row.step is not None:
        found["message"] = translate(row.step)
    moments = {"created": row.created_at, "started": row.started_at, "finished": row.finished_at}
    found |= {name: _moment(moment) for name, moment in moments.items() if moment is not None}
    found["updated"] = _moment(max(moment for moment in moments.values() if moment is not None))
    found["progress"] = 100 if state == SUCCESSFUL else _percent(row)
    found["links"] = [
        link(here, "self", JSON),
        link(f"{here}?f=html", "alternate", HTML),
        link(place.to("processes", one.id), "up", JSON, translate(f"ogc.process.{one.id}")),
        *([link(f"{here}/results", RESULTS, JSON, translate("ogc.results"))] if state == SUCCESSFUL else []),
    ]
    return found


def job_list(place: Place, given: str, found: Sequence[Mapping[str, Any]], following: str | None) -> Document:
    """Jobs, the newest first; `following` is the id that the next page begins after."""
    links = itself(place, given, FORMATS)
    if following is not None:
        links.append(link(place.here(f=given, after=following), "next", FORMATS[given]))
    return {"jobs": list(found), "links": links}


def dumped(document: Document) -> bytes:
    """As JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _percent(row: JobRow) -> int:
    return min(99, 100 * row.done // row.total) if row.total else 0


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
