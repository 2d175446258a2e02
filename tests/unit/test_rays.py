"""Rays and the lines that they find: the ray caster, counted hits, sums, errors, shares, memory."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.errors import ConfigError
from bbrmodel.radiation import lines as sums
from bbrmodel.radiation import memory
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.cache import cached_view_factors
from bbrmodel.radiation.embree import TriangleScene
from bbrmodel.radiation.enclosure import Enclosure, Portal
from bbrmodel.radiation.exchange_error import variance_of_sum
from bbrmodel.radiation.importance import Aim, RayPlan, share_rays
from bbrmodel.radiation.kernels import count_rows
from bbrmodel.radiation.sampling import sobol_points
from bbrmodel.radiation.tracer import RaySettings, Tracer, even_share
from bbrmodel.radiation.view_factors import ViewFactors, compute_view_factors
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, rectangle


def room(*, portals: tuple[Portal, ...] = ()) -> Enclosure:
    """Return a cube with a block in it."""
    surfaces = cube([0, 0, 0], 1.0, 4, inward=True)
    surfaces["block"] = np.concatenate(list(cube([0.05, 0.03, -0.02], 0.4, 2, inward=False).values()))
    return enclosure_of_triangles(surfaces, portals=portals)


def crossings(origins: FloatArray, directions: FloatArray, triangles: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return distance (num_rays, num_triangles; infinite for none) and how far inside the triangle a crossing lies."""
    first, one, two = triangles[:, 0], triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    normal = np.cross(directions[:, None], two[None])
    determinant = np.einsum("rtk,tk->rt", normal, one)
    away = origins[:, None] - first[None]
    u = np.einsum("rtk,rtk->rt", normal, away) / determinant
    other = np.cross(away, one[None])
    v = np.einsum("rk,rtk->rt", directions, other) / determinant
    distance = np.einsum("tk,rtk->rt", two, other) / determinant
    inside = np.minimum(np.minimum(u, v), 1.0 - u - v)
    return np.where((inside >= 0.0) & (distance > 0.0), distance, np.inf), inside


@pytest.mark.parametrize("num", [1, 7, 8, 9, 1003])
def test_the_ray_caster_finds_what_plain_arithmetic_finds(num: int) -> None:
    random = np.random.default_rng(num)
    triangles = random.uniform(-1.0, 1.0, (60, 1, 3)) + random.uniform(-0.4, 0.4, (60, 3, 3))
    origins, directions = random.uniform(-1.0, 1.0, (num, 3)), random.normal(size=(num, 3))
    distance, inside = crossings(origins, directions, triangles)
    nearest = distance.argmin(axis=1)
    best = distance[np.arange(num), nearest]
    clear = np.abs(inside).min(axis=1) > 1e-5  # rays along an edge may go either way in float32
    facet, behind, found, place = TriangleScene(triangles).first_hits(
        origins.astype(np.float32), directions.astype(np.float32)
    )
    np.testing.assert_array_equal(facet[clear], np.where(np.isfinite(best), nearest, -1)[clear])
    hit = clear & (facet >= 0)
    np.testing.assert_allclose(found[hit], best[hit], rtol=1e-4)
    edge = triangles[:, 1:] - triangles[:, :1]
    along = np.einsum("rk,rk->r", directions, np.cross(edge[:, 0], edge[:, 1])[facet])
    np.testing.assert_array_equal(behind[hit], along[hit] > 0.0)
    corners = triangles[facet[hit]]
    point = corners[:, 0] + np.einsum("rk,rkd->rd", place[hit].astype(float), corners[:, 1:] - corners[:, :1])
    np.testing.assert_allclose(point, (origins + best[:, None] * directions)[hit], atol=1e-4)


def test_no_rays_meet_nothing() -> None:
    none = np.zeros((0, 3), dtype=np.float32)
    assert len(TriangleScene(np.eye(3)[None]).first_hits(none, none)[0]) == 0


def test_hits_are_counted_row_by_row() -> None:
    target = np.array([3, 1, 3, -1, 3, 2, 1], dtype=np.int32)
    size, columns, counts = count_rows(np.array([0, 4, 4, 7]), target, 5)
    assert size.tolist() == [2, 0, 3]
    assert dict(zip(columns[:2].tolist(), counts[:2].tolist(), strict=True)) == {3: 2, 1: 1}
    assert dict(zip(columns[2:].tolist(), counts[2:].tolist(), strict=True)) == {3: 1, 2: 1, 1: 1}


def test_more_hits_than_sixteen_bits_take_another_entry() -> None:
    size, columns, counts = count_rows(np.array([0, 70_000]), np.zeros(70_000, dtype=np.int32), 1)
    assert (size.tolist(), columns.tolist(), counts.tolist()) == ([2], [0, 0], [65_535, 4_465])


@pytest.fixture(scope="module")
def found() -> ViewFactors:
    """View factors of a room with a portal in free space, so that both kinds of lines are there."""
    portal = Portal("gap", (0.4, 0.0, 0.0), (1.0, 0.0, 0.0), 0.05)
    return compute_view_factors(room(portals=(portal,)), RaySettings(256, 4096, 1))


def test_sums_without_a_matrix_are_those_of_the_matrix(found: ViewFactors) -> None:
    areas = found.areas
    matrix = areas.to_array()
    assert len(areas.lines) > 1
    np.testing.assert_allclose(matrix, matrix.T, rtol=0.0, atol=1e-15)
    np.testing.assert_allclose(areas.diagonal, np.diag(matrix), rtol=1e-12, atol=1e-15)
    value = np.linspace(0.5, 2.0, areas.num_facets)
    np.testing.assert_allclose(areas.apply(value), matrix @ value, rtol=1e-12)
    np.testing.assert_allclose(areas.apply(np.stack([value, value**2], axis=1))[:, 1], matrix @ value**2, rtol=1e-12)
    ready = areas.prepared()
    assert ready.summed is not None
    assert sum(block.num_entries for block in ready.summed) < areas.num_entries
    np.testing.assert_allclose(ready.to_array(), matrix, rtol=1e-12, atol=1e-18)
    label = np.arange(areas.num_facets) % 5
    basis = np.eye(5)[label] * value[:, None]
    np.testing.assert_allclose(areas.block_sums(label, 5, value), basis.T @ matrix @ basis, rtol=1e-12)


def test_blocks_and_threads_do_not_change_a_bit(found: ViewFactors, monkeypatch: pytest.MonkeyPatch) -> None:
    value = np.linspace(0.5, 2.0, found.areas.num_facets)
    parts = tuple(part for block in found.areas.lines for part in sums.split(block, 500))
    small = replace(found.areas, lines=parts)
    alone = small.apply(value)
    monkeypatch.setattr(sums, "_WORTH_A_THREAD", 0)
    np.testing.assert_array_equal(small.apply(value), alone)
    np.testing.assert_allclose(alone, found.areas.apply(value), rtol=1e-13)


def test_the_same_seed_gives_the_same_bits_for_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for cores in (1, 3):
        monkeypatch.setattr("bbrmodel.radiation.rank_rays.cores", lambda cores=cores: cores)
        monkeypatch.setattr("bbrmodel.radiation.rank_rays._RAYS_PER_CHUNK", 1 << 14)
        results.append(compute_view_factors(room(), RaySettings(200, 0, 3)).areas)
    np.testing.assert_array_equal(results[0].scale, results[1].scale)
    for one, other in zip(results[0].lines, results[1].lines, strict=True):
        np.testing.assert_array_equal(one.column, other.column)
        np.testing.assert_array_equal(one.strength, other.strength)


def test_exchange_areas_come_back_from_the_cache_as_they_were(tmp_path: Path, found: ViewFactors) -> None:
    portal = Portal("gap", (0.4, 0.0, 0.0), (1.0, 0.0, 0.0), 0.05)
    plan = RayPlan(RaySettings(256, 4096, 1))
    fresh = cached_view_factors(room(portals=(portal,)), plan, cache=tmp_path)
    again = cached_view_factors(room(portals=(portal,)), plan, cache=tmp_path)
    assert (fresh.report.from_cache, again.report.from_cache) == (False, True)
    value = np.linspace(0.5, 2.0, found.areas.num_facets)
    np.testing.assert_array_equal(again.areas.apply(value), fresh.areas.apply(value))
    np.testing.assert_allclose(again.areas.apply(value), found.areas.apply(value), rtol=1e-12)  # summed up otherwise
    assert len(again.areas.lines) == len(found.areas.lines)
    vectors = ((value,), (value**2,))
    assert variance_of_sum(again.areas, *vectors, outward=value) == variance_of_sum(
        found.areas, *vectors, outward=value
    )


def hot_patch() -> tuple[Enclosure, Aim, FloatArray]:
    """Return a room whose floor has a small hot patch, a receiver, and what the receiver's light depends on."""
    surfaces = cube([0, 0, 0], 1.0, 4, inward=True)
    surfaces["patch"] = rectangle([0.3, 0.3, -0.49], [0.05, 0, 0], [0, 0.05, 0], 1)
    surfaces["patch_below"] = rectangle([0.3, 0.3, -0.4901], [0, 0.05, 0], [0.05, 0, 0], 1)
    enclosure = enclosure_of_triangles(surfaces)
    hot = np.array([enclosure.name_of(k) == "patch" for k in range(enclosure.num_facets)])
    near = np.exp(-20.0 * np.linalg.norm(enclosure.vertices_m.mean(axis=1) - [0.3, 0.3, 0.4], axis=1) ** 2)
    return enclosure, Aim((0.3, 0.3, 0.4), hot), near


def light(found: ViewFactors, weight: FloatArray, hot: FloatArray) -> tuple[float, float]:
    """Return what `weight` receives directly from the hot facets, and its standard error."""
    value = float(weight @ found.areas.apply(hot))
    # Closed rows: an error of S_ij acts through the departure from the row's mean.
    mean = found.areas.apply(hot) / found.areas.area_m2
    ones = np.ones(len(hot))
    variance = variance_of_sum(found.areas, (weight, -weight * mean), (hot, ones), outward=0.0 * ones)
    return value, float(np.sqrt(variance))


def test_the_error_of_a_sum_is_the_scatter_of_many_seeds() -> None:
    """40 seeds tell a scatter to 11 %; the bound is four times that."""
    enclosure, aim, near = hot_patch()
    hot = aim.hot.astype(float)
    results = [light(compute_view_factors(enclosure, RaySettings(128, 0, seed)), near, hot) for seed in range(40)]
    scatter = float(np.std([value for value, _ in results], ddof=1))
    stated = float(np.sqrt(np.mean([error**2 for _, error in results])))
    assert scatter == pytest.approx(stated, rel=0.45)


def test_rays_that_are_shared_out_for_a_receiver_tell_it_more() -> None:
    """Same mean within 4 standard errors; the variance of a given number of rays falls by at least a third."""
    enclosure, aim, near = hot_patch()
    hot = aim.hot.astype(float)
    settings = RaySettings(512, 0, 1)
    share = share_rays(enclosure, settings, aim)
    even = even_share(enclosure, settings)
    assert share.facets.sum() <= 1.1 * even.facets.sum()
    assert (share.facets >= even.facets // 2).all()
    value, error = light(compute_view_factors(enclosure, settings, share=share), near, hot)
    plain, plain_error = light(compute_view_factors(enclosure, settings), near, hot)
    assert error**2 < plain_error**2 / 1.5
    assert abs(value - plain) < 4.0 * np.hypot(error, plain_error)


def test_where_everything_is_equally_warm_rays_are_shared_out_evenly() -> None:
    enclosure, aim, _ = hot_patch()
    settings = RaySettings(64, 0, 1)
    share = share_rays(enclosure, settings, replace(aim, hot=np.zeros(enclosure.num_facets, dtype=bool)))
    np.testing.assert_array_equal(share.facets, even_share(enclosure, settings).facets)


def test_rays_that_do_not_fit_in_memory_are_refused_before_any_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory_mib", lambda: 300.0)
    with pytest.raises(ConfigError, match=r"of 240 facets need about \d+ MiB, and 300 MiB are available\. Use"):
        compute_view_factors(room(), RaySettings(100_000, 0, 1))


def test_the_memory_estimate_grows_with_rays_until_every_pair_has_an_entry() -> None:
    assert memory.memory_estimate_mib(100_000, 1000) == pytest.approx(650 / 1.048576 + 250 + 143 + 256, rel=0.02)
    full = memory.memory_estimate_mib(100, 10_000)
    assert memory.memory_estimate_mib(100, 1_000_000) < full + 200.0  # the rays in work, not what is kept


def test_the_number_of_kinds_follows_from_a_sample() -> None:
    """Chao's estimate is a lower bound for uneven kinds; for 1000 even ones 3 % is what 3000 draws allow."""
    found = np.random.default_rng(1).integers(0, 1000, 3000)
    assert memory._number_of_kinds(found) == pytest.approx(1000.0, rel=0.03)


def test_rays_that_find_the_same_again_need_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """50 million rays through a portal of a room of 240 facets join few pairs, which a probe tells."""
    portal = Portal("gap", (0.4, 0.0, 0.0), (1.0, 0.0, 0.0), 0.05)
    tracer = Tracer(room(portals=(portal,)), RaySettings(1000, 50_000_000, 1))
    assert memory.memory_estimate_mib(240, 1000, 50_000_000) > 2000.0
    monkeypatch.setattr(memory, "available_memory_mib", lambda: 2000.0)
    memory.check_memory(tracer)
    monkeypatch.setattr(memory, "available_memory_mib", lambda: 300.0)
    with pytest.raises(ConfigError, match="300 MiB are available"):
        memory.check_memory(tracer)


@pytest.mark.parametrize("num", [1, 2, 5, 1000, 4096, 70_000])
def test_sobol_points_are_those_of_scipy_to_the_bit(num: int) -> None:
    from scipy.stats import qmc

    power = (num - 1).bit_length()
    expected = (qmc.Sobol(d=4, scramble=False, bits=32).random_base2(power)[:num] * 2.0**32).astype(np.uint32)
    np.testing.assert_array_equal(sobol_points(num), expected)
