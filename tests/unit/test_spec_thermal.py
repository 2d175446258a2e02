"""Tables of heat paths in a case: what contradicts itself is refused in one line with place, value, rule, remedy."""

from pathlib import Path

import pytest
from spec_samples import SMALL, changed, problems_of, write

from bbrmodel.spec import load_case, resolved_toml

LINK = 'to_temperature_K = "$room_K"\nmaterial = "phosphor_bronze_c51000"\ndiameter_m = 0.0002\nlength_m = 0.5\n'
SOURCE = 'body = "trap"\npower_W = 0.05\n'
JOINT = "conductance_W_m2_K = inf\n"
BATH = 'surface = "cavity__base"\nbath = "ln2"\n'
MATERIAL = '\n[materials.mine]\n{}\n[geometry]\napparatus = "box"'


def material(text: str) -> str:
    return changed('\n[geometry]\napparatus = "box"', MATERIAL.format(text))


CASES = [
    (
        changed(LINK, LINK + 'sinks = [{at_m = 0.6, surface = "trap__left"}]\n'),
        "links.endcap.sinks.0.at_m = 0.6: lies beyond the link, which is 0.5 m long. Give less than length_m.",
    ),
    (
        changed(LINK, LINK + 'sinks = [{at_m = 0.2, surface = "a"}, {at_m = 0.2, temperature_K = 77.0}]\n'),
        "links.endcap.sinks.1.at_m = 0.2: is the place of sinks.0 already. Keep one of the two.",
    ),
    (
        changed(LINK, LINK + "sinks = [{at_m = 0.2}]\n"),
        "links.endcap.sinks.0 = {at_m = 0.2}: gives none of surface, temperature_K. Give exactly one of them.",
    ),
    (
        changed(LINK, LINK + "side_emissivity = 0.06\n"),
        "links.endcap.side_emissivity = 0.06: needs surroundings_K. Add surroundings_K.",
    ),
    (
        changed(LINK, LINK + "side_ambient_K = 80.0\n"),
        "links.endcap.side_ambient_K = 80.0: means nothing without side_film_W_m2_K. Give side_film_W_m2_K too or "
        "remove side_ambient_K.",
    ),
    (
        changed(LINK, LINK + "resistance_ohm = 0.1\n"),
        "links.endcap.resistance_ohm = 0.1: means nothing without current_A. Give current_A too or remove "
        "resistance_ohm.",
    ),
    (
        changed(
            SOURCE, SOURCE.replace("power_W = 0.05", "rf = {voltage_V = 1.0, frequency_Hz = 1e6, loss_tangent = 1e-3}")
        ),
        "heat_sources.rf.rf.capacitance_F: is missing. Add capacitance_F = ... (Capacitance that the voltage charges).",
    ),
    (
        changed(JOINT, "conductance_W_m2_K = 10.0\nconductance_range_W_m2_K = [20.0, 30.0]\n"),
        "joints.0.conductance_range_W_m2_K = [20.0, 30.0]: does not hold conductance_W_m2_K = 10. Write [lowest, "
        "highest].",
    ),
    (
        changed(JOINT, "conductance_W_m2_K = 10.0\nconductance_range_W_m2_K = [30.0, 3.0]\n"),
        "joints.0.conductance_range_W_m2_K = [30.0, 3.0]: must be two numbers from 0 up, the lower first. Write "
        "[lowest, highest].",
    ),
    (
        changed(BATH, BATH + "vapour_K = 90.0\n"),
        "boundary_conditions.0.vapour_K = 90.0: means nothing without level_m. Give level_m too or remove vapour_K.",
    ),
    (
        material("density_kg_m3 = 3.0"),
        "materials.mine = {density_kg_m3 = 3.0}: has no conductivity. Give conductivity_W_m_K, or like = a material of "
        "the library.",
    ),
    (
        material('conductivity_W_m_K = "400"'),
        'materials.mine.conductivity_W_m_K = "400": must be a number or a table. Write 400.0 or {temperatures_K = [77, '
        "293], values = [550, 400]}.",
    ),
    (
        material("conductivity_W_m_K = {temperatures_K = [300.0, 77.0], values = [1.0, 2.0]}"),
        "materials.mine.conductivity_W_m_K.temperatures_K = [300.0, 77.0]: must grow. Sort the points by temperature.",
    ),
    (
        material("conductivity_W_m_K = {temperatures_K = [77.0, 300.0], values = [1.0]}"),
        "materials.mine.conductivity_W_m_K.temperatures_K = [77.0, 300.0]: has 2 temperatures for 1 values. Give each "
        "value its temperature.",
    ),
    (
        material("conductivity_W_m_K = {values = [1.0, 2.0]}"),
        "materials.mine.conductivity_W_m_K.values = [1.0, 2.0]: has 2 values without temperatures. Add temperatures_K.",
    ),
]


@pytest.mark.parametrize(("text", "problem"), CASES, ids=[problem.split(":")[0] for _, problem in CASES])
def test_what_cannot_be_meant_is_refused_in_one_line(tmp_path: Path, text: str, problem: str) -> None:
    assert problems_of(tmp_path, text) == (problem,)


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("", "gives neither loss_tangent nor resistance_ohm"),
        (", loss_tangent = 1e-3, film_thickness_m = 1e-6", "means nothing without film_resistivity_ohm_m"),
        (", loss_tangent = 1e-3, film_thickness_m = 1e-6, film_resistivity_ohm_m = 2e-8", "without resistance_ohm"),
    ],
)
def test_a_drive_says_what_loses_power(tmp_path: Path, keys: str, problem: str) -> None:
    drive = f"rf = {{voltage_V = 1.0, frequency_Hz = 1e6, capacitance_F = 1e-12{keys}}}"
    assert problem in problems_of(tmp_path, changed("power_W = 0.05", drive))[0]


def test_a_case_with_every_heat_path_reads_back_as_it_was_written(tmp_path: Path) -> None:
    text = material(
        'like = "ss304"\nresistivity_ohm_m = 5e-7\nconductivity_W_m_K = {temperatures_K = [4, 300], values = [1, 9]}'
    )
    sinks = 'sinks = [{at_m = 0.1, surface = "cavity__*", conductance_W_K = 0.1}, {at_m = 0.3, temperature_K = 78.0}]\n'
    for old, new in (
        (
            LINK,
            LINK + sinks + 'current_A = 0.1\nresistivity_of = "ss304"\nside_emissivity = 0.1\nsurroundings_K = 80.0\n',
        ),
        (BATH, BATH + "level_m = 0.3\nvapour_film_W_m2_K = 3.0\n"),
        (JOINT, "conductance_W_m2_K = 10.0\nconductance_range_W_m2_K = [1.0, 30.0]\n"),
        ("power_W = 0.05", "rf = {voltage_V = 1.0, frequency_Hz = 1e6, capacitance_F = 1e-12, loss_tangent = 1e-3}"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    case = load_case(write(tmp_path, text))
    again = load_case(write(tmp_path, resolved_toml(case), "again.toml"))
    assert again == case
    assert case.links[0].sinks[1].temperature_K == 78.0


def test_values_of_drives_and_materials_can_be_set_from_outside(tmp_path: Path) -> None:
    drive = "rf = {voltage_V = 1.0, frequency_Hz = 1e6, capacitance_F = 1e-12, loss_tangent = 1e-3}"
    text = material("conductivity_W_m_K = 4.0").replace("power_W = 0.05", drive)
    overrides = ["heat_sources.rf.rf.voltage_V=300", "materials.mine.conductivity_W_m_K=7"]
    case = load_case(write(tmp_path, text), overrides)
    assert case.heat_sources[0].rf is not None
    assert case.heat_sources[0].rf.voltage_V == 300.0
    assert case.materials["mine"].conductivity_W_m_K is not None
    assert case.materials["mine"].conductivity_W_m_K.values == (7.0,)


def test_a_link_that_is_tied_part_way_holds_a_temperature(tmp_path: Path) -> None:
    """Without the baths of the small case only the sink says how cold anything is."""
    text = SMALL.replace(BATH, 'surface = "cavity__base"\nheat_flux_W_m2 = 1.0\n')
    text = text.replace('surface = "chamber__*"\ntemperature_K = "$room_K"', 'surface = "x"\nheat_flux_W_m2 = 1.0')
    text = text.replace('to_temperature_K = "$room_K"', "free_end = true").replace("room_K = 293.0\n", "")
    assert "nothing holds a temperature" in problems_of(tmp_path, text)[0]
    tied = text.replace("free_end = true", "free_end = true\nsinks = [{at_m = 0.1, temperature_K = 78.0}]")
    assert load_case(write(tmp_path, tied)).links[0].free_end is True
