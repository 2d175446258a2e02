"""Which facets bound the panes of a case, and where panes touch other bodies."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from bbrmodel.model.assign import Assignment
from bbrmodel.model.prepare import PreparedMesh
from bbrmodel.radiation.paths import Panes
from bbrmodel.typing import BoolArray


def find_panes(mesh: PreparedMesh, assignment: Assignment) -> Panes | None:
    """Return what bounds the bodies that light passes, in the order of exposed facets; None without such bodies.

    Panes that touch are one pane: light goes straight from one to the other. Where a pane touches another body it
    has a wall, which only light inside can meet.
    """
    clear = _clear_bodies(mesh, assignment)
    if not clear.any():
        return None
    bodies = mesh.interfaces.bodies
    both = bodies[clear[bodies].all(axis=1)]
    num = len(clear)
    joined = connected_components(coo_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), (num, num)), False)[1]
    number = np.where(clear, joined, -1)
    exposed = mesh.facets.exposed
    owner = mesh.facets.body[exposed]
    walls = np.flatnonzero(clear[bodies].sum(axis=1) == 1)
    return Panes(
        pane=np.where(owner >= 0, number[owner], -1),
        walls_m=mesh.bundle.points_m[mesh.interfaces.points[walls]],
        wall_pane=number[bodies[walls]].max(axis=1),
    )


def _clear_bodies(mesh: PreparedMesh, assignment: Assignment) -> BoolArray:
    """Return for each body whether light passes it."""
    faces = [k for k, table in enumerate(assignment.optics) if table is not None and table.passage == "body"]
    clear = np.zeros(len(mesh.bundle.body_names), dtype=bool)
    clear[mesh.facets.body[mesh.facets.exposed & np.isin(mesh.facets.surface, faces)]] = True
    return clear


__all__ = ["find_panes"]
