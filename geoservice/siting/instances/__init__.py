"""Published instances of siting problems, read from their files."""
