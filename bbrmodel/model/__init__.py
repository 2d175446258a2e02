"""The coupled model of a case: mesh, materials, heat paths, radiation, and the temperatures that follow."""

from bbrmodel.model.assign import Assignment, assign
from bbrmodel.model.check import CheckReport, check_prepared
from bbrmodel.model.prepare import PreparedMesh, prepare_mesh
from bbrmodel.model.thermal import ThermalSolution, solve_temperatures

__all__ = [
    "Assignment",
    "CheckReport",
    "PreparedMesh",
    "ThermalSolution",
    "assign",
    "check_prepared",
    "prepare_mesh",
    "solve_temperatures",
]
