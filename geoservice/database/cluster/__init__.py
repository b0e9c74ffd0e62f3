"""The private PostGIS cluster: made, started and stopped by the program itself."""

from geoservice.database.cluster.control import Cluster, ClusterInfo, ClusterStatus, Role

__all__ = ["Cluster", "ClusterInfo", "ClusterStatus", "Role"]
