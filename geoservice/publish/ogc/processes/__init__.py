"""OGC API - Processes: what is offered, what is asked for, how it is told."""
