"""Thermometers that update the inputs, and the commands."""

import json
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.cli.main import main
from bbrmodel.errors import ConfigError
from bbrmodel.spec import Case, with_overrides
from bbrmodel.uncertainty.inputs import find_inputs
from bbrmodel.uncertainty.model import build_model
from bbrmodel.uncertainty.sensors import SensorStudy, check_readings, compute_sensors
from tests.uncertain_case import write_case

pytestmark = pytest.mark.fenics

POWER = '[[uncertain]]\nkey = "heat_sources.rf.power_W"\nstd = 0.05\n'
ROOM = '[[uncertain]]\nkey = "room_K"\nstd = 0.5\n'


def update(folder: Path, rows: str, readings: dict[str, float]) -> tuple[SensorStudy, Case]:
    """Return what readings say of the case, each calibrated to 1 mK."""
    changes = tuple(f"sensors.{name}.reading_K={value}" for name, value in readings.items())
    changes += tuple(f"sensors.{name}.calibration_K=0.001" for name in readings)
    case = write_case(folder, rows, changes=changes)
    return compute_sensors(build_model(case), find_inputs(case)), case


def place(case: Case, power_W: float) -> tuple[float, float]:
    """Return the thermometer on top and T_eff, solved anew for a power."""
    from bbrmodel.pipeline import solve_case

    solution = solve_case(with_overrides(case, {"heat_sources.rf.power_W": power_W}))
    assert solution.ion is not None
    return solution.thermal.sensors[0].temperature_K, solution.ion.effective_temperature_K


def test_a_sharp_thermometer_pins_the_one_input_it_depends_on(tmp_path: Path) -> None:
    """The reading is what 1.02 W would give: the update must find 1.02 W (0.4 sigma), and T_eff of that."""
    case = write_case(tmp_path, POWER)
    reading, expected = place(case, 1.02)
    study, _ = update(tmp_path, POWER, {"on_top": reading})
    (power,) = study.inputs
    assert power.mean == pytest.approx(0.4, rel=5e-3)  # the case is not quite linear in 2 % of its power
    assert power.value == pytest.approx(1.02, rel=1e-3)
    assert power.std < 0.01
    temperature = study.outputs[0]
    assert temperature.posterior == pytest.approx(expected, abs=2e-3)
    assert temperature.posterior_std < 0.1 * temperature.prior_std or temperature.posterior_std < 0.05
    assert study.readings[0].deviation_sigma == pytest.approx(0.4, rel=0.01)


def test_readings_as_the_model_says_change_nothing_but_the_uncertainty(tmp_path: Path) -> None:
    case = write_case(tmp_path, POWER + ROOM)
    top, _ = place(case, 1.0)
    study, _ = update(tmp_path, POWER + ROOM, {"on_top": top})
    for output in study.outputs:
        assert output.posterior == pytest.approx(output.prior, rel=1e-6)
        assert output.posterior_std < output.prior_std
    assert study.chi_squared < 1e-3
    assert study.span_K == pytest.approx(top)
    assert study.span_half_K == pytest.approx(0.001)  # one reading: its calibration alone
    left = [one.remaining["temperature"] for one in study.candidates]
    assert left == sorted(left)
    assert max(left) <= study.outputs[0].posterior_std * (1.0 + 1e-12)


def test_an_offset_moves_the_reading_and_widens_it(tmp_path: Path) -> None:
    case = write_case(tmp_path, POWER)
    top, _ = place(case, 1.0)
    changes = (f"sensors.on_top.reading_K={top + 0.5}", "sensors.on_top.offset_K=[0.0, 1.0]")
    case = write_case(tmp_path, POWER, changes=changes)
    study = compute_sensors(build_model(case), find_inputs(case))
    assert study.readings[0].std_K == pytest.approx(np.hypot(0.1, 1.0 / np.sqrt(12.0)))
    assert study.readings[0].deviation_sigma == pytest.approx(0.0, abs=1e-3)


def test_readings_that_no_input_explains_are_said_to_contradict_the_model(tmp_path: Path) -> None:
    """2 K of reading against a power known to 0.05 W, which makes a fraction of a kelvin: no update can be right."""
    case = write_case(tmp_path, POWER)
    top, _ = place(case, 1.0)
    study, _ = update(tmp_path, POWER, {"on_top": top, "on_base": top + 2.0})
    assert study.probability < 1e-6
    (note,) = study.notes
    assert "contradict the model" in note
    assert "on_base" in note


def test_an_input_that_leaves_its_limits_is_warned_of_and_kept_within_them(tmp_path: Path) -> None:
    """The reading is what 1.1 W would give, of a power that lies between 0.95 and 1.05 W."""
    rows = '[[uncertain]]\nkey = "heat_sources.rf.power_W"\nhalf_width = 0.05\n'
    case = write_case(tmp_path, rows)
    reading, free = place(case, 1.1)
    _, inside = place(case, 1.05)
    study, _ = update(tmp_path, rows, {"on_top": reading})
    (power,) = study.inputs
    assert power.is_outside
    assert (power.low, power.high) == (pytest.approx(0.95), pytest.approx(1.05))
    assert power.value == pytest.approx(1.1, rel=5e-3)  # the case is not quite linear in 10 % of its power
    assert any("beyond its limits 0.95 to 1.05" in note for note in study.notes)
    temperature = study.outputs[0]
    assert temperature.posterior == pytest.approx(free, abs=0.02)
    assert temperature.bounded == pytest.approx(inside, abs=0.01)


def test_a_thermometer_at_the_proposed_place_leaves_what_was_promised(tmp_path: Path) -> None:
    case = write_case(tmp_path, POWER + ROOM)
    top, _ = place(case, 1.0)
    study, _ = update(tmp_path, POWER + ROOM, {"on_top": top})
    best = next(one for one in study.candidates if one.place == "base")
    sensor = f'[[sensors]]\nname = "more"\nbody = "base"\nposition_m = {list(best.position_m)}\nreading_K = 80.0\n'
    (tmp_path / "more").mkdir()
    case = write_case(
        tmp_path / "more",
        POWER + ROOM + sensor,
        changes=(f"sensors.on_top.reading_K={top}", "sensors.on_top.calibration_K=0.001"),
    )
    model = build_model(case)
    after = compute_sensors(model, find_inputs(case)).outputs[0].posterior_std
    own = model.view.temperature_std_K  # numerical error, which no thermometer takes away
    assert np.sqrt(after**2 - own**2) == pytest.approx(best.remaining["temperature"], rel=1e-3)  # the linear solves


def test_inputs_that_change_the_mesh_are_left_out_and_named(tmp_path: Path) -> None:
    size = '[[uncertain]]\nkey = "geometry.mesh_size_m"\nrelative_std = 0.1\n'
    study, _ = update(tmp_path, POWER + size, {"on_top": 100.0})
    assert [one.name for one in study.inputs] == ["heat_sources.rf.power_W"]
    assert any("left out" in note and "geometry.mesh_size_m" in note for note in study.notes)
    with pytest.raises(ConfigError, match="every uncertain input changes the mesh"):
        update(tmp_path, size, {"on_top": 100.0})


def test_a_case_without_readings_says_how_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"plates.toml: no thermometer has a reading.*sensors.on_top.reading_K=78.1"):
        check_readings(write_case(tmp_path, POWER))


def test_the_commands_print_and_write_what_they_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = write_case(tmp_path, POWER + ROOM, changes=())
    file, out = str(case.source), tmp_path / "out"
    assert main(["uncertainty", file, "--samples", "64", "-o", str(out)]) == 0
    text = capsys.readouterr().out
    assert "heat_sources.rf.power_W" in text
    assert "64 samples: T_eff" in text
    names = {path.name for path in out.iterdir()}
    assert {"uncertainty.json", "temperature.tex", "shift.md", "temperature.csv", "samples.csv"} <= names
    document = json.loads((out / "uncertainty.json").read_text())
    assert document["samples"]["number"] == 64
    linear = document["linear"]["temperature"]["standard"]["quadrature"]
    assert document["samples"]["temperature"]["std"] == pytest.approx(linear, rel=0.1)  # 64 samples, and the rays' row
    assert len((out / "samples.csv").read_text().splitlines()) == 65
    assert main(["sensors", file, "--set", "sensors.on_top.reading_K=100", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["readings"][0]["name"] == "on_top"
    assert main(["bracket", file, "--no-mirrors"]) == 0
    assert "K <= T_eff <=" in capsys.readouterr().out
