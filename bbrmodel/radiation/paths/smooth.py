"""Normals of the curved surface that flat facets stand for: a polygon of mirrors is not a round mirror.

Light that runs along the inside of a round mirror never leaves it, but flat facets throw it out by twice their tilt, an
error of first order in their size. Reflection about interpolated normals has one of second order.
"""

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.typing import AnyArray

# Facets of one surface that meet at a smaller angle stand for a curve; at a larger one, for an edge.
SMOOTH_ANGLE_DEG = 25.0
_SAME_POINT = 1e-9  # of the model's size


def corner_normals(enclosure: Enclosure, *, angle_deg: float = SMOOTH_ANGLE_DEG) -> AnyArray:
    """Return float32 normals at the corners of every facet, shape (num_facets, 3, 3).

    Each is the mean over facets of the same surface that share the corner and are tilted by less than `angle_deg`,
    weighted so that a triangulated sphere gets its own normals.
    """
    num = enclosure.num_facets
    corners = enclosure.vertices_m.reshape(-1, 3)
    grid = np.round((corners - corners.mean(axis=0)) / (_SAME_POINT * max(np.ptp(corners, axis=0).max(), 1e-300)))
    key = np.column_stack([np.repeat(enclosure.surface, 3), grid]).astype(np.int64)
    point = np.unique(key, axis=0, return_inverse=True)[1].reshape(-1)
    facet = np.repeat(np.arange(num), 3)
    shape = (int(point.max()) + 1, num)
    around = csr_matrix((_corner_weights(enclosure), (point, facet)), shape)
    at = csr_matrix((np.ones(3 * num), (np.arange(3 * num), point)), (3 * num, shape[0]))
    pairs = coo_matrix(at @ around)
    normal = enclosure.normal
    alike = np.einsum("ij,ij->i", normal[facet[pairs.row]], normal[pairs.col]) > np.cos(np.radians(angle_deg))
    weights = csr_matrix((pairs.data * alike, (pairs.row, pairs.col)), (3 * num, num))
    mean = weights @ normal
    result: AnyArray = (mean / np.linalg.norm(mean, axis=1)[:, None]).reshape(num, 3, 3).astype(np.float32)
    return result


def _corner_weights(enclosure: Enclosure) -> AnyArray:
    """Return sin(angle) / (product of edges) at every corner, shape (3 num_facets,), exact on spheres (Max 1999)."""
    corner = enclosure.vertices_m
    forth = np.sum((np.roll(corner, -1, axis=1) - corner) ** 2, axis=2)
    back = np.sum((np.roll(corner, 1, axis=1) - corner) ** 2, axis=2)
    weight: AnyArray = (enclosure.area_m2[:, None] / (forth * back)).reshape(-1)
    return weight


__all__ = ["SMOOTH_ANGLE_DEG", "corner_normals"]
