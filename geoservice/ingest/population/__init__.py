"""People of polygons, points and rasters onto the communities, without counting anybody twice."""
