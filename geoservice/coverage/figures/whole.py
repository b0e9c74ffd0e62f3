"""What is told of a case as a whole: inequality of access, the worst off, places, built-up land."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from geoservice.coverage.figures.built_up import total
from geoservice.coverage.figures.equity import gini_of_time, worst
from geoservice.coverage.inputs import Communities

if TYPE_CHECKING:
    from geoservice.coverage.cases import CaseResult


def told(communities: Communities, result: CaseResult) -> dict[str, Any]:
    """The figures as plain values; None for what cannot be known from what is loaded."""
    people, timed = np.maximum(communities.population, 0), result.time_ds >= 0
    return {
        "gini_time": gini_of_time(result.time_ds, communities.population),
        "people_with_time": int(people[timed].sum()),
        "people_without_time": int(people[~timed].sum()),
        "worst": [
            {
                "community_id": int(communities.id[row]),
                "time_ds": int(result.time_ds[row]) if timed[row] else None,
                "reason": None if timed[row] else str(result.reason[row]),
                "population": int(communities.population[row]) if communities.population[row] >= 0 else None,
            }
            for row in worst(result.time_ds, communities.population)
        ],
        "facilities_off_main": {str(id_): dict(modes) for id_, modes in result.facility_reasons.items()},
        "places": None if result.places is None else result.places.as_dict(),
        "built_up": None if result.built_up is None else asdict(total(result.built_up)),
    }
