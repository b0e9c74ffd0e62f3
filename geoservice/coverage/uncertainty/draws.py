"""Times of places in many draws of speed and of the ways onto the network."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geoservice.coverage.reach import evaluate, field_of
from geoservice.coverage.uncertainty.chance import factor, key_of, start
from geoservice.coverage.uncertainty.declared import DrawSettings
from geoservice.coverage.uncertainty.rescaled import Arcs, joins_at
from geoservice.coverage.uncertainty.snapping import open_feet
from geoservice.errors import Deadline
from geoservice.network.arrays import Floats, Int32s
from geoservice.network.graph import Mode
from geoservice.network.join import Joins

Told = Callable[[int, int], None]
Whole = TypeVar("Whole", np.int32, np.int64)


@dataclass(frozen=True)
class Way:
    """Some places that travel by one mode, and the facilities that they travel to.

    Attributes
    ----------
    classes, edge_class
        Road classes, and the one of each edge, int32.
    place_ids, facility_ids
        int64: what is drawn for a place hangs on its id.
    """

    mode: Mode
    arcs: Arcs
    classes: tuple[str, ...]
    edge_class: Int32s
    places: Joins
    place_ids: NDArray[np.int64]
    facilities: Joins
    facility_ids: NDArray[np.int64]

    def times(self, settings: DrawSettings, seed: int, draw: int, limit_ds: int) -> Int32s:
        """Time of each place in one draw, ds; -1 where it is beyond the limit."""
        state = start(seed, draw)
        graph = self.arcs.graph_at(self.speeds(settings, seed, draw)[self.edge_class])
        off = factor(state, key_of("off_network", self.mode.id), settings.off_network_share)
        off_kmh = self.mode.off_network_kmh * off
        chance = settings.open_share
        homes = open_feet(self.places, graph, "community", self.place_ids, state, chance)
        stations = open_feet(self.facilities, graph, "facility", self.facility_ids, state, chance)
        field = field_of(graph, joins_at(self.facilities, graph, off_kmh, stations), limit_ds)
        return evaluate(field, joins_at(self.places, graph, off_kmh, homes)).time_ds

    def speeds(self, settings: DrawSettings, seed: int, draw: int) -> Floats:
        """Factor of the speed on each road class in one draw."""
        state = start(seed, draw)
        keys = [key_of("speed", self.mode.id, name) for name in self.classes]
        return np.array([factor(state, key, settings.speed_share) for key in keys], dtype=np.float64)


def draw_times(
    ways: Sequence[Way],
    settings: DrawSettings,
    seed: int,
    limit_ds: int,
    *,
    threads: int | None = None,
    told: Told | None = None,
    within_s: float | None = None,
) -> list[Int32s]:
    """Times of every draw; the same whatever the number of threads.

    Parameters
    ----------
    settings
        `count` draws.
    limit_ds
        Times beyond it are not told.
    threads
        All cores by default.
    told
        Called with the number of draws done and of all.
    within_s
        Most seconds that this may take.

    Returns
    -------
    One array a way, int32, shape (draws, places), -1 where a time is beyond the limit.

    Raises
    ------
    Deadline
        ``uncertainty.deadline``.
    """
    until = None if within_s is None else time.monotonic() + within_s
    times = [np.empty((settings.count, len(way.places)), dtype=np.int32) for way in ways]

    def work(draw: int) -> None:
        if until is not None and time.monotonic() > until:
            raise Deadline("uncertainty.deadline", seconds=within_s, draws=settings.count)
        for way, found in zip(ways, times, strict=True):
            found[draw] = way.times(settings, seed, draw, limit_ds)

    pool = ThreadPoolExecutor(threads or os.cpu_count())
    try:
        for done, _ in enumerate(pool.map(work, range(settings.count)), start=1):
            if told is not None:
                told(done, settings.count)
    finally:
        # Whoever stops it, Ctrl+C or a deadline, waits for the draws under way only.
        pool.shutdown(wait=True, cancel_futures=True)
    return times


def quantiles(values: NDArray[Whole], shares: Sequence[float]) -> NDArray[Whole]:
    """Values that at least a share of the draws keep to: the nearest rank, no mean of two.

    Parameters
    ----------
    values
        Whole numbers, shape (draws, places); -1 is beyond every other.
    shares
        Above 0 and at most 1.

    Returns
    -------
    Shape (shares, places), -1 where so many draws have no value.

    Examples
    --------
    >>> quantiles(np.array([[30], [-1], [10], [20]]), [0.25, 0.5, 1.0]).tolist()
    [[10], [20], [-1]]
    """
    beyond = np.iinfo(values.dtype).max
    ranked = np.sort(np.where(values < 0, beyond, values), axis=0)
    rank = [max(int(np.ceil(share * len(values) - 1e-9)), 1) - 1 for share in shares]
    chosen = ranked[rank]
    return np.where(chosen == beyond, -1, chosen).astype(values.dtype)
