"""The tables of the schema geoservice."""

from geoservice.database.models.access import (
    Account,
    AccountLink,
    AccountRole,
    ApiToken,
    Credential,
    Session,
    SignInAttempt,
)
from geoservice.database.models.audit import AuditEntry, AuditHead
from geoservice.database.models.base import CLASSIFICATIONS, SCHEMA, SRID, Base
from geoservice.database.models.cases import (
    CASE_KINDS,
    OUTCOMES,
    STANCES,
    CaseMaterial,
    CaseMove,
    CaseName,
    CaseOpinion,
    NamingCase,
)
from geoservice.database.models.coverage import (
    CoverageCase,
    CoverageCircle,
    CoverageFacility,
    CoverageReach,
    CoverageRun,
    CoverageUnit,
    ServiceStandard,
)
from geoservice.database.models.facilities import Facility, FacilityType
from geoservice.database.models.ground import BuiltUpArea, Control, Railway, Road, Wall, Water
from geoservice.database.models.heights import RoadHeight
from geoservice.database.models.imports import BatchBefore, ImportBatch, LayerChange, LayerRevision, LayerTouch, Upload
from geoservice.database.models.indicators import IndicatorEntry
from geoservice.database.models.jobs import JOB_STATES, Job, JobRun
from geoservice.database.models.places import NAME_KINDS, NameKeysEdition, Place, PlaceName
from geoservice.database.models.plans import NamePlan, NamePlanRow
from geoservice.database.models.population import (
    Community,
    CommunityCode,
    CommunityEstimate,
    PopulationCell,
    PopulationSource,
)
from geoservice.database.models.prepared import PreparedDue, PreparedLayer, PreparedPlace
from geoservice.database.models.scenarios import Scenario
from geoservice.database.models.siting import SitingAnswer, SitingProgress
from geoservice.database.models.turns import TurnRestriction
from geoservice.database.models.units import LEVELS, Unit, UnitCode, UnitVersion

__all__ = [
    "CASE_KINDS",
    "CLASSIFICATIONS",
    "JOB_STATES",
    "LEVELS",
    "NAME_KINDS",
    "OUTCOMES",
    "SCHEMA",
    "SRID",
    "STANCES",
    "Account",
    "AccountLink",
    "AccountRole",
    "ApiToken",
    "AuditEntry",
    "AuditHead",
    "Base",
    "BatchBefore",
    "BuiltUpArea",
    "CaseMaterial",
    "CaseMove",
    "CaseName",
    "CaseOpinion",
    "Community",
    "CommunityCode",
    "CommunityEstimate",
    "Control",
    "CoverageCase",
    "CoverageCircle",
    "CoverageFacility",
    "CoverageReach",
    "CoverageRun",
    "CoverageUnit",
    "Credential",
    "Facility",
    "FacilityType",
    "ImportBatch",
    "IndicatorEntry",
    "Job",
    "JobRun",
    "LayerChange",
    "LayerRevision",
    "LayerTouch",
    "NameKeysEdition",
    "NamePlan",
    "NamePlanRow",
    "NamingCase",
    "Place",
    "PlaceName",
    "PopulationCell",
    "PopulationSource",
    "PreparedDue",
    "PreparedLayer",
    "PreparedPlace",
    "Railway",
    "Road",
    "RoadHeight",
    "Scenario",
    "ServiceStandard",
    "Session",
    "SignInAttempt",
    "SitingAnswer",
    "SitingProgress",
    "TurnRestriction",
    "Unit",
    "UnitCode",
    "UnitVersion",
    "Upload",
    "Wall",
    "Water",
]
