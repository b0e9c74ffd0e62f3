"""Papers of a naming case as plain documents: what they say, not how they look."""
