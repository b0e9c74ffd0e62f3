"""Indicators of the plan: declared as data, counted from what is loaded on a day, set beside what the plan states."""

from geoservice.coverage.indicators.declared import Indicator, Indicators, load_indicators
from geoservice.coverage.indicators.report import IndicatorReport, report
from geoservice.coverage.indicators.situation import Situation, read_situation

__all__ = [
    "Indicator",
    "IndicatorReport",
    "Indicators",
    "Situation",
    "load_indicators",
    "read_situation",
    "report",
]
