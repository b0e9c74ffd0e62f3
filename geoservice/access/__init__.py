"""Who somebody is, who may do what, and who did what."""
