"""Solid angles from a point with exact answers.

Rationale: the direct view of the ion is the first factor of its effective temperature. Setup: single surfaces in
open space. Expected: closed forms, fractions of 4 pi; tolerance four times the spread of the replicas' mean, plus the
polygon's departure from a circle where there is one.
"""

import numpy as np
import pytest

from bbrmodel.ion.field import look_from
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, disc, rectangle, sphere

RAYS = 1 << 20


def fraction_seen(surface: FloatArray, point: tuple[float, float, float]) -> tuple[float, float]:
    """Return the fraction of 4 pi and its standard error."""
    target = enclosure_of_triangles({"target": surface}, open_model=True)
    view = look_from(point, target, rays=RAYS, settings=RaySettings(seed=3))
    each = view.replicas.sum(axis=1)
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))


@pytest.mark.parametrize(
    ("surface", "point", "expected"),
    [
        (disc(1.0, 0.0, 400, upward=True), (0.0, 0.0, 1.0), 0.1464466094067263),
        (rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 2), (0.0, 0.0, 1.0), 0.0416666666666667),
        (cube([0, 0, 0], 1.0, 2, inward=True)["x_low"], (0.0, 0.0, 0.0), 0.1666666666666667),
        (sphere(1.0, 5, inward=False), (2.0, 0.0, 0.0), 0.0669872981077807),
        (rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 2), (0.15, 0.15, 0.2), 0.227682275925995),
    ],
    ids=["PR01 disc", "PR02 corner", "PR03 cube", "PR04 sphere", "PR08 off axis"],
)
def test_point_sees_the_exact_fraction(surface: FloatArray, point: tuple[float, float, float], expected: float) -> None:
    fraction, error = fraction_seen(surface, point)
    facetting = 5e-5 * expected  # polygon of equal area; sphere of 8192 facets: radius short by 2e-4 at facet centres
    facetting *= 10.0 if len(surface) > 4000 else 1.0
    assert abs(fraction - expected) <= 4.0 * error + facetting


def test_a_closed_cube_fills_the_sky() -> None:
    view = look_from((0.1, 0.2, -0.3), enclosure_of_triangles(cube([0, 0, 0], 1.0, 3, inward=True)), rays=RAYS)
    assert view.weight.sum() == pytest.approx(1.0, abs=1e-12)
    assert view.environment == 0.0
