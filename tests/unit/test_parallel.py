"""Processes that compute together: the same numbers as one, and one message where one of them fails."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from bbrmodel.cli.main import main
from tests.uncertain_case import write_case

ROOT = Path(__file__).resolve().parents[2]
# What a run says of itself, not of the case.
OF_THE_RUN = {"created_utc", "timings_s", "peak_memory_MiB", "versions", "from_cache", "case_hash", "ranks"}
# What rounding leaves where all else has cancelled: it is compared with what it is a part of.
WHAT_IS_LEFT = {"residual_W", "relative", "residual_history_W"}


def start(ranks: int, command: list[str], cache: Path, *, seconds: float = 900.0) -> "subprocess.CompletedProcess[str]":
    """Run a Python command in some processes."""
    if ranks > 1 and shutil.which("mpirun") is None:
        pytest.skip("mpirun is not installed")
    pytest.importorskip("mpi4py", reason="mpi4py is not installed")
    own = {"BBRMODEL_CACHE": str(cache), "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    own |= {"OMPI_MCA_mpi_yield_when_idle": "1"}  # the machine may have other work
    own |= {
        "PYTHONPATH": str(ROOT),
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    before = ["mpirun", "-n", str(ranks)] if ranks > 1 else []
    return subprocess.run(
        [*before, sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def run_case(ranks: int, case: list[str], place: Path, *, cache: Path | None = None) -> dict[str, Any]:
    """Return the result of `bbrmodel run` in some processes, or in this one."""
    command = ["run", *case, "--no-plot", "--quiet", "-o", str(place)]
    cache = cache or place.with_suffix(".cache")
    if ranks == 1:
        with mock.patch.dict(os.environ, BBRMODEL_CACHE=str(cache)):
            assert main(command) == 0
    else:
        done = start(ranks, ["-m", "bbrmodel", *command], cache)
        assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads((place / "result.json").read_text())
    return result


def numbers(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield everything that a result says of the case, with its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in OF_THE_RUN | WHAT_IS_LEFT:
                yield from numbers(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from numbers(item, f"{path}[{index}]")
    else:
        yield path, value


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Compare two results: text exactly, numbers to 1e-9."""
    left, right = dict(numbers(one)), dict(numbers(other))
    assert left.keys() == right.keys()
    for path, value in left.items():
        if not isinstance(value, float):
            assert right[path] == value, path
            continue
        # Heat that adds up to nothing is known as well as the largest flow is, and no better; sums of weights less 1
        # are known to what they are summed from.
        least = 1e-9 if "_W" in path or "minus" in path or "deviation" in path else 0.0
        assert right[path] == pytest.approx(value, rel=1e-9, abs=least), path


LEADER = """
import sys
from bbrmodel.parallel import join_team
import tests.rank_tasks as tasks
team = join_team()
if not team.leads:
    team.serve()
    sys.exit(0)
"""

FEW = ["--set", "geometry.resolution=coarse", "--set", "radiation.rays_per_facet=50", "--set", "ion.rays=65536"]
SPHERE = ["split_sphere", *FEW]
CAVITY = ["vented_cavity", *FEW, "--set", "radiation.portal_rays=4000"]
CLOCK = ["lncioc_ca2", "--set", "geometry.resolution=coarse", "--set", "radiation.rays_per_facet=50"]
CLOCK += ["--set", "radiation.portal_rays=4000"]


@pytest.mark.fenics
def test_two_ranks_find_what_one_finds_in_a_cavity_with_portals(tmp_path: Path) -> None:
    one, two = (run_case(ranks, CAVITY, tmp_path / str(ranks)) for ranks in (1, 2))
    assert_same(one, two)


@pytest.mark.fenics
def test_two_ranks_find_what_one_finds_with_wires_a_film_and_quadratic_temperatures(tmp_path: Path) -> None:
    plates = [str(write_case(tmp_path).source), "--set", "solver.degree=2"]
    one, two = (run_case(ranks, plates, tmp_path / str(ranks)) for ranks in (1, 2))
    assert_same(one, two)


@pytest.mark.slow
@pytest.mark.fenics
def test_two_ranks_find_what_one_finds_in_a_clock(tmp_path: Path) -> None:
    one, two = (run_case(ranks, CLOCK, tmp_path / str(ranks)) for ranks in (1, 2))
    assert_same(one, two)


@pytest.mark.slow
@pytest.mark.fenics
def test_four_ranks_find_what_one_finds(tmp_path: Path) -> None:
    quadratic = [*CLOCK, "--set", "solver.degree=2"]
    for name, case in (("sphere", SPHERE), ("clock", CLOCK), ("quadratic", quadratic)):
        one, four = (run_case(ranks, case, tmp_path / f"{name}{ranks}") for ranks in (1, 4))
        assert_same(one, four)


def test_view_factors_of_two_ranks_serve_one_and_the_converse(tmp_path: Path) -> None:
    for first, second in ((2, 1), (1, 2)):
        cache = tmp_path / f"cache{first}"
        runs = [run_case(k, SPHERE, tmp_path / f"{first}{second}{k}", cache=cache) for k in (first, second)]
        assert [run["radiation"]["from_cache"] for run in runs] == [False, True]
        assert_same(runs[0], runs[1])


def test_two_ranks_find_the_same_exchange_with_mirrors_a_portal_and_the_sky_and_by_paths(tmp_path: Path) -> None:
    tasks = "mirrors_and_sky", "paths_to_a_point", "paths_of_all_facets"
    calls = ", ".join(f"*tasks.{name}()" for name in tasks)
    program = LEADER + f"import json\nprint(json.dumps([{calls}]))\nteam.dismiss(status=0)\n"
    found = []
    for ranks in (1, 2):
        done = start(ranks, ["-c", program], tmp_path)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert len(found[0]) > 100
    # The same lines and paths, added up in another order.
    assert found[1] == pytest.approx(found[0], rel=1e-9, abs=1e-15)


def test_a_mistake_of_the_user_is_said_once_and_ends_all_ranks(tmp_path: Path) -> None:
    done = start(2, ["-m", "bbrmodel", "run", "no_such_case"], tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("no_such_case") == 1
    assert "Traceback" not in done.stderr


def test_a_study_is_refused_because_it_starts_processes_itself(tmp_path: Path) -> None:
    study = ROOT / "scripts" / "vent_cover_gap.toml"
    done = start(2, ["-m", "bbrmodel", "study", str(study), "-o", str(tmp_path / "study")], tmp_path)
    assert done.returncode == 2
    assert "mpirun has started 2 processes" in done.stderr


def test_an_error_of_another_rank_is_raised_by_the_leader_and_the_team_goes_on(tmp_path: Path) -> None:
    program = LEADER + (
        "try:\n    team.call(tasks.fail_in, 1)\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
        "kept = team.keep(tasks.number_of_rank)\n"
        "print(team.call(tasks.add, kept, parts=[(10,), (20,)]), team.total(tasks.as_array, kept).tolist())\n"
        "team.dismiss(status=0)\n"
    )
    done = start(2, ["-c", program], tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["ConfigError rank 1 failed", "[10, 21] [1.0, 1.0]"]


def test_a_rank_that_fails_while_another_waits_for_it_ends_all(tmp_path: Path) -> None:
    program = (
        "import bbrmodel.mpi\nbbrmodel.mpi._PATIENCE_S = 1.0\n"
        + LEADER
        + "team.call(tasks.fail_while_the_other_waits, together=True)\n"
    )
    done = start(2, ["-c", program], tmp_path, seconds=60.0)
    assert done.returncode == 2
    assert done.stderr.count("rank 1 failed") == 1
    assert "Traceback" not in done.stderr


def test_cores_are_shared_among_ranks(tmp_path: Path) -> None:
    program = LEADER + "print(team.call(tasks.threads_of_rank))\nteam.dismiss(status=0)\n"
    done = start(4, ["-c", program], tmp_path)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)
    assert len(counts) == 4
    assert sum(counts) <= max(4, os.cpu_count() or 1)
