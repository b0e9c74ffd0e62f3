"""Collections as files: one format a file, all of them listed in `registry`."""
