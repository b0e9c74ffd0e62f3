"""Where new facilities go: models with a proven optimum, and a checker that trusts no solver."""
