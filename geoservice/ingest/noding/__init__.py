"""Lines that only touch or cross made into a network: where they meet, they share a node.

The work is done in a plane of metres that is an affine image of longitude and latitude, so that a straight piece stays
straight. A round finds what meets, inserts vertices and moves ends; rounds follow until nothing changes. The nodes are
read from the geometry of the last round alone, which is why a second run on the outcome changes nothing.

What meets, with `tolerance_m` for ends and `SAME_M` for what is drawn at one position:

- ends near each other;
- an end near the middle of a line of the same grade (level, and whether it is a bridge or a tunnel), or a loose end of
  a bridge, a tunnel or a line off the ground near the middle of a line on the ground;
- an end at a vertex of any line;
- vertices of lines of the same level;
- lines of the same level that cross or run over each other, where neither is a bridge, a tunnel or a motorway.
"""

from __future__ import annotations

from geoservice.ingest.noding.drawing import Lines
from geoservice.ingest.noding.identity import node_numbers
from geoservice.ingest.noding.report import NearMiss, NetworkReport, describe
from geoservice.ingest.noding.rounds import Noded, components, node_lines

__all__ = [
    "Lines",
    "NearMiss",
    "NetworkReport",
    "Noded",
    "components",
    "describe",
    "node_lines",
    "node_numbers",
]
