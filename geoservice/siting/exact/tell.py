"""How a proof tells what it has found."""

from __future__ import annotations

from typing import Protocol


class Tell(Protocol):
    """Takes sites and bounds as they come; whoever listens keeps the best."""

    def sites(self, sites: list[int]) -> None: ...
    def bound(self, bound: int) -> None: ...
    def time_bound(self, bound: int) -> None: ...
