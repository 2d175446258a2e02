"""Turning, moving, scaling and renumbering a model, or running it again, leaves its view factors as they are."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from bbrmodel.radiation.adaptive import surface_factors
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exact import compute_exact_view_factors
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import compute_view_factors
from bbrmodel.typing import FloatArray, IntArray
from tests.verification.shapes import cube

SEED = st.integers(0, 2**32 - 1)
SCALE = st.sampled_from([1e-3, 1.0, 1e3])
# Many replicas, so that standard errors are known well enough for four of them to mean what they say.
RAYS = RaySettings(1024, replicas=16)


def cavity(divisions: int = 2) -> Enclosure:
    """Return a unit cube with a block off its centre: full, partial and no view."""
    walls = cube([0, 0, 0], 1.0, divisions, inward=True)
    block = np.concatenate(list(cube([0.05, 0.03, -0.02], 0.4, 1, inward=False).values()))
    return enclosure_of_triangles({**walls, "block": block})


def moved(seed: int, scale: float, *, divisions: int = 2) -> tuple[Enclosure, IntArray]:
    """Return the cavity turned, scaled, moved and renumbered, and which facet each of its facets was."""
    one = cavity(divisions)
    random = np.random.default_rng(seed)
    order = random.permutation(one.num_facets)
    turn = Rotation.random(random_state=seed)
    vertices = scale * (turn.apply(one.vertices_m.reshape(-1, 3)) + random.uniform(-0.5, 0.5, 3)).reshape(-1, 3, 3)
    first = random.integers(0, 3, one.num_facets)  # each facet may begin at another corner
    vertices = np.stack([vertices[np.arange(one.num_facets), (first + k) % 3] for k in range(3)], axis=1)
    return (
        Enclosure(vertices[order], one.surface[order], one.surface_names, np.ones(one.num_facets, dtype=bool)),
        order,
    )


def exact_factors(enclosure: Enclosure) -> FloatArray:
    """Return the view factors between facets."""
    factors: FloatArray = compute_exact_view_factors(enclosure).areas.to_array() / enclosure.area_m2[:, None]
    return factors


@cache
def exact_reference() -> FloatArray:
    return exact_factors(cavity(1))


@cache
def traced_reference() -> tuple[FloatArray, FloatArray]:
    return surface_factors(cavity(), compute_view_factors(cavity(), RAYS))


@settings(max_examples=4)
@given(SEED, SCALE)
def test_exact_view_factors_of_facets_stay_to_nine_digits(seed: int, scale: float) -> None:
    """Although partly hidden ones are integrated to 1e-6 only."""
    enclosure, order = moved(seed, scale, divisions=1)
    back = np.argsort(order)
    np.testing.assert_allclose(exact_factors(enclosure)[np.ix_(back, back)], exact_reference(), rtol=0.0, atol=1e-9)


@pytest.mark.parametrize("seed", range(8))  # chance decides, so it is the same in every run
def test_view_factors_by_rays_stay_within_their_errors(seed: int) -> None:
    """Four standard errors of both; closure leaves 1e-7 on the diagonal."""
    enclosure, _ = moved(seed, (1e-3, 1.0, 1e3)[seed % 3])
    factors, error = surface_factors(enclosure, compute_view_factors(enclosure, RAYS))
    expected, its_error = traced_reference()
    assert (np.abs(factors - expected) <= 4.0 * np.hypot(error, its_error) + 2e-7).all()


@settings(max_examples=8)
@given(SEED, st.sampled_from([1.0 / 1024.0, 1024.0]))
def test_a_power_of_two_scales_view_factors_by_rays_to_the_last_bit(seed: int, scale: float) -> None:
    """Every number of the computation is then scaled without rounding."""
    enclosure, _ = moved(seed, 1.0)
    larger = Enclosure(scale * enclosure.vertices_m, enclosure.surface, enclosure.surface_names, enclosure.radiates)
    one, other = (surface_factors(e, compute_view_factors(e, RAYS))[0] for e in (enclosure, larger))
    np.testing.assert_array_equal(other, one)


@settings(max_examples=4)
@given(SEED, st.integers(1, 1000))
def test_the_same_seed_gives_the_same_bits(seed: int, ray_seed: int) -> None:
    enclosure, _ = moved(seed, 1.0)
    rays = RaySettings(256, seed=ray_seed)
    one, other = (compute_view_factors(enclosure, rays) for _ in range(2))
    np.testing.assert_array_equal(one.areas.to_array(), other.areas.to_array())
    np.testing.assert_array_equal(one.raw_row_sums, other.raw_row_sums)
    for a, b in zip(surface_factors(enclosure, one), surface_factors(enclosure, other), strict=True):
        np.testing.assert_array_equal(a, b)
