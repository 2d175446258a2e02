"""The command line: thin commands, one line per error, and the exit status."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from result_samples import make_case, make_solution, write_case

from bbrmodel import __version__
from bbrmodel.cli.main import main
from bbrmodel.errors import BbrModelError, ConfigError, ConvergenceError, MeshError
from bbrmodel.radiation.api import ViewFactorOptions
from bbrmodel.radiation.parts import EnclosurePart
from bbrmodel.results import read_result, write_result
from bbrmodel.solution import Solution
from bbrmodel.spec import Case

Capture = pytest.CaptureFixture[str]


class FakePipeline(ModuleType):
    """Stands in for bbrmodel.pipeline, so that these tests need no dolfinx."""

    def __init__(self) -> None:
        super().__init__("bbrmodel.pipeline")
        self.cases: list[Case] = []
        self.error: BaseException | None = None

    def solve_case(self, case: Case, *, progress: Any = None, cache: Path | None = None) -> Solution:
        self.cases.append(case)
        if self.error is not None:
            raise self.error
        if progress is not None:
            progress(1, 1)
        solution = make_solution()
        return solution if case.ion is not None else SimpleNamespace(**{**vars(solution), "ion": None})  # type: ignore[return-value]

    def check_case(self, case: Case) -> Any:
        return CheckReport(("block",), (CheckedSurface("block__top", 12, 0.5),), ("odd",), 42.0)


@dataclass(frozen=True)
class CheckedSurface:
    name: str
    facets: int
    area_m2: float


@dataclass(frozen=True)
class CheckReport:
    bodies: tuple[str, ...]
    surfaces: tuple[CheckedSurface, ...]
    warnings: tuple[str, ...]
    memory_estimate_MiB: float


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakePipeline:
    fake = FakePipeline()
    monkeypatch.setitem(sys.modules, "bbrmodel.pipeline", fake)
    monkeypatch.chdir(tmp_path)
    write_case(tmp_path)
    return fake


def fail_with(error: BaseException) -> Callable[..., Any]:
    def raise_it(*_: Any, **__: Any) -> Any:
        raise error

    return raise_it


def test_run_writes_a_numbered_result_and_prints_every_quantity(model: FakePipeline, capsys: Capture) -> None:
    assert main(["run", "case.toml", "--no-plot"]) == 0
    out = capsys.readouterr().out
    assert read_result(Path("results/sample/001"))["case"] == "sample"
    for text in (
        "79.512 ± 0.012",  # K, at the ion
        "0.00187",  # Hz
        "(4.5500 ± 0.0025)e-18",
        "6.5",  # W
        "3.495",  # L/day
        "block__top",
        "near_trap",
        "results/sample/001",
        "warning: emissivity of block__top was extrapolated",
        "MiB",
    ):
        assert text in out


def test_run_twice_makes_two_results(model: FakePipeline) -> None:
    assert [main(["run", "case.toml", "--no-plot", "-q"]) for _ in range(2)] == [0, 0]
    assert sorted(path.name for path in Path("results/sample").iterdir()) == ["001", "002"]


def test_set_changes_the_case_that_is_solved(model: FakePipeline) -> None:
    main(
        ["run", "case.toml", "--set", "heat_sources.rf.power_W=0.07", "--set", "finish=as_machined", "--no-plot", "-q"]
    )
    (case,) = model.cases
    assert case.heat_sources[0].power_W == 0.07
    assert case.surfaces["block__top"].finish == "as_machined"


def test_run_refuses_an_existing_result_before_it_computes(model: FakePipeline, capsys: Capture) -> None:
    assert main(["run", "case.toml", "-o", "out", "--no-plot", "-q"]) == 0
    assert main(["run", "case.toml", "-o", "out", "--no-plot", "-q"]) == 2
    assert capsys.readouterr().err.startswith("bbrmodel: error: out: already holds a result.")
    assert len(model.cases) == 1
    assert main(["run", "case.toml", "-o", "out", "--no-plot", "-q", "--force"]) == 0


def test_run_as_json_prints_the_document_and_nothing_else(model: FakePipeline, capsys: Capture) -> None:
    assert main(["run", "case.toml", "--json", "--no-plot"]) == 0
    assert json.loads(capsys.readouterr().out) == read_result(Path("results/sample/001"))


def test_quiet_prints_nothing(model: FakePipeline, capsys: Capture) -> None:
    assert main(["run", "case.toml", "--quiet", "--no-plot"]) == 0
    assert capsys.readouterr() == ("", "")


def test_run_draws_the_pictures(model: FakePipeline, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    viz = ModuleType("bbrmodel.viz")
    viz.plot_result = lambda directory, out_dir=None: [directory / "a.png", directory / "b.png"]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bbrmodel.viz", viz)
    assert main(["run", "case.toml"]) == 0
    assert "results/sample/001/b.png" in capsys.readouterr().out


@pytest.mark.parametrize("options", [[], ["--json"], ["--quiet"]])
def test_a_picture_that_fails_is_reported_and_the_result_stays(
    model: FakePipeline, monkeypatch: pytest.MonkeyPatch, capsys: Capture, options: list[str]
) -> None:
    viz = ModuleType("bbrmodel.viz")
    viz.plot_result = fail_with(RuntimeError("no OpenGL"))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bbrmodel.viz", viz)
    assert main(["run", "case.toml", *options]) == 0
    assert "warning: no pictures: RuntimeError: no OpenGL." in "".join(capsys.readouterr())
    assert read_result(Path("results/sample/001"))["case"] == "sample"


def test_published_values_stand_beside_computed_ones(model: FakePipeline, capsys: Capture) -> None:
    Path("reference.toml").write_text(
        '[[reference]]\nquantity = "ion.effective_temperature_K"\nvalue = 79.5\n'
        'uncertainty = 1.5\nunit = "K"\nsource = "Table 7"\n'
    )
    main(["run", "case.toml", "--no-plot"])
    line = next(line for line in capsys.readouterr().out.splitlines() if "Table 7" in line)
    assert "79.512" in line
    assert "79.5 ± 1.5" in line


def test_solve_leaves_the_ion_out(model: FakePipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    import bbrmodel.cli.workflow as workflow

    seen: list[Case] = []
    monkeypatch.setattr(workflow, "compute_and_show", lambda case, *_, **__: seen.append(case))
    monkeypatch.setattr("bbrmodel.cli.run_commands.compute_and_show", lambda case, *_, **__: seen.append(case))
    assert main(["solve", "case.toml"]) == 0
    assert seen[0].ion is None


def test_ion_prints_a_finished_result_without_solving(model: FakePipeline, capsys: Capture) -> None:
    write_result(make_solution(), make_case(Path.cwd()), Path("done"))
    assert main(["ion", "done"]) == 0
    assert "79.512 ± 0.012" in capsys.readouterr().out
    assert main(["ion", "done", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shift_Hz"] == 0.00187
    assert model.cases == []


def test_ion_solves_a_case_and_keeps_nothing(model: FakePipeline, capsys: Capture) -> None:
    assert main(["ion", "case.toml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["clock"] == "ca40p_729"
    assert not Path("results").exists()


def test_a_finished_result_cannot_be_changed(model: FakePipeline, capsys: Capture) -> None:
    write_result(make_solution(), make_case(Path.cwd()), Path("done"))
    assert main(["ion", "done", "--set", "finish=polished"]) == 2
    assert "--set finish=polished: cannot change done, a finished result." in capsys.readouterr().err


def test_check_prints_any_report(model: FakePipeline, capsys: Capture) -> None:
    assert main(["check", "case.toml"]) == 0
    out = capsys.readouterr().out
    for text in ("block__top", "memory estimate", "42", "MiB", "odd", "area m2"):
        assert text in out
    assert main(["check", "case.toml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["surfaces"][0] == {"name": "block__top", "facets": 12, "area_m2": 0.5}


@pytest.fixture
def view_factors(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []

    def compute(path: Path, options: ViewFactorOptions, *, progress: Any) -> Any:
        calls.append((path, options))
        return SimpleNamespace(
            surfaces=("floor", "lid"),
            areas_m2=np.array([1.0, 2.0]),
            view_factors=np.array([[0.0, 1.0], [0.5, 0.5]]),
            standard_errors=np.array([[0.0, 0.0], [1e-3, 1e-3]]),
            environment=np.array([0.0, 0.125]),
            row_sums=np.array([1.0, 1.0]),
            reciprocity_error=1e-4,
            seconds=0.25,
            enclosures=(
                EnclosurePart("lid", ("lid",), 2, 2.0, True),
                EnclosurePart("floor", ("floor",), 1, 1.0, False),
            ),
            rays=768,
            lost_rays=1,
        )

    monkeypatch.setattr("bbrmodel.radiation.api.compute_view_factors_of_file", compute)
    return calls


def test_view_factors_are_printed_with_their_errors(view_factors: list[Any], capsys: Capture) -> None:
    assert main(["view-factors", "box.msh", "--rays", "64", "--seed", "3", "--open"]) == 0
    assert view_factors == [(Path("box.msh"), ViewFactorOptions(rays_per_facet=64, seed=3, open_model=True))]
    out = capsys.readouterr().out
    for text in ("floor", "1.000000", "1.0e-03", "0.125000", "reciprocity error 1.00e-04", "768 rays, 1 lost"):
        assert text in out
    assert "Separate enclosures" in out


def test_options_of_view_factors_reach_the_computation(view_factors: list[Any]) -> None:
    assert main(["view-factors", "box.msh", "--method", "exact", "--two-sided"]) == 0
    assert main(["view-factors", "box.msh", "--tolerance", "1e-3"]) == 0
    assert [options for _, options in view_factors] == [
        ViewFactorOptions(method="exact", two_sided=True),
        ViewFactorOptions(tolerance=1e-3),
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rays", "64", "--tolerance", "0.01"], "Give one of them."),
        (["--rays", "64", "--method", "exact"], "the exact method sends no rays."),
        (["--tolerance", "0"], "--tolerance 0: must be above 0."),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    view_factors: list[Any], capsys: Capture, options: list[str], said: str
) -> None:
    assert main(["view-factors", "box.msh", *options]) == 2
    assert said in capsys.readouterr().err
    assert view_factors == []


def test_view_factors_as_json_hold_everything(view_factors: list[Any], capsys: Capture) -> None:
    assert main(["view-factors", "box.msh", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["surfaces"] == document["from"] == ["floor", "lid"]
    assert document["view_factors"] == [[0.0, 1.0], [0.5, 0.5]]
    assert document["enclosures"][1] == {
        "name": "floor",
        "surfaces": ["floor"],
        "facets": 1,
        "area_m2": 1.0,
        "open": False,
    }
    expected = {"areas_m2", "standard_errors", "row_sums", "reciprocity_error", "seconds", "environment", "rays"}
    assert expected | {"lost_rays"} <= set(document)


def test_one_row_of_view_factors_as_json(view_factors: list[Any], capsys: Capture) -> None:
    assert main(["view-factors", "box.msh", "--json", "--group", "lid"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["from"], document["surfaces"]) == (["lid"], ["floor", "lid"])
    assert document["view_factors"] == [[0.5, 0.5]]
    assert document["environment"] == [0.125]


def test_an_unknown_group_is_an_error_with_a_suggestion(view_factors: list[Any], capsys: Capture) -> None:
    assert main(["view-factors", "box.msh", "--group", "flor"]) == 2
    assert "--group flor: is not a surface of this mesh. Did you mean 'floor'?" in capsys.readouterr().err


def test_plot_refuses_a_directory_without_result(tmp_path: Path, capsys: Capture) -> None:
    assert main(["plot", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"bbrmodel: error: {tmp_path}: holds no result.json. Give a directory that `bbrmodel run` wrote.\n"
    )


@pytest.mark.parametrize(
    ("what", "text"), [("materials", "ofhc_cu_rrr100"), ("clocks", "ca40p_729"), ("cases", "case")]
)
def test_list_names_what_is_shipped(what: str, text: str, capsys: Capture) -> None:
    assert main(["list", what]) == 0
    assert text in capsys.readouterr().out


def test_version_and_help(capsys: Capture) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"bbrmodel {__version__}\n"
    assert main(["run", "--help"]) == 0
    assert "--set" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["rnu"], ["run"], ["run", "x", "--no-such-option"], ["list", "colours"]])
def test_wrong_usage_is_status_2(arguments: list[str], capsys: Capture) -> None:
    assert main(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (BbrModelError("a.toml: x = 3: too much"), 2, "bbrmodel: error: a.toml: x = 3: too much"),
        (ConvergenceError("newton:\n  1.0\n  0.9"), 2, "bbrmodel: error: newton: 1.0 0.9"),
        (FileNotFoundError(2, "No such file", "a.msh"), 2, "bbrmodel: error: a.msh: No such file."),
        (ModuleNotFoundError("No module named 'dolfinx'", name="dolfinx"), 2, "bbrmodel: error: the package 'dolfinx'"),
        (ModuleNotFoundError("No module named 'dolfinx'", name="dolfinx.fem"), 2, "bbrmodel: error: the package 'dolf"),
        (ImportError("cannot import name 'x'", name="bbrmodel.x"), 1, "bbrmodel: internal error: ImportError"),
        (ZeroDivisionError("division by zero"), 1, "bbrmodel: internal error: ZeroDivisionError: division by zero."),
        (KeyboardInterrupt(), 130, "bbrmodel: interrupted"),
    ],
)
def test_every_error_is_one_line_and_a_status(
    model: FakePipeline, capsys: Capture, error: BaseException, status: int, line: str
) -> None:
    model.error = error
    assert main(["run", "case.toml"]) == status
    err = capsys.readouterr().err
    assert err.startswith(line)
    assert err.count("\n") == 1


def test_several_problems_are_one_line_each_and_a_count(model: FakePipeline, capsys: Capture) -> None:
    model.error = ConfigError("a\nb", ["a.toml: x: wrong", "a.toml: y: wrong"])
    assert main(["run", "case.toml"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "bbrmodel: error: a.toml: x: wrong",
        "bbrmodel: error: a.toml: y: wrong",
        "bbrmodel: error: 2 problems in the input.",
    ]


def test_debug_shows_the_traceback(model: FakePipeline, capsys: Capture) -> None:
    model.error = MeshError("flat cell")
    assert main(["--debug", "run", "case.toml"]) == 2
    err = capsys.readouterr().err
    assert "Traceback (most recent call last)" in err
    assert err.endswith("bbrmodel: error: flat cell\n")


def test_log_lines_go_to_stderr_at_the_level_asked_for(
    model: FakePipeline, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import logging

    def solve(*_: Any, **__: Any) -> Solution:
        logging.getLogger("bbrmodel.test").info("view factors: %d facets", 12)
        return make_solution()

    monkeypatch.setattr(model, "solve_case", solve)
    assert main(["run", "case.toml", "--no-plot", "-q"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["--log-level", "info", "run", "case.toml", "--no-plot", "-q"]) == 0
    assert "INFO bbrmodel.test: view factors: 12 facets" in capsys.readouterr().err
