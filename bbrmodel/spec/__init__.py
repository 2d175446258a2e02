"""Input models of cases and studies, and how they are read from TOML."""

from bbrmodel.spec.case import (
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
    Sensor,
    Solver,
    Surface,
)
from bbrmodel.spec.load import build_case, case_schema, find_case, list_cases, load_case, resolved_toml, with_overrides
from bbrmodel.spec.match import has_optics, is_glob, matching_names, surface_settings
from bbrmodel.spec.optics import Optics
from bbrmodel.spec.study import Figure, Study, check_study, load_study, study_case, study_points
from bbrmodel.spec.thermal import Property, RfDrive, Sink

__all__ = [
    "Body",
    "BoundaryCondition",
    "Case",
    "CustomMaterial",
    "Figure",
    "Geometry",
    "HeatSource",
    "Ion",
    "Joint",
    "Link",
    "Optics",
    "Portal",
    "Property",
    "Radiation",
    "RfDrive",
    "Sensor",
    "Sink",
    "Solver",
    "Study",
    "Surface",
    "build_case",
    "case_schema",
    "check_study",
    "find_case",
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
