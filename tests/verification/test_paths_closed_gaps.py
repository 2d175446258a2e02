"""EX05 by paths: plates, long cylinders and concentric spheres of emissivity 0.1 at 300 and 77 K.

Rationale: a mirror outside sends all light back to where it came from, a diffuse wall sends part of it to itself; both
have closed forms. Setup: light that the inner surface emits, followed to a small rest of its weight. Expected:
24.0687904681 W/m2 with any mirror outside; 31.5384150962 (cylinders) and 37.3311852159 (spheres) with a diffuse one.
Flat facets leave the diffuse cases alone (both surfaces shrink alike, the inner one is convex); round mirrors they
change by an error of second order in their size, which is shown.
"""

from itertools import pairwise

import numpy as np
import pytest

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.paths import (
    FacetSource,
    PathSettings,
    SurfaceOptics,
    optics_of_surfaces,
    path_exchange,
    trace_weights,
)
from tests.verification.shapes import sphere
from tests.verification.test_paths_exact import MIRROR, band, plates

DRIVE = STEFAN_BOLTZMANN * (300.0**4 - 77.0**4)
ALL_MIRRORS = 24.0687904681  # W/m2
DIFFUSE = {"spheres": 37.3311852159, "cylinders": 31.5384150962}


def spheres(level: int) -> Enclosure:
    """Return spheres of radius 0.5 and 1 with 8 x 4^level facets each."""
    return enclosure_of_triangles({"inner": sphere(0.5, level, inward=False), "outer": sphere(1.0, level, inward=True)})


def cylinders(segments: int) -> Enclosure:
    """Return cylinders of radius 0.5 and 1 between mirrors."""
    ends = [band((0.5, 1.0), (h, h), segments, flip=flip) for h, flip in ((0.0, True), (0.5, False))]
    return enclosure_of_triangles(
        {
            "inner": band((0.5, 0.5), (0.0, 0.5), segments, flip=False),
            "outer": band((1.0, 1.0), (0.0, 0.5), segments, flip=True),
            "ends": np.concatenate(ends),
        }
    )


def flux_from_inside(enclosure: Enclosure, specularity: float, *, log2_paths: int, facets: int) -> tuple[float, float]:
    """Return the flux off the inner surface [W/m2] and its standard error, from some of its facets."""
    outer = SurfaceOptics(0.1, specularity=specularity)
    rows = {"inner": SurfaceOptics(0.1), "outer": outer, "ends": MIRROR}
    optics = optics_of_surfaces(enclosure, {name: rows[name] for name in enclosure.surface_names})
    inner = np.flatnonzero(enclosure.surface == 0)
    chosen = inner[np.linspace(0, len(inner) - 1, min(facets, len(inner))).astype(int)]
    share = enclosure.area_m2[chosen] / enclosure.area_m2[chosen].sum()
    settings = PathSettings(paths=1 << log2_paths, seed=7, replicas=8, weight_floor=1e-3)
    found = [trace_weights(enclosure, optics, source=FacetSource(int(i)), settings=settings) for i in chosen]
    mean = share @ np.array([f.surface_weight[1] for f in found])
    error = float(np.linalg.norm(share * np.array([f.surface_standard_error[1] for f in found])))
    return float(0.1 * DRIVE * mean), 0.1 * DRIVE * error


@pytest.mark.parametrize("specularity", [0.0, 1.0])
def test_plates_to_the_sixth_digit(specularity: float) -> None:
    enclosure = plates()
    rows = {"hot": SurfaceOptics(0.1), "cold": SurfaceOptics(0.1, specularity=specularity), "side": MIRROR}
    found = trace_weights(
        enclosure,
        optics_of_surfaces(enclosure, rows),
        source=FacetSource(0),
        settings=PathSettings(paths=1 << 12, replicas=8, weight_floor=1e-7),
    )
    # light goes to and fro: what is left is the floor of the weight
    assert 0.1 * DRIVE * found.surface_weight[1] == pytest.approx(ALL_MIRRORS, rel=1e-6)


def test_spheres_with_a_mirror_outside_converge_with_the_square_of_the_facets() -> None:
    """Measured: +2.7e-3, +6.4e-4, +1.1e-4 (statistics 1.1e-4, 5e-5, 2e-5) for 512, 2048, 8192 facets each."""
    found = [flux_from_inside(spheres(level), 1.0, log2_paths=10, facets=32) for level in (3, 4, 5)]
    off = [(value / ALL_MIRRORS - 1.0, error / ALL_MIRRORS) for value, error in found]
    assert abs(off[0][0]) < 4e-3
    for (coarse, _), (fine, error) in pairwise(off):
        assert abs(fine) < abs(coarse) / 2.5 + 4.0 * error  # second order: 1/4
    assert abs(off[2][0]) < 1e-4 + 4.0 * off[2][1]


def test_cylinders_with_a_mirror_outside() -> None:
    """Measured: +7.2e-4, +1.9e-4, +4.3e-5 (statistics 5e-5, 3e-5, 1e-5) for 32, 64, 128 sides."""
    found = [flux_from_inside(cylinders(segments), 1.0, log2_paths=10, facets=32) for segments in (32, 64, 128)]
    off = [(value / ALL_MIRRORS - 1.0, error / ALL_MIRRORS) for value, error in found]
    assert abs(off[0][0]) < 1.5e-3
    assert abs(off[1][0]) < abs(off[0][0]) / 2.5 + 4.0 * off[1][1]
    assert abs(off[2][0]) < 1e-4 + 4.0 * off[2][1]


@pytest.mark.parametrize("shape", ["spheres", "cylinders"])
def test_diffuse_gaps(shape: str) -> None:
    """Facets change nothing here, so statistics alone are allowed: 4 standard errors of about 3e-4."""
    enclosure = spheres(3) if shape == "spheres" else cylinders(32)
    value, error = flux_from_inside(enclosure, 0.0, log2_paths=11, facets=32)
    assert error < 6e-4 * DIFFUSE[shape]
    assert abs(value - DIFFUSE[shape]) < 4.0 * error


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["spheres", "cylinders"])
def test_diffuse_gaps_to_four_digits(shape: str) -> None:
    """Measured: -5.2e-5 and -7.9e-5 with the standard error 5.8e-5, from 2 million paths."""
    enclosure = spheres(3) if shape == "spheres" else cylinders(32)
    value, error = flux_from_inside(enclosure, 0.0, log2_paths=16, facets=32)
    assert error < 0.7e-4 * DIFFUSE[shape]
    assert value == pytest.approx(DIFFUSE[shape], rel=1e-4)  # the tolerance of the case, here 1.7 standard errors


def test_a_single_path_for_each_facet_and_replica_is_unbiased() -> None:
    """Random numbers of a facet's first path must have nothing to do with the shift of its points."""
    enclosure = spheres(3)
    optics = optics_of_surfaces(enclosure, {"inner": SurfaceOptics(0.1), "outer": SurfaceOptics(0.1)})
    found = path_exchange(enclosure, optics, paths_per_facet=256, settings=PathSettings(replicas=256, seed=3))
    area = enclosure.area_m2[enclosure.surface == 0].sum()
    value, error = (m[0, 1] * DRIVE / area for m in (found.exchange_area_m2, found.standard_error_m2))
    assert error < 8e-4 * DIFFUSE["spheres"]
    assert abs(value - DIFFUSE["spheres"]) < 3.5 * error
