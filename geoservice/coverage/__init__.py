"""Standards applied: reach times, service circles, figures. Arrays in, arrays out; the database is elsewhere.

``T(x)`` is the least, over all usable edges within ``off_network_m`` of x whose straight leg crosses no barrier, of the
network time to the foot of the leg plus the leg's own time, in the stated direction. Reach, circles and figures all
evaluate this one function; figures rest on reach, never on circles.
"""
