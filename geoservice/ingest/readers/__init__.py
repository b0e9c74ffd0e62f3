"""One module a format: a file to a raw table."""
