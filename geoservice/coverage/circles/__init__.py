"""Service circles: pictures of reach, drawn from the times along the network."""

from geoservice.coverage.circles.drawn import MIN_HOLE_M2, Circle, circles

__all__ = ["MIN_HOLE_M2", "Circle", "circles"]
