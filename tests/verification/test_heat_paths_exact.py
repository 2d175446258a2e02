"""Wires, baths, drives and materials of a case, through the whole solve, against closed forms.

Setup: a bar of 0.1 x 0.1 m section along x whose sides are insulated, held at its cold end; linear elements represent
its temperature exactly where heat enters its warm end evenly. Expected: what a wire's closed form gives at the
temperature that its surface takes, and an energy balance that closes.
"""

from pathlib import Path

import numpy as np
import pytest

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.errors import PropertyRangeError
from bbrmodel.materials import ln2, material
from bbrmodel.pipeline import solve_case
from bbrmodel.solution import Solution
from bbrmodel.spec import load_case
from bbrmodel.typing import FloatArray
from tests.verification.shapes import write_boxes
from tests.verification.test_conduction_exact import end_of_bar, solve_bar

pytestmark = pytest.mark.fenics

LENGTH, AREA, K = 0.2, 0.01, 100.0
BAR = """
[bodies.bar]
conductivity_W_m_K = 100.0
[[boundary_conditions]]
surface = "bar__cold"
temperature_K = 80.0
"""
WIRE = """
[[links]]
name = "wire"
from = "bar__hot"
diameter_m = 0.001
length_m = 0.5
conductivity_W_m_K = 400.0
"""
SECTION, PERIMETER = np.pi / 4 * 1e-6, np.pi * 1e-3


def solve(folder: Path, text: str) -> Solution:
    solution = solve_bar(folder, text, length=LENGTH)
    assert solution.thermal.energy_balance.relative < 1e-8  # the solver's tolerance
    return solution


def hot_end(solution: Solution) -> float:
    return float(solution.thermal.node_temperature_K[solution.solid.points_m[:, 0] > LENGTH - 1e-9].mean())


def test_a_current_heats_both_ends_of_its_wire_alike(tmp_path: Path) -> None:
    """Both surfaces are held, so the parabola is exact: 1e-8 is rounding of the finite volumes."""
    held = BAR.replace('"bar__cold"', '"bar__*"')
    text = held + WIRE + 'to = "bar__cold"\ncount = 4\ncurrent_A = 3.0\nresistance_ohm = 0.02\n'
    thermal = solve(tmp_path, text).thermal
    (link,) = thermal.links
    power = 4 * 3.0**2 * 0.02
    assert link.joule_W == pytest.approx(power, rel=1e-8)
    assert (link.heat_W, link.heat_to_W) == pytest.approx((power / 2, power / 2), rel=1e-8)
    assert link.max_temperature_K == pytest.approx(80.0 + power / 4 * 0.5 / (8 * 400.0 * SECTION), rel=1e-8)
    assert thermal.heat_flows_W["link:wire"] == pytest.approx(power, rel=1e-8)


def test_a_current_meets_the_resistivity_of_the_material_at_its_own_temperature(tmp_path: Path) -> None:
    """Held at 293 K and heated by 22 mK, which is 1e-4 of the resistivity: I^2 rho(293 K) L / A."""
    held = BAR.replace('"bar__cold"', '"bar__*"').replace("80.0", "293.0")
    wire = WIRE.replace("conductivity_W_m_K = 400.0", 'material = "ofhc_cu_rrr50"')
    (link,) = solve(tmp_path, held + wire + 'to = "bar__cold"\ncurrent_A = 0.1\n').thermal.links
    resistance = 1.71e-8 * 0.5 / SECTION  # 1.68e-8 of pure copper with the residual part of RRR 50
    assert link.joule_W == pytest.approx(0.01 * resistance, rel=0.01)  # handbooks differ by 1 %
    assert link.max_temperature_K - 293.0 == pytest.approx(0.022, abs=1e-3)


def test_a_fin_on_a_bar_takes_heat_as_its_closed_form_says(tmp_path: Path) -> None:
    """The fin's own error is 4e-6 m L = 8e-6; bar and fin in series share the temperature of the hot end."""
    text = BAR + WIRE + "free_end = true\nside_film_W_m2_K = 4.0\nside_ambient_K = 290.0\n"
    solution = solve(tmp_path, text)
    (link,) = solution.thermal.links
    m = np.sqrt(4.0 * PERIMETER / (400.0 * SECTION))
    conductance = m * 400.0 * SECTION * np.tanh(m * 0.5)
    bar = K * AREA / LENGTH
    flow = 210.0 / (1.0 / conductance + 1.0 / bar)
    assert link.heat_W == pytest.approx(flow, rel=2e-5)
    assert hot_end(solution) == pytest.approx(80.0 + flow / bar, rel=1e-8)
    assert link.temperature_from_K == pytest.approx(hot_end(solution), rel=1e-12)
    assert link.side_W == pytest.approx(link.heat_W, rel=1e-9)
    assert link.heat_to_W == 0.0


def test_a_wire_in_warm_light_brings_its_first_integral_to_the_cold_bar(tmp_path: Path) -> None:
    """Far end at the temperature of the surroundings, twelve decay lengths away; 1e-4 as for the wire alone."""
    wire = WIRE.replace("0.001", "0.0002").replace("length_m = 0.5", "length_m = 3.0")
    text = BAR + wire + "to_temperature_K = 293.0\nside_emissivity = 0.5\nsurroundings_K = 293.0\n"
    solution = solve(tmp_path, text)
    (link,) = solution.thermal.links
    cold = hot_end(solution)
    area, perimeter = np.pi / 4 * 4e-8, np.pi * 2e-4
    integral = 293.0**4 * (293.0 - cold) - (293.0**5 - cold**5) / 5
    flow = np.sqrt(2 * 400.0 * area * perimeter * 0.5 * STEFAN_BOLTZMANN * integral)
    assert link.heat_W == pytest.approx(flow, rel=1e-4)
    assert any("no surface and no ion sees it" in warning for warning in solution.warnings)


def test_a_wire_wound_on_the_cold_end_leaves_the_warm_heat_there(tmp_path: Path) -> None:
    """Three resistances to the sink's surface: linear, 1e-8."""
    sink = 'to_temperature_K = 293.0\nsinks = [{at_m = 0.2, surface = "bar__cold", conductance_W_K = 0.01}]\n'
    solution = solve(tmp_path, BAR + WIRE + sink)
    (link,) = solution.thermal.links
    (row,) = link.sinks
    near, far, bar = 400.0 * SECTION / 0.2, 400.0 * SECTION / 0.3, K * AREA / LENGTH
    to_start = 1.0 / (1.0 / near + 1.0 / bar)
    middle = ((to_start + 0.01) * 80.0 + far * 293.0) / (to_start + 0.01 + far)
    assert row.link_temperature_K == pytest.approx(middle, rel=1e-8)
    assert row.heat_W == pytest.approx(0.01 * (middle - 80.0), rel=1e-7)
    assert (row.at_m, row.fastened_to, row.temperature_K) == (0.2, "bar__cold", pytest.approx(80.0))
    assert link.heat_W == pytest.approx(to_start * (middle - 80.0), rel=1e-7)
    assert link.heat_W + link.heat_to_W + row.heat_W == pytest.approx(0.0, abs=1e-9)
    assert solution.thermal.heat_flows_W["link:wire"] == pytest.approx(link.heat_W + row.heat_W, rel=1e-9)


def test_both_losses_of_a_drive_enter_the_body(tmp_path: Path) -> None:
    drive = "voltage_V = 500.0, frequency_Hz = 24.8e6, capacitance_F = 5e-12, loss_tangent = 1e-4, resistance_ohm = 0.5"
    solution = solve(tmp_path, BAR + f'[[heat_sources]]\nname = "rf"\nsurface = "bar__hot"\nrf = {{{drive}}}\n')
    flows, (source,) = solution.thermal.heat_flows_W, solution.thermal.sources
    assert flows["source:rf:dielectric"] == pytest.approx(source.dielectric_W, rel=1e-12)
    assert flows["source:rf:ohmic"] == pytest.approx(source.ohmic_W, rel=1e-12)
    assert source.power_W == pytest.approx(source.dielectric_W + source.ohmic_W, rel=1e-12)
    assert hot_end(solution) == pytest.approx(80.0 + source.power_W * LENGTH / (K * AREA), rel=1e-9)


def test_a_bar_of_a_material_of_the_case_conducts_the_integral_of_its_table(tmp_path: Path) -> None:
    """k rises from 100 to 300 W/m/K; k at the mean of each cell is of second order, 12 cells along the bar."""
    text = BAR.replace("conductivity_W_m_K = 100.0", 'material = "mine"') + HOT + MINE
    flow = solve_bar(tmp_path, text, length=LENGTH, divisions=12).thermal.heat_flows_W["temperature:bar__hot"]
    assert flow == pytest.approx(AREA / LENGTH * 200.0 * 100.0, rel=2e-3)


MINE = "[materials.mine]\nconductivity_W_m_K = {temperatures_K = [80, 180], values = [100, 300]}\n"
HOT = '[[boundary_conditions]]\nsurface = "bar__hot"\ntemperature_K = 180.0\n'


def test_a_solution_outside_the_table_of_a_material_names_material_and_temperature(tmp_path: Path) -> None:
    text = BAR.replace("conductivity_W_m_K = 100.0", 'material = "mine"') + HOT.replace("180.0", "250.0") + MINE
    with pytest.raises(
        PropertyRangeError, match=r"material mine: thermal conductivity .* its source covers 80 to 180 K"
    ):
        solve(tmp_path, text)


def test_a_material_like_another_takes_what_it_does_not_give(tmp_path: Path) -> None:
    """The body keeps its own name in the result, and the conductivity of the other."""
    mine = '[materials.mine]\nlike = "ss304"\nheat_capacity_J_kg_K = 500.0\n'
    text = BAR.replace("conductivity_W_m_K = 100.0", 'material = "mine"') + HOT + mine
    thermal = solve_bar(tmp_path, text, length=LENGTH, divisions=12).thermal
    integral = material("ss304").conductivity.integral(80.0, 180.0)
    assert thermal.heat_flows_W["temperature:bar__hot"] == pytest.approx(AREA / LENGTH * integral, rel=2e-3)
    assert thermal.bodies[0].material == "mine"


GAP = """
[bodies.warm]
conductivity_W_m_K = 100.0
emissivity = 0.5
[bodies.cold]
conductivity_W_m_K = 100.0
emissivity = 0.5
[surfaces."*__side"]
radiates = false
[surfaces."*__outer"]
radiates = false
[[boundary_conditions]]
surface = "warm__gap"
temperature_K = 200.0
[[boundary_conditions]]
surface = "cold__gap"
temperature_K = 100.0
[[links]]
name = "gas"
from = "warm__gap"
to = "cold__gap"
diameter_m = 1.1283791670955126
length_m = 1e-4
conductivity_W_m_K = 9.187557e-6
[radiation]
rays_per_facet = 4096
environment_temperature_K = 171.0
"""


def test_gas_and_light_cross_a_gap_side_by_side(tmp_path: Path) -> None:
    """CO11: 37.532557 W/m2 with sigma = 5.669e-8.

    The gap is 1e-4 of its width; the gas is a link of the section of the plates with 1e-4 of its conductivity.
    """

    def name(point: FloatArray) -> str:
        faces = {0.0: "outer", 0.1: "gap", 0.1001: "gap", 0.2001: "outer"}
        return next((label for at, label in faces.items() if abs(point[0] - at) < 1e-9), "side")

    boxes = {
        "warm": (np.array([0.0, 0.0, 0.0]), np.array([0.1, 1.0, 1.0]), (2, 5, 5)),
        "cold": (np.array([0.1001, 0.0, 0.0]), np.array([0.1, 1.0, 1.0]), (2, 5, 5)),
    }
    write_boxes(tmp_path / "gap.msh", boxes, name)
    text = 'schema_version = 1\nname = "gap"\n[geometry]\nmesh_file = "gap.msh"\n' + GAP
    (tmp_path / "case.toml").write_text(text, encoding="utf-8")
    thermal = solve_case(load_case(tmp_path / "case.toml"), cache=tmp_path / "cache").thermal

    def exact(sigma: float) -> float:
        return 9.187557 + sigma * (200.0**4 - 100.0**4) / 3.0

    assert exact(5.669e-8) == pytest.approx(37.532557, rel=1e-7)
    assert thermal.heat_flows_W["temperature:warm__gap"] == pytest.approx(exact(STEFAN_BOLTZMANN), rel=2e-4)
    assert thermal.links[0].heat_to_W == pytest.approx(9.187557, rel=1e-9)


WALL = """
[bodies.wall]
conductivity_W_m_K = 1e6
[[boundary_conditions]]
surface = "wall__side"
bath = "ln2"
level_m = {level}
vapour_film_W_m2_K = 10.0
vapour_K = 85.0
[[heat_sources]]
name = "heater"
body = "wall"
power_W = 5.0
"""


def solve_wall(folder: Path, level: float) -> Solution:
    """Solve a wall of copper without resistance, 0.01 x 0.5 m wide and 1 m high, with one face in the bath."""
    boxes = {"wall": (np.zeros(3), np.array([0.01, 0.5, 1.0]), (1, 2, 8))}
    write_boxes(folder / "wall.msh", boxes, lambda point: "side" if point[0] < 1e-9 else "back")
    text = 'schema_version = 1\nname = "wall"\n[geometry]\nmesh_file = "wall.msh"\n' + WALL.format(level=level)
    (folder / "case.toml").write_text(text, encoding="utf-8")
    return solve_case(load_case(folder / "case.toml"), cache=folder / "cache")


def test_a_dry_wall_gives_all_its_heat_to_the_vapour(tmp_path: Path) -> None:
    """T = T_vapour + P / (h A). A conductivity of 1e6 W/m/K leaves 1e-7 of the heat to rounding."""
    solution = solve_wall(tmp_path, -0.1)
    (bath,) = solution.thermal.baths
    assert solution.thermal.bodies[0].mean_K == pytest.approx(85.0 + 5.0 / (10.0 * 0.5), rel=1e-6)
    assert (bath.boil_off_L_per_day, bath.wetted_area_m2, bath.largest_flux_W_m2) == (0.0, 0.0, 0.0)
    assert bath.vapour_heat_W == pytest.approx(5.0, rel=1e-7)


@pytest.mark.parametrize("level", [0.3, 0.55])
def test_a_partly_wetted_wall_balances_liquid_and_vapour(tmp_path: Path, level: float) -> None:
    """The wall has one temperature. Heat into the liquid is summed up depth by depth.

    A facet has one boiling temperature, which varies by 0.08 K over its height where the superheat is 0.3 K: 2 (0.02 /
    0.3)^2 / 9 = 1e-3 of the heat, a few times that for the piece of a facet at the waterline. Rounding as above.
    """
    solution = solve_wall(tmp_path, level)
    (bath,) = solution.thermal.baths
    wall = solution.thermal.bodies[0].mean_K
    depth = (np.arange(2000) + 0.5) / 2000 * level
    liquid = 0.5 * level * ln2.boiling_heat_flux(wall - ln2.saturation_temperature_at_depth(depth)).mean()
    into_liquid = bath.heat_load_W - bath.vapour_heat_W
    assert bath.wetted_area_m2 == pytest.approx(0.5 * level, rel=1e-12)
    assert into_liquid == pytest.approx(liquid, rel=5e-3)
    assert bath.vapour_heat_W == pytest.approx(10.0 * 0.5 * (1.0 - level) * (wall - 85.0), rel=1e-4)
    assert bath.heat_load_W == pytest.approx(5.0, rel=1e-5)
    assert bath.boil_off_L_per_day == pytest.approx(ln2.boil_off_L_per_day(into_liquid), rel=1e-12)


def test_a_flux_that_no_liquid_bears_is_warned_of(tmp_path: Path) -> None:
    text = (
        BAR.replace("temperature_K = 80.0", 'bath = "ln2"')
        + '[[heat_sources]]\nname = "h"\nbody = "bar"\npower_W = 3e3\n'
    )
    solution = solve(tmp_path, text.replace("100.0", "1e4"))
    assert any("exceeds the critical heat flux, 1.8e+05 W/m2" in warning for warning in solution.warnings)


def test_the_name_of_a_facet_of_these_bars_is_its_end() -> None:
    assert [end_of_bar(np.array([x, 0, 0]), LENGTH) for x in (0.0, 0.1, LENGTH)] == ["cold", "side", "hot"]
