"""Why a job failed, as it is told."""

from __future__ import annotations

from geoservice.api.problems import OPERATORS
from geoservice.api.shapes import Shape
from geoservice.errors import GeoserviceError


class JobError(Shape):
    """Why a job failed."""

    code: str
    message: str
    remedy: str | None


def error_told(failure: GeoserviceError | None) -> JobError | None:
    """An error of a job; what concerns operators alone is not told."""
    if failure is None:
        return None
    if failure.code.startswith(OPERATORS):
        failure = GeoserviceError("jobs.internal")
    return JobError(code=failure.code, message=failure.message, remedy=failure.remedy)
