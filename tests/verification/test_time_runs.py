"""Whole cases in time: schedules, refills, jumps, restart, and what the result says of them.

Setup: a copper bar that a bath cools along its sides, heated by a source that a schedule switches, with a wire to room
temperature and an end that radiates to the room. Expected: steps end exactly where something jumps, liquid and energy
are accounted for, and a run that was stopped goes on as if it had not been.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bbrmodel.errors import ConfigError
from bbrmodel.materials import ln2
from bbrmodel.model.transient import TimeRun
from bbrmodel.pipeline import check_case, solve_case
from bbrmodel.results import read_result
from bbrmodel.results.files import read_solution, write_result
from bbrmodel.solution import Solution, TimeSeries
from bbrmodel.spec import Case, load_case
from tests.verification.shapes import write_boxes
from tests.verification.test_conduction_exact import end_of_bar

pytestmark = pytest.mark.fenics

BAR = """
schema_version = 1
name = "bar"
[parameters]
power_W = 0.5
[geometry]
mesh_file = "bar.msh"
[bodies.bar]
material = "ofhc_cu_rrr50"
finish = "polished"
[surfaces.bar__side]
radiates = false
[surfaces.bar__cold]
radiates = false
[[boundary_conditions]]
surface = "bar__side"
bath = "ln2"
level_m = 0.08
vapour_film_W_m2_K = 5.0
[[links]]
name = "wire"
from = "bar__hot"
to_temperature_K = 293.0
material = "ss304"
diameter_m = 0.002
length_m = 0.3
side_emissivity = 0.2
surroundings_K = 293.0
[[heat_sources]]
name = "heater"
body = "bar"
power_W = "$power_W"
[[sensors]]
name = "end"
body = "bar"
position_m = [0.19, 0.05, 0.05]
[radiation]
rays_per_facet = 64
environment_temperature_K = 293.0
[time]
end_time_s = 1500.0
tolerance_K = 0.01
output_every_s = 600.0
[[schedules]]
key = "power_W"
times_s = [0.0, 500.0, 1000.0]
values = [0.5, 20.0, 0.0]
[[schedules]]
key = "radiation.environment_temperature_K"
times_s = [0.0, 1500.0]
values = [293.0, 296.0]
interpolation = "linear"
[[levels]]
surface = "bar__side"
free_area_m2 = 0.002
refill_every_s = 800.0
refill_duration_s = 100.0
"""


def write_case(folder: Path, text: str = BAR) -> Case:
    boxes = {"bar": (np.zeros(3), np.array([0.2, 0.1, 0.1]), (6, 2, 2))}
    write_boxes(folder / "bar.msh", boxes, lambda point: end_of_bar(point, 0.2))
    (folder / "case.toml").write_text(text, encoding="utf-8")
    return load_case(folder / "case.toml")


def series_of(solution: Solution) -> TimeSeries:
    assert solution.time is not None
    return solution.time


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bar")


@pytest.fixture(scope="module")
def whole(folder: Path) -> Solution:
    return solve_case(write_case(folder), cache=folder / "cache")


def test_steps_end_where_something_happens(whole: Solution) -> None:
    times = series_of(whole).times_s
    assert times[0] == 0.0
    assert times[-1] == 1500.0
    assert {500.0, 600.0, 800.0, 900.0, 1000.0, 1200.0} <= set(times)
    assert all(np.diff(times) > 0.0)


def test_the_beginning_is_the_steady_state_of_the_first_values(whole: Solution, folder: Path) -> None:
    case = write_case(folder)
    steady = solve_case(case.model_copy(update={"time": None, "schedules": (), "levels": ()}), cache=folder / "cache")
    series = series_of(whole)
    assert series.sensors_K["end"][0] == pytest.approx(steady.thermal.sensors[0].temperature_K, abs=1e-9)
    for name, flow in steady.thermal.heat_flows_W.items():
        assert series.heat_flows_W[name][0] == pytest.approx(flow, abs=1e-6)  # 1e-8 of 2 W is left, then rounding


def test_scheduled_values_and_heat_follow_their_times(whole: Solution) -> None:
    series = series_of(whole)
    times, power = np.array(series.times_s), np.array(series.heat_flows_W["source:heater"])
    expected = np.where(times <= 500.0, 0.5, np.where(times <= 1000.0, 20.0, 0.0))
    assert power == pytest.approx(expected, rel=1e-14)  # the row at a jump is the side before it
    outside = np.array(series.schedules["radiation.environment_temperature_K"])
    assert outside == pytest.approx(293.0 + times / 500.0, rel=1e-12)
    sensor = np.array(series.sensors_K["end"])
    assert sensor[times == 1000.0] > sensor[0] + 0.2


def test_energy_balances_in_every_step_and_at_the_end(whole: Solution) -> None:
    assert max(series_of(whole).energy_balance) < 2e-8  # the solver leaves 1e-8 of the largest flow
    assert whole.thermal.energy_balance.relative < 2e-8
    assert "storage" in whole.thermal.heat_flows_W


def test_liquid_that_boiled_off_is_missing_and_refills_reach_their_level(whole: Solution) -> None:
    """Volume falls by the integral of the boil-off; the trapezoidal sum is good to 3 % and, of even rates, 1e-3."""
    series = series_of(whole)
    times, level = np.array(series.times_s), np.array(series.levels_m["bar__side"])
    rate = np.array(series.boil_off_L_per_day["bar__side"]) / 86400e3
    for start, end, error in ((0.0, 500.0, 1e-3), (500.0, 800.0, 0.03), (1000.0, 1500.0, 0.03)):
        mine = np.flatnonzero((times >= start) & (times <= end))[1:]
        mean = 0.5 * (rate[mine][1:] + rate[mine][:-1])
        lost = float(mean @ np.diff(times[mine]))
        fall = 0.002 * (level[mine][0] - level[mine][-1])
        assert fall == pytest.approx(lost, rel=error)
    assert level[times == 900.0] == pytest.approx(0.08, rel=1e-12)
    assert level[times == 800.0] < 0.0795


def test_boil_off_is_the_heat_into_the_liquid(whole: Solution) -> None:
    series = series_of(whole)
    (bath,) = whole.thermal.baths
    assert bath.boil_off_L_per_day == pytest.approx(series.boil_off_L_per_day["bar__side"][-1], rel=1e-9)
    density = float(ln2.liquid_density(ln2.saturation_temperature(101325.0)))
    litres = (bath.heat_load_W - bath.vapour_heat_W) / (ln2.latent_heat() * density) * 86400e3
    assert litres == pytest.approx(bath.boil_off_L_per_day, rel=1e-9)


@pytest.mark.parametrize("steps", [1, 11])
def test_a_run_that_was_stopped_goes_on_bit_for_bit(folder: Path, whole: Solution, steps: int) -> None:
    case, keep = write_case(folder), folder / f"stop_{steps}" / "checkpoint.npz"
    with pytest.raises(KeyboardInterrupt):
        solve_case(case, cache=folder / "cache", run=TimeRun(keep, stop_after_steps=steps))
    with pytest.raises(KeyboardInterrupt):
        solve_case(case, cache=folder / "cache", run=TimeRun(keep, restart=True, stop_after_steps=3))
    again = solve_case(case, cache=folder / "cache", run=TimeRun(keep, restart=True))
    assert again.time == whole.time
    assert np.array_equal(again.thermal.node_temperature_K, whole.thermal.node_temperature_K)
    assert again.thermal.heat_flows_W == whole.thermal.heat_flows_W


def test_a_changed_case_does_not_go_on(folder: Path) -> None:
    keep = folder / "changed" / "checkpoint.npz"
    with pytest.raises(KeyboardInterrupt):
        solve_case(write_case(folder), cache=folder / "cache", run=TimeRun(keep, stop_after_steps=1))
    other = write_case(folder, BAR.replace("tolerance_K = 0.01", "tolerance_K = 0.02"))
    with pytest.raises(ConfigError, match=r"\[time\] tolerance_K was 0.01, is 0.02"):
        solve_case(other, cache=folder / "cache", run=TimeRun(keep, restart=True))
    with pytest.raises(ConfigError, match=r"nowhere.npz: there is no checkpoint"):
        solve_case(other, cache=folder / "cache", run=TimeRun(folder / "nowhere.npz", restart=True))


def test_a_result_with_series_is_read_back_as_it_was(whole: Solution, folder: Path, tmp_path: Path) -> None:
    directory = write_result(whole, write_case(folder), tmp_path / "result")
    assert read_solution(directory).time == whole.time
    assert read_result(directory)["time"]["steps"] == series_of(whole).steps
    lines = (directory / "time_series.csv").read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    assert names[:4] == ["time_s", "step_s", "step_error_K", "energy_balance"]
    assert "sensors.end.temperature_K" in names
    assert len(lines) == series_of(whole).steps + 2
    with xr.open_dataset(directory / "result.nc", engine="scipy") as stored:
        sensors = stored["time_sensor_temperature_K"].sel(sensor="end")
        assert sensors.values.tolist() == list(series_of(whole).sensors_K["end"])
        assert stored["time_heat_flow_W"].attrs["units"] == "W"
        assert stored["time"].values.tolist() == list(series_of(whole).times_s)
    last = dict(zip(names, lines[-1].split(","), strict=True))
    assert float(last["sensors.end.temperature_K"]) == whole.thermal.sensors[0].temperature_K


def test_a_bath_that_runs_dry_ends_the_run_there(tmp_path: Path) -> None:
    text = BAR.replace("free_area_m2 = 0.002", "free_area_m2 = 0.00002").replace("refill_every_s = 800.0", "")
    text = text.replace("refill_duration_s = 100.0", "").replace("output_every_s = 600.0", "")
    solution = solve_case(write_case(tmp_path, text), cache=tmp_path / "cache")
    series = series_of(solution)
    assert series.times_s[-1] < 1500.0
    assert series.levels_m["bar__side"][-1] < 2e-3 * 0.08
    assert any("ran dry" in warning for warning in solution.warnings)


def test_a_uniform_beginning_needs_no_steady_state(tmp_path: Path) -> None:
    text = BAR.replace("tolerance_K = 0.01", "tolerance_K = 0.01\ninitial_temperature_K = 77.4")
    text = text.replace("end_time_s = 1500.0", "end_time_s = 100.0").replace("output_every_s = 600.0", "")
    solution = solve_case(write_case(tmp_path, text), cache=tmp_path / "cache")
    assert series_of(solution).bodies_K["bar"][0] == pytest.approx(77.4, rel=1e-14)
    assert series_of(solution).times_s[-1] == 100.0
    assert max(series_of(solution).energy_balance) < 2e-8


BAD = {
    "no heat capacity": (
        ('material = "ofhc_cu_rrr50"\nfinish = "polished"', "conductivity_W_m_K = 400.0\nemissivity = 0.02"),
        r"bodies.bar.material = 'constant': has no heat capacity",
    ),
    "unknown key": (('key = "power_W"', 'key = "powr_W"'), r"schedules.0.key = 'powr_W': .*Did you mean 'power_W'"),
    "geometry": (
        ('key = "power_W"', 'key = "geometry.refinements"'),
        r"schedules.0.key = 'geometry.refinements': .*whole number|integer|int",
    ),
    "solver": (('key = "power_W"', 'key = "solver.relative_tolerance"'), r"schedules.0.key = 'solver.relative_tol"),
    "bad value": (
        ("values = [0.5, 20.0, 0.0]", "values = [0.5, 20.0]"),
        r"schedules.0.values = .*2 values for 3 times",
    ),
    "shrinking times": (("times_s = [0.0, 500.0, 1000.0]", "times_s = [0.0, 1000.0, 500.0]"), r"times_s.*must grow"),
    "no level": (("level_m = 0.08\n", ""), r'levels.0.surface = "bar__side": has a bath without level_m'),
    "no bath": (
        ('surface = "bar__side"\nfree', 'surface = "bar__hot"\nfree'),
        r'levels.0.surface = "bar__hot": is not',
    ),
    "level too high": (("refill_every_s", "refill_to_m = 0.2\nrefill_every_s"), r"a level of 0.2 m lies outside"),
    "open vessel": (("free_area_m2 = 0.002\n", ""), r"'bar__side' does not enclose a liquid"),
    "no time": (("[time]\nend_time_s = 1500.0\ntolerance_K = 0.01\noutput_every_s = 600.0\n", ""), r"means nothing w"),
    "long refill": (("refill_duration_s = 100.0", "refill_duration_s = 900.0"), r"refill_every_s = 800.0: is not lon"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_what_cannot_be_meant_is_said(tmp_path: Path, name: str) -> None:
    (old, new), message = BAD[name]
    assert old in BAR
    with pytest.raises(ConfigError, match=message):
        check_case(write_case(tmp_path, BAR.replace(old, new)), cache=tmp_path / "cache")


def test_a_schedule_may_not_free_a_given_temperature(tmp_path: Path) -> None:
    text = BAR + '[[boundary_conditions]]\nsurface = "bar__cold"\ntemperature_K = 78.0\n'
    text = text.replace('key = "power_W"', 'key = "boundary_conditions.1.film_W_m2_K"')
    with pytest.raises(ConfigError, match=r"schedules.0.key = 'boundary_conditions.1.film_W_m2_K'"):
        check_case(write_case(tmp_path, text), cache=tmp_path / "cache")


def test_without_an_ion_there_is_no_temperature_at_it(whole: Solution) -> None:
    assert series_of(whole).effective_temperature_K is None
    assert replace(whole, time=None).ion is None
