"""Roads to a graph, joining places to it, and exact searches on it. Arrays in, arrays out; no database.

::

    RoadTable -> build.build_graph -> Graph -> store (memory-mapped folder)
    points    -> join.join         -> Joins (feet on edges)
    seeds     -> search.nearest    -> time and winning source of every node

Times are whole deciseconds (ds) in int32, lengths metres, coordinates longitude, latitude in EPSG:4490.
"""
