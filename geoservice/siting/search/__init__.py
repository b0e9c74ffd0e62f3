"""Good choices at once: greedy, then swaps. They prove nothing."""
