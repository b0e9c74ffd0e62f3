"""Records into the database: a staging table, a merge by the layer's key, one transaction."""

from geoservice.ingest.load.loader import NOT_UNDONE, ImportReport, LoadOptions, load

__all__ = ["NOT_UNDONE", "ImportReport", "LoadOptions", "load"]
