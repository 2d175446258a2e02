"""Parametric apparatus and their meshes; the only layer that talks to gmsh."""

from bbrmodel.geometry.faces import Face, Rule, Vector, everything
from bbrmodel.geometry.generate import (
    RESOLUTIONS,
    GeneratedMesh,
    apparatus_parameters,
    generate_mesh,
    list_apparatus,
)
from bbrmodel.geometry.meshing import MIN_CELL_QUALITY, MeshStatistics
from bbrmodel.geometry.model import GeometryModel, Portal, Shape, equal_area_radius, equal_solid_angle
from bbrmodel.geometry.own import Setting, generate_own_mesh
from bbrmodel.geometry.parameters import Parameter, parameter_table, read_parameters, resolve_parameters

__all__ = [
    "MIN_CELL_QUALITY",
    "RESOLUTIONS",
    "Face",
    "GeneratedMesh",
    "GeometryModel",
    "MeshStatistics",
    "Parameter",
    "Portal",
    "Rule",
    "Setting",
    "Shape",
    "Vector",
    "apparatus_parameters",
    "equal_area_radius",
    "equal_solid_angle",
    "everything",
    "generate_mesh",
    "generate_own_mesh",
    "list_apparatus",
    "parameter_table",
    "read_parameters",
    "resolve_parameters",
]
