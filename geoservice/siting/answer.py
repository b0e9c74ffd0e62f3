"""An answer with what is proven of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """What is known of an answer: no choice is better; it keeps all conditions; there is none; none was found."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class Ended(StrEnum):
    """Why the work ended."""

    PROVEN = "proven"
    TIME = "time-limit"
    CANCELLED = "cancelled"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Answer:
    """The best choice and how good it is. Values and bounds are whole, in the units of the problem.

    Attributes
    ----------
    sites
        Numbers of candidates from 0, existing ones among them; empty where no choice is known.
    value, bound
        `bound`: no choice is better than this; None where nothing is known.
    first, first_s
        Value of the first choice, by greedy and swaps, and when it was known; None where they found none.
    best_s
        When the best choice was found.
    time_sum, time_bound
        Weight times time of those served, and where ties are told apart a bound of it among choices of the same value.
    reasons
        Why there is no choice: keys below ``siting.reason``.
    unreachable
        Points with people whom no candidate can serve.
    detail
        What the work ended with, for example the signal of a crash.
    """

    status: Status
    ended: Ended
    sites: tuple[int, ...]
    value: int | None
    bound: int | None
    first: int | None
    first_s: float | None
    best_s: float | None
    time_sum: int | None
    time_bound: int | None
    seconds: float
    seed: int
    solver: str
    unreachable: tuple[int, ...]
    reasons: tuple[str, ...] = ()
    detail: str | None = None

    @property
    def gap(self) -> float | None:
        """Distance of value and bound as a share of the value; 0 where they are the same, None where it is not known."""
        if self.value is None or self.bound is None:
            return None
        if self.value == self.bound:
            return 0.0
        return abs(self.bound - self.value) / abs(self.value) if self.value else None

    def as_dict(self) -> dict[str, Any]:
        """The answer as plain values."""
        return asdict(self) | {"gap": self.gap}
