"""Studies: every point a row, nothing computed twice, nothing lost."""

import csv
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from result_samples import die, solve_quickly, solve_with_a_bug, write_case

from bbrmodel.errors import ConfigError
from bbrmodel.results import is_result_directory, read_result
from bbrmodel.spec import Study, load_study
from bbrmodel.study import build_points, run_study
from bbrmodel.study.store import Store

STUDY = """
schema_version = 1
name = "radius"
case = "case.toml"
workers = 2
outputs = ["ion.effective_temperature_K", "ion.shift_Hz"]
[grid]
"geometry.parameters.radius_m" = {radii}
"parameters.finish" = ["polished"]
"""

RADIUS, EFFECTIVE = "geometry.parameters.radius_m", "ion.effective_temperature_K"


def make_study(directory: Path, radii: list[Any]) -> Study:
    write_case(directory)
    path = directory / "study.toml"
    path.write_text(STUDY.format(radii=radii))
    return load_study(path)


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def has_text(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def test_every_point_is_a_row_with_inputs_outputs_status_and_time(tmp_path: Path) -> None:
    table = run_study(make_study(tmp_path, [0.08, 0.09]), tmp_path / "out", solve_point=solve_quickly)
    rows = read_table(table.path)
    assert [float(row[RADIUS]) for row in rows] == [0.08, 0.09]
    assert [float(row[EFFECTIVE]) for row in rows] == [80.0, 90.0]
    assert [row["parameters.finish"] for row in rows] == ["polished", "polished"]
    assert [(row["status"], row["error"]) for row in rows] == [("ok", "")] * 2
    assert all(float(row["seconds"]) >= 0.0 for row in rows)
    assert table.warnings == {"emissivity of block__top was extrapolated": 2}


def test_a_point_is_a_result_directory_named_by_its_content(tmp_path: Path) -> None:
    study = make_study(tmp_path, [0.08])
    run_study(study, tmp_path / "out", solve_point=solve_quickly)
    (point,) = build_points(study)
    assert read_result(tmp_path / "out" / "points" / point.key)["ion"]["effective_temperature_K"] == 80.0


def test_finished_points_are_not_computed_again(tmp_path: Path) -> None:
    run_study(make_study(tmp_path, [0.08]), tmp_path / "out", solve_point=solve_quickly)
    calls: list[tuple[int, int]] = []
    # A second solver that fails shows that the first point is not touched and only the new one is computed.
    table = run_study(
        make_study(tmp_path, [0.08, 0.09]),
        tmp_path / "out",
        solve_point=solve_with_a_bug,
        progress=lambda done, total: calls.append((done, total)),
    )
    assert [row["status"] for row in table.rows] == ["ok", "failed"]
    assert calls == [(0, 1), (1, 1)]


def test_a_failed_point_is_a_row_with_its_message_in_one_line(tmp_path: Path) -> None:
    table = run_study(make_study(tmp_path, [-1.0, 0.09]), tmp_path / "out", solve_point=solve_quickly)
    failed, good = read_table(table.path)
    assert (failed["status"], good["status"]) == ("failed", "ok")
    assert failed["error"] == "newton: residual 3.0e-2 W after 50 iterations: | 1.0, 3.0e-2."
    assert failed[EFFECTIVE] == ""


def test_a_bug_in_one_point_is_a_row_and_its_traceback_is_kept(tmp_path: Path) -> None:
    study = make_study(tmp_path, [0.08])
    table = run_study(study, tmp_path / "out", solve_point=solve_with_a_bug)
    assert table.rows[0]["error"] == "ZeroDivisionError: radius 0.08"
    log = Store(tmp_path / "out").log_file(build_points(study)[0].key).read_text()
    assert "Traceback" in log


def test_a_process_that_is_killed_is_a_row_and_the_others_go_on(tmp_path: Path) -> None:
    table = run_study(make_study(tmp_path, [0.08, 0.09]), tmp_path / "out", solve_point=die)
    assert [row["status"] for row in table.rows] == ["failed", "failed"]
    assert "ended with signal SIGKILL. Out of memory?" in table.rows[0]["error"]


def test_failed_points_are_tried_again(tmp_path: Path) -> None:
    study = make_study(tmp_path, [0.08])
    run_study(study, tmp_path / "out", solve_point=die)
    table = run_study(study, tmp_path / "out", solve_point=solve_quickly)
    assert [(row["status"], row["error"]) for row in table.rows] == [("ok", "")]


def test_inputs_that_the_case_refuses_are_a_row(tmp_path: Path) -> None:
    study = make_study(tmp_path, [0.08])
    wrong = study.model_copy(update={"grid": {"heat_sources.rf.power_W": (0.1, "lots")}})
    table = run_study(wrong, tmp_path / "out", solve_point=solve_quickly)
    assert [row["status"] for row in table.rows] == ["ok", "failed"]
    assert "power_W" in table.rows[1]["error"]


def test_a_study_of_which_no_point_fits_the_case_is_refused(tmp_path: Path) -> None:
    wrong = make_study(tmp_path, [0.08]).model_copy(update={"grid": {"heat_sources.rf.pwer_W": (0.1, 0.2)}})
    with pytest.raises(ConfigError, match=r"pwer_W.* Did you mean 'power_W'\?"):
        run_study(wrong, tmp_path / "out", solve_point=solve_quickly)
    assert not (tmp_path / "out").exists()


def test_points_that_mean_the_same_are_computed_once(tmp_path: Path) -> None:
    study = make_study(tmp_path, [0.08])
    twice = study.model_copy(update={"grid": {"description": ("a", "a")}})
    table = run_study(twice, tmp_path / "out", solve_point=solve_quickly)
    assert [row["status"] for row in table.rows] == ["ok", "ok"]
    assert len(list((tmp_path / "out" / "points").iterdir())) == 1


def test_an_output_that_the_result_lacks_is_named_and_leaves_the_point_good(tmp_path: Path) -> None:
    study = make_study(tmp_path, [0.08]).model_copy(update={"outputs": ("ion.shift_hz", EFFECTIVE)})
    (row,) = run_study(study, tmp_path / "out", solve_point=solve_quickly).rows
    assert (row["status"], row["ion.shift_hz"], row[EFFECTIVE]) == ("ok", "", 80.0)
    assert "Did you mean 'shift_Hz'?" in row["error"]


def test_the_grid_is_a_cartesian_product_whose_last_path_varies_fastest(tmp_path: Path) -> None:
    study = make_study(tmp_path, [0.08, 0.09])
    grid = {RADIUS: (0.08, 0.09), "heat_sources.rf.power_W": (0.0, 0.1)}
    points = build_points(study.model_copy(update={"grid": grid}))
    assert [tuple(point.inputs.values()) for point in points] == [(0.08, 0.0), (0.08, 0.1), (0.09, 0.0), (0.09, 0.1)]
    assert len({point.key for point in points}) == 4


def test_half_written_points_of_killed_processes_are_dropped(tmp_path: Path) -> None:
    points = tmp_path / "out" / "points"
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    stale = points / f".partial-abc-{int(dead.stdout)}"
    living = points / f".partial-abc-{os.getpid()}"
    for path in (stale, living):
        path.mkdir(parents=True)
    run_study(make_study(tmp_path, [0.08]), tmp_path / "out", solve_point=solve_quickly)
    assert (stale.exists(), living.exists()) == (False, True)


def test_ctrl_c_keeps_finished_points_and_the_study_goes_on_from_there(tmp_path: Path, repository: Path) -> None:
    study = make_study(tmp_path, [0.08, 60.0])
    script = tmp_path / "interrupted.py"
    script.write_text(
        textwrap.dedent(
            f"""
            from pathlib import Path
            from result_samples import solve_slowly
            from bbrmodel.spec import load_study
            from bbrmodel.study import run_study
            if __name__ == "__main__":
                here = Path({str(tmp_path)!r})
                run_study(load_study(here / "study.toml"), here / "out", workers=2, solve_point=solve_slowly)
            """
        )
    )
    first, second = build_points(study)
    store = Store(tmp_path / "out")
    environment = {**os.environ, "PYTHONPATH": f"{repository}{os.pathsep}{Path(__file__).parent}"}
    with (tmp_path / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, str(script)], stderr=errors, start_new_session=True, env=environment
        )
    deadline = time.monotonic() + 60.0
    while not (is_result_directory(store.point_directory(first.key)) and has_text(store.log_file(second.key))):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does
    process.wait(timeout=30)
    assert "KeyboardInterrupt" in (tmp_path / "errors.txt").read_text()
    with pytest.raises(ProcessLookupError):  # the process of the second point is not left behind
        os.kill(int(store.log_file(second.key).read_text()), 0)
    assert not is_result_directory(store.point_directory(second.key))
    table = run_study(study, tmp_path / "out", solve_point=solve_quickly)
    assert [row["status"] for row in table.rows] == ["ok", "ok"]
