"""The service circle of a case: that of a run where nothing has changed since, else drawn anew.

A circle of a dense town takes seconds to draw; a run has drawn it already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text

from geoservice.catalog import Limit
from geoservice.coverage.circles import circles
from geoservice.coverage.inputs import read_facilities
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.uncertainty.query import Case, Ground
from geoservice.database.prepare import changed_layers, revisions

Origin = Literal["run", "drawn"]

# Newest first; a few, because one of another day may serve where that of today does not.
_STORED = text("""
    select r.on_date, r.network_revision, r.input_revisions, r.public_revisions, st_asbinary(c.geom) as shape
    from coverage_circle c join coverage_run r on r.id = c.run_id
    where c.standard_id = :service and c.type = :type and c.mode = :mode and c.minutes = :minutes
    and (not :public_only or (r.published and r.classification = 'public'))
    order by r.id desc limit 5
""")
# A circle hangs on the network, the facilities and what bars a leg; not on communities.
_LAYERS = ("facilities", "water", "railways", "built_up", "walls")


@dataclass(frozen=True)
class Drawn:
    """A circle, longitude and latitude, and where it comes from."""

    shape: BaseGeometry
    origin: Origin


def circle_of(ground: Ground, case: Case, inputs: Prepared, limit: Limit, *, draw: bool) -> Drawn | None:
    """The circle of a limit.

    Parameters
    ----------
    draw
        Whether one may be drawn where no run has it; without, None is given.
    """
    wanted = {"service": case.service.id, "type": case.type, "mode": limit.mode, "minutes": limit.minutes}
    for run in ground.connection.execute(_STORED, wanted | {"public_only": ground.public_only}).mappings():
        if _holds(ground, case, inputs, limit, dict(run)):
            return Drawn(shapely.from_wkb(bytes(run["shape"])), "run")
    if not draw:
        return None
    mode = inputs.modes[limit.mode]
    field, barriers = inputs.field(limit.mode, case.type), inputs.barriers[mode.barriers]
    return Drawn(circles(field, mode, [limit.minutes * 600], barriers)[0].geometry, "drawn")


def _holds(ground: Ground, case: Case, inputs: Prepared, limit: Limit, run: dict[str, Any]) -> bool:
    """Whether the circle of a run is that of the case still."""
    networks = run["network_revision"].split(",")
    if f"{limit.mode}:{inputs.graphs[limit.mode].revision[:16]}" not in networks:
        return False
    present = revisions(ground.connection, public=ground.public_only)
    if set(_LAYERS) & set(changed_layers(run, present, public=ground.public_only)):
        return False
    then = inputs.facilities if run["on_date"] == case.on else read_facilities(ground.connection, run["on_date"])
    open_then, open_now = (set(one.id[one.type == case.type].tolist()) for one in (then, inputs.facilities))
    return open_then == open_now
