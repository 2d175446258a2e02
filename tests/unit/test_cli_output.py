"""What the tables say: digits, units, and nothing cut off."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from result_samples import solve_quickly, solve_with_a_bug, write_case
from rich.console import Console

import bbrmodel.study
from bbrmodel.cli import doctor
from bbrmodel.cli.main import main
from bbrmodel.cli.numbers import number, split_unit, with_error
from bbrmodel.cli.progress import progress_bar
from bbrmodel.cli.settings import Settings
from bbrmodel.cli.tables import as_plain, make_table, report_tables
from bbrmodel.cli.workflow import show_json
from bbrmodel.study import run_study

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (79.512345, 0.0123, "79.512 ± 0.012"),
        (79.5, 1.5, "79.5 ± 1.5"),
        (293.0, 12.0, "293 ± 12"),
        (4.55e-18, 3.5e-19, "(4.55 ± 0.35)e-18"),
        (-4.55e-18, 2.5e-21, "(-4.5500 ± 0.0025)e-18"),
        (1.25e7, 1.0e5, "(1.250 ± 0.010)e+07"),
        (79.512345, 0.0, "79.512"),
        (79.512345, None, "79.512"),
        (79.512345, math.nan, "79.512"),
        (0.0, 0.01, "0.000 ± 0.010"),
        (None, 1.0, "not a number"),
        (97.46493338075, 1.5e-15, "97.465"),  # rounding is no error
    ],
)
def test_a_value_has_as_many_digits_as_its_error_allows(value: float | None, error: float | None, text: str) -> None:
    assert with_error(value, error) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (True, "True"), (3, "3"), (6.512345, "6.5123"), ("x", "x"), ([1, 2.5], "1, 2.5"), ({"a": 1}, "a 1")],
)
def test_any_value_can_be_shown(value: Any, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("area_m2", ("area", "m2")),
        ("memory_estimate_MiB", ("memory estimate", "MiB")),
        ("boil_off_L_per_day", ("boil off", "L/day")),
        ("conductance_W_m2_K", ("conductance", "W/m2/K")),
        ("facets", ("facets", "")),
    ],
)
def test_the_unit_of_a_name_is_its_ending(name: str, parts: tuple[str, str]) -> None:
    assert split_unit(name) == parts


@dataclass(frozen=True)
class Inner:
    nodes: int
    worst_m: float


@dataclass(frozen=True)
class Report:
    mesh: Inner
    joints: tuple[tuple[str, float], ...]
    empty: tuple[str, ...]
    rows: tuple[Inner, ...]


def test_a_report_of_any_shape_is_shown_whole() -> None:
    report = Report(Inner(5, 0.25), (("a/b", math.inf), ("c/d", 8000.0)), (), (Inner(6, 0.5), Inner(7, 0.75)))
    console = Console(width=160, record=True)
    with console.capture() as capture:
        for table in report_tables("Report", report):
            console.print(table)
    for text in ("mesh nodes", "0.25", "a/b", "inf", "8000", "rows", "0.75", "worst m"):
        assert text in capture.get()


def test_json_on_the_screen_has_no_infinity(capsys: Capture) -> None:
    show_json(as_plain({"a": (math.inf, 1.0), "b": [math.nan]}), Settings())
    assert capsys.readouterr().out.split() == ["{", '"a":', "[", "null,", "1.0", "],", '"b":', "[", "null", "]", "}"]


def test_long_names_are_folded_and_never_cut() -> None:
    name = "a" * 200
    console = Console(width=80)
    with console.capture() as capture:
        console.print(make_table("", ("name", "value"), rows=[(name, "1")]))
    assert capture.get().count("a") == 200 + "name value".count("a")


def test_markup_in_names_is_shown_as_it_is() -> None:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(make_table("[t]", ("name",), rows=[("[red]x[/red]",)]))
    assert "[red]x[/red]" in capture.get()


def test_progress_draws_on_a_terminal_only() -> None:
    with progress_bar(Console(force_terminal=False), "x") as report:
        assert report is None
    with progress_bar(Console(force_terminal=True), "x", quiet=True) as report:
        assert report is None
    console = Console(force_terminal=True, width=80)
    with console.capture(), progress_bar(console, "x") as report:
        assert report is not None
        report(1, 2)


STUDY = """
schema_version = 1
name = "radius"
case = "case.toml"
[grid]
"geometry.parameters.radius_m" = [0.08, 0.09]
[figure]
x = "geometry.parameters.radius_m"
y = "ion.effective_temperature_K"
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_case(tmp_path)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


def solve_with(monkeypatch: pytest.MonkeyPatch, solver: Any) -> None:
    def run(*arguments: Any, **options: Any) -> Any:
        return run_study(*arguments, **options, solve_point=solver)

    monkeypatch.setattr(bbrmodel.study, "run_study", run)


def test_the_study_command_prints_rows_and_draws_the_figure(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    solve_with(monkeypatch, solve_quickly)
    assert main(["study", "study.toml", "--workers", "1"]) == 0
    out = capsys.readouterr().out
    for text in ("radius_m", "effective_temperature_K", "80", "90", "ok", "warning at 2 points: emissivity of"):
        assert text in out
    assert (workplace / "results" / "studies" / "radius" / "study.png").stat().st_size > 1000


def test_a_study_with_failed_points_shows_them_and_ends_with_status_2(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    solve_with(monkeypatch, solve_with_a_bug)
    assert main(["study", "study.toml", "-o", "out"]) == 2
    captured = capsys.readouterr()
    assert "ZeroDivisionError: radius 0.08" in captured.out
    assert captured.err.startswith("bbrmodel: error: 2 of 2 points failed: see ")


def test_the_doctor_reports_what_is_broken_and_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def broken() -> str:
        raise RuntimeError("no\nluck")

    monkeypatch.setattr(doctor, "_solve_self_test", broken)
    monkeypatch.setattr(doctor, "_import", lambda name: f"{name} 1.0")
    assert main(["doctor"]) == 2
    captured = capsys.readouterr()
    assert "RuntimeError: no luck" in captured.out
    assert "distance 1.000000 m" in captured.out
    assert captured.err == "bbrmodel: error: 1 of 8 checks failed: self-test split_sphere.\n"
