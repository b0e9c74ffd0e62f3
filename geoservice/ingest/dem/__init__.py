"""Heights from a digital elevation model to the vertices of roads."""

from geoservice.ingest.dem.importing import clear_heights, import_dem

__all__ = ["clear_heights", "import_dem"]
