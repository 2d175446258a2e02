"""Joints, links, baths and drives in files and on the screen."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.image import imread
from result_samples import make_case, make_solution, make_thermal

from bbrmodel.cli.main import main
from bbrmodel.cli.summary import joint_rows, link_rows, rf_rows, temperature_tables
from bbrmodel.materials import list_materials, material
from bbrmodel.results import read_result, read_solution, write_result
from bbrmodel.solution import CryogenBath, JointFlow, LinkFlow, SinkFlow, Solution, SourcePower

Capture = pytest.CaptureFixture[str]

JOINTS = (
    JointFlow(("a", "b"), 8000.0, 1e-4, 0.02, 0.025, 0.03, 2000.0, 30000.0, "diamond_cu_silver_foil"),
    JointFlow(("a", "c"), 500.0, 1e-4, 0.02, -0.4, -0.5, contact="given"),
)
LINKS = (
    LinkFlow("plain", 1e-3, 80.0, 293.0, -1e-3, max_temperature_K=293.0),
    LinkFlow("wound", 1e-4, 80.0, 293.0, -4e-3, 0.0, 5e-4, 293.0, (SinkFlow(0.2, "lnc__outer", 4.4e-3, 78.0, 79.0),)),
)
SOURCES = (SourcePower("rf", 0.05, 0.01, 0.04, 0.4, 1.0), SourcePower("thick", 0.05, 0.0, 0.05, 0.4, 2.0, 1.5e-5))
BATHS = (CryogenBath("lnc__wall", 6.0, 3.0, 77.355, 0.5, 0.2, 55.0),)


def solution() -> Solution:
    """Return the sample solution with all heat paths."""
    thermal = replace(make_thermal(), joints=JOINTS, links=LINKS, sources=SOURCES, baths=BATHS)
    return replace(make_solution(), thermal=thermal)


def test_heat_paths_come_back_from_the_files_as_they_were_written(tmp_path: Path) -> None:
    directory = write_result(solution(), make_case(tmp_path), tmp_path / "result")
    thermal = read_solution(directory).thermal
    assert thermal.joints == JOINTS
    assert thermal.links == LINKS
    assert thermal.sources == SOURCES
    assert thermal.baths == BATHS


def test_what_is_not_a_number_in_a_heat_path_comes_back_as_nan_and_what_is_unknown_as_none(tmp_path: Path) -> None:
    thermal = replace(make_thermal(), joints=(replace(JOINTS[1], heat_W=math.nan),))
    directory = write_result(replace(make_solution(), thermal=thermal), make_case(tmp_path), tmp_path / "result")
    (joint,) = read_solution(directory).thermal.joints
    assert math.isnan(joint.heat_W)
    assert joint.conductance_low_W_m2_K is None


def test_the_summary_has_joints_by_their_step_links_with_their_sinks_and_drives(tmp_path: Path) -> None:
    directory = write_result(solution(), make_case(tmp_path), tmp_path / "result")
    thermal = read_result(directory)["thermal"]
    assert joint_rows(thermal) == [
        ("a", "c", "given", "500", "-", "0.02", "-0.4"),
        ("a", "b", "diamond_cu_silver_foil", "8000", "2000 .. 30000", "0.02", "0.025"),
    ]
    assert link_rows(thermal) == [
        ("plain", "0.001", "-0.001", "0", "0", "293"),
        ("wound", "0.0001", "-0.004", "0", "0.0005", "293"),
        ("  at 0.2 m into lnc__outer", "0.0044", "", "", "", "79"),
    ]
    assert rf_rows(thermal)[0] == ("rf", "0.05", "0.01", "0.04", "0.4", "1")
    titles = [str(table.title) for table in temperature_tables(thermal)]
    assert titles[-3:] == ["Joints", "Links", "Radio-frequency losses"]


def test_listed_materials_have_conductivity_range_and_source(capsys: Capture) -> None:
    assert main(["list", "materials"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in list_materials())
    assert "547.2" in out  # OFHC copper at 77 K
    assert "396.9" in out  # and at 293 K
    assert "4 to 350" in out


@pytest.mark.parametrize("name", ["ofhc_cu_rrr100", "ptfe"])
def test_the_picture_of_a_material_shows_something(name: str, tmp_path: Path, capsys: Capture) -> None:
    assert main(["plot", "material", name, "-o", str(tmp_path)]) == 0
    path = tmp_path / f"material_{name}.png"
    assert capsys.readouterr().out.strip() == str(path)
    rows = 3 if name == "ofhc_cu_rrr100" else 2  # the library knows the resistivity of copper
    image = imread(path)
    assert image.shape[:2] == (60 + 620 * rows, 1600)
    for row in range(rows):  # each property has a curve of its colour
        part = image[60 + 620 * row : 60 + 620 * (row + 1), :1000]
        assert ((part[..., 0] > part[..., 1] + 0.2) & (part[..., 0] < 0.7)).sum() > 500


def test_a_material_of_a_case_can_be_drawn(tmp_path: Path) -> None:
    case = tmp_path / "case.toml"
    case.write_text(
        'schema_version = 1\nname = "x"\n[geometry]\nmesh_file = "x.msh"\n[materials.mine]\nconductivity_W_m_K = 4.0\n'
    )
    assert main(["plot", "material", "mine", "--case", str(case), "-o", str(tmp_path)]) == 0
    assert imread(tmp_path / "material_mine.png").shape[0] == 60 + 620


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["material"], "plot material: which one? Write `plot material NAME`"),
        (["material", "gld"], "material 'gld' is neither in the library nor in [materials]. Did you mean 'gold'?"),
        (["first", "second"], "plot first second: of a result there is spectrum or line. Write `plot first`, or"),
        (["first", "--case", "x"], "--case x: goes with `plot material NAME`. Leave it out."),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plot", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_every_library_material_says_whether_its_conductivity_was_read_in_its_source() -> None:
    assert {material(name).conductivity.verified for name in list_materials()} == {True, False}
