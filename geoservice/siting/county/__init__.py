"""Siting on the data of the county: demand, limits and existing facilities as coverage has them."""
