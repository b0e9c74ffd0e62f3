"""CQL2: filters as text and JSON, read into one tree, checked against what a collection declares, made into conditions."""
