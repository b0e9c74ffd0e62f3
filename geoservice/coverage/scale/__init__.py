"""A run in parts: cells of the area, each with as much of the network around it as can matter, on many processes.

The answers are those of the whole to the bit: a part holds all that any way within the horizon can touch, edges and
facilities keep their order and so decide ties alike, and components are those of the whole graph.
"""
