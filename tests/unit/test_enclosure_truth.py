"""Facets that cannot form an enclosure: an error or a note with the name of the surface, never a quiet correction."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from bbrmodel.errors import EnclosureError
from bbrmodel.radiation.api import Method, enclosure_of_triangles, surface_view_factors
from bbrmodel.radiation.coincidence import find_overlaps
from bbrmodel.radiation.enclosure import SLIVER, Enclosure, Portal, check_enclosure
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, rectangle, sphere

BOTH = pytest.mark.parametrize("method", ["ray", "exact"])
Surfaces = dict[str, FloatArray]


def room(divisions: int = 2) -> Surfaces:
    """Return the walls of a unit cube, normals into it."""
    return cube([0, 0, 0], 1.0, divisions, inward=True)


def block(centre: list[float], side: float = 0.2, divisions: int = 1) -> FloatArray:
    """Return a cube in the way, normals out of it."""
    return np.concatenate(list(cube(centre, side, divisions, inward=False).values()))


def compute(surfaces: Surfaces, method: Method, *, open_model: bool = False) -> Any:
    enclosure = enclosure_of_triangles(surfaces, open_model=open_model)
    return surface_view_factors(enclosure, RaySettings(256), method=method)


@BOTH
def test_a_closed_room_with_two_blocks_is_in_order(method: Method) -> None:
    found = compute({**room(), "one": block([0.2, 0, 0]), "two": block([-0.2, 0, 0])}, method)
    assert len(found.enclosures) == 1
    np.testing.assert_allclose(found.view_factors.sum(axis=1), 1.0, rtol=0.0, atol=1e-6)  # the closure's tolerance


@BOTH
def test_a_missing_wall_without_environment(method: Method) -> None:
    surfaces = room()
    del surfaces["z_high"]
    with pytest.raises(EnclosureError, match=r"surface '[xyz]_\w+'.*environment_temperature_K"):
        compute(surfaces, method)


@BOTH
def test_a_gap_between_two_walls_loses_light(method: Method) -> None:
    """A slit of 2 % of the side."""
    surfaces = room()
    surfaces["x_low"] = surfaces["x_low"] - np.array([0.02, 0.0, 0.0])
    with pytest.raises(EnclosureError, match=r"surface '\w+'.*(open|gap)"):
        compute(surfaces, method)


@BOTH
def test_a_single_flipped_facet(method: Method) -> None:
    surfaces = room()
    surfaces["x_low"][3] = surfaces["x_low"][3, ::-1]
    with pytest.raises(EnclosureError, match="surface 'x_low'"):
        compute(surfaces, method)


@BOTH
def test_one_flipped_facet_of_hundreds(method: Method) -> None:
    """A four hundredth of the walls: too little to show in the sum over all facets at a coarse look."""
    surfaces = room(6)
    surfaces["x_low"][3] = surfaces["x_low"][3, ::-1]
    with pytest.raises(EnclosureError, match="surface 'x_low'"):
        compute(surfaces, method)


def test_a_flipped_facet_of_an_open_model_is_an_error_by_rays() -> None:
    plates = {
        "low": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 2),
        "high": rectangle([0, 0, 1], [1, 0, 0], [0, 1, 0], 2),
    }
    with pytest.raises(EnclosureError, match=r"surface 'low'.*hit 'high' from behind"):
        compute(plates, "ray", open_model=True)


def test_light_on_the_backs_of_an_open_model_is_reported_without_rays(caplog: pytest.LogCaptureFixture) -> None:
    """There a single sheet may be in the way on purpose; what it takes on its back is said to leave the model."""
    plates = {
        "low": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 2),
        "high": rectangle([0, 0, 1], [1, 0, 0], [0, 1, 0], 2),
    }
    with caplog.at_level(logging.WARNING):
        found = compute(plates, "exact", open_model=True)
    assert "surface 'low'" in caplog.text
    assert "hit 'high' from behind" in caplog.text
    assert "counts as leaving the model" in caplog.text
    assert found.environment[0] == pytest.approx(1.0, abs=1e-12)


@BOTH
def test_a_block_turned_inside_out(method: Method) -> None:
    with pytest.raises(EnclosureError, match=r"surface '\w+'.*(from behind|turn the normals)"):
        compute({**room(), "block": block([0.1, 0, 0])[:, ::-1]}, method)


@BOTH
def test_a_copied_facet(method: Method) -> None:
    """The same corners, begun at another one."""
    surfaces = {**room(), "copy": np.roll(room()["x_low"][5:6], 1, axis=1)}
    with pytest.raises(
        EnclosureError, match=r"surface 'x_low': facet 5 stands twice: facet 48 of surface 'copy'.*copy\."
    ):
        compute(surfaces, method)


@BOTH
def test_two_blocks_that_touch_with_the_same_mesh(method: Method) -> None:
    surfaces = {**room(), "left": block([-0.1, 0, 0]), "right": block([0.1, 0, 0])}
    with pytest.raises(
        EnclosureError, match=r"surface 'left'.*surface 'right' is the same one, turned round.*Fragment"
    ):
        compute(surfaces, method)


@BOTH
def test_two_blocks_that_touch_with_different_meshes(method: Method) -> None:
    """No corner inside the faces and no centre is common to both."""
    surfaces = {**room(), "left": block([-0.1, 0, 0], 0.2, 2), "right": block([0.1, 0, 0], 0.2, 3)}
    with pytest.raises(EnclosureError, match=r"surface 'left'.*overlaps facet \d+ of surface 'right' in one plane"):
        compute(surfaces, method)


@BOTH
def test_a_block_that_stands_on_the_floor_without_a_hole_in_it(method: Method) -> None:
    surfaces = {**room(), "block": block([0.03, 0.05, -0.4])}
    with pytest.raises(EnclosureError, match=r"surface 'z_low'.*overlaps facet \d+ of surface 'block'"):
        compute(surfaces, method)


@BOTH
def test_a_facet_without_area(method: Method) -> None:
    surfaces = {**room(), "line": np.array([[[0.0, 0, 0], [0.1, 0.1, 0.1], [0.3, 0.3, 0.3]]])}
    with pytest.raises(EnclosureError, match=r"surface 'line': facet 48 has no area"):
        compute(surfaces, method)


@BOTH
def test_a_facet_that_is_a_point(method: Method) -> None:
    surfaces = {**room(), "point": np.full((1, 3, 3), 0.2)}
    with pytest.raises(EnclosureError, match=r"surface 'point': facet 48 has no area"):
        compute(surfaces, method)


@BOTH
def test_a_corner_that_is_no_number(method: Method) -> None:
    surfaces = room()
    surfaces["y_high"][2, 1, 0] = np.nan
    with pytest.raises(EnclosureError, match=r"surface 'y_high': a corner of facet 26 is no number"):
        compute(surfaces, method)


def with_a_sliver(height: float) -> Surfaces:
    """Return a room with a facet cut in two, one part of this height over length."""
    surfaces = room(1)
    a, b, c = surfaces["x_low"][0]
    cut = a + height * (c - a)
    surfaces["x_low"] = np.concatenate([[[a, b, cut], [cut, b, c]], surfaces["x_low"][1:]])
    return surfaces


@BOTH
def test_a_sliver_is_reported_and_its_room_still_solved(method: Method, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = compute(with_a_sliver(0.5 * SLIVER), method)
    assert "surface 'x_low': 1 facets of the model are slivers" in caplog.text
    assert found.view_factors[0, 1] == pytest.approx(0.19982489569838746, abs=0.05)  # 256 rays from 13 facets


def test_a_facet_ten_times_as_long_as_high_is_no_sliver(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        check_enclosure(enclosure_of_triangles(with_a_sliver(0.1)))
    assert caplog.text == ""


@BOTH
def test_a_closed_room_in_a_block_is_an_enclosure_of_its_own(method: Method) -> None:
    """The block's outer side faces the room, its inner side what it holds; nothing joins them."""
    hollow = {f"cell_{name}": part for name, part in cube([0.1, 0, 0], 0.15, 1, inward=True).items()}
    hollow["cell_block"] = block([0.1, 0, 0], 0.05)
    found = compute({**room(), "block": block([0.1, 0, 0]), **hollow}, method)
    assert [part.name for part in found.enclosures] == ["x_low", "cell_x_low"]
    assert set(found.enclosures[1].surfaces) == set(hollow)
    inside = np.isin(found.surfaces, list(hollow))
    assert (found.view_factors[np.ix_(inside, ~inside)] == 0.0).all()
    assert not found.enclosures[1].open


def overlaps_of(surfaces: Surfaces) -> int:
    enclosure = enclosure_of_triangles(surfaces)
    return int((find_overlaps(enclosure.vertices_m, enclosure.normal) >= 0).sum())


def turned(surfaces: Surfaces, scale: float) -> Surfaces:
    """Return surfaces turned by a random rotation, scaled, and moved by twice their size."""
    turn = Rotation.random(random_state=7)
    return {
        name: scale * (turn.apply(part.reshape(-1, 3)).reshape(-1, 3, 3) + np.array([2.0, -1.0, 0.5]))
        for name, part in surfaces.items()
    }


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_overlaps_are_found_in_any_position_and_size(scale: float) -> None:
    """Three of eight facets of the floor lie under the block's two, which are found as well."""
    surfaces = {"floor": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 2), "block": block([0.24, 0.25, 0.1])[8:10]}
    assert surfaces["block"][..., 2].max() == pytest.approx(0.0, abs=1e-15)  # rounding
    assert overlaps_of(surfaces) == 4
    assert overlaps_of(turned(surfaces, scale)) == 4


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("make", [lambda: room(7), lambda: {"ball": sphere(1.0, 3, inward=True)}])
def test_neighbours_do_not_overlap(make: Callable[[], Surfaces], scale: float) -> None:
    assert overlaps_of(turned(make(), scale)) == 0


def test_two_facets_of_one_plane_side_by_side_do_not_overlap() -> None:
    """They share a part of an edge, and one corner touches the other's side."""
    surfaces = {
        "one": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 1),
        "two": rectangle([1, 0.3, 0], [1, 0, 0], [0, 1, 0], 1),
        "three": np.array([[[0.5, 0.0, 0.0], [0.3, -0.4, 0.0], [0.7, -0.4, 0.0]]]),
    }
    assert overlaps_of(surfaces) == 0


def test_a_narrow_gap_is_a_gap() -> None:
    """A millionth of the size apart; rays start farther from their facet than coincident surfaces are."""
    plates = {
        "low": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 2),
        "high": rectangle([0, 0, 1e-6], [0, 1, 0], [1, 0, 0], 3),
    }
    assert overlaps_of(plates) == 0


def test_overlaps_agree_with_a_comparison_of_all_pairs() -> None:
    """Random triangles of one plane: two overlap where their outlines cross or a corner lies inside of the other."""
    rng = np.random.default_rng(11)
    centre = rng.uniform(size=(120, 1, 2))
    flat = centre + rng.normal(scale=0.04, size=(120, 3, 2))
    triangles = np.concatenate([flat, np.zeros((120, 3, 1))], axis=2)
    enclosure = enclosure_of_triangles({"all": triangles})
    found = find_overlaps(enclosure.vertices_m, enclosure.normal) >= 0
    expected = np.zeros(120, dtype=bool)
    for i in range(120):
        for j in range(i):
            if share_a_point(flat[i], flat[j]):
                expected[i] = expected[j] = True
    np.testing.assert_array_equal(found, expected)
    assert 20 < expected.sum() < 120


def share_a_point(a: FloatArray, b: FloatArray) -> bool:
    """Return whether a triangle and another one cross, from signed areas of corners and edges."""

    def side(p: FloatArray, q: FloatArray, r: FloatArray) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    def inside(t: FloatArray, p: FloatArray) -> bool:
        sides = [side(t[k], t[(k + 1) % 3], p) for k in range(3)]
        return min(sides) > 0.0 or max(sides) < 0.0

    def cross(p: FloatArray, q: FloatArray, r: FloatArray, s: FloatArray) -> bool:
        return side(p, q, r) * side(p, q, s) < 0.0 and side(r, s, p) * side(r, s, q) < 0.0

    edges = [(k, (k + 1) % 3) for k in range(3)]
    return (
        any(inside(a, p) for p in b)
        or any(inside(b, p) for p in a)
        or any(cross(a[i], a[j], b[k], b[m]) for i, j in edges for k, m in edges)
    )


def test_a_hundred_thousand_facets_of_six_planes_are_in_order() -> None:
    """Takes a tenth of a second; a comparison of all facets of a plane would take half a minute."""
    check_enclosure(enclosure_of_triangles(room(91)))


def test_nothing_that_radiates_is_an_error() -> None:
    one = enclosure_of_triangles(room())
    dark = Enclosure(one.vertices_m, one.surface, one.surface_names, np.zeros(48, dtype=bool))
    with pytest.raises(EnclosureError, match="no surface radiates"):
        check_enclosure(dark)


def test_a_portal_that_lies_outside_the_model_is_refused() -> None:
    """A room with a hole; its portal was given in millimetres, so that it lies 400 m away."""
    surfaces = cube([0, 0, 0], 1.0, 2, inward=True)
    del surfaces["x_high"]
    far = Portal("hole", (400.0, 0.0, 0.0), (1.0, 0.0, 0.0), 0.1)
    with pytest.raises(EnclosureError, match=r"portal 'hole': .* lies outside the model: check center_m"):
        surface_view_factors(enclosure_of_triangles(surfaces, open_model=True, portals=[far]), RaySettings(64))
    near = Portal("hole", (0.5, 0.0, 0.0), (1.0, 0.0, 0.0), 0.1)
    surface_view_factors(enclosure_of_triangles(surfaces, open_model=True, portals=[near]), RaySettings(64))
