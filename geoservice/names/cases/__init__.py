"""Naming cases: which step follows which, who takes it, and by when."""
