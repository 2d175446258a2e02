"""Rays against the exact method in cavities that no closed form describes.

Rationale: both methods share no code beyond the facets, so a mistake of one shows against the other. Setup: a box
with a ball, a tilted rod and a vent behind a small hole; the cavity of the LN2 clock with its trap, the vent bores
closed at their outer ends. Expected: every view factor between surfaces agrees within four standard errors of both
methods, and the deviations scatter as the errors say.
"""

from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from bbrmodel.geometry import generate_mesh
from bbrmodel.mesh import find_facets, read_mesh
from bbrmodel.radiation.adaptive import surface_factors
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure, Portal
from bbrmodel.radiation.exact import ExactSettings, compute_exact_view_factors
from bbrmodel.radiation.exchange_areas import CLOSURE_TOLERANCE
from bbrmodel.radiation.view_factors import RaySettings, compute_view_factors
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, rectangle, sphere

HOLE, DEPTH = 0.08, 0.05  # side and depth of the vent


@dataclass(frozen=True)
class Comparison:
    """(rays - exact) / standard error of pairs of surfaces, each pair once; pairs that one method alone sees."""

    deviation: FloatArray
    pairs: tuple[tuple[str, str], ...]
    unseen: FloatArray  # view factors that only the exact method found, in units of one ray
    unproven: FloatArray  # exchange areas that only rays found, over the total area

    @property
    def rms(self) -> float:
        """Root mean square of the deviations."""
        return float(np.sqrt((self.deviation**2).mean()))


def compare(enclosure: Enclosure, exact: ExactSettings, rays: RaySettings) -> Comparison:
    """Compute the view factors of an enclosure by both methods."""
    one, one_error = surface_factors(enclosure, compute_view_factors(enclosure, rays))
    two, two_error = surface_factors(enclosure, compute_exact_view_factors(enclosure, exact))
    names = enclosure.surface_names
    area = np.bincount(enclosure.surface, weights=enclosure.area_m2)[:, None]
    number = np.bincount(enclosure.surface)[:, None] * rays.rays_per_facet
    once = np.triu(np.ones(one.shape, dtype=bool))
    # Closure leaves 1e-7 on the diagonal of a surface that does not see itself.
    first, second = (once & (factors > CLOSURE_TOLERANCE * np.eye(len(names))) for factors in (one, two))
    seen = first & second
    deviation = (one - two)[seen] / np.hypot(one_error, two_error)[seen]
    order = np.argsort(-np.abs(deviation))
    where = np.argwhere(seen)[order]
    return Comparison(
        deviation[order],
        tuple((names[i], names[j]) for i, j in where),
        (two * (number + number.T * area / area.T))[second & ~first],
        (one * area / area.sum())[first & ~second],
    )


def check(found: Comparison, *, pairs: int) -> None:
    """Assert what both cavities must show.

    The root mean square of so many normal deviates of known error is within 15 % of 1; errors from four replicas are
    themselves uncertain, which adds some per cent. What rays alone miss must be too little for ten rays; what the
    exact method alone misses, too little for its tolerance.
    """
    assert len(found.deviation) >= pairs
    assert np.abs(found.deviation).max() <= 4.0, found.pairs[:3]
    assert found.rms <= 1.3
    assert found.unseen.max(initial=0.0) <= 10.0
    assert found.unproven.max(initial=0.0) <= 1e-9


def rod(start: FloatArray, axis: FloatArray, radius: float, sides: int) -> FloatArray:
    """Return a prism of triangles, normals outward, ends closed."""
    start, axis = np.asarray(start), np.asarray(axis)
    first = np.cross(axis, [1.0, 0.0, 0.0])
    first /= np.linalg.norm(first)
    second = np.cross(axis / np.linalg.norm(axis), first)
    angle = 2.0 * np.pi * np.arange(sides) / sides
    low = start + radius * (np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second)
    after = np.roll(low, -1, axis=0)
    middle = np.broadcast_to(start, low.shape)
    return np.concatenate(
        [
            np.stack([low, after, after + axis], axis=1),
            np.stack([low, after + axis, low + axis], axis=1),
            np.stack([middle, after, low], axis=1),
            np.stack([middle, low, after], axis=1)[:, [0, 1, 2]] + axis,
        ]
    )


def cavity_with_a_vent() -> Enclosure:
    """Return a unit box with a ball and a rod, and a square vent of 0.5 % of a side in its ceiling, closed above."""
    sides = cube([0, 0, 0], 1.0, 3, inward=True)
    del sides["z_high"]
    half, x = 0.5 * HOLE, 0.1  # the hole's centre is at (x, 0)
    steps_x, steps_y = (-0.5, x - half, x + half, 0.5), (-0.5, -half, half, 0.5)
    ceiling = [
        rectangle([a, c, 0.5], [0, d - c, 0], [b - a, 0, 0], 2)
        for i, (a, b) in enumerate(pairwise(steps_x))
        for j, (c, d) in enumerate(pairwise(steps_y))
        if (i, j) != (1, 1)
    ]
    duct = cube([x, 0, 0.5 + 0.5 * DEPTH], 1.0, 2, inward=True)
    for part in duct.values():
        part[...] = (part - [x, 0, 0.5 + 0.5 * DEPTH]) * [HOLE, HOLE, DEPTH] + [x, 0, 0.5 + 0.5 * DEPTH]
    del duct["z_low"]
    cap = duct.pop("z_high")
    surfaces = {
        **sides,
        "ceiling": np.concatenate(ceiling),
        "vent_walls": np.concatenate(list(duct.values())),
        "vent_end": cap,
        "ball": sphere(0.2, 1, inward=False) + np.array([0.12, 0.03, 0.1]),
        "rod": rod([-0.25, -0.2, -0.3], [0.05, 0.3, 0.5], 0.03, 12),
    }
    portal = Portal("vent", (x, 0.0, 0.5 + 0.5 * DEPTH), (0.0, 0.0, 1.0), half)
    return enclosure_of_triangles(surfaces, portals=(portal,))


def test_rays_and_the_exact_method_agree_in_a_cavity_with_a_vent() -> None:
    check(compare(cavity_with_a_vent(), ExactSettings(1e-3, 1e-5), RaySettings(1 << 12)), pairs=40)


INSIDE = (
    *("bbr_cavity__inner", "bbr_cavity__vent_bores", "lnc__cavity_ceiling", "trap_support__*", "trap_wafer__*"),
    *("endcap_*", "alumina_*", "comp_wire_*", "window_*__inner"),
)


def lncioc_cavity(directory: Path) -> Enclosure:
    """Return the cavity of the LN2 clock with all that stands in it, the vent bores closed at their outer ends."""
    made = generate_mesh("lncioc_ca2", {}, resolution="coarse", cache=directory)
    bundle = read_mesh(made.msh_path, length_unit_m=1.0)
    facets, _ = find_facets(bundle)
    vertices = bundle.points_m[facets.points]
    surfaces = {}
    for number, name in enumerate(facets.surface_names):
        if any(fnmatch(name, pattern) for pattern in INSIDE):
            surfaces[name] = vertices[facets.exposed & (facets.surface == number)]
    for number, lid in enumerate(lids(np.concatenate(list(surfaces.values()))), 1):
        surfaces[f"vent_{number}_end"] = lid
    portals = [Portal(p.name, tuple(p.center_m), tuple(p.normal), p.radius_m) for p in made.portals]
    return enclosure_of_triangles(surfaces, portals=portals)


def lids(triangles: FloatArray) -> list[FloatArray]:
    """Return a fan of triangles over every hole in a surface."""
    points, index = np.unique(np.round(triangles.reshape(-1, 3), 9), axis=0, return_inverse=True)
    index = index.reshape(-1, 3)
    edges = np.concatenate([index[:, [k, (k + 1) % 3]] for k in range(3)])
    _, first, count = np.unique(np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True)
    border = edges[first[count == 1]]
    graph = coo_matrix((np.ones(len(border)), border.T), shape=(len(points), len(points)))
    _, label = connected_components(graph, directed=False)
    fans = []
    for part in np.unique(label[border[:, 0]]):
        rim = points[border[label[border[:, 0]] == part]]
        middle = np.broadcast_to(rim[:, 0].mean(axis=0), (len(rim), 3))
        fans.append(np.stack([middle, rim[:, 1], rim[:, 0]], axis=1))
    return fans


@pytest.mark.slow
def test_rays_and_the_exact_method_agree_in_the_cavity_of_the_clock(tmp_path: Path) -> None:
    """3878 facets, 7.5 million pairs of them; rays through the vents on purpose."""
    cavity = lncioc_cavity(tmp_path)
    assert len(cavity.portals) == 3
    assert sum(name.startswith("vent_") for name in cavity.surface_names) == 3
    found = compare(cavity, ExactSettings(1e-3, 1e-5), RaySettings(1 << 12, 1 << 19))
    check(found, pairs=250)
