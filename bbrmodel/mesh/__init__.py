"""Meshes as plain arrays: reading, naming every exposed facet, splitting at joints, quality."""

from bbrmodel.mesh.bundle import MeshBundle
from bbrmodel.mesh.contacts import Contact, report_contacts
from bbrmodel.mesh.facets import FacetMesh, Interfaces, find_facets
from bbrmodel.mesh.locate import interpolation_weights, nearest_cell
from bbrmodel.mesh.quality import report_mesh
from bbrmodel.mesh.read import read_mesh
from bbrmodel.mesh.refine import refine
from bbrmodel.mesh.split import JointFacets, SplitMesh, split_at_joints, without_middles

__all__ = [
    "Contact",
    "FacetMesh",
    "Interfaces",
    "JointFacets",
    "MeshBundle",
    "SplitMesh",
    "find_facets",
    "interpolation_weights",
    "nearest_cell",
    "read_mesh",
    "refine",
    "report_contacts",
    "report_mesh",
    "split_at_joints",
    "without_middles",
]
