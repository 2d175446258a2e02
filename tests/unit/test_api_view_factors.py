"""View factors of mesh files: ray counts from a tolerance, shells with two sides, both methods."""

from pathlib import Path

import meshio
import numpy as np
import pytest

from bbrmodel.errors import ConfigError, EnclosureError, UnknownSurfaceError
from bbrmodel.radiation import adaptive, memory
from bbrmodel.radiation.api import (
    SurfaceViewFactors,
    ViewFactorOptions,
    compute_view_factors_of_file,
    enclosure_of_triangles,
    surface_view_factors,
    with_back_sides,
)
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, rectangle, write_boxes, write_shells

SIDE_TO_OPPOSITE = 0.19982489569838746


def box_with_baffle(divisions: int) -> dict[str, FloatArray]:
    """Return a cube of named sides, cut in two at x = 0 by a sheet without thickness."""
    left = cube([-0.25, 0, 0], 0.5, divisions, inward=True)
    halves = {}
    for word, shift in (("left", 0.0), ("right", 0.5)):
        open_side = "x_high" if word == "left" else "x_low"
        parts = [part + np.array([shift, 0.0, 0.0]) for name, part in left.items() if name != open_side]
        halves[f"{word}_walls"] = np.concatenate(parts)
    return {**halves, "baffle": left["x_high"]}


def factor(found: SurfaceViewFactors, source: str, target: str) -> float:
    return float(found.view_factors[found.surfaces.index(source), found.surfaces.index(target)])


def test_a_shell_file_gives_the_factors_of_a_cube_by_both_methods(tmp_path: Path) -> None:
    """Exact to 1e-10; rays to four standard errors."""
    path = write_shells(tmp_path / "cube.msh", cube([0, 0, 0], 1.0, 2, inward=True))
    exact = compute_view_factors_of_file(path, ViewFactorOptions(method="exact"))
    assert factor(exact, "x_low", "x_high") == pytest.approx(SIDE_TO_OPPOSITE, abs=1e-10)
    assert (exact.rays, exact.lost_rays, len(exact.enclosures)) == (0, 0, 1)
    traced = compute_view_factors_of_file(path, ViewFactorOptions(rays_per_facet=4096))
    assert traced.rays == 48 * 4096
    assert abs(factor(traced, "x_low", "x_high") - SIDE_TO_OPPOSITE) < 4.0 * traced.standard_errors[0, 1]


@pytest.mark.parametrize("tolerance", [3e-3, 3e-4])
def test_a_tolerance_is_reached_and_honest(tolerance: float) -> None:
    box = enclosure_of_triangles(cube([0, 0, 0], 1.0, 2, inward=True))
    found = surface_view_factors(box, tolerance=tolerance)
    assert found.standard_errors.max() <= tolerance
    assert found.standard_errors.max() > 0.2 * tolerance  # not far more work than was asked for
    assert abs(found.view_factors[0, 1] - SIDE_TO_OPPOSITE) < 4.0 * tolerance
    np.testing.assert_allclose(found.view_factors.sum(axis=1), 1.0, rtol=0.0, atol=1e-6)  # the closure's tolerance


def test_stated_errors_are_the_scatter_of_many_seeds() -> None:
    """Of 40 seeds and 42 pairs, which hang together: 15 % is 4 standard deviations of about 350 independent numbers."""
    surfaces = cube([0, 0, 0], 1.0, 2, inward=True)
    surfaces["block"] = np.concatenate(list(cube([0.05, 0.03, -0.02], 0.4, 1, inward=False).values()))
    box = enclosure_of_triangles(surfaces)
    found = [surface_view_factors(box, RaySettings(64, seed=seed)) for seed in range(40)]
    factors = np.array([one.view_factors for one in found])
    stated = np.array([one.standard_errors for one in found])
    seen = factors.mean(axis=0) > 1e-3
    scatter = factors.std(axis=0, ddof=1)[seen]
    ratio = np.sqrt((scatter**2).sum() / (stated**2).mean(axis=0)[seen].sum())
    assert ratio == pytest.approx(1.0, abs=0.15)
    deviation = np.abs(factors - factors.mean(axis=0))[:, seen] / stated[:, seen]
    assert (deviation > 4.0).mean() < 1e-3


def test_what_can_only_be_one_has_no_error() -> None:
    box = enclosure_of_triangles({"walls": np.concatenate(list(cube([0, 0, 0], 1.0, 2, inward=True).values()))})
    found = surface_view_factors(box, tolerance=1e-3)
    assert found.standard_errors[0, 0] < 1e-6
    assert found.view_factors[0, 0] == pytest.approx(1.0, abs=1e-6)


def test_a_coarse_tolerance_takes_one_round() -> None:
    box = enclosure_of_triangles(cube([0, 0, 0], 1.0, 4, inward=True))
    assert surface_view_factors(box, tolerance=0.1).rays == box.num_facets * adaptive.FIRST_RAYS


def test_more_rays_than_hits_are_stored_with_still_count(tmp_path: Path) -> None:
    """100000 rays from each of twelve facets: every pair has more hits than 16 bits hold."""
    box = enclosure_of_triangles(cube([0, 0, 0], 1.0, 1, inward=True))
    found = surface_view_factors(box, RaySettings(rays_per_facet=1 << 19))
    assert abs(found.view_factors[0, 1] - SIDE_TO_OPPOSITE) < 4.0 * found.standard_errors[0, 1]


def test_what_does_not_fit_in_memory_is_refused_with_numbers_and_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adaptive, "available_memory_mib", lambda: 100.0)
    box = enclosure_of_triangles(cube([0, 0, 0], 1.0, 2, inward=True))
    with pytest.raises(ConfigError, match=r"256 rays from a facet.* MiB, and 100 MiB are .*--method exact"):
        surface_view_factors(box, tolerance=1e-3)


def test_a_tolerance_out_of_reach_is_refused_after_the_first_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rounds at most: what the error of the first asks for is checked, not only what the next one needs."""
    rounds: list[tuple[int, int]] = []
    box = enclosure_of_triangles(cube([0, 0, 0], 1.0, 2, inward=True))
    monkeypatch.setattr(adaptive, "available_memory_mib", lambda: 4096.0)
    with pytest.raises(ConfigError, match=r"tolerance 1e-08 asks for \d+ rays from a facet.* 4096 MiB are available"):
        surface_view_factors(box, tolerance=1e-8, progress=lambda done, total: rounds.append((done, total)))
    assert [done for done, total in rounds if done == total] == [48]


def test_a_tolerance_for_one_surface_spends_rays_there_alone() -> None:
    surfaces = cube([0, 0, 0], 1.0, 2, inward=True)
    surfaces["patch"] = rectangle([0.1, 0.1, -0.45], [0.05, 0, 0], [0, 0.05, 0], 1)
    surfaces["patch_below"] = rectangle([0.1, 0.1, -0.4501], [0, 0.05, 0], [0.05, 0, 0], 1)
    box = enclosure_of_triangles(surfaces)
    row = box.surface_names.index("patch")
    whole = surface_view_factors(box, tolerance=2e-3)
    alone = surface_view_factors(box, tolerance={"patch": 2e-3})
    assert (alone.standard_errors[row] <= 2e-3).all()
    assert alone.rays < whole.rays
    with pytest.raises(UnknownSurfaceError, match=r"surface 'pach': the model has no such surface.*patch"):
        surface_view_factors(box, tolerance={"pach": 2e-3})


def test_a_fine_tolerance_for_one_surface_is_reached_although_closure_passes_on_the_noise_of_others() -> None:
    box = enclosure_of_triangles(cube([0, 0, 0], 1.0, 4, inward=True))
    found = surface_view_factors(box, tolerance={"x_low": 2e-4})
    assert (found.standard_errors[0] <= 2e-4).all()
    assert found.rays < 192 * 100_000


def test_a_tolerance_must_be_positive() -> None:
    box = enclosure_of_triangles(cube([0, 0, 0], 1.0, 1, inward=True))
    with pytest.raises(ConfigError, match="must be above 0"):
        surface_view_factors(box, tolerance=float("nan"))


def test_the_memory_limit_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    assert memory.available_memory_mib() == 4096.0
    (tmp_path / "memory.max").write_text(f"{3 << 30}\n")
    (tmp_path / "memory.current").write_text(f"{1 << 30}\n")
    assert memory.available_memory_mib() == 2048.0
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available_memory_mib() == 4096.0
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "nothing")
    assert memory.available_memory_mib() == float("inf")


def test_back_sides_face_the_other_way_and_stand_just_behind() -> None:
    plates = enclosure_of_triangles({"low": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 1)}, open_model=True)
    both = with_back_sides(plates, np.array([True, False]))
    assert both.surface_names == ("low", "low__back")
    assert both.surface.tolist() == [0, 0, 1]
    np.testing.assert_array_equal(both.normal[2], -both.normal[0])
    assert -1e-5 < both.vertices_m[2, 0, 2] < -1e-7


@pytest.mark.parametrize("method", ["ray", "exact"])
@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_nothing_passes_a_sheet_between_two_rooms(tmp_path: Path, method: str, scale: float) -> None:
    """OB07 with a sheet of no thickness: each of its sides sees its own half alone, in metres and millimetres.

    Exact: the strip of wall behind the back side (2e-6 of the size) is all that may be missing.
    """
    surfaces = {name: scale * part for name, part in box_with_baffle(2).items()}
    path = write_shells(tmp_path / "box.msh", surfaces)
    options = ViewFactorOptions(method=method, rays_per_facet=8192, two_sided=True, open_model=True)  # type: ignore[arg-type]
    found = compute_view_factors_of_file(path, options)
    inside = {"left": ("left_walls", "baffle"), "right": ("right_walls", "baffle__back")}
    assert found.surfaces.index("baffle__back") == 5
    for one in inside["left"]:
        for other in inside["right"]:
            assert factor(found, one, other) == factor(found, other, one) == 0.0
    # A side of a cube sees the five others with 1; the sheet's plane is the only thing that it cannot see.
    assert factor(found, "baffle", "left_walls") == pytest.approx(1.0, abs=1e-4)
    assert factor(found, "baffle__back", "right_walls") == pytest.approx(1.0, abs=1e-4)
    rooms = [set(part.surfaces) for part in found.enclosures]
    assert set(inside["left"]) in rooms
    assert set(inside["right"]) in rooms


def test_a_larger_sheet_between_two_plates_hides_them_and_takes_their_light_on_both_sides(tmp_path: Path) -> None:
    """OB05: nothing passes; 4 standard errors (below 0.02) from the closed form of two facing squares."""
    plates = {
        "low": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 2),
        "high": rectangle([0, 0, 2], [0, 1, 0], [1, 0, 0], 2),
        "sheet": rectangle([-20, -20, 1], [41, 0, 0], [0, 41, 0], 4),
    }
    path = write_shells(tmp_path / "plates.msh", plates)
    found = compute_view_factors_of_file(path, ViewFactorOptions(rays_per_facet=4096, two_sided=True, open_model=True))
    assert factor(found, "low", "high") == 0.0
    assert factor(found, "high", "sheet") == pytest.approx(1.0, abs=0.01)  # 41 wide, 1 away
    assert factor(found, "low", "sheet__back") == pytest.approx(1.0, abs=0.01)
    assert factor(found, "low", "sheet") == factor(found, "low__back", "sheet__back") == 0.0


def test_bodies_keep_one_side(tmp_path: Path) -> None:
    box = {"block": (np.zeros(3), np.ones(3), (1, 1, 1))}
    path = write_boxes(tmp_path / "block.msh", box, lambda centre: "top" if centre[2] > 0.99 else "rest")
    found = compute_view_factors_of_file(path, ViewFactorOptions(rays_per_facet=64, two_sided=True, open_model=True))
    assert sorted(found.surfaces) == ["block__rest", "block__top"]
    np.testing.assert_allclose(found.environment, 1.0, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize(("two_sided", "said"), [(False, "do not close a cavity"), (True, "outer sides of shells")])
def test_an_open_mesh_is_refused_with_the_option_that_allows_it(tmp_path: Path, two_sided: bool, said: str) -> None:
    sides = cube([0, 0, 0], 1.0, 2, inward=True)
    if not two_sided:
        del sides["z_high"]
    path = write_shells(tmp_path / "open.msh", sides)
    with pytest.raises(EnclosureError, match=f"{said}.*--open"):
        compute_view_factors_of_file(path, ViewFactorOptions(rays_per_facet=64, two_sided=two_sided))


def test_a_mesh_in_millimetres_has_its_areas_in_square_metres(tmp_path: Path) -> None:
    """Areas scale with the square of the unit, view factors do not."""
    corners = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [0, 0, 10]], dtype=float)
    faces = np.array([[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]])  # normals inward
    meshio.write(tmp_path / "corner.vtu", meshio.Mesh(corners, [("triangle", faces)]))
    found = [
        compute_view_factors_of_file(tmp_path / "corner.vtu", ViewFactorOptions(rays_per_facet=256, length_unit_m=unit))
        for unit in (1.0, 1e-3)
    ]
    assert found[0].areas_m2.sum() == pytest.approx(1e6 * found[1].areas_m2.sum())
    np.testing.assert_allclose(found[0].view_factors, found[1].view_factors, atol=1e-12)
