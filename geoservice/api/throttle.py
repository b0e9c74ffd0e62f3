"""How often somebody may try."""

from __future__ import annotations

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from geoservice.errors import TooMany

# Choices of this program. Counted by each process for itself.
SIGN_IN = parse("10 per minute")
# Nothing is guessed there, and a whole office may begin its day behind one address.
PROVIDER = parse("60 per minute")


class Throttle:
    """Counts by what and by whom, in memory."""

    def __init__(self) -> None:
        storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(storage)
        # Of many requests no list is kept, two numbers a minute do.
        self._rates = SlidingWindowCounterRateLimiter(storage)

    def rate(self, a_minute: int, *whom: str) -> None:
        """Counts one request of a minute; 0 for any number.

        Raises
        ------
        TooMany
            If there were more in the minute before.
        """
        if a_minute and not self._rates.hit(RateLimitItemPerMinute(a_minute), *(part[:200] for part in whom)):
            raise TooMany("access.too-many-requests", most=a_minute)

    def count(self, limit: RateLimitItem, *whom: str) -> None:
        """Counts one try.

        Raises
        ------
        TooMany
            If there were too many in the time before.

        Examples
        --------
        >>> throttle, twice = Throttle(), parse("2 per hour")
        >>> for _ in range(3):
        ...     throttle.count(twice, "sign-in", "192.0.2.1")
        Traceback (most recent call last):
        geoservice.errors.TooMany: ...
        """
        if not self._limiter.hit(limit, *(part[:200] for part in whom)):
            raise TooMany("access.too-many", seconds=limit.get_expiry())
