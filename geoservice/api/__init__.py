"""The HTTP service: thin routers over `publish` and `names`."""
