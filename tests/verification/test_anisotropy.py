"""The field tensor and the anisotropy where they are exact.

Rationale: the tensor shift of a single Zeeman component is as large as the field is uneven. Setup: black spheres of two
temperatures round an ion in the centre, seen by rays or followed by paths. Expected: integrals of P2 over a cap;
tolerances are the facets of the sphere (the cap's edge follows them) and the statistics, stated at each test.
"""

import numpy as np
import pytest

from bbrmodel.constants import MEAN_SQUARED_FIELD_300K
from bbrmodel.errors import ConfigError
from bbrmodel.ion.anisotropy import anisotropy, trace_moments
from bbrmodel.ion.clocks import clock
from bbrmodel.ion.look import look
from bbrmodel.model.light import Light
from bbrmodel.model.optics import LightPlan
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.light_classes import SourceOptics
from bbrmodel.radiation.light_exchange import LightExchange, RadiatingSurfaces
from bbrmodel.radiation.paths import PathSettings, PointSource, diffuse_optics, path_exchange, trace_weights
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import compute_view_factors
from bbrmodel.solution import Anisotropy
from bbrmodel.typing import FloatArray
from tests.verification.shapes import sphere

HOT, COLD = 300.0, 80.0
CENTRE = (0.0, 0.0, 0.0)


def two_caps(cos: float, axis: FloatArray) -> tuple[Enclosure, float]:
    """Return a sphere whose facets within the angle of an axis are `hot`, and the cosine of a cap of that size."""
    facets = sphere(1.0, 4, inward=True)
    middle = facets.mean(axis=1)
    near = middle @ axis / np.linalg.norm(middle, axis=1) > cos
    inner = 0.5 * np.linalg.norm(np.cross(facets[:, 1] - facets[:, 0], facets[:, 2] - facets[:, 0]), axis=1)
    share = float(inner[near].sum() / inner.sum())
    return enclosure_of_triangles({"hot": facets[near], "cold": facets[~near]}), 1.0 - 2.0 * share


def light_of(
    enclosure: Enclosure, *, absorptivity: float = 1.0, traced: bool = False, rays: RaySettings | None = None
) -> Light:
    """Return the light of a sphere at two temperatures."""
    number = enclosure.num_facets
    e = np.full(number, absorptivity)
    settings = PathSettings(replicas=2, threads=1)
    optics = diffuse_optics(e)
    areas = (
        path_exchange(enclosure, optics, paths_per_facet=16, settings=settings).areas
        if traced
        else compute_view_factors(enclosure, rays).areas
    )
    surfaces = RadiatingSurfaces(
        areas={"all": areas},
        traced=frozenset({"all"} if traced else ()),
        area_m2=enclosure.area_m2,
        optics=SourceOptics(e, e, e),
        patch=enclosure.surface,
        nodes=np.full((number, 3), -1),
        shell_temperature_K=np.where(enclosure.surface == enclosure.surface_names.index("hot"), HOT, COLD),
        surface=enclosure.surface,
        surface_names=enclosure.surface_names,
        radiates=enclosure.radiates,
    )
    exchange = LightExchange(surfaces, 0)
    exchange.linearise(np.zeros(0))
    plan = LightPlan(
        classes=surfaces.optics,
        specular={} if traced else {"all": np.zeros(number)},
        paths={"all": optics} if traced else {},
        two_sided=np.zeros(number, dtype=bool),
        fixed=np.zeros(2, dtype=bool),
    )
    uncut = np.full(number, -1)
    return Light(enclosure, np.arange(number), None, uncut, plan, {}, {}, exchange, None)


def found_by(light: Light, axis: tuple[float, float, float] | None, rays: int = 1 << 16) -> Anisotropy:
    """Return the anisotropy at the centre."""
    moments = trace_moments(CENTRE, light, paths=rays, seed=1)
    looks = look(CENTRE, light, rays=rays, seed=1)
    return anisotropy(looks, light, clock("ca40p_729"), moments=moments, axis=axis)


def exact(cos: float, hot: float = HOT**4, cold: float = COLD**4) -> float:
    """Return A along the axis of a cap: -1/2 of the mean of P2, whose integral over the cap is (c - c^3) / 2."""
    return -0.5 * (hot - cold) * 0.5 * (cos - cos**3) / (hot * (1.0 - cos) + cold * (1.0 + cos))


@pytest.mark.parametrize("traced", [False, True], ids=["rays", "paths"])
@pytest.mark.parametrize("cos", [0.8, 0.5, -0.3])
def test_a_hot_cap_polarises_the_field_as_its_p2(cos: float, traced: bool) -> None:
    axis = np.array([1.0, 2.0, -2.0]) / 3.0
    enclosure, real = two_caps(cos, axis)
    found = found_by(light_of(enclosure, traced=traced), (1.0, 2.0, -2.0))
    # The ragged edge of the cap spreads over half a facet (0.04): second order, 1e-3 of A; statistics are below.
    assert found.value == pytest.approx(exact(real), abs=1.5e-3)
    assert found.std is not None
    assert found.std < 5e-4
    # Along the axis A is extreme, across it half of that with the other sign.
    assert found.value is not None
    ends = sorted([found.value, -0.5 * found.value])
    assert (found.lowest, found.highest) == (pytest.approx(ends[0], abs=1.5e-3), pytest.approx(ends[1], abs=1.5e-3))
    assert np.trace(np.array(found.field_tensor)) == pytest.approx(1.0, abs=1e-12)  # rounding


def test_two_hemispheres_leave_the_field_even() -> None:
    """P2 has the mean 0 over a hemisphere: A = 0 along every axis, however different the temperatures."""
    enclosure, real = two_caps(0.0, np.array([0.0, 0.0, 1.0]))
    assert real == pytest.approx(0.0, abs=1e-12)  # the octahedron's equator is an edge of its facets
    found = found_by(light_of(enclosure), (0.0, 0.0, 1.0))
    assert found.std is not None
    assert found.std < 5e-5  # 65536 low-discrepancy rays
    assert found.value == pytest.approx(0.0, abs=4.0 * found.std)
    assert max(abs(found.lowest), abs(found.highest)) < 8.0 * found.std  # the worst of all axes


def test_reflected_light_is_even_in_a_grey_sphere() -> None:
    """F_ij = A_j / A: what walls reflect is the same everywhere, so A shrinks by the emitted part of the contrast."""
    enclosure, real = two_caps(0.5, np.array([0.0, 0.0, 1.0]))
    found = found_by(light_of(enclosure, absorptivity=0.4), (0.0, 0.0, 1.0))
    share = 0.5 * (1.0 - real)
    even = share * HOT**4 + (1.0 - share) * COLD**4  # irradiance of grey walls of one absorptivity
    hot, cold = 0.4 * HOT**4 + 0.6 * even, 0.4 * COLD**4 + 0.6 * even
    assert found.value == pytest.approx(exact(real, hot, cold), abs=1.5e-3)  # as above


def test_the_tensor_shift_follows_from_the_field_and_the_anisotropy() -> None:
    enclosure, real = two_caps(0.5, np.array([0.0, 0.0, 1.0]))
    found = found_by(light_of(enclosure), (0.0, 0.0, 2.0))
    assert found.value is not None
    share = 0.5 * (1.0 - real)
    squared = MEAN_SQUARED_FIELD_300K * (share * HOT**4 + (1.0 - share) * COLD**4) / 300.0**4
    by_m = {shift.m: shift.shift_Hz for shift in found.tensor_shifts}
    # Ca+: -24.50 a.u., and -(1/2) E^2 of 300 K times 1 a.u. over h is -8.611e-3 Hz.
    expected = -8.6111922e-3 * squared / MEAN_SQUARED_FIELD_300K * -24.50 * found.value
    assert by_m[2.5] == pytest.approx(expected, rel=1e-3)  # digits of the polarizability
    assert sum(by_m.values()) == pytest.approx(0.0, abs=1e-12 * abs(expected))
    # Their errors are those of A and of the polarizability, 0.49 %.
    assert found.std is not None
    relative = np.hypot(found.std / found.value, 2.0e-42 / 4.0395e-40)
    errors = [shift.uncertainty_Hz for shift in found.tensor_shifts]
    assert errors == pytest.approx([relative * abs(shift) for shift in by_m.values()], rel=1e-9)  # rounding


def test_the_error_counts_the_rays_of_the_exchange() -> None:
    """Rationale: walls of low absorptivity show the noise of the exchange to an ion that sees them without any.

    Setup: a grey sphere with a hot cap, few rays for each facet, 24 seeds; the ion's own rays stay the same. Expected:
    the scatter of A among the seeds is the stated error less that of the ion's rays.
    """
    facets = sphere(1.0, 3, inward=True)
    middle = facets.mean(axis=1)
    hot = middle[:, 2] / np.linalg.norm(middle, axis=1) > 0.5
    enclosure = enclosure_of_triangles({"hot": facets[hot], "cold": facets[~hot]})
    values, variances = [], []
    for seed in range(1, 25):
        found = found_by(light_of(enclosure, absorptivity=0.1, rays=RaySettings(16, seed=seed)), (0.0, 0.0, 1.0))
        assert found.value is not None
        assert found.std is not None
        values.append(found.value)
        variances.append(found.std**2)
    # Rays of the ion: 65536 low-discrepancy ones, 3e-5. The scatter of 24 values is known to 15 %: three times that.
    assert np.std(values, ddof=1) == pytest.approx(np.mean(variances) ** 0.5, rel=0.45)
    assert np.mean(variances) ** 0.5 > 1e-4


def test_without_an_axis_only_the_tensor_is_known() -> None:
    enclosure, _ = two_caps(0.5, np.array([0.0, 0.0, 1.0]))
    found = found_by(light_of(enclosure), None, rays=1 << 12)
    assert (found.axis, found.value, found.std, found.tensor_shifts) == (None, None, None, ())


def test_probes_cannot_stand_for_paths_that_are_weighted_by_direction() -> None:
    enclosure, _ = two_caps(0.5, np.array([0.0, 0.0, 1.0]))
    source = PointSource(CENTRE, (1.0, 0.0, 0.0))
    with pytest.raises(ConfigError, match=r"probe_chance = 0\.5: must be 0"):
        trace_weights(enclosure, diffuse_optics(np.ones(enclosure.num_facets)), source=source)
