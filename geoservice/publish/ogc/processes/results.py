"""Results as they are sent: one value, several parts, or a document."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from geoservice.publish.ogc.links import JSON
from geoservice.publish.ogc.processes.asking import DOCUMENT
from geoservice.publish.ogc.processes.parts import Process


def sent(process: Process, values: Mapping[str, Any], outputs: Sequence[str], response: str) -> tuple[bytes, str]:
    """Body and media type.

    Parameters
    ----------
    values
        JSON of each output that is wanted, by its id.
    outputs
        Ids of those that are wanted.
    response
        ``document``, or ``raw``: the value itself, several as parts (multipart/related, RFC 2387).
    """
    types = {name: process.outputs[name].media_type for name in outputs}
    if response == DOCUMENT:
        return _bytes(document(process, values, outputs)), JSON
    if len(outputs) == 1:
        (name,) = outputs
        return _bytes(values[name]), types[name]
    return _parts({name: (types[name], _bytes(values[name])) for name in outputs})


def document(process: Process, values: Mapping[str, Any], outputs: Sequence[str]) -> dict[str, Any]:
    """The results document (results.yaml): each value with its media type."""
    return {name: {"value": values[name], "mediaType": process.outputs[name].media_type} for name in outputs}


def _parts(found: Mapping[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    # It occurs in none of the parts: JSON without line breaks has no line that begins so.
    boundary = sha256(b"".join(body for _, body in found.values())).hexdigest()[:32]
    parts = [
        f"--{boundary}\r\nContent-Type: {media_type}\r\nContent-ID: <{name}>\r\n\r\n".encode() + body + b"\r\n"
        for name, (media_type, body) in found.items()
    ]
    first = next(iter(found.values()))[0]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f'multipart/related; type="{first}"; boundary={boundary}'


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
