"""Proofs: programs and bounds of each model."""
