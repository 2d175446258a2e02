"""The shift at one temperature, from Python and from the command line."""

import json
from dataclasses import replace

import pytest

from bbrmodel.cli.main import main
from bbrmodel.ion.clocks import clock, list_clocks
from bbrmodel.ion.quick import quick_shift

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("name", list_clocks())
def test_every_number_of_a_clock_has_a_source_and_says_whether_it_was_read_there(name: str) -> None:
    found = quick_shift(name, 300.0)
    assert all(row.source and isinstance(row.verified, bool) for row in found.coefficients)
    assert found.coefficients[-1].name == "frequency"
    assert len(found.alternatives) == len(clock(name).alternatives)
    assert found.fractional_shift == found.shift_Hz / found.frequency_Hz


def test_the_field_is_that_of_a_black_body() -> None:
    assert quick_shift("ca40p_729", 300.0).rms_field_V_m == pytest.approx(831.943163, abs=5e-7)  # digits given
    assert quick_shift("ca40p_729", 150.0).rms_field_V_m == pytest.approx(831.943163 / 4.0, rel=1e-9)


def test_the_slope_is_four_over_the_temperature_and_a_little_more() -> None:
    found = quick_shift("sr87_698", 300.0)
    static = 4.0 * found.fractional_shift / 300.0
    # eta = a T^2 + b T^4: the slope of the dynamic part is 6 and 8 instead of 4 over T.
    assert 1.0 < found.fractional_slope_per_K / static < 1.06
    lamps = quick_shift("yb171p_e2", 300.0)  # no dynamic correction
    assert lamps.fractional_slope_per_K == pytest.approx(4.0 * lamps.fractional_shift / 300.0, rel=1e-7)  # difference


def test_another_published_polarizability_scales_the_static_shift() -> None:
    found = quick_shift("al27p_267", 300.0)
    used_in_the_paper = found.alternatives[0]
    # -5.312e-18 with the paper's polarizability at 299.61 K; digits given.
    at_paper = quick_shift("al27p_267", 299.61).alternatives[0].shift_Hz / found.frequency_Hz
    assert at_paper == pytest.approx(-5.312e-18, abs=0.005e-18)
    assert used_in_the_paper.shift_Hz / found.shift_Hz == pytest.approx(1.14603 / 0.6858913, rel=1e-3)


def test_the_command_prints_shift_data_and_sign(capsys: Capture) -> None:
    assert main(["shift", "--clock", "cd113p_hfs", "--temperature", "300"]) == 0
    text = capsys.readouterr().out
    for words in ("(-1.815 ± 0.085)e-16", "-1.3039e-17", "Yu & Sahoo", "positive: the clock runs fast", "as large as"):
        assert words in text


def test_the_command_writes_json_with_the_keys_of_a_result(capsys: Capture) -> None:
    assert main(["shift", "--clock", "ca40p_729", "--temperature", "79.5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["shift_Hz"] == pytest.approx(1.872e-3, abs=5e-7)  # digits given
    assert found["fractional_shift"] == pytest.approx(45.5e-19, abs=0.05e-19)  # digits given
    assert found["coefficients"][0] == {
        "name": "delta_alpha0",
        "value": -7.2677e-40,
        "uncertainty": 2.1e-43,
        "unit": "J m2/V2",
        "verified": True,
        "source": clock("ca40p_729").response.source,
    }


def test_what_the_data_do_not_tell_is_null_and_said(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    strontium = clock("sr87_698")
    without = replace(strontium, response=replace(strontium.response, magnetic_lines=()))
    monkeypatch.setattr("bbrmodel.ion.quick.clock", lambda name: without)
    assert main(["shift", "--clock", "sr87_698", "--temperature", "300", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["magnetic_shift_Hz"] is None
    assert main(["shift", "--clock", "sr87_698", "--temperature", "300"]) == 0
    assert "not in the data" in capsys.readouterr().out


def test_missing_tensor_data_are_said(capsys: Capture) -> None:
    assert main(["shift", "--clock", "yb171p_e3", "--temperature", "300"]) == 0
    assert "anisotropic field: no tensor data: measured by Huntemann" in capsys.readouterr().out
    assert main(["shift", "--clock", "ca40p_729", "--temperature", "300"]) == 0
    assert "anisotropic field" not in capsys.readouterr().out


def test_the_example_of_the_help_runs(capsys: Capture) -> None:
    assert main(["shift", "--help"]) == 0
    words = capsys.readouterr().out.split("Example: bbrmodel ")[1].split()
    assert main(words) == 0
    assert "BBR shift" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--clock", "ca40_729", "--temperature", "300"], "Did you mean 'ca40p_729'"),
        (["--clock", "ca40p_729", "--temperature", "-3"], "at -3 K: temperatures must be positive"),
    ],
)
def test_what_cannot_be_meant_is_one_line(arguments: list[str], said: str, capsys: Capture) -> None:
    assert main(["shift", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_data_that_do_not_hold_there_are_warned_of(capsys: Capture) -> None:
    assert main(["shift", "--clock", "lu176p_848", "--temperature", "77"]) == 0
    assert "leave the range 290 to 310 K" in capsys.readouterr().out


def test_the_list_of_clocks_has_coefficients_sources_and_shifts(capsys: Capture) -> None:
    assert main(["list", "clocks"]) == 0
    text = capsys.readouterr().out
    for words in ("ca40p_729", "-7.2677e-40", "9.225e-16", "read in its source", "cd113p_hfs", "-1.815e-16"):
        assert words in text
