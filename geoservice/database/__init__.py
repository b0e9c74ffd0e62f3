"""PostGIS: the private cluster, engines, sessions, models and named SQL."""
