"""Files that are handed in over HTTP: kept, looked at, checked, loaded, and undone as a whole."""
