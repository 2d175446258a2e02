"""What noise of exchange areas does to a receiver's light on average."""

import numpy as np

from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.exchange_bias import exchange_bias
from bbrmodel.radiation.light_exchange import LightState
from bbrmodel.radiation.radiosity import RadiositySolver, make_patches
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import compute_view_factors
from tests.verification.shapes import sphere

TRIANGLES = sphere(1.0, 3, inward=True)
LOW = TRIANGLES.mean(axis=1)[:, 2] < 0.0
SPHERE = enclosure_of_triangles({"low": TRIANGLES[LOW], "high": TRIANGLES[~LOW]})


def received(rays: int, seed: int) -> tuple[float, float]:
    """Return the light of the bright low half that a receiver in the middle gets, and its bias by formula."""
    areas = compute_view_factors(SPHERE, RaySettings(rays, 0, seed)).areas
    absorptivity = np.where(SPHERE.surface == 0, 0.1, 0.9)
    emitted = np.where(SPHERE.surface == 0, 0.1, 0.0)
    patch = make_patches(SPHERE.vertices_m.mean(axis=1), SPHERE.surface)
    solver = RadiositySolver(areas, absorptivity, patch)
    irradiance = solver.solve_irradiance(emitted)
    view = SPHERE.area_m2 / SPHERE.area_m2.sum()
    one, nothing = np.ones(len(view)), np.zeros(len(view))
    light = LightState("all", absorptivity, nothing, one, nothing, emitted, 0.0, irradiance, solver, is_traced=False)
    value = float(view @ light.radiosity)
    return value, exchange_bias([(light, solver.adjoint_state(view))])


def test_few_rays_keep_light_where_it_is_and_the_formula_says_how_much() -> None:
    """16 seeds with 32 rays tell the bias to 15 %; the formula takes off all but a third of it."""
    truth = received(1 << 13, 1)[0]
    found = np.array([received(32, seed) for seed in range(16)])
    error = found[:, 0].std(ddof=1) / 4.0
    before, after = found[:, 0].mean() - truth, (found[:, 0] - found[:, 1]).mean() - truth
    assert before > 4.0 * error
    assert abs(after) < before / 3.0 + 2.0 * error


def test_the_bias_falls_with_the_number_of_rays() -> None:
    """Four times the rays, a quarter of the bias; the sum over hits is known to a few per cent."""
    few, many = (received(rays, 2)[1] for rays in (64, 256))
    np.testing.assert_allclose(many / few, 0.25, rtol=0.1)
