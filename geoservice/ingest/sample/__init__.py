"""The schematic sample county: real names and codes of its units, official totals, made-up geometry.

示意数据，非测绘成果。
"""

from __future__ import annotations

from geoservice.ingest.sample.county import write_sample

__all__ = ["write_sample"]
