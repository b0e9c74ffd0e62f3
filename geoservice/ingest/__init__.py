"""Files in: readers, validation, staged atomic load, OpenStreetMap."""
