"""What-if scenarios: changes of facilities on paper, counted exactly and live; the real data are never touched."""
