"""Input models of cases and studies, and how they are read from TOML."""

from bbrmodel.spec.case import (
    BathLevel,
    Body,
    BoundaryCondition,
    Case,
    CustomMaterial,
    Geometry,
    HeatSource,
    Ion,
    Joint,
    Link,
    Portal,
    Radiation,
    Schedule,
    Sensor,
    Solver,
    Surface,
    Time,
)
from bbrmodel.spec.ion import IonLine, IonPoint, Place
from bbrmodel.spec.load import build_case, case_schema, find_case, list_cases, load_case, resolved_toml, with_overrides
from bbrmodel.spec.match import has_optics, is_glob, matching_names, surface_settings
from bbrmodel.spec.moment import case_at, check_schedules
from bbrmodel.spec.optics import Optics
from bbrmodel.spec.study import Figure, Study, check_study, load_study, study_case, study_points
from bbrmodel.spec.targets import Target, find_targets
from bbrmodel.spec.thermal import Property, RfDrive, Sink
from bbrmodel.spec.uncertain import Uncertain

__all__ = [
    "BathLevel",
    "Body",
    "BoundaryCondition",
    "Case",
    "CustomMaterial",
    "Figure",
    "Geometry",
    "HeatSource",
    "Ion",
    "IonLine",
    "IonPoint",
    "Joint",
    "Link",
    "Optics",
    "Place",
    "Portal",
    "Property",
    "Radiation",
    "RfDrive",
    "Schedule",
    "Sensor",
    "Sink",
    "Solver",
    "Study",
    "Surface",
    "Target",
    "Time",
    "Uncertain",
    "build_case",
    "case_at",
    "case_schema",
    "check_schedules",
    "check_study",
    "find_case",
    "find_targets",
    "has_optics",
    "is_glob",
    "list_cases",
    "load_case",
    "load_study",
    "matching_names",
    "resolved_toml",
    "study_case",
    "study_points",
    "surface_settings",
    "with_overrides",
]
