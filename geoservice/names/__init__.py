"""Place names: their search."""
