"""Colour scales, the region round the ion, projection, sheet and sky: the pieces without VTK."""

import numpy as np
import pytest
from viz_samples import sphere_triangles

from bbrmodel.viz.color import ABOVE_COLOR, focused_scale, full_scale
from bbrmodel.viz.data import FacetField, PlotData, SolidField
from bbrmodel.viz.sheet import format_length, new_figure, round_length, split_sides, spread
from bbrmodel.viz.sky import cast_rays, map_place, readable, sky_directions, top_surfaces
from bbrmodel.viz.view import View, camera_axes, find_region, fit_view


def plot_data(rows, *, bodies=(), ion=(0.0, 0.0, 0.0)):
    counts = [len(row[1]) for row in rows]
    weight = np.concatenate([np.full(n, row[3] / n) for row, n in zip(rows, counts, strict=True)])
    facets = FacetField(
        np.concatenate([row[1] for row in rows]),
        np.repeat([row[2] for row in rows], counts),
        np.repeat(np.arange(len(rows)), counts),
        weight,
    )
    empty = SolidField(np.zeros((0, 3)), np.zeros((0, 4), dtype=int), np.zeros(0), np.zeros(0, dtype=int))
    record = None if ion is None else {"position_m": ion}
    return PlotData("sample", empty, facets, tuple(bodies), tuple(row[0] for row in rows), record)


def test_full_scale_holds_everything_between_round_numbers():
    scale = full_scale(np.array([77.3, 293.0]))
    assert scale.low_K <= 77.3
    assert scale.high_K >= 293.0
    assert scale.low_K % 5 == 0
    assert scale.extend == "neither"


def test_focused_scale_leaves_room_temperature_off_a_cold_scale_and_says_so():
    cold, trap, warm = np.linspace(77.5, 78.4, 50), np.linspace(79.0, 81.9, 50), np.full(500, 293.0)
    scale = focused_scale([cold, trap, warm], [0.6, 0.39, 0.01])
    assert 77.0 <= scale.low_K <= 77.6
    assert 81.8 <= scale.high_K <= 82.5
    assert scale.extend == "max"
    assert scale.data_high_K == 293.0
    expected = [int(ABOVE_COLOR[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    assert scale.rgb(np.array([293.0]))[0] == pytest.approx(expected, abs=1e-12)  # the same bytes


def test_focused_scale_follows_the_weight_not_the_number_of_cells():
    few_warm, many_cold = np.full(3, 293.0), np.full(10000, 80.0)
    scale = focused_scale([few_warm, many_cold], [0.9, 0.1])
    assert scale.low_K < 293.0 < scale.high_K
    assert scale.extend == "min"


def test_two_groups_that_both_count_share_the_scale():
    scale = focused_scale([np.full(10, 80.0), np.full(10, 293.0)], [0.5, 0.5])
    assert scale.low_K <= 80.0
    assert scale.high_K >= 293.0


def test_focused_scale_keeps_a_continuous_range_whole():
    scale = focused_scale([np.linspace(80, 293, 400)] * 3, [1, 1, 1])
    assert scale.low_K < 90
    assert scale.high_K > 285


def test_a_uniform_temperature_still_has_a_scale():
    scale = focused_scale([np.full(10, 300.0)], [1.0])
    assert scale.low_K < 300.0 < scale.high_K
    assert scale.extend == "neither"


def test_region_holds_the_bodies_and_leaves_the_chamber_out():
    rows = [("cavity__in", sphere_triangles(0.05), 78.0, 0.9), ("chamber__in", sphere_triangles(0.5), 293.0, 0.1)]
    region = find_region(plot_data(rows, bodies=["cavity"]))
    assert region.radius_m == pytest.approx(0.05, rel=1e-12)  # corners lie on the sphere


def test_region_of_shells_alone_holds_their_weight():
    rows = [("inner__in", sphere_triangles(0.05), 78.0, 0.995), ("outer__in", sphere_triangles(0.5), 293.0, 0.005)]
    assert find_region(plot_data(rows)).radius_m == pytest.approx(0.05, rel=1e-12)  # 99 % lies inside


def test_without_an_ion_there_is_no_region():
    assert find_region(plot_data([("a__b", sphere_triangles(1.0), 300.0, 1.0)], ion=None)) is None


def test_camera_axes_are_a_right_handed_frame_that_looks_from_the_side_cut_away():
    right, up, forward = camera_axes()
    np.testing.assert_allclose(np.array([right, up, forward]) @ np.array([right, up, forward]).T, np.eye(3), atol=1e-15)
    np.testing.assert_allclose(np.cross(right, up), -forward, atol=1e-15)  # rounding
    assert forward[1] > 0
    assert up[2] > 0


def test_a_fitted_view_shows_every_point():
    points = np.random.default_rng(1).normal(size=(200, 3)) * [0.1, 0.1, 0.8]
    pixels = fit_view(points, (900, 700)).project(points)
    assert pixels.min() > 0
    assert pixels[:, 0].max() < 900
    assert pixels[:, 1].max() < 700


def test_the_center_of_a_view_is_in_the_middle_and_up_is_up():
    view = View(np.array([0.1, 0.2, 0.3]), 0.5, 400, 200)
    np.testing.assert_allclose(view.project(view.center_m), [[200, 100]])
    assert view.project(view.center_m + np.array([0, 0, 0.1]))[0, 1] < 100


@pytest.mark.parametrize(
    ("length_m", "expected_m"), [(0.8, 0.5), (0.2, 0.2), (0.049, 0.02), (1.0e-3, 1.0e-3), (3e-5, 2e-5)]
)
def test_scale_bars_have_round_lengths(length_m, expected_m):
    assert round_length(length_m) == pytest.approx(expected_m, rel=1e-12)  # rounding of powers of ten


def test_lengths_are_written_in_mm_and_below_in_um():
    assert format_length(0.2) == "200 mm"
    assert format_length(2e-4) == "0.2 mm"
    assert format_length(2e-5) == "20 µm"


def test_labels_keep_their_distance_and_their_order():
    places = spread([10, 11, 12, 500, 995, 999], 60, 1000)
    assert np.diff(places).min() >= 60 - 1.0  # the relaxation stops within a pixel
    assert min(places) >= 0
    assert max(places) <= 1000
    assert spread([], 60, 1000) == []


def test_names_stand_on_the_side_of_their_parts_unless_one_side_would_hold_far_more():
    assert split_sides([1, 2, 3, 8, 9], middle=5) == 3
    assert split_sides([6, 7, 8, 9, 9, 9], middle=5) == 1  # two from an even split
    assert split_sides([], middle=5) == 0


def test_long_tick_labels_stand_further_apart():
    assert len(full_scale(np.array([299.5, 300.5])).ticks) < len(full_scale(np.array([75.0, 300.0])).ticks)


def test_a_figure_has_the_pixels_asked_for():
    figure = new_figure((1600, 1200))
    assert tuple(figure.get_size_inches() * figure.dpi) == pytest.approx((1600, 1200))


def test_sky_directions_are_unit_vectors_of_equal_areas():
    inside, directions = sky_directions(400)
    assert len(directions) == inside.sum()
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0, atol=1e-12)  # rounding
    # equal areas: means of x, z vanish and of z^2 is 1/3, to the resolution of the map's rim (0.5 %)
    assert np.abs(directions.mean(axis=0)).max() < 5e-3
    assert (directions**2).mean(axis=0) == pytest.approx([1 / 3] * 3, abs=5e-3)


def test_the_map_shows_directions_where_it_says():
    inside, directions = sky_directions(1000)
    rows, columns = np.nonzero(inside)
    for direction in [(1, 0, 0), (0, 1, 0), (0, -1, 0), (0.6, 0, 0.8), (0.48, -0.64, -0.6)]:
        nearest = int(np.argmax(directions @ direction))
        place = ((columns[nearest] + 0.5) / 500 - 1, 1 - (rows[nearest] + 0.5) / 250)
        assert map_place(direction) == pytest.approx(place, abs=5e-3)  # two pixels of 1/250
    assert map_place((0, 0, 1)) == pytest.approx((0, 1), abs=1e-3)  # Newton stops at the flat pole


def test_rays_find_the_nearest_shell_and_the_gap_in_it():
    inner, outer = sphere_triangles(0.02), sphere_triangles(0.05)
    half = inner[inner.mean(axis=1)[:, 2] < 0]
    directions = np.array([[0.1, 0.2, -1.0], [0.1, 0.2, 1.0]])
    hit = cast_rays(np.concatenate([half, outer]), np.zeros(3), directions)
    assert hit[0] < len(half) <= hit[1]
    assert cast_rays(half, np.zeros(3), directions)[1] == -1


def test_rays_start_at_the_ion_wherever_it_is():
    far = np.array([0.3, -0.2, 0.7])
    hit = cast_rays(sphere_triangles(0.02) + far, far, np.eye(3))
    assert (hit >= 0).all()


def test_the_largest_shares_come_first():
    rows = [{"name": "a", "share_of_T4": 0.1}, {"name": "b", "share_of_T4": 0.7}, {"name": "c", "share_of_T4": None}]
    assert [row["name"] for row in top_surfaces(rows, 2)] == ["b", "a"]


def test_surface_names_are_written_for_people():
    assert readable("bbr_cavity__inner_wall") == "bbr cavity: inner wall"
