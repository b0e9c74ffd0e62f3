"""Names in Roman letters by the rules of 1984, each with the proof of its spelling."""
