"""The tables of the schema geoservice."""

from geoservice.database.models.base import CLASSIFICATIONS, SCHEMA, SRID, Base
from geoservice.database.models.coverage import (
    CoverageCircle,
    CoverageReach,
    CoverageRun,
    CoverageUnit,
    ServiceStandard,
)
from geoservice.database.models.facilities import Facility, FacilityType
from geoservice.database.models.ground import BuiltUpArea, Railway, Road, Water
from geoservice.database.models.imports import ImportBatch, LayerRevision
from geoservice.database.models.places import NAME_KINDS, Place, PlaceName
from geoservice.database.models.population import Community, CommunityCode, PopulationCell
from geoservice.database.models.units import LEVELS, Unit, UnitCode, UnitVersion

__all__ = [
    "CLASSIFICATIONS",
    "LEVELS",
    "NAME_KINDS",
    "SCHEMA",
    "SRID",
    "Base",
    "BuiltUpArea",
    "Community",
    "CommunityCode",
    "CoverageCircle",
    "CoverageReach",
    "CoverageRun",
    "CoverageUnit",
    "Facility",
    "FacilityType",
    "ImportBatch",
    "LayerRevision",
    "Place",
    "PlaceName",
    "PopulationCell",
    "Railway",
    "Road",
    "ServiceStandard",
    "Unit",
    "UnitCode",
    "UnitVersion",
    "Water",
]
