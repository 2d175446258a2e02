"""Cases whose geometry stands in the case file or in a CAD file, from the command to the result."""

import json
from pathlib import Path
from typing import Any

import pytest

from bbrmodel.cli.main import main
from tests.cad_samples import write_cad

pytestmark = pytest.mark.fenics
COARSE = ("geometry.resolution=coarse", "radiation.rays_per_facet=128", "radiation.portal_rays=50000")

STEP_CASE = """
schema_version = 1
name = "block_and_arm"
[parameters]
power_W = 0.5
[geometry]
step_file = "block.step"
resolution = "coarse"
[geometry.names]
"Cold Block" = "block"
[[geometry.faces]]
surface = "block__cold"
normal = [-1, 0, 0]
box_m = [[-0.001, 0, 0], [0.001, 0.02, 0.01]]
[bodies.block]
conductivity_W_m_K = 400.0
emissivity = 0.2
[bodies.arm]
conductivity_W_m_K = 400.0
emissivity = 0.8
[[joints]]
between = ["block", "arm"]
conductance_W_m2_K = 2000.0
[[boundary_conditions]]
surface = "block__cold"
temperature_K = 80.0
[[heat_sources]]
name = "drive"
body = "arm"
power_W = "$power_W"
[radiation]
rays_per_facet = 64
environment_temperature_K = 80.0
[ion]
position_m = [0.03, 0.01, 0.015]
"""


def run(case: str | Path, out: Path, *changes: str) -> dict[str, Any]:
    """Run a case and return its result."""
    words = [word for change in changes for word in ("--set", change)]
    assert main(["run", str(case), "-o", str(out), "--no-plot", *words]) == 0
    result: dict[str, Any] = json.loads((out / "result.json").read_text(encoding="utf-8"))
    return result


@pytest.fixture(scope="module")
def cavity(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run("vented_cavity", tmp_path_factory.mktemp("runs") / "cavity", *COARSE)


def test_a_cavity_of_parts_runs_from_the_case_file_to_the_shift(cavity: dict[str, Any]) -> None:
    names = {surface["name"] for surface in cavity["ion"]["surfaces"]}
    assert {"cavity__vent_1", "cavity__vent_2", "cover_1__facing", "cover_2__posts", "chamber__side"} <= names
    assert 78.0 < cavity["ion"]["effective_temperature_K"] < 200.0  # colder than the room, warmer than the plate
    assert cavity["thermal"]["energy_balance"]["relative"] <= 1e-8


def test_both_vents_of_a_symmetric_cavity_look_the_same_to_the_ion(cavity: dict[str, Any]) -> None:
    angles = {surface["name"]: surface["solid_angle_sr"] for surface in cavity["ion"]["surfaces"]}
    # a million low-discrepancy rays find a surface of 0.02 sr to a percent
    assert angles["cavity__vent_1"] == pytest.approx(angles["cavity__vent_2"], rel=0.02)
    assert angles["window__top"] == pytest.approx(
        2.0 * 3.141593 * (1.0 - 0.014 / (0.014**2 + 0.004**2) ** 0.5), rel=0.02
    )


def test_a_cavity_of_parts_at_one_temperature_is_what_the_ion_sees(tmp_path: Path) -> None:
    result = run("vented_cavity", tmp_path / "even", *COARSE, "room_K=77.5")
    assert result["ion"]["effective_temperature_K"] == pytest.approx(77.5, abs=1e-6)


def test_the_number_of_vents_is_a_change_of_one_number(tmp_path: Path) -> None:
    changes = ("geometry.parts.vent.pattern.count=1", "geometry.parts.cover.pattern.count=1")
    words = [word for change in (*COARSE, *changes) for word in ("--set", change)]
    assert main(["mesh", "vented_cavity", "-o", str(tmp_path / "one.msh"), *words]) == 0
    assert b"vent_1" in (tmp_path / "one.msh").read_bytes()
    assert b"vent_2" not in (tmp_path / "one.msh").read_bytes()


@pytest.fixture(scope="module")
def step_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("step")
    write_cad(folder / "block.step", solids=("Cold Block", "Arm"))
    (folder / "case.toml").write_text(STEP_CASE, encoding="utf-8")
    return folder / "case.toml"


def test_two_solids_of_a_step_file_conduct_through_the_face_that_they_share(step_case: Path, tmp_path: Path) -> None:
    result = run(step_case, tmp_path / "warm")
    (joint,) = result["thermal"]["joints"]
    assert set(joint["between"]) == {"arm", "block"}
    # 0.5 W through 100 mm2 of 2000 W/m2/K is a step of 2.5 K, less what is radiated from the arm, below 0.1 %
    assert abs(joint["heat_W"]) == pytest.approx(0.5, rel=1e-3)
    assert abs(joint["temperature_step_K"]) == pytest.approx(2.5, rel=1e-3)


def test_a_step_file_at_one_temperature_is_what_the_ion_sees(step_case: Path, tmp_path: Path) -> None:
    result = run(step_case, tmp_path / "even", "power_W=0")
    assert result["ion"]["effective_temperature_K"] == pytest.approx(80.0, abs=1e-6)


def test_check_and_mesh_say_what_touches_what(step_case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("check", "mesh"):
        assert main([command, str(step_case), "--json"]) == 0
        (contact,) = json.loads(capsys.readouterr().out)["contacts"]
        assert (contact["first"], contact["second"]) == ("arm", "block")
        assert contact["area_m2"] == pytest.approx(1e-4)
