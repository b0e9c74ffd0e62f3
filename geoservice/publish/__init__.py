"""What goes out: queries for the service, and vector tiles."""
