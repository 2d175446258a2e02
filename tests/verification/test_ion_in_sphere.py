"""The whole chain in a sphere, where it is exact: F_ij = A_j / A.

Rationale: a small warm hole in a bright cavity is what the program exists for. Setup: the shipped sphere cases.
Expected: closed form with the solid angle that the mesh's hole really has, to 1e-3 of the weight (ray statistics at a
hole of 0.2 % of the sphere); the published numbers to what the facets of the sphere leave.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.cli.main import main
from bbrmodel.errors import GeometryError
from bbrmodel.pipeline import solve_case
from bbrmodel.solution import IonField, SurfaceAtIon
from bbrmodel.spec import load_case
from bbrmodel.typing import FloatArray

BB01 = {
    1.0: (88.20766912, 0.001903),
    0.5: (93.30915883, 0.003798),
    0.1: (118.30446954, 0.018706),
    0.02: (165.27406639, 0.087020),
}


def ion_of(case: str, overrides: dict[str, str], cache: Path) -> IonField:
    """Solve a shipped case."""
    solution = solve_case(load_case(case, overrides), cache=cache)
    assert solution.ion is not None
    return solution.ion


def row(ion: IonField, name: str) -> SurfaceAtIon:
    """Return one surface of the ion's table."""
    return next(surface for surface in ion.surfaces if surface.name == name)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache that all cases here share: one mesh, one set of view factors."""
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("emissivity", BB01)
def test_weight_of_a_small_hole_grows_with_the_walls_brightness(emissivity: float, cache: Path) -> None:
    """BB01."""
    temperature, weight = BB01[emissivity]
    ion = ion_of("grey_sphere_hole", {"wall_emissivity": str(emissivity)}, cache)
    hole = row(ion, "sphere__hole")
    assert hole.effective_solid_angle_sr / 12.566370614 == pytest.approx(weight, rel=2e-3)
    assert ion.effective_temperature_K == pytest.approx(temperature, rel=1e-3)
    assert ion.sum_of_weights == pytest.approx(1.0, abs=1e-9)


def test_two_halves_weigh_by_their_emissivity(cache: Path) -> None:
    """SP01: weights 0.1 and 0.9."""
    ion = ion_of("split_sphere", {}, cache)
    assert row(ion, "sphere__lower").effective_solid_angle_sr / 12.566370614 == pytest.approx(0.1, abs=2e-4)
    assert ion.effective_temperature_K == pytest.approx(170.58994055998818, rel=5e-4)


@pytest.mark.parametrize(("case", "temperature"), [("grey_sphere_hole", 118.30446954), ("split_sphere", 170.58994056)])
def test_command_line_gives_the_same(
    case: str, temperature: float, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BB01 (wall emissivity 0.1) in a process of its own, and SP01, through the case file."""
    monkeypatch.setenv("BBRMODEL_CACHE", str(cache))
    command = ["run", case, "-o", str(tmp_path / "out"), "--no-plot"]
    if case == "split_sphere":
        assert main(command) == 0
    else:
        python = [sys.executable, "-m", "bbrmodel"]
        done = subprocess.run([*python, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert result["ion"]["effective_temperature_K"] == pytest.approx(temperature, rel=1e-3)


# What is exact for any number of rays needs few.
FEW = {"geometry.resolution": '"coarse"', "radiation.rays_per_facet": "64", "ion.rays": "4096"}
ISOTHERMAL = FEW | {"wall_temperature_K": "79.5", "hole_temperature_K": "79.5"}


@pytest.mark.parametrize("emissivity", [1.0, 0.3, 0.02])
def test_isothermal_sphere_gives_its_temperature(emissivity: float, cache: Path) -> None:
    """Weights sum to 1 to 1e-9, so T_eff = T to 1e-9 of it."""
    ion = ion_of("grey_sphere_hole", ISOTHERMAL | {"wall_emissivity": str(emissivity)}, cache)
    assert ion.effective_temperature_K == pytest.approx(79.5, rel=1e-9)


@pytest.mark.parametrize("specularity", [0.3, 1.0])
def test_isothermal_sphere_with_mirrors_gives_its_temperature(specularity: float, cache: Path) -> None:
    """Whatever the optics: weights sum to 1 to 1e-9."""
    changes = {"wall_emissivity": "0.1", "surfaces.sphere__wall.specularity": str(specularity)}
    ion = ion_of("grey_sphere_hole", ISOTHERMAL | changes, cache)
    assert ion.effective_temperature_K == pytest.approx(79.5, rel=1e-9)


@pytest.mark.parametrize("emissivity", [0.5, 0.1])
def test_paths_from_the_ion_find_the_same_temperature(emissivity: float, cache: Path) -> None:
    """Two methods, one answer: four standard deviations, and each within 2 % of BB01."""
    changes = {"wall_emissivity": str(emissivity), "ion.cross_check_paths": "65536"}
    ion = ion_of("grey_sphere_hole", changes, cache)
    assert ion.cross_check is not None
    assert abs(ion.cross_check.deviation_sigma) < 4.0
    assert ion.cross_check.effective_temperature_K == pytest.approx(BB01[emissivity][0], rel=0.02)


def test_along_a_line_the_field_is_that_of_even_walls_and_the_hole(cache: Path) -> None:
    """Grey walls reflect evenly, so off the centre T_eff^4 = J (1 - f) + f 300^4 with the hole's own solid angle f."""
    changes = {
        "wall_emissivity": "0.1",
        "ion.line": "{from_m = [0.0, -0.05, 0.0], to_m = [0.0, 0.05, 0.0], number = 5}",
        "ion.points": '[{name = "aside", position_m = [0.03, 0.02, -0.01]}]',
    }
    solution = solve_case(load_case("grey_sphere_hole", changes), cache=cache)
    ion, facets = solution.ion, solution.facets
    assert ion is not None
    hole = facets.vertices_m[facets.surface == facets.surface_names.index("sphere__hole")]
    share = float(facets.area_m2[facets.surface == facets.surface_names.index("sphere__hole")].sum())
    share /= float(facets.area_m2.sum())
    even = (share * 300.0**4 + (1.0 - share) * 0.1 * 82.0**4) / (share + (1.0 - share) * 0.1)  # irradiance
    wall = 0.1 * 82.0**4 + 0.9 * even
    assert [point.name for point in ion.points] == ["aside", "line_1", "line_2", "line_3", "line_4", "line_5"]
    assert [point.distance_m for point in ion.points[1:]] == pytest.approx([0.0, 0.025, 0.05, 0.075, 0.1])
    for point in ion.points:
        fraction = abs(float(solid_angles(hole - np.array(point.position_m)).sum())) / (4.0 * np.pi)
        expected = (wall * (1.0 - fraction) + fraction * 300.0**4) ** 0.25
        # 1000 rays per facet at a hole of 0.2 % of the sphere: 2e-3 of its weight, 5e-4 of T_eff at most.
        assert point.effective_temperature_K == pytest.approx(expected, rel=5e-4)
        assert point.sum_of_weights == pytest.approx(1.0, abs=1e-10)
    assert ion.points[3].effective_temperature_K == pytest.approx(ion.effective_temperature_K, rel=1e-12)
    warmest = max(ion.points, key=lambda point: point.effective_temperature_K)
    assert warmest.nearest_surface == "sphere__hole"


def solid_angles(corner: FloatArray) -> FloatArray:
    """Return the solid angles of triangles seen from the origin (Van Oosterom and Strackee)."""
    a, b, c = corner[:, 0], corner[:, 1], corner[:, 2]
    la, lb, lc = (np.linalg.norm(x, axis=1) for x in (a, b, c))
    triple = np.einsum("ij,ij->i", a, np.cross(b, c))
    below = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
    angle: FloatArray = 2.0 * np.arctan2(triple, below)
    return angle


def test_a_point_of_the_line_in_a_wall_is_named(cache: Path) -> None:
    changes = FEW | {"ion.line": "{from_m = [0.0, 0.0, 0.0], to_m = [0.0, 0.0, 0.15], number = 3}"}
    with pytest.raises(GeometryError, match=r"ion\.line, line_3 = .*from behind"):
        solve_case(load_case("grey_sphere_hole", changes), cache=cache)


def test_slopes_of_whole_surfaces_are_those_of_other_runs(cache: Path) -> None:
    """dT_eff by a surface's temperature and emissivity: central differences of whole runs with the same rays."""
    base = {"wall_emissivity": "0.1", "geometry.resolution": "coarse", "ion.rays": "65536"}
    ion = ion_of("grey_sphere_hole", base, cache)
    rows = {surface.name: surface for surface in ion.surfaces}

    def slope(key: str, value: float, step: float) -> float:
        ends = [ion_of("grey_sphere_hole", base | {key: repr(value + s)}, cache) for s in (step, -step)]
        return (ends[0].effective_temperature_K - ends[1].effective_temperature_K) / (2.0 * step)

    # The correction for the mean of the noise is not part of the slopes: some 1e-4 of T_eff, 1e-3 of a change.
    assert rows["sphere__hole"].temperature_slope == pytest.approx(slope("hole_temperature_K", 300.0, 1.0), rel=2e-3)
    assert rows["sphere__wall"].temperature_slope == pytest.approx(slope("wall_temperature_K", 82.0, 0.5), rel=2e-3)
    by_emissivity = rows["sphere__wall"].absorptivity_slopes_K["all"]
    assert by_emissivity == pytest.approx(slope("wall_emissivity", 0.1, 1e-3), rel=5e-3)
    assert rows["sphere__hole"].temperature_slope == pytest.approx(  # w (T_j / T_eff)^3
        rows["sphere__hole"].effective_solid_angle_sr / 12.566370614 * (300.0 / ion.effective_temperature_K) ** 3,
        rel=1e-9,
    )
