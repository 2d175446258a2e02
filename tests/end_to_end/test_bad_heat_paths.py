"""What is wrong with the heat paths of a case is said before the solve, with the names of the bodies and surfaces.

Two blocks of 0.1 m stand side by side and touch; a third stands apart. Each test spoils one thing.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.errors import BbrModelError, ConfigError, ConvergenceError, PropertyRangeError
from bbrmodel.pipeline import check_case, solve_case
from bbrmodel.spec import load_case
from tests.verification.shapes import write_boxes
from tests.verification.test_conduction_exact import merge_points

CASE = """
schema_version = 1
name = "blocks"
[geometry]
mesh_file = "blocks.msh"
[bodies.left]
conductivity_W_m_K = 100.0
[bodies.right]
conductivity_W_m_K = 100.0
[bodies.apart]
conductivity_W_m_K = 100.0
[[boundary_conditions]]
surface = "left__outer"
temperature_K = 80.0
[[boundary_conditions]]
surface = "apart__outer"
temperature_K = 80.0
"""
ANCHOR = '[[boundary_conditions]]\nsurface = "apart__outer"\ntemperature_K = 80.0\n'
LINK = (
    '[[links]]\nname = "wire"\nfrom = "apart__outer"\ndiameter_m = 0.001\nlength_m = 0.5\nconductivity_W_m_K = 400.0\n'
)


def write_case(folder: Path, text: str) -> Path:
    """Write the mesh of the three blocks and a case beside it."""
    size, parts = np.full(3, 0.1), (2, 2, 2)
    boxes = {name: (np.array([x, 0, 0]), size, parts) for name, x in (("left", 0), ("right", 0.1), ("apart", 0.5))}

    def name(point: np.ndarray) -> str:
        return "outer" if min(abs(point[0] - x) for x in (0.0, 0.2, 0.5)) < 1e-9 else "side"

    merge_points(write_boxes(folder / "raw.msh", boxes, name), folder / "blocks.msh")
    (folder / "case.toml").write_text(text, encoding="utf-8")
    return folder / "case.toml"


def problem_of(folder: Path, text: str) -> str:
    """Return the error of checking a case, which is one line for each finding."""
    with pytest.raises(BbrModelError) as caught:
        check_case(load_case(write_case(folder, text)), cache=folder / "cache")
    return str(caught.value)


def test_a_body_without_heat_path_is_named(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, CASE.replace(ANCHOR, ""))
    assert "nothing ties apart to a temperature: the problem is singular. Add a boundary condition" in problem
    assert "left" not in problem.split("case.toml", maxsplit=1)[1]
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("end", "tied"),
    [
        ("free_end = true", False),
        ("free_end = true\ncurrent_A = 0.1\nresistance_ohm = 1.0", False),
        ('to = "left__side"', True),
        ("to_temperature_K = 293.0", True),
        ('free_end = true\nsinks = [{at_m = 0.1, surface = "right__side"}]', True),
        ("free_end = true\nsinks = [{at_m = 0.1, temperature_K = 80.0}]", True),
        ("free_end = true\nside_emissivity = 0.1\nsurroundings_K = 80.0", True),
        ("free_end = true\nside_film_W_m2_K = 0.1\nside_ambient_K = 80.0", True),
    ],
)
def test_a_link_ties_a_body_where_it_leads_to_a_temperature(tmp_path: Path, end: str, *, tied: bool) -> None:
    text = CASE.replace(ANCHOR, LINK + end + "\n")
    if tied:
        check_case(load_case(write_case(tmp_path, text)), cache=tmp_path / "cache")
    else:
        assert "nothing ties apart to a temperature" in problem_of(tmp_path, text)


def test_insulating_the_only_contact_of_a_body_leaves_it_without_heat_path(tmp_path: Path) -> None:
    joint = '[[joints]]\nbetween = ["left", "right"]\nconductance_W_m2_K = 0.0\n'
    assert "nothing ties right to a temperature" in problem_of(tmp_path, CASE + joint)


@pytest.mark.fenics
def test_bodies_that_touch_without_a_joint_are_reported_and_bonded(tmp_path: Path) -> None:
    """Heat from the right block crosses without a step: both blocks are one bar, exact for linear elements."""
    flux = '[[boundary_conditions]]\nsurface = "right__outer"\nheat_flux_W_m2 = 1000.0\n'
    case = load_case(write_case(tmp_path, CASE + flux))
    report = check_case(case, cache=tmp_path / "cache")
    assert report.undeclared_contacts == (("left", "right"),)
    solution = solve_case(case, cache=tmp_path / "cache")
    assert "'left' and 'right' touch without a joint: they are bonded (no temperature step)" in solution.warnings
    hottest = {body.name: body.max_K for body in solution.thermal.bodies}
    assert hottest == pytest.approx({"left": 81.0, "right": 82.0, "apart": 80.0}, abs=1e-9)


def test_two_conditions_on_one_surface_are_named(tmp_path: Path) -> None:
    again = '[[boundary_conditions]]\nsurface = "left__outer"\ntemperature_K = 90.0\n'
    with pytest.raises(
        ConfigError, match=r"boundary_conditions\.2\.surface = \"left__outer\": has temperature_K from "
    ):
        load_case(write_case(tmp_path, CASE + again))
    by_glob = '[[boundary_conditions]]\nsurface = "left__*"\nheat_flux_W_m2 = 1.0\n'
    assert "boundary_conditions: surface 'left__outer' has two" in problem_of(tmp_path, CASE + by_glob)


def test_two_temperatures_that_meet_at_an_edge_are_an_error(tmp_path: Path) -> None:
    meeting = '[[boundary_conditions]]\nsurface = "left__side"\ntemperature_K = 90.0\n'
    problem = problem_of(tmp_path, CASE + meeting)
    assert (
        "surfaces 'left__outer' (80 K) and 'left__side' (90 K) share 8 nodes, which cannot have both. Hold" in problem
    )
    check_case(load_case(write_case(tmp_path, CASE + meeting.replace("90", "80"))), cache=tmp_path / "cache")


def test_two_temperatures_that_meet_where_bodies_are_bonded_are_an_error(tmp_path: Path) -> None:
    """The sides of both blocks share the edge of the interface; a joint there gives each block nodes of its own."""
    text = CASE.replace('surface = "left__outer"', 'surface = "left__side"')
    text += '[[boundary_conditions]]\nsurface = "right__side"\ntemperature_K = 90.0\n'
    assert "'left__side' (80 K) and 'right__side' (90 K) share 8 nodes" in problem_of(tmp_path, text)
    joint = '[[joints]]\nbetween = ["left", "right"]\nconductance_W_m2_K = 100.0\n'
    check_case(load_case(write_case(tmp_path, text + joint)), cache=tmp_path / "cache")


@pytest.mark.fenics
def test_a_heated_body_with_almost_no_way_out_is_named_with_its_heat(tmp_path: Path) -> None:
    source = '[[heat_sources]]\nname = "heater"\nbody = "apart"\npower_W = 5.0\n'
    film = ANCHOR.replace("temperature_K = 80.0", "film_W_m2_K = 1e-6\nambient_K = 80.0")
    case = load_case(write_case(tmp_path, CASE.replace(ANCHOR, film) + source))
    # 5 W over 1e-6 W/m2/K x 0.01 m2 are 5e8 K.
    with pytest.raises(PropertyRangeError, match=r"'apart' would be at 5e\+08 K, .* given 5 W, and 1\.00e-08 W/K tie"):
        solve_case(case, cache=tmp_path / "cache")


LIGHT = """
[surfaces."*"]
emissivity = 0.5
[radiation]
rays_per_facet = 16
environment_temperature_K = 10.0
"""


@pytest.mark.fenics
def test_heat_that_cannot_come_from_anywhere_is_an_error_with_its_body_and_the_history(tmp_path: Path) -> None:
    """A block that only radiates cannot lose 5 W to a heat sink for ever: at 0 K it still receives too little."""
    source = '[[heat_sources]]\nname = "cooler"\nbody = "apart"\npower_W = -5.0\n'
    case = load_case(write_case(tmp_path, CASE.replace(ANCHOR, "") + source + LIGHT))
    with pytest.raises(ConvergenceError) as caught:
        solve_case(case, cache=tmp_path / "cache")
    text = str(caught.value)
    assert re.search(r"after \d+ Newton steps, \S+ W wanted; history \[W\]: .*, 5\.00e\+00\. \d+ % of it", text)
    assert "% of it is in 'apart'" in text
    assert "Likely cause: 5 W are taken out of 'apart', more than reaches it at any temperature." in text


BOX_IN_BOX = """
schema_version = 1
name = "box_in_box"
[geometry]
mesh_size_m = 0.05
[[geometry.parts]]
name = "box"
kind = "box"
size_m = [0.2, 0.2, 0.2]
cut = ["hollow"]
[[geometry.parts]]
name = "hollow"
kind = "box"
tool = true
size_m = [0.1, 0.1, 0.1]
[[geometry.parts]]
name = "cube"
kind = "box"
size_m = [0.04, 0.04, 0.04]
[[geometry.parts]]
name = "other"
kind = "box"
position_m = [0.5, 0.0, 0.0]
size_m = [0.1, 0.1, 0.1]
cut = ["void"]
[[geometry.parts]]
name = "void"
kind = "box"
tool = true
position_m = [0.5, 0.0, 0.0]
size_m = [0.06, 0.06, 0.06]
[bodies.box]
conductivity_W_m_K = 10.0
emissivity = 0.5
[bodies.cube]
conductivity_W_m_K = 10.0
emissivity = 0.5
[bodies.other]
conductivity_W_m_K = 10.0
emissivity = 0.5
[surfaces."box__?_*"]
radiates = false
[surfaces."other__?_*"]
radiates = false
[[boundary_conditions]]
surface = "other__x_low"
temperature_K = 80.0
[[heat_sources]]
name = "heater"
body = "cube"
power_W = 1.0
[radiation]
rays_per_facet = 64
"""


@pytest.mark.fenics
def test_bodies_that_share_only_their_own_light_are_named_with_their_enclosure(tmp_path: Path) -> None:
    """The light of box and cube closes on itself; another body has a temperature, and light of its own."""
    (tmp_path / "case.toml").write_text(BOX_IN_BOX, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"box, cube share only the light of enclosure 'box__hollow', which no"):
        solve_case(load_case(tmp_path / "case.toml"), cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LINK + 'to = "left__sdie"\n', "links.wire.to = 'left__sdie': the mesh has no such surface. Did you mean"),
        (
            LINK + 'free_end = true\nsinks = [{at_m = 0.1, surface = "right__x"}]\n',
            "links.wire.sinks.0.surface = 'right__x': the mesh has no such surface",
        ),
        (
            LINK.replace("conductivity_W_m_K = 400.0", 'material = "ptfe"') + "free_end = true\ncurrent_A = 1.0\n",
            "links.wire: current_A = 1: material 'ptfe' has no resistivity. Give resistance_ohm, resistivity_ohm_m",
        ),
        (
            LINK.replace("conductivity_W_m_K = 400.0", 'material = "cooper"') + "free_end = true\n",
            "links.wire: material 'cooper' is neither in the library nor in [materials].",
        ),
        (
            LINK + 'free_end = true\ncurrent_A = 1.0\nresistivity_of = "lead"\n',
            "links.wire: metal 'lead' has no resistivity in the library",
        ),
    ],
)
def test_a_link_that_cannot_be_built_is_named(tmp_path: Path, text: str, words: str) -> None:
    problem = problem_of(tmp_path, CASE + text)
    assert words in problem
    assert "\n" not in problem


def test_a_body_of_a_material_of_the_case_finds_the_contacts_of_the_one_that_it_is_like(tmp_path: Path) -> None:
    """Silver foil between copper and copper, with the range that the library states."""
    text = CASE.replace("[bodies.left]\nconductivity_W_m_K = 100.0", '[bodies.left]\nmaterial = "mine"')
    text = text.replace("[bodies.right]\nconductivity_W_m_K = 100.0", '[bodies.right]\nmaterial = "ofhc_cu_rrr50"')
    text += '[materials.mine]\nlike = "ofhc_cu_rrr100"\n'
    text += '[[joints]]\nbetween = ["left", "right"]\ncontact = "silver_foil"\n'
    (joint,) = check_case(load_case(write_case(tmp_path, text)), cache=tmp_path / "cache").joints
    assert (joint.conductance_W_m2_K, joint.low_W_m2_K, joint.high_W_m2_K) == (12000.0, 3000.0, 40000.0)
    assert joint.contact == "cu_cu_silver_foil"


@pytest.mark.fenics
def test_the_range_of_a_joint_and_its_largest_step_stand_in_the_result(tmp_path: Path) -> None:
    """10 W through h A = 100 W/m2/K x 0.01 m2 is a step of 10 K everywhere; exact for linear elements."""
    joint = '[[joints]]\nbetween = ["left", "right"]\nconductance_W_m2_K = 100.0\n'
    joint += "conductance_range_W_m2_K = [30.0, 500.0]\n"
    flux = '[[boundary_conditions]]\nsurface = "right__outer"\nheat_flux_W_m2 = 1000.0\n'
    solution = solve_case(load_case(write_case(tmp_path, CASE + joint + flux)), cache=tmp_path / "cache")
    (row,) = solution.thermal.joints
    assert (row.conductance_low_W_m2_K, row.conductance_high_W_m2_K, row.contact) == (30.0, 500.0, "given")
    assert row.heat_W == pytest.approx(-10.0, rel=1e-9)
    assert row.temperature_step_K == pytest.approx(-10.0, rel=1e-9)
    assert row.max_temperature_step_K == pytest.approx(-10.0, rel=1e-9)
