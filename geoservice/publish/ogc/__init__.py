"""OGC API: one collection a published layer, its features as PostGIS writes them."""
