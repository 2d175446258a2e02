"""Path tracing: what it accepts, what it repeats, and what it says when light gets lost."""

from dataclasses import replace

import numpy as np
import pytest

from bbrmodel.errors import ConfigError, ConvergenceError, EnclosureError, UnknownSurfaceError
from bbrmodel.materials.spectral_metals import directional_emissivity, hemispherical_emissivity
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.paths import (
    FACE,
    OUTLET,
    SHELL,
    FacetSource,
    PathOptics,
    PathSettings,
    PointSource,
    SurfaceOptics,
    check_optics,
    diffuse_optics,
    mean_fourth_power_of_bands,
    optics_of_surfaces,
    path_exchange,
    trace_weights,
    wavefront,
)
from bbrmodel.radiation.paths.kernels import fresnel_absorptivity
from bbrmodel.radiation.paths.smooth import corner_normals
from tests.verification.shapes import cube, rectangle, sphere

MIDDLE = PointSource((0.05, -0.1, 0.15))
QUICK = PathSettings(paths=1 << 11, replicas=8)


def box(*, open_model: bool = False) -> Enclosure:
    """Return a cube with named sides; without its roof if open."""
    sides = cube(np.zeros(3), 1.0, 2, inward=True)
    if open_model:
        del sides["z_high"]
    return enclosure_of_triangles(sides, open_model=open_model)


def grey(enclosure: Enclosure, absorptivity: float = 0.3, **other: SurfaceOptics) -> PathOptics:
    """Return the same grey optics everywhere but on the surfaces named."""
    rows = dict.fromkeys(enclosure.surface_names, SurfaceOptics(absorptivity))
    return optics_of_surfaces(enclosure, {**rows, **other})


@pytest.mark.parametrize("threads", [2, 5])
def test_the_same_seed_gives_the_same_bits_for_any_number_of_threads(threads: int) -> None:
    enclosure = box()
    optics = grey(enclosure, x_low=SurfaceOptics(0.1, specularity=0.5))
    many = PathSettings(paths=1 << 16, replicas=2, threads=1)  # two chunks per replica
    one, other = (
        trace_weights(enclosure, optics, source=MIDDLE, settings=s) for s in (many, replace(many, threads=threads))
    )
    assert one.replicas.tobytes() == other.replicas.tobytes()
    first, second = (
        path_exchange(enclosure, optics, paths_per_facet=64, settings=replace(QUICK, threads=t)) for t in (1, threads)
    )
    assert first.exchange_area_m2.tobytes() == second.exchange_area_m2.tobytes()


def test_another_seed_gives_other_numbers_within_the_errors() -> None:
    enclosure = box()
    one, other = (
        trace_weights(enclosure, grey(enclosure), source=MIDDLE, settings=PathSettings(paths=1 << 14, seed=seed))
        for seed in (1, 2)
    )
    assert (one.weight != other.weight).any()
    error = np.hypot(one.surface_standard_error, other.surface_standard_error)
    assert (np.abs(one.surface_weight - other.surface_weight) < 5.0 * error).all()  # six comparisons


@pytest.mark.parametrize("floor", [0.01, 0.25, 1.0])
def test_the_floor_of_weights_changes_no_mean_and_keeps_the_sum(floor: float) -> None:
    enclosure = box()
    optics = grey(enclosure, 0.05, z_high=SurfaceOptics(0.5))
    found = trace_weights(
        enclosure, optics, source=MIDDLE, settings=PathSettings(paths=1 << 14, weight_floor=floor, seed=4)
    )
    sure = trace_weights(
        enclosure, optics, source=MIDDLE, settings=PathSettings(paths=1 << 14, weight_floor=0.1, seed=5)
    )
    assert found.sum_of_weights == pytest.approx(1.0, abs=1e-12)
    error = np.hypot(found.surface_standard_error, sure.surface_standard_error)
    assert (np.abs(found.surface_weight - sure.surface_weight) < 5.0 * error).all()  # six comparisons


def test_expected_shares_smooth_the_map_of_bright_walls() -> None:
    enclosure = box()
    optics = grey(enclosure, 0.05)
    errors = [
        trace_weights(
            enclosure, optics, source=MIDDLE, settings=replace(QUICK, weight_floor=floor)
        ).standard_error.mean()
        for floor in (0.05, 1.0)
    ]
    assert errors[0] < 0.5 * errors[1]


def test_a_facet_sends_its_light_where_the_exchange_says() -> None:
    enclosure = box()
    optics = grey(enclosure, 0.4)
    found = trace_weights(enclosure, optics, source=FacetSource(3), settings=PathSettings(paths=1 << 14))
    exchange = path_exchange(enclosure, optics, paths_per_facet=1 << 11)
    row = exchange.gebhart_factors[enclosure.surface[3]]
    # both facets of a side are alike up to a reflection of the cube, so sums over the side's own row agree on average
    assert found.surface_weight.sum() == pytest.approx(1.0, abs=1e-12)
    assert found.surface_weight[enclosure.surface[3]] == pytest.approx(row[enclosure.surface[3]], abs=0.02)


def test_exchange_between_facets_is_that_of_black_facets_of_reduced_area() -> None:
    enclosure = box()
    found = path_exchange(enclosure, grey(enclosure, 0.25), paths_per_facet=256)
    assert found.areas is not None
    np.testing.assert_allclose(found.areas.area_m2, 0.25 * enclosure.area_m2)
    np.testing.assert_allclose(found.areas.row_sums(), 1.0, atol=1e-6)  # the closure's own tolerance
    np.testing.assert_allclose(found.exchange_area_m2, found.exchange_area_m2.T)
    assert found.net_heat_W([300.0] * 6) == pytest.approx([0.0] * 6, abs=1e-12)


@pytest.mark.parametrize("absorptivity", [1e-40, 2e-313])
def test_what_absorbs_too_little_for_its_inverse_exchanges_as_what_absorbs_nothing(absorptivity: float) -> None:
    enclosure = box()
    found, mirror = (
        path_exchange(enclosure, grey(enclosure, x_low=SurfaceOptics(a)), paths_per_facet=64, settings=QUICK)
        for a in (absorptivity, 0.0)
    )
    np.testing.assert_allclose(found.exchange_area_m2, mirror.exchange_area_m2, rtol=1e-12, atol=0.0)  # rounding
    assert found.areas is not None
    assert np.isfinite(found.areas.prepared().apply(np.ones(enclosure.num_facets))).all()


def test_light_leaves_an_open_model_for_the_environment() -> None:
    enclosure = box(open_model=True)
    found = trace_weights(enclosure, grey(enclosure), source=MIDDLE, settings=QUICK)
    assert found.environment > 0.1
    assert found.sum_of_weights == pytest.approx(1.0, abs=1e-12)
    exchange = path_exchange(enclosure, grey(enclosure), paths_per_facet=64)
    total = exchange.exchange_area_m2.sum(axis=1) + exchange.environment_m2
    np.testing.assert_allclose(total, exchange.absorbing_area_m2, rtol=0.1)  # row sums of few paths
    assert (exchange.net_heat_W([300.0] * 5, 77.0) > 0.0).all()


def test_an_open_model_without_environment_is_refused() -> None:
    enclosure = replace(box(open_model=True), has_environment=False)
    with pytest.raises(EnclosureError, match=r"rays of the paths .* are lost"):
        trace_weights(enclosure, grey(enclosure), source=MIDDLE, settings=QUICK)


def test_a_source_inside_a_body_is_refused() -> None:
    sides = cube(np.zeros(3), 1.0, 1, inward=True) | {
        "block": np.concatenate(list(cube(np.zeros(3), 0.2, 1, inward=False).values()))
    }
    enclosure = enclosure_of_triangles(sides)
    with pytest.raises(EnclosureError, match="2048 of 2048 rays"):
        trace_weights(enclosure, grey(enclosure), source=PointSource((0.0, 0.0, 0.0)), settings=QUICK)


def test_a_facet_that_emits_nothing_cannot_be_a_source() -> None:
    enclosure = box()
    optics = grey(enclosure, x_low=SurfaceOptics(0.0))
    facet = int(np.flatnonzero(enclosure.surface == enclosure.surface_names.index("x_low"))[0])
    with pytest.raises(ConfigError, match=f"facet {facet} has the absorptivity 0"):
        trace_weights(enclosure, optics, source=FacetSource(facet), settings=QUICK)


def test_paths_that_never_end_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wavefront, "MAX_STEPS", 5)
    enclosure = box()
    with pytest.raises(ConvergenceError, match="after 5 reflections"):
        trace_weights(enclosure, grey(enclosure, 1e-3), source=MIDDLE, settings=QUICK)


def test_progress_counts_chunks_and_facets() -> None:
    enclosure, seen = box(), list[tuple[int, int]]()
    optics = grey(enclosure)
    settings = replace(QUICK, paths=1 << 13)  # two replicas of 1024 paths in each chunk
    trace_weights(enclosure, optics, source=MIDDLE, settings=settings, progress=lambda *counts: seen.append(counts))
    assert seen[-1] == (4, 4)
    path_exchange(enclosure, optics, paths_per_facet=16, progress=lambda *counts: seen.append(counts))
    assert seen[-1] == (48, 48)


@pytest.mark.parametrize(
    ("surface", "message"),
    [
        (SurfaceOptics(1.2), "absorptivity must lie in 0..1, not 1.2"),
        (SurfaceOptics(specularity=-0.5), "specularity must lie in 0..1, not -0.5"),
        (SurfaceOptics(transmittance=float("nan")), "transmittance must lie in 0..1, not nan"),
        (SurfaceOptics(0.5, transmittance=0.6, passage=SHELL), "must not exceed 1, not 1.1"),
        (SurfaceOptics(0.5, transmittance=0.4), "passage"),
        (SurfaceOptics(0.0, transmittance=0.4, passage=FACE, n=2.0, k=3.0), "must not transmit, not 0.4"),
    ],
)
def test_optics_that_cannot_be_are_refused(surface: SurfaceOptics, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        grey(box(), x_low=surface)


def test_mirror_reflectivity_of_all_light_becomes_a_share_of_what_is_reflected() -> None:
    optics = diffuse_optics(np.array([0.2, 0.5, 1.0]), np.array([0.4, 0.5, 0.0]))
    assert optics.specularity.tolist() == [0.5, 1.0, 0.0]
    with pytest.raises(ConfigError, match=r"0\.6"):
        diffuse_optics(np.array([0.5]), np.array([0.6]))


def test_optics_need_one_value_per_facet() -> None:
    with pytest.raises(ConfigError, match=r"absorptivity has shape \(3,\)"):
        check_optics(box(), diffuse_optics(np.ones(3)))


def test_a_closed_model_that_absorbs_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="never end"):
        grey(box(), 0.0)


def test_an_outlet_is_an_end_for_light() -> None:
    enclosure = box()
    optics = grey(enclosure, 0.0, z_high=SurfaceOptics(0.0, transmittance=0.5, passage=OUTLET))
    found = trace_weights(enclosure, optics, source=MIDDLE, settings=QUICK)
    assert found.environment == 1.0


def test_an_unknown_surface_is_named_with_a_near_one() -> None:
    with pytest.raises(UnknownSurfaceError, match="Did you mean 'x_low'"):
        grey(box(), x_lows=SurfaceOptics())


def test_every_surface_needs_optics() -> None:
    with pytest.raises(ConfigError, match="surface 'x_high' has no optics"):
        optics_of_surfaces(box(), {n: SurfaceOptics() for n in box().surface_names if n != "x_high"})


@pytest.mark.parametrize(("paths", "replicas"), [(4, 8), (64, 1)])
def test_an_exchange_needs_replicas_and_as_many_paths(paths: int, replicas: int) -> None:
    with pytest.raises(ConfigError, match=f"{paths} paths per facet, {replicas} replicas"):
        path_exchange(box(), grey(box()), paths_per_facet=paths, settings=PathSettings(replicas=replicas))


def test_bands_must_fit_their_edges() -> None:
    enclosure = box()
    found = trace_weights(enclosure, grey(enclosure), source=MIDDLE, settings=QUICK)
    with pytest.raises(ConfigError, match="1 bands for 1 band edges"):
        mean_fourth_power_of_bands([found], [8e-6], T=np.full(enclosure.num_facets, 80.0))


def test_only_opaque_diffuse_optics_suit_the_radiosity_method() -> None:
    enclosure = box()
    assert grey(enclosure).is_diffuse
    for surface in (SurfaceOptics(0.3, 0.1), SurfaceOptics(n=2.0, k=2.0), SurfaceOptics(0.1, 0, 0.5, SHELL)):
        assert not grey(enclosure, x_low=surface).is_diffuse


def test_metals_have_the_mean_of_their_directions_as_hemispherical_absorptivity() -> None:
    enclosure = box()
    optics = grey(enclosure, x_low=SurfaceOptics(n=20.0, k=30.0))
    metal = enclosure.surface == enclosure.surface_names.index("x_low")
    assert optics.hemispherical[metal] == pytest.approx(float(hemispherical_emissivity(20.0, 30.0)), rel=1e-14)
    assert (optics.hemispherical[~metal] == 0.3).all()


@pytest.mark.parametrize("index", [(1.5, 0.0), (0.2, 3.4), (20.0, 30.0)])
def test_the_compiled_fresnel_formula_is_the_library_one(index: tuple[float, float]) -> None:
    for cos in (1.0, 0.7, 0.1, 0.01):
        # the difference from 1 loses digits, and more where two near squares are subtracted
        assert fresnel_absorptivity(cos, *index) == pytest.approx(float(directional_emissivity(cos, *index)), abs=1e-12)
    assert fresnel_absorptivity(0.0, *index) == 0.0


def test_interpolated_normals_are_radial_on_a_sphere_and_flat_on_a_cube() -> None:
    ball = enclosure_of_triangles({"ball": sphere(2.0, 3, inward=True)})
    # exact weights, stored in float32
    np.testing.assert_allclose(corner_normals(ball), -ball.vertices_m / 2.0, atol=2e-7)
    cubic = box()
    np.testing.assert_allclose(corner_normals(cubic), np.repeat(cubic.normal[:, None], 3, axis=1), atol=1e-7)


def test_an_edge_within_one_surface_stays_an_edge() -> None:
    step = np.concatenate(
        [rectangle(np.zeros(3), [1, 0, 0], [0, 1, 0], 1), rectangle(np.zeros(3), [0, 1, 0], [0, 0, 1], 1)]
    )
    enclosure = enclosure_of_triangles({"step": step}, open_model=True)
    np.testing.assert_allclose(corner_normals(enclosure), np.repeat(enclosure.normal[:, None], 3, axis=1), atol=1e-7)


def test_sums_are_the_same_when_lists_of_what_is_absorbed_fill_up(monkeypatch: pytest.MonkeyPatch) -> None:
    enclosure = box()
    whole = trace_weights(enclosure, grey(enclosure, 0.05), source=MIDDLE, settings=QUICK)
    monkeypatch.setattr(wavefront, "MAX_ENTRIES", 1000)
    parts = trace_weights(enclosure, grey(enclosure, 0.05), source=MIDDLE, settings=QUICK)
    np.testing.assert_allclose(parts.replicas, whole.replicas, rtol=1e-12)  # the order of sums


def test_a_rest_of_light_that_is_next_to_nothing_is_given_up_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wavefront, "PATIENCE", 3)
    monkeypatch.setattr(wavefront, "NOTHING", 0.5)  # of what is left after 3 reflections
    enclosure = box()
    found = trace_weights(enclosure, grey(enclosure, 0.3), source=MIDDLE, settings=QUICK)
    assert found.lost_fraction == pytest.approx(0.7**3, abs=0.02)  # chance below the floor of weights
    assert found.sum_of_weights == pytest.approx(1.0, abs=1e-12)


def test_a_few_paths_in_each_of_many_replicas_go_together() -> None:
    enclosure = box()
    few = PathSettings(paths=100, replicas=50, seed=2)
    found = trace_weights(enclosure, grey(enclosure), source=MIDDLE, settings=few)
    np.testing.assert_allclose(found.replicas.sum(axis=1), 1.0, atol=1e-12)
    alone = trace_weights(enclosure, grey(enclosure), source=MIDDLE, settings=replace(few, paths=2, replicas=1))
    assert found.replicas[0].tobytes() == alone.replicas[0].tobytes()
