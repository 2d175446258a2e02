"""Heat through bonded interfaces.

Rationale: where bodies are bonded no term carries the heat; it must still be a result, and every body's balance must
close with it. Setup: three blocks that meet along one line, with a source, a film, a held side that ends at that line,
and light to the outside. Expected: for every body, what comes from outside and through interfaces adds up to zero, to
the tolerance of the solve, whether interfaces are bonded or joints, and whether temperatures are linear or quadratic.
"""

from collections import defaultdict
from pathlib import Path

import pytest

from bbrmodel.pipeline import solve_case
from bbrmodel.solution import Solution
from bbrmodel.spec import load_case

pytestmark = pytest.mark.fenics

BLOCKS = """
schema_version = 1
name = "blocks"
[geometry]
mesh_size_m = 0.03
[[geometry.parts]]
name = "left"
kind = "box"
size_m = [0.1, 0.1, 0.2]
[[geometry.parts]]
name = "low"
kind = "box"
size_m = [0.1, 0.1, 0.1]
position_m = [0.1, 0.0, -0.05]
[[geometry.parts]]
name = "high"
kind = "box"
size_m = [0.1, 0.1, 0.1]
position_m = [0.1, 0.0, 0.05]
[bodies.left]
conductivity_W_m_K = 20.0
emissivity = 0.8
[bodies.low]
conductivity_W_m_K = 5.0
emissivity = 0.5
[bodies.high]
conductivity_W_m_K = 1.0
emissivity = 0.1
[[boundary_conditions]]
surface = "left__y_low"
temperature_K = 80.0
[[boundary_conditions]]
surface = "low__y_low"
film_W_m2_K = 20.0
ambient_K = 300.0
[[heat_sources]]
name = "heater"
body = "high"
power_W = 2.0
[radiation]
rays_per_facet = 16
environment_temperature_K = 250.0
"""
JOINT = '\n[[joints]]\nbetween = ["{0}", "{1}"]\nconductance_W_m2_K = {2}\n'


def heat_from_outside(solution: Solution) -> dict[str, float]:
    """Return what every body takes from outside [W]."""
    heat: dict[str, float] = defaultdict(float)
    flows, light = solution.thermal.heat_flows_W, solution.thermal.net_radiation_W
    heat["left"] = flows["temperature:left__y_low"]
    heat["low"] = flows["film:low__y_low"]
    heat["high"] = flows["source:heater"]
    for surface, net in light.items():
        heat[surface.split("__")[0]] += net
    return heat


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize(
    "joints",
    ["", JOINT.format("low", "high", 100.0), JOINT.format("low", "high", 0.0), JOINT.format("high", "left", "inf")],
    ids=["all bonded", "one joint", "one insulated", "one declared bond"],
)
def test_the_balance_of_every_body_closes_with_the_heat_through_its_interfaces(
    tmp_path: Path, joints: str, degree: int
) -> None:
    text = BLOCKS + f"[solver]\ndegree = {degree}\n" + joints
    (tmp_path / "blocks.toml").write_text(text, encoding="utf-8")
    solution = solve_case(load_case(tmp_path / "blocks.toml"), cache=tmp_path / "cache")
    rows = {frozenset(row.between): row for row in solution.thermal.joints}
    assert set(rows) == {frozenset(p) for p in (("left", "low"), ("left", "high"), ("low", "high"))}
    balance = heat_from_outside(solution)
    for row in rows.values():
        first, second = row.between
        balance[first] -= row.heat_W
        balance[second] += row.heat_W
    assert balance == pytest.approx(dict.fromkeys(balance, 0.0), abs=1e-6)  # of 2 W; the solve leaves 1e-8
    heat = abs(rows[frozenset(("left", "high"))].heat_W)
    assert heat > 0.1  # W: the balance is not one of zeros
    declared = [row for row in rows.values() if row.contact == "given"]
    assert len(declared) == (1 if joints else 0)
