"""What holds for any optics: light is neither made nor lost, equal temperatures stay equal, and where a model lies, how
large it is and how its facets are numbered is no matter."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as ruled
from hypothesis import strategies as st

from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure, Portal
from bbrmodel.radiation.paths import (
    SHELL,
    PathSettings,
    PathWeights,
    PointSource,
    SurfaceOptics,
    optics_of_surfaces,
    path_exchange,
    trace_weights,
)
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, rectangle

ION = np.array([0.05, 0.1, -0.1])
PORTAL = (np.array([0.2, -0.1, 0.3]), np.array([0.6, 0.0, 0.8]))
SIDES = ("x_low", "x_high", "y_low", "y_high", "z_low", "z_high")
share = st.floats(0.0, 1.0)
diffuse_or_mirror = st.builds(SurfaceOptics, absorptivity=st.floats(0.05, 1.0), specularity=share)
metal = st.builds(
    SurfaceOptics, specularity=share, n=st.floats(0.5, 5.0), k=st.floats(0.5, 5.0)
)  # bright enough to reflect, dark enough to end soon
sheet = st.tuples(share, share).map(
    lambda pair: SurfaceOptics(absorptivity=pair[0], transmittance=(1.0 - pair[0]) * pair[1], passage=SHELL)
)


@ruled(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.one_of(diffuse_or_mirror, metal), min_size=6, max_size=6), sheet, st.integers(0, 2**31))
def test_isothermal_enclosure_has_its_temperature_for_any_optics(
    sides: list[SurfaceOptics], screen: SurfaceOptics, seed: int
) -> None:
    triangles = cube(np.zeros(3), 1.0, 1, inward=True)
    triangles["screen"] = rectangle([-0.2, -0.2, 0.2], [0.4, 0.0, 0.0], [0.0, 0.4, 0.0], 1)
    enclosure = enclosure_of_triangles(triangles)
    optics = optics_of_surfaces(enclosure, dict(zip(SIDES, sides, strict=True)) | {"screen": screen})
    found = trace_weights(
        enclosure,
        optics,
        source=PointSource((0.05, 0.1, -0.1)),
        settings=PathSettings(paths=512, replicas=4, seed=seed, threads=1),
    )
    assert abs(found.sum_of_weights - 1.0) < 1e-12  # every path's weight is booked whole: rounding alone
    assert (found.weight >= 0.0).all()
    value, error = found.mean(np.full(enclosure.num_facets, 79.5**4))
    assert abs(value**0.25 - 79.5) < 1e-10
    assert error < 1e-6 * value


def room(turn: FloatArray, scale: float, order: FloatArray) -> tuple[Enclosure, tuple[float, float, float]]:
    """Return a box with a sheet and a portal in it, turned, scaled and with facets in another order; and the ion."""
    triangles = cube(np.zeros(3), 1.0, 2, inward=True)
    triangles["screen"] = rectangle([-0.2, -0.2, 0.2], [0.4, 0.0, 0.0], [0.0, 0.4, 0.0], 1)
    moved = {name: scale * part @ turn.T for name, part in triangles.items()}
    enclosure = enclosure_of_triangles(moved)
    place, normal = (vector @ turn.T for vector in PORTAL)
    x, y, z = (float(v) for v in scale * place)
    a, b, c = (float(v) for v in normal)
    rank = np.argsort(order[: enclosure.num_facets])
    enclosure = replace(
        enclosure,
        vertices_m=enclosure.vertices_m[rank],
        surface=enclosure.surface[rank],
        radiates=enclosure.radiates[rank],
        portals=(Portal("p", (x, y, z), (a, b, c), 0.03 * scale),),
    )
    i, j, k = (float(v) for v in scale * ION @ turn.T)
    return enclosure, (i, j, k)


def draw_optics(seed: int) -> tuple[list[SurfaceOptics], SurfaceOptics]:
    """Return optics of the walls and of the sheet.

    What errors allow is a matter of chance, so what is tested must be the same in every run. Hypothesis also draws
    numbers that it finds in the modules that happen to be loaded.
    """
    rng = np.random.default_rng(seed)
    sides = [
        SurfaceOptics(specularity=rng.random(), n=rng.uniform(0.5, 5.0), k=rng.uniform(0.5, 5.0))
        if rng.random() < 0.5
        else SurfaceOptics(absorptivity=rng.uniform(0.05, 1.0), specularity=rng.random())
        for _ in SIDES
    ]
    dark = rng.random()
    return sides, SurfaceOptics(absorptivity=dark, transmittance=(1.0 - dark) * rng.random(), passage=SHELL)


def weights_of(sides: list[SurfaceOptics], screen: SurfaceOptics, *, seed: int, moved: bool) -> PathWeights:
    """Return weights in the room, as it stands or moved at random."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0] if moved else np.eye(3)
    turn = turn * np.sign(np.linalg.det(turn))  # a mirror image would turn normals over
    enclosure, ion = room(turn, 10.0 ** rng.uniform(-2.0, 1.0) if moved else 1.0, rng.random(1000))
    optics = optics_of_surfaces(enclosure, dict(zip(SIDES, sides, strict=True)) | {"screen": screen})
    settings = PathSettings(paths=1 << 13, replicas=32, seed=seed, threads=1)
    return trace_weights(enclosure, optics, source=PointSource(ion), settings=settings)


@pytest.mark.parametrize("seed", range(10))
def test_turned_scaled_and_renumbered_models_see_the_same(seed: int) -> None:
    sides, screen = draw_optics(seed)
    here, there = (weights_of(sides, screen, seed=seed, moved=moved) for moved in (False, True))
    error = np.hypot(here.surface_standard_error, there.surface_standard_error)
    # 70 comparisons of 32 replicas: 5 standard errors happen once in some thousand runs; 1e-6 for what is never met
    assert (np.abs(here.surface_weight - there.surface_weight) <= 5.0 * error + 1e-6).all()


@pytest.mark.parametrize("seed", range(8))
def test_as_much_light_goes_from_one_surface_to_another_as_comes_back(seed: int) -> None:
    """X_ij = X_ji within 4 standard errors, each from the paths of one surface alone."""
    sides, screen = draw_optics(seed)
    enclosure, _ = room(np.eye(3), 1.0, np.random.default_rng(seed).random(1000))
    optics = optics_of_surfaces(enclosure, dict(zip(SIDES, sides, strict=True)) | {"screen": screen})
    # A low floor, for a dark sheet that takes all of a path or, mostly, nothing has no bell-shaped errors.
    settings = PathSettings(replicas=32, seed=seed, threads=1, weight_floor=0.01)
    found = path_exchange(enclosure, optics, paths_per_facet=512, settings=settings)
    there, error = found.one_way_m2, np.hypot(found.one_way_error_m2, found.one_way_error_m2.T)
    often = error < 0.1 * there
    assert often.sum() >= 12
    # 21 pairs and 8 examples of 32 replicas: 4 standard errors happen in one of 40 runs, and these are always the same
    assert (np.abs(there - there.T) <= 4.0 * error)[often].all()
