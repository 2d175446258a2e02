r"""What radiosity that is constant on each facet costs a receiver, estimated from the solution itself.

With irradiance H and the receiver's gain psi per area both varying over facets, the receiver misses

.. math:: \delta = \sum_i \rho_i \int_i (H - \bar H_i) (\psi - \bar\psi_i) \, dA.

Facets that were cut near an opening come in fours: taken as one facet, they would miss the same sum over the four, and
the four themselves miss a third of that (second order). Elsewhere both gradients are fitted to the facets of two rings
around, which averages the noise of rays out, and the integral over the triangle follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, diags, vstack

from bbrmodel.radiation.light_exchange import LightState
from bbrmodel.typing import FloatArray, IntArray

STILL_TO_COME = 1.0 / 3.0  # of the last halving, at second order
_BEND = 0.8  # least cosine between normals of facets that count as one smooth piece
_PAIRS_AT_ONCE = 1 << 19  # of neighbours: 50 to a facet
_FLAT = 1e-6  # share of a fit's trace that keeps it solvable across the surface


@dataclass(frozen=True)
class FacetSizes:
    """How the facets of an enclosure lie to each other.

    Attributes
    ----------
    block
        shape (num_facets,), number of the four parts of one facet; -1: a facet that was not cut.
    part_of
        shape (num_facets,), number of the whole facet that each is part of.
    gradient
        sparse, shape (3 num_whole, num_whole), gradients from the values of whole facets [1/m]: all along x, y, z.
    moment_m2
        shape (num_whole, 3, 3), mean of x x^T over each whole facet about its centre.
    surface
        shape (num_whole,), number of the surface.
    """

    block: IntArray
    part_of: IntArray
    gradient: csr_matrix
    moment_m2: FloatArray
    surface: IntArray


def facet_sizes(
    vertices_m: FloatArray, points: IntArray, surface: IntArray, *, part_of: IntArray, block: IntArray
) -> FacetSizes:
    """Return how facets lie to each other.

    Parameters
    ----------
    vertices_m, points, surface
        Whole facets: corners (num_whole, 3, 3) [m], numbers of the points there (num_whole, 3), and surfaces.
    part_of, block
        Of the facets that exchange light, as in `FacetSizes`.
    """
    centre = vertices_m.mean(axis=1)
    arm = vertices_m - centre[:, None]
    moment: FloatArray = np.einsum("nki,nkj->nij", arm, arm) / 12.0
    edge = vertices_m[:, 1:] - vertices_m[:, :1]
    normal = np.cross(edge[:, 0], edge[:, 1])
    normal = normal / np.maximum(np.linalg.norm(normal, axis=1), 1e-300)[:, None]
    here, there = _neighbours(points)
    smooth = (surface[here] == surface[there]) & ((normal[here] * normal[there]).sum(axis=1) > _BEND)
    return FacetSizes(block, part_of, _gradient(centre, here[smooth], there[smooth]), moment, surface)


def _neighbours(points: IntArray) -> tuple[IntArray, IntArray]:
    """Return the pairs of facets between which there is at most one other by way of corners, each both ways."""
    number = int(points.max(initial=0)) + 1
    facet = np.repeat(np.arange(len(points)), 3)
    ones = np.ones(len(facet), dtype=np.int32)
    touches = csr_matrix((ones, (facet, points.ravel())), shape=(len(points), number))
    ring = touches @ touches.T
    pairs = (ring @ ring).tocoo()
    apart = pairs.row != pairs.col
    return pairs.row[apart].astype(np.int64), pairs.col[apart].astype(np.int64)


def _gradient(centre: FloatArray, here: IntArray, there: IntArray) -> csr_matrix:
    """Return the least-squares gradient from a facet's value and those of its neighbours; `here` ascends."""
    num = len(centre)
    fit = np.zeros((num, 3, 3))
    slices = [slice(start, start + _PAIRS_AT_ONCE) for start in range(0, len(here), _PAIRS_AT_ONCE)]
    for part in slices:
        arm = centre[there[part]] - centre[here[part]]
        for i, j in np.ndindex(3, 3):
            fit[:, i, j] += np.bincount(here[part], weights=arm[:, i] * arm[:, j], minlength=num)
    trace = np.trace(fit, axis1=1, axis2=2)
    fit += (_FLAT * trace + (trace == 0.0))[:, None, None] * np.eye(3)
    inverse = np.linalg.inv(fit)
    weight = np.empty((3, len(here)))
    for part in slices:
        weight[:, part] = np.einsum("nij,nj->in", inverse[here[part]], centre[there[part]] - centre[here[part]])
    start = np.concatenate([[0], np.cumsum(np.bincount(here, minlength=num))])
    parts = []
    for along in weight:
        own = np.bincount(here, weights=along, minlength=num)
        parts.append(csr_matrix((along, there, start), shape=(num, num)) - diags(own, format="csr"))
    return vstack(parts, format="csr")


def facet_size_effect(states: Sequence[tuple[LightState, FloatArray]], sizes: FacetSizes) -> tuple[float, float]:
    """Return what smaller facets would still add to a receiver's irradiance [W/m2].

    Parameters
    ----------
    states
        Each class of light with the receiver's gain from radiosity of each facet, shape (num_facets,), [-]: what it
        sees directly and by way of reflections.

    Returns
    -------
    :
        From facets that were cut, and from the others, both with their signs.
    """
    near, others = 0.0, 0.0
    uncut = np.zeros(len(sizes.surface), dtype=bool)
    uncut[sizes.part_of[sizes.block < 0]] = True
    for light, gain in states:
        area = light.solver.areas.area_m2
        strength = np.maximum(light.solver.areas.kept - light.solver.absorptivity, 0.0) * area
        product = strength * _deviation(light.irradiance, area, sizes.block)
        near += float(product @ _deviation(gain / area, area, sizes.block))
        slopes = [_slope(values, area, sizes) for values in (light.irradiance, gain / area)]
        whole = np.bincount(sizes.part_of, weights=strength, minlength=len(uncut))
        missed = np.einsum("ni,nij,nj->n", slopes[0], sizes.moment_m2, slopes[1])
        others += float(missed @ (whole * uncut))
    return STILL_TO_COME * near, float(others)


def _slope(values: FloatArray, area: FloatArray, sizes: FacetSizes) -> FloatArray:
    """Return the gradient of values at whole facets, shape (num_whole, 3)."""
    num = len(sizes.surface)
    whole = np.bincount(sizes.part_of, weights=area, minlength=num)
    mean = np.bincount(sizes.part_of, weights=area * values, minlength=num) / np.maximum(whole, 1e-300)
    slope: FloatArray = np.asarray(sizes.gradient @ mean).reshape(3, -1).T
    return slope


def _deviation(values: FloatArray, area: FloatArray, group: IntArray) -> FloatArray:
    """Return values less the area mean of their group, zero outside all groups."""
    inside = group >= 0
    deviation = np.zeros_like(values)
    number = group[inside]
    if len(number):
        whole = np.bincount(number, weights=area[inside])
        mean = np.bincount(number, weights=area[inside] * values[inside]) / np.where(whole > 0.0, whole, 1.0)
        deviation[inside] = values[inside] - mean[number]
    return deviation


__all__ = ["STILL_TO_COME", "FacetSizes", "facet_size_effect", "facet_sizes"]
