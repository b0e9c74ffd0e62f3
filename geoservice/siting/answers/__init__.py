"""Questions about the county that are handed in, solved in the background, and kept with their answers."""
