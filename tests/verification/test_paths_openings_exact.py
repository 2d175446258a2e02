"""Small holes in a grey sphere by probes: BB01 and holes a hundred times smaller.

Rationale: the weight of a small hole decides what an ion in a cold cavity sees. Setup: sphere of rings with the hole at
the pole and a portal below its rim. Expected: sky + (1 - sky)(1 - e) f / (f + (1 - f) e) with the hole's share f of the
area, exact because every point of a sphere sees all points alike.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure, Portal
from bbrmodel.radiation.paths import PathSettings, PointSource, diffuse_optics, trace_weights
from tests.verification.test_paths_exact import band, hole_weight

SEGMENTS = 96


def sphere_with_round_hole(half_angle: float) -> Enclosure:
    """Return the unit sphere; ring after ring, narrow ones at the rim."""
    wall = half_angle + (np.pi - half_angle) * np.linspace(0.0, 1.0, 41) ** 2
    parts = {}
    for name, polar in (("hole", np.array([0.0, half_angle])), ("wall", wall)):
        radius = np.where(polar < np.pi, np.sin(polar), 0.0)
        rings = [
            band((radius[k], radius[k + 1]), (np.cos(a), np.cos(b)), SEGMENTS, flip=False)
            for k, (a, b) in enumerate(pairwise(polar))
        ]
        parts[name] = np.concatenate(rings)
    height = float(np.cos(half_angle)) - 1e-4 * half_angle
    portal = Portal("hole", (0.0, 0.0, height), (0.0, 0.0, 1.0), float(np.sin(half_angle)))
    return replace(enclosure_of_triangles(parts), portals=(portal,))


@pytest.mark.parametrize("emissivity", [1.0, 0.5, 0.1, 0.02])
@pytest.mark.parametrize("half_angle_deg", [5.0, 0.5])
def test_probes_weigh_a_small_hole_to_better_than_one_per_cent(half_angle_deg: float, emissivity: float) -> None:
    half_angle = float(np.radians(half_angle_deg))
    enclosure = sphere_with_round_hole(half_angle)
    hole = enclosure.surface_names.index("hole")
    optics = diffuse_optics(np.where(enclosure.surface == hole, 1.0, emissivity))
    settings = PathSettings(paths=1 << (15 if emissivity > 0.05 else 13), seed=5)
    found = trace_weights(enclosure, optics, source=PointSource((0.0, 0.0, 0.0)), settings=settings)
    share = float(np.sin(half_angle / 2.0) ** 2)
    exact = hole_weight(emissivity, share, share)
    error = found.surface_standard_error[hole]
    assert error < 0.01 * exact
    # 1e-3: a polygon of 96 sides has 7e-4 less area than the round hole
    assert abs(found.surface_weight[hole] - exact) < 4.0 * error + 1e-3 * exact
    assert found.sum_of_weights == pytest.approx(1.0, abs=1e-12)
