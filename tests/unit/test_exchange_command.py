"""The exchange of a case without solving it: classes of light, the environment, the command."""

import json
from pathlib import Path

import meshio
import numpy as np
import pytest

from bbrmodel.cli.main import main
from bbrmodel.errors import ConfigError
from bbrmodel.model.exchange import CaseExchange, exchange_of_case
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.exact import compute_exact_view_factors
from bbrmodel.radiation.gebhart import SurfaceGebhart, surface_gebhart_factors
from bbrmodel.radiation.radiosity import RadiositySolver
from bbrmodel.spec import load_case
from tests.verification.shapes import cube

CASE = """
schema_version = 1
name = "box"
[geometry]
mesh_file = "box.msh"
[surfaces.floor]
emissivity = 0.2
absorptivity_warm = 0.5
[surfaces.rest]
emissivity = 0.9
[[boundary_conditions]]
surface = "floor"
temperature_K = 77.0
[[boundary_conditions]]
surface = "rest"
temperature_K = 293.0
"""
RADIATION = "[radiation]\nrays_per_facet = 16384\n"


@pytest.fixture
def case_file(tmp_path: Path) -> Path:
    """Return a cube of shells: a floor and the rest."""
    sides = cube([0, 0, 0], 1.0, 3, inward=True)
    triangles = np.concatenate([sides.pop("z_low"), *sides.values()]).reshape(-1, 3)
    points, index = np.unique(np.round(triangles, 12), axis=0, return_inverse=True)
    number = np.where(np.arange(108) < 18, 1, 2)
    names = {"floor": np.array([1, 2]), "rest": np.array([2, 2])}
    data = {"gmsh:physical": [number], "gmsh:geometrical": [number]}
    mesh = meshio.Mesh(points, [("triangle", index.reshape(-1, 3))], cell_data=data, field_data=names)
    meshio.write(tmp_path / "box.msh", mesh, file_format="gmsh22", binary=False)
    path = tmp_path / "case.toml"
    path.write_text(CASE + RADIATION)
    return path


def without_rays(floor: float) -> SurfaceGebhart:
    """Return the factors of the cube by exact view factors, for an absorptivity of its floor."""
    sides = cube([0, 0, 0], 1.0, 3, inward=True)
    box = enclosure_of_triangles({"floor": sides.pop("z_low"), "rest": np.concatenate(list(sides.values()))})
    areas = compute_exact_view_factors(box).areas
    solver = RadiositySolver(areas, np.where(box.surface == 0, floor, 0.9), box.surface)
    return surface_gebhart_factors(solver, box.surface, num_surfaces=2)


def exchange(path: Path, light: str, *changes: str) -> CaseExchange:
    return exchange_of_case(load_case(path, changes), light=light, cache=path.parent / "cache")


@pytest.mark.parametrize(("light", "floor"), [("warm", 0.5), ("cold", 0.2)])
def test_each_class_of_light_sees_its_own_absorptivity(case_file: Path, light: str, floor: float) -> None:
    """To 1e-3, five times the noise of 16384 rays, of view factors without rays on the same facets."""
    found = exchange(case_file, light)
    assert (found.light, found.surfaces) == (light, ("floor", "rest"))
    np.testing.assert_allclose(found.temperatures_K, [77.0, 293.0])
    np.testing.assert_allclose(found.absorptivities, [floor, 0.9])
    expected = without_rays(floor).exchange_factors
    np.testing.assert_allclose(found.exchange_factors, expected, rtol=1e-3)
    # The closed form for one radiosity per surface is near, not equal: less light returns to corners.
    assert expected[0, 1] == pytest.approx(1.0 / (1.0 / floor + 0.2 * (1.0 / 0.9 - 1.0)), rel=5e-3)
    np.testing.assert_allclose(found.gebhart_factors.sum(axis=1), 1.0, rtol=0.0, atol=1e-6)  # rows close to 1e-7
    assert [part.surfaces for part in found.enclosures] == [("floor", "rest")]


def test_grey_finishes_have_one_class_of_light(case_file: Path) -> None:
    found = exchange(case_file, "cold", "surfaces.floor.absorptivity_warm=0.2")
    assert found.light == "all"


def test_a_surface_left_out_of_the_exchange_is_not_listed_and_light_may_leave(tmp_path: Path, case_file: Path) -> None:
    # The floor of the mesh becomes the hole: without it the cube is open.
    mesh = meshio.read(case_file.parent / "box.msh")
    keep = mesh.cell_data["gmsh:physical"][0] == 2
    data = {key: [value[0][keep]] for key, value in mesh.cell_data.items()}
    cut = meshio.Mesh(
        mesh.points,
        [("triangle", mesh.cells[0].data[keep])],
        cell_data=data,
        field_data={"rest": mesh.field_data["rest"]},
    )
    meshio.write(case_file.parent / "box.msh", cut, file_format="gmsh22", binary=False)
    text = CASE.replace("[surfaces.floor]\nemissivity = 0.2\nabsorptivity_warm = 0.5\n", "")
    text = text.replace('[[boundary_conditions]]\nsurface = "floor"\ntemperature_K = 77.0\n', "")
    case_file.write_text(text + RADIATION + "environment_temperature_K = 300.0\n")
    found = exchange(case_file, "warm")
    assert found.surfaces == ("rest",)
    assert found.enclosures[0].open
    # As with a black floor instead of the hole, to five times the noise of the rays.
    assert 0.9 * found.environment[0] == pytest.approx(without_rays(1.0).exchange_factors[1, 0], rel=1e-3)


def test_a_case_without_radiation_is_refused(case_file: Path) -> None:
    case_file.write_text(CASE)
    with pytest.raises(ConfigError, match=r"has no \[radiation\]"):
        exchange(case_file, "warm")


def test_the_command_prints_pairs_and_json(case_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exchange", str(case_file), "--light", "cold", "--group", "floor"]) == 0
    out = capsys.readouterr().out
    assert "box: cold light, absorbed after all reflections" in out
    assert "expected K" in out
    assert main(["exchange", str(case_file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["light"] == "warm"
    assert np.shape(document["gebhart_factors"]) == np.shape(document["exchange_factors"]) == (2, 2)
    assert main(["exchange", str(case_file), "--group", "flor"]) == 2
    assert "Did you mean 'floor'?" in capsys.readouterr().err
