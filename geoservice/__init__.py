"""Place names, boundaries and service circles of a county, on PostGIS."""

__version__ = "0.1.0"
