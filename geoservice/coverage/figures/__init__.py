"""Figures of a coverage run, a file a subject; docs/figures.md gives formula, unit, base and source of each."""

from geoservice.coverage.figures.sums import Coverage, Demand, Figures, Unit, count

__all__ = ["Coverage", "Demand", "Figures", "Unit", "count"]
