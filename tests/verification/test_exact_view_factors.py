"""View factors without rays against closed forms.

Rationale: this method is the referee of the ray method, so it needs references of its own. Setup: plane facets in
full view, past occluders, and in closed cavities. Expected: closed forms; tolerances are those of double precision
where nothing is in the way, and the settings' tolerance where something is.
"""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exact import ExactSettings, compute_exact_view_factors, polygon_pair_factor
from bbrmodel.radiation.exchange_error import group_errors
from bbrmodel.radiation.view_factors import RaySettings, ViewFactors, compute_view_factors
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, disc, rectangle, sphere

OPPOSITE, ADJACENT = 0.19982489569838746, 0.20004377607540316
OB01, OB01_SCREEN = 0.1498686717737906, 0.4152532835771466


def surface_factors(enclosure: Enclosure, found: ViewFactors) -> tuple[FloatArray, FloatArray]:
    """Return view factors between surfaces and their standard errors."""
    num = len(enclosure.surface_names)
    exchange = found.areas.block_sums(enclosure.surface, num)
    area = np.bincount(enclosure.surface, weights=enclosure.area_m2, minlength=num)[:, None]
    return exchange / area, group_errors(found.areas, enclosure.surface, num) / area


def exact_factors(
    surfaces: dict[str, FloatArray], settings: ExactSettings | None = None, *, open_model: bool = False
) -> FloatArray:
    enclosure = enclosure_of_triangles(surfaces, open_model=open_model)
    return surface_factors(enclosure, compute_exact_view_factors(enclosure, settings))[0]


def nested_cubes(outer: int, inner: int) -> Enclosure:
    surfaces = {
        "out": np.concatenate(list(cube([0, 0, 0], 1.0, outer, inward=True).values())),
        "in": np.concatenate(list(cube([0.05, 0.03, -0.02], 0.4, inner, inward=False).values())),
    }
    return enclosure_of_triangles(surfaces)


def square(side: float, height: float, *, upward: bool) -> FloatArray:
    corners = side * np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    return (corners if upward else corners[::-1]) + [0.0, 0.0, height]


@pytest.mark.parametrize("divisions", [1, 2])
def test_cube_sides_agree_with_the_closed_form(divisions: int) -> None:
    """VF01 to 1e-10. Plain Gauss points at shared edges would give 0.25043827 at two divisions (VF10)."""
    enclosure = enclosure_of_triangles(cube([0, 0, 0], 1.0, divisions, inward=True))
    found = compute_exact_view_factors(enclosure)
    factors, _ = surface_factors(enclosure, found)
    expected = np.full((6, 6), ADJACENT) - np.diag(np.full(6, ADJACENT))
    for row, column in ((0, 1), (2, 3), (4, 5)):
        expected[row, column] = expected[column, row] = OPPOSITE
    np.testing.assert_allclose(factors, expected, rtol=0.0, atol=1e-10)
    np.testing.assert_allclose(found.raw_row_sums, 1.0, rtol=0.0, atol=1e-10)  # before any closure


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(0.1, 0.003162056838754), (0.4, 0.046137416744875), (2.0, 0.415253283577147), (10.0, 0.826994522397256)],
)
def test_facing_squares(ratio: float, expected: float) -> None:
    """VF02 to 1e-9 relative, as two squares and as two times eighteen triangles."""
    pair = polygon_pair_factor(square(ratio, 0.0, upward=True), square(ratio, 1.0, upward=False))
    assert pair == pytest.approx(expected, rel=1e-9)
    plates = {
        "floor": rectangle([0, 0, 0], [ratio, 0, 0], [0, ratio, 0], 3),
        "roof": rectangle([0, 0, 1], [0, ratio, 0], [ratio, 0, 0], 3),
    }
    assert exact_factors(plates, open_model=True)[0, 1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("depth", "expected"),
    [(0.1, 0.281887806787901), (0.4, 0.250319555056282), (1.0, 0.200043776075403), (4.0, 0.101358700221681)],
)
def test_rectangles_with_a_common_edge(depth: float, expected: float) -> None:
    """VF03 to 1e-9, with triangles that share edges, corners, or parts of edges."""
    plates = {
        "floor": rectangle([0, 0, 0], [1, 0, 0], [0, depth, 0], 2),
        "wall": rectangle([0, 0, 0], [0, 0, depth], [1, 0, 0], 3),
    }
    assert exact_factors(plates, open_model=True)[0, 1] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("distance", "expected"), [(1.0, 0.73742999), (3.0, 0.42373301), (10.0, 0.10006365), (40.0, 0.00781385)]
)
def test_five_by_eight_plates(distance: float, expected: float) -> None:
    """VF09 to 1e-8, the digits of the reference."""
    plates = {
        "floor": rectangle([0, 0, 0], [5, 0, 0], [0, 8, 0], 1),
        "roof": rectangle([0, 0, distance], [0, 8, 0], [5, 0, 0], 1),
    }
    assert exact_factors(plates, open_model=True)[0, 1] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("radius", "distance", "expected"),
    [(1.0, 1.0, 0.381966011250105), (1.0, 3.0, 0.091673086804016), (0.2, 1.0, 0.037087982163740)],
)
def test_discs_of_chords_converge_with_second_order(radius: float, distance: float, expected: float) -> None:
    """VF05: polygons of 16, 32, 64 sides within the circle; the last two extrapolate to 1e-6."""
    found = []
    for sides in (16, 32, 64):
        shrink = np.sqrt(np.sin(2.0 * np.pi / sides) / (2.0 * np.pi / sides))  # `disc` has the area of the circle
        discs = {
            "low": disc(radius * shrink, 0.0, sides, upward=True),
            "high": disc(radius * shrink, distance, sides, upward=False),
        }
        found.append(exact_factors(discs, open_model=True)[0, 1])
    error = np.abs(np.array(found) - expected)
    assert np.log2(error[:-1] / error[1:]) == pytest.approx(2.0, abs=0.05)
    assert found[2] + (found[2] - found[1]) / 3.0 == pytest.approx(expected, abs=1e-6)


def test_concentric_spheres() -> None:
    """VF11: (r/3)^2 for r = 1; both spheres shrink alike, so that chords leave it to the setting's tolerance."""
    surfaces = {"outer": sphere(3.0, 1, inward=True), "inner": sphere(1.0, 1, inward=False)}
    enclosure = enclosure_of_triangles(surfaces)
    found = compute_exact_view_factors(enclosure)
    factors, _ = surface_factors(enclosure, found)
    assert factors[0, 1] == pytest.approx(1.0 / 9.0, abs=1e-6)
    assert factors[1, 0] == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(found.raw_row_sums, 1.0, rtol=0.0, atol=1e-4)


@pytest.mark.parametrize("divisions", [1, 3])
def test_an_opaque_square_hides_a_quarter(divisions: int) -> None:
    """OB01 to 1e-5: a single sheet blocks light from both sides and takes light on one."""
    plates = {
        "floor": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], divisions),
        "roof": rectangle([0, 0, 1], [0, 1, 0], [1, 0, 0], divisions),
        "screen": rectangle([0, 0, 0.5], [0.5, 0, 0], [0, 0.5, 0], 1),
    }
    factors = exact_factors(plates, open_model=True)
    assert factors[0, 1] == pytest.approx(OB01, abs=1e-5)
    assert factors[2, 1] == pytest.approx(OB01_SCREEN, abs=1e-9)
    assert factors[0, 2] == 0.0  # its back faces the floor


def test_error_estimates_shrink_with_the_tolerance_and_hold() -> None:
    plates = {
        "floor": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 1),
        "roof": rectangle([0, 0, 1], [0, 1, 0], [1, 0, 0], 1),
        "screen": rectangle([0, 0, 0.5], [0.5, 0, 0], [0, 0.5, 0], 1),
    }
    enclosure = enclosure_of_triangles(plates, open_model=True)
    for relative in (1e-2, 1e-3, 1e-4):
        found = compute_exact_view_factors(enclosure, ExactSettings(relative, 1e-9))
        estimate = sum(float(np.sqrt(block.variance.astype(float)).sum()) for block in found.areas.lines)
        assert estimate <= 2.0 * relative
        assert abs(surface_factors(enclosure, found)[0][0, 1] - OB01) <= estimate


def test_a_larger_plate_between_two_plates_lets_exactly_nothing_through() -> None:
    """OB05: zero, proven rather than sampled; merged from 18 triangles."""
    plates = {
        "floor": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 3),
        "roof": rectangle([0, 0, 1], [0, 1, 0], [1, 0, 0], 3),
        "screen": rectangle([-9, -9, 0.5], [0, 19, 0], [19, 0, 0], 3),
    }
    assert exact_factors(plates, open_model=True)[0, 1] == 0.0


def test_nested_cubes() -> None:
    """OB06 at 240 facets: F(in->out) = 1, F(out->in) = 0.16; raw row sums to 1e-4 without smoothing."""
    enclosure = nested_cubes(4, 2)
    found = compute_exact_view_factors(enclosure)
    factors, _ = surface_factors(enclosure, found)
    assert factors[1, 0] == pytest.approx(1.0, abs=1e-7)  # closure leaves at most 1e-7
    assert factors[0, 1] == pytest.approx(0.16, abs=1e-7)
    np.testing.assert_allclose(found.raw_row_sums, 1.0, rtol=0.0, atol=1e-4)
    np.testing.assert_allclose(found.raw_row_sums[enclosure.surface == 1], 1.0, rtol=0.0, atol=1e-8)  # nothing between


@pytest.mark.slow
def test_nested_cubes_of_1884_facets() -> None:
    """OB06 at the size that the reference names: raw row sums to 1e-4 without smoothing."""
    found = compute_exact_view_factors(nested_cubes(11, 6))
    assert found.report.facets == 1884
    np.testing.assert_allclose(found.raw_row_sums, 1.0, rtol=0.0, atol=1e-4)


def test_a_thin_baffle_seals_two_halves_of_a_box() -> None:
    """OB07: half a millimetre of wall from side to side of a metre; no energy through, row sums stay."""
    box = cube([0, 0, 0], 1.0, 2, inward=True)
    faces = {
        "left": rectangle([-0.00025, -0.5, -0.5], [0, 0, 1.0], [0, 1.0, 0], 2),
        "right": rectangle([0.00025, -0.5, -0.5], [0, 1.0, 0], [0, 0, 1.0], 2),
    }
    walls = np.concatenate(list(box.values()))
    here = walls.mean(axis=1)[:, 0] < 0.0
    surfaces = {**faces, "left_walls": walls[here], "right_walls": walls[~here]}
    enclosure = enclosure_of_triangles(surfaces, open_model=True)
    found = compute_exact_view_factors(enclosure)
    factors, _ = surface_factors(enclosure, found)
    assert factors[0, 1] == factors[0, 3] == factors[1, 2] == 0.0
    # The walls cross the baffle's foot: a strip of 0.25 mm of each half lies beyond the baffle's own face.
    assert factors[2, 3] <= 1e-6
    sums = factors[:2].sum(axis=1)
    np.testing.assert_allclose(sums, 1.0, rtol=0.0, atol=1e-6)


@pytest.mark.slow  # tests/property/test_enclosure_properties.py asks the same of a smaller cavity, four times
def test_rotation_and_renumbering_leave_the_factors() -> None:
    """OB08: 1e-9 on every facet's factor, although partly hidden ones are integrated to 1e-6 only."""
    enclosure = nested_cubes(2, 1)
    order = np.random.default_rng(3).permutation(enclosure.num_facets)
    turned = Rotation.random(random_state=5).apply(enclosure.vertices_m.reshape(-1, 3)).reshape(-1, 3, 3)
    other = Enclosure(
        vertices_m=turned[order] + [0.3, -0.1, 0.2],
        surface=enclosure.surface[order],
        surface_names=enclosure.surface_names,
        radiates=enclosure.radiates[order],
    )
    one, two = (compute_exact_view_factors(e).areas.to_array() for e in (enclosure, other))
    back = np.argsort(order)
    np.testing.assert_allclose(
        two[np.ix_(back, back)] / enclosure.area_m2[:, None],
        one / enclosure.area_m2[:, None],
        rtol=0.0,
        atol=2e-9,  # the closure's own tolerance enters through its stopping point
    )


def test_slivers_across_a_tenth_of_a_millimetre() -> None:
    """Strips of 10 mm x 1 mm, 0.1 mm apart, against the closed form of equal rectangles; whole and in triangles."""
    x, y = 0.010 / 1e-4, 0.001 / 1e-4
    p, q = 1.0 + x * x, 1.0 + y * y
    exact = np.log(np.sqrt(p * q / (p + q - 1.0)))
    exact += x * np.sqrt(q) * np.arctan(x / np.sqrt(q)) + y * np.sqrt(p) * np.arctan(y / np.sqrt(p))
    exact = 2.0 / (np.pi * x * y) * (exact - x * np.arctan(x) - y * np.arctan(y))
    strips = {
        "low": rectangle([0, 0, 0], [0.010, 0, 0], [0, 0.001, 0], 2),
        "high": rectangle([0, 0, 1e-4], [0, 0.001, 0], [0.010, 0, 0], 2),
    }
    assert exact_factors(strips, open_model=True)[0, 1] == pytest.approx(exact, abs=1e-9)


def test_rays_agree_in_a_cavity_with_a_block() -> None:
    """Two methods that share no code: within four standard errors of the rays, facet noise included."""
    surfaces = {**cube([0, 0, 0], 1.0, 2, inward=True)}
    surfaces |= {f"block_{name}": part for name, part in cube([0.1, -0.05, 0.15], 0.35, 1, inward=False).items()}
    enclosure = enclosure_of_triangles(surfaces)
    exact, exact_error = surface_factors(enclosure, compute_exact_view_factors(enclosure))
    rays, error = surface_factors(enclosure, compute_view_factors(enclosure, RaySettings(1 << 14)))
    assert (np.abs(exact - rays) <= 4.0 * np.hypot(error, exact_error) + 1e-6).all()
