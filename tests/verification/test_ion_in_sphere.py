"""The whole chain in a sphere, where it is exact: F_ij = A_j / A.

Rationale: a small warm hole in a bright cavity is what the program exists for. Setup: the shipped sphere cases.
Expected: closed form with the solid angle that the mesh's hole really has, to 1e-3 of the weight (ray statistics at a
hole of 0.2 % of the sphere); the published numbers to what the facets of the sphere leave.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bbrmodel.pipeline import solve_case
from bbrmodel.solution import IonField, SurfaceAtIon
from bbrmodel.spec import load_case

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
def test_command_line_gives_the_same(case: str, temperature: float, tmp_path: Path) -> None:
    """BB01 (wall emissivity 0.1) and SP01 through the case file."""
    command = [sys.executable, "-m", "bbrmodel", "run", case, "-o", str(tmp_path / "out"), "--no-plot"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert result["ion"]["effective_temperature_K"] == pytest.approx(temperature, rel=1e-3)


@pytest.mark.parametrize("emissivity", [1.0, 0.3, 0.02])
def test_isothermal_sphere_gives_its_temperature(emissivity: float, cache: Path) -> None:
    """Weights sum to 1 to 1e-9, so T_eff = T to 1e-9 of it."""
    changes = {"wall_emissivity": str(emissivity), "wall_temperature_K": "79.5", "hole_temperature_K": "79.5"}
    ion = ion_of("grey_sphere_hole", changes, cache)
    assert ion.effective_temperature_K == pytest.approx(79.5, rel=1e-9)


@pytest.mark.parametrize("specularity", [0.3, 1.0])
def test_isothermal_sphere_with_mirrors_gives_its_temperature(specularity: float, cache: Path) -> None:
    """Whatever the optics: weights sum to 1 to 1e-9."""
    changes = {
        "wall_emissivity": "0.1",
        "wall_temperature_K": "79.5",
        "hole_temperature_K": "79.5",
        "surfaces.sphere__wall.specularity": str(specularity),
    }
    ion = ion_of("grey_sphere_hole", changes, cache)
    assert ion.effective_temperature_K == pytest.approx(79.5, rel=1e-9)


@pytest.mark.parametrize("emissivity", [0.5, 0.1])
def test_paths_from_the_ion_find_the_same_temperature(emissivity: float, cache: Path) -> None:
    """Two methods, one answer: four standard deviations, and each within 2 % of BB01."""
    changes = {"wall_emissivity": str(emissivity), "ion.cross_check_paths": "65536"}
    ion = ion_of("grey_sphere_hole", changes, cache)
    assert ion.cross_check is not None
    assert abs(ion.cross_check.deviation_sigma) < 4.0
    assert ion.cross_check.effective_temperature_K == pytest.approx(BB01[emissivity][0], rel=0.02)
