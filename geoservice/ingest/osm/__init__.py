"""OpenStreetMap files in: .osm.pbf, .osm, .osm.gz and .osm.bz2 to record sets of eight layers."""

from __future__ import annotations

from geoservice.ingest.osm.reader import read_osm

__all__ = ["read_osm"]
