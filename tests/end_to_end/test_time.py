"""A run in time from the command line: stopped by Ctrl-C, gone on with, and what it leaves on disk.

Setup: the small cavity of parts in a chamber whose temperature jumps, so that the light that enters through the vents
does, too. Expected: the same numbers as without the stop, and at the ion what a steady solve says of the same state.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from bbrmodel.cli.main import main
from bbrmodel.model import transient
from bbrmodel.pipeline import solve_case
from bbrmodel.spec import load_case

pytestmark = pytest.mark.fenics

CASE = """
schema_version = 1
name = "cavity_in_time"
based_on = "vented_cavity"
[set]
"geometry.resolution" = "coarse"
"radiation.rays_per_facet" = 64
"radiation.portal_rays" = 20000
"ion.rays" = 65536
[time]
end_time_s = 20000.0
tolerance_K = 0.01
[[schedules]]
key = "room_K"
times_s = [0.0, 100.0]
values = [293.0, 300.0]
"""


def read(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "result.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def case_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cavity") / "case.toml"
    path.write_text(CASE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(case_file: Path) -> dict[str, Any]:
    directory = case_file.parent / "whole"
    assert main(["run", str(case_file), "-o", str(directory), "--no-plot", "--quiet"]) == 0
    return read(directory)


def test_a_run_that_was_interrupted_goes_on_to_the_same_result(
    case_file: Path, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    directory, advance, count = case_file.parent / "stopped", transient.advance, []

    def stop_in_the_seventh(*arguments: Any) -> Any:
        count.append(1)
        found = advance(*arguments)
        if len(count) == 7:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(transient, "advance", stop_in_the_seventh)
    command = ["run", str(case_file), "-o", str(directory), "--no-plot", "--quiet"]
    assert main(command) == 130
    assert "go on with --restart" in capsys.readouterr().err
    assert [path.name for path in directory.iterdir()] == ["checkpoint.npz"]
    monkeypatch.setattr(transient, "advance", advance)
    assert main(command) == 2
    assert "--restart" in capsys.readouterr().err
    assert main([*command, "--restart"]) == 0
    found = read(directory)
    assert found["time"] == whole["time"]
    assert found["ion"] == whole["ion"]
    assert found["thermal"] == whole["thermal"]
    assert not (directory / "checkpoint.npz").exists()
    assert main([*command, "--restart"]) == 2
    assert "there is no checkpoint to go on from" in capsys.readouterr().err


def test_the_ion_sees_at_both_ends_what_a_steady_solve_says(case_file: Path, whole: dict[str, Any]) -> None:
    """At the end of 20 000 s the cavity is steady to the tolerance of the steps; at the beginning it is exactly.

    The correction for noise and size is kept from the beginning, as a factor, which costs a small part of the
    numerical error: 2e-3 K of 0.1 K with the few rays here.
    """
    case = load_case(case_file)
    for room, place in ((293.0, 0), (300.0, -1)):
        steady = load_case(case_file, [f"room_K={room}"]).model_copy(update={"time": None, "schedules": ()})
        found = solve_case(steady)
        assert found.ion is not None
        series = whole["time"]
        assert series["effective_temperature_K"][place] == pytest.approx(
            found.ion.effective_temperature_K, abs=1e-9 if place == 0 else 5e-3
        )
        assert series["shift_Hz"][place] == pytest.approx(found.ion.shift_Hz, rel=1e-8 if place == 0 else 2e-4)
    part = 0.05 * whole["ion"]["effective_temperature_std_K"]
    assert whole["ion"]["effective_temperature_K"] == pytest.approx(series["effective_temperature_K"][-1], abs=part)
    assert case.time is not None


def test_a_jump_of_the_room_shows_at_the_ion_at_once(whole: dict[str, Any]) -> None:
    times, effective = whole["time"]["times_s"], whole["time"]["effective_temperature_K"]
    jump = times.index(100.0)
    assert effective[jump] == pytest.approx(effective[0], abs=1e-4)
    assert times[jump + 1] < 110.0
    assert effective[jump + 1] > effective[jump] + 0.5 * (effective[-1] - effective[0])
