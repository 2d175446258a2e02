"""Result directories: complete or absent, never overwritten, and readable again."""

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from result_samples import make_case, make_solution

from bbrmodel.errors import ConfigError, MeshError, ResultExistsError
from bbrmodel.results import files, read_result, read_solution, to_dataset, write_new_result, write_result
from bbrmodel.solution import CrossCheck, Solution, SurfaceAtIon
from bbrmodel.spec import load_case


def assert_equal(mine: Any, other: Any) -> None:
    """Compare nested dictionaries of arrays and numbers exactly."""
    if isinstance(mine, dict):
        assert mine.keys() == other.keys()
        for key in mine:
            assert_equal(mine[key], other[key])
    elif isinstance(mine, np.ndarray):
        np.testing.assert_array_equal(mine, other)
        assert mine.dtype == other.dtype
    elif isinstance(mine, tuple | list) and mine and isinstance(mine[0], dict):
        assert len(mine) == len(other)
        for one, two in zip(mine, other, strict=True):
            assert_equal(one, two)
    else:
        assert mine == other
        assert type(mine) is type(other)


def shells_only() -> Solution:
    """Return a solution without a solid, as an enclosure of shells has it."""
    solution = make_solution()
    return replace(
        solution,
        solid=replace(
            solution.solid,
            points_m=np.empty((0, 3)),
            cells=np.empty((0, 4), dtype=np.int64),
            cell_body=np.empty(0, dtype=np.int64),
            body_names=(),
        ),
        thermal=replace(solution.thermal, node_temperature_K=np.empty(0), bodies=()),
    )


def without_radiation() -> Solution:
    """Return a solution of conduction alone."""
    solution = make_solution()
    facets = replace(
        solution.facets,
        vertices_m=np.empty((0, 3, 3)),
        area_m2=np.empty(0),
        surface=np.empty(0, dtype=np.int64),
        surface_names=(),
        weight_at_ion=None,
        seen_at_ion=None,
        slope_at_ion=None,
        weight_at_ion_by_light={},
    )
    thermal = replace(solution.thermal, facet_temperature_K=np.empty(0), joints=(), baths=(), sensors=())
    return replace(solution, facets=facets, thermal=thermal, radiation=None, ion=None)


@pytest.mark.parametrize("make", [make_solution, shells_only, without_radiation])
def test_a_solution_comes_back_with_every_number(tmp_path: Path, make: Any) -> None:
    solution = make()
    directory = write_result(solution, make_case(tmp_path), tmp_path / "result")
    assert_equal(asdict(read_solution(directory)), asdict(solution))


def test_a_result_holds_the_case_so_that_it_can_be_repeated(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    directory = write_result(make_solution(), case, tmp_path / "result")
    assert load_case(directory / "case_resolved.toml") == case


def test_the_surface_table_has_one_row_per_surface_and_units_in_its_header(tmp_path: Path) -> None:
    directory = write_result(make_solution(), make_case(tmp_path), tmp_path / "result")
    with (directory / "surfaces.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    by_light = (
        "effective_solid_angles_sr",
        "absorptivities",
        "absorptivity_slopes_K",
    )  # one column for each class of light
    names = [column.name for column in fields(SurfaceAtIon)]
    expected = [[f"{n}.warm", f"{n}.cold"] if n in by_light else [n] for n in names]
    assert list(rows[0]) == [column for group in expected for column in group]
    assert [float(row["share_of_T4"]) for row in rows] == [0.25, 0.75]


def test_further_points_and_the_spectrum_are_tables_of_their_own(tmp_path: Path) -> None:
    directory = write_result(make_solution(), make_case(tmp_path), tmp_path / "result")
    with (directory / "points.csv").open(newline="") as file:
        points = list(csv.DictReader(file))
    assert [(row["name"], row["position_m.z"], row["distance_m"]) for row in points] == [
        ("side", "0.0", ""),
        ("line_1", "-0.001", "0.0"),
        ("line_2", "0.001", "0.002"),
    ]
    with (directory / "spectrum.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "frequency_Hz",
        "wavelength_m",
        "energy_density_J_m3_Hz",
        "black_body_293K_J_m3_Hz",
        "black_body_77K_J_m3_Hz",
        "block__top_J_m3_Hz",
    ]
    assert float(rows[1]["wavelength_m"]) == pytest.approx(299.792458e-6, rel=1e-12)  # rounding
    # Planck's law at 1 THz and 293 K: 8 pi h nu^3 / c^3 / (e^0.16380 - 1).
    assert float(rows[1]["black_body_293K_J_m3_Hz"]) == pytest.approx(3.473e-21, rel=1e-3)  # digits given


def test_points_and_spectrum_are_in_the_dataset_with_units(tmp_path: Path) -> None:
    directory = write_result(make_solution(), make_case(tmp_path), tmp_path / "result")
    with xr.open_dataset(directory / "result.nc", engine="scipy") as dataset:
        assert dataset["ion_energy_density_J_m3_Hz"].dims == ("frequency",)
        assert dataset["ion_energy_density_J_m3_Hz"].units == "J/m3/Hz"
        assert dataset["frequency_Hz"].units == "Hz"
        assert dataset["point_effective_temperature_K"].units == "K"
        np.testing.assert_array_equal(dataset["point_distance_m"], [np.nan, 0.0, 0.002])
        assert dataset["ion_field_tensor"].shape == (3, 3)
        assert dataset["ion_anisotropy"] == 0.01
        assert dataset["ion_near_field_distance_m"] == 0.004
        np.testing.assert_array_equal(dataset["facet_seen_at_ion"], [0.3, 0.7])
        np.testing.assert_array_equal(dataset["facet_slope_at_ion"], [0.2, 0.8])
        assert dataset["facet_weight_at_ion_by_light"].dims == ("facet", "light")
        np.testing.assert_array_equal(dataset["facet_weight_at_ion_by_light"].sel(light="cold"), [0.3, 0.7])


def test_the_dataset_states_units(tmp_path: Path) -> None:
    directory = write_result(make_solution(), make_case(tmp_path), tmp_path / "result")
    with xr.open_dataset(directory / "result.nc", engine="scipy") as dataset:
        assert dataset["node_temperature_K"].units == "K"
        assert dataset["surface_effective_solid_angle_sr"].units == "sr"
        assert dataset["ion_shift_Hz"].units == "Hz"
        assert dataset["surface_share_of_T4"].units == "1"
        assert dataset["ion_effective_temperature_K"] == 79.512345
        assert list(dataset["surface"].values.astype(str)) == ["block__top", "chamber__lid"]
        assert dataset["surface_absorptivities"].dims == ("surface", "light")
        assert list(dataset["light"].values.astype(str)) == ["warm", "cold"]


def test_a_cross_check_is_written_to_every_file_and_read_back(tmp_path: Path) -> None:
    solution = make_solution()
    assert solution.ion is not None
    checked = replace(solution, ion=replace(solution.ion, cross_check=CrossCheck(1024, 79.6, 0.05, 1.5)))
    directory = write_result(checked, make_case(tmp_path), tmp_path / "result")
    with xr.open_dataset(directory / "result.nc", engine="scipy") as dataset:
        assert float(dataset["ion_cross_check_effective_temperature_K"]) == 79.6
        assert dataset["ion_cross_check_effective_temperature_K"].units == "K"
    again = read_solution(directory)
    assert again.ion is not None
    assert again.ion.cross_check == CrossCheck(1024, 79.6, 0.05, 1.5)


def test_every_real_variable_of_the_dataset_has_a_unit() -> None:
    dataset = to_dataset(make_solution())
    without = [
        name for name, variable in dataset.data_vars.items() if variable.dtype.kind == "f" and not variable.units
    ]
    assert without == []


def test_a_result_is_never_overwritten(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    directory = write_result(make_solution(), case, tmp_path / "result")
    with pytest.raises(ResultExistsError, match=re.escape(f"{directory}: already holds a result")):
        write_result(make_solution(), case, directory)


def test_force_replaces_a_result_and_leaves_nothing_of_the_old_one(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    directory = write_result(make_solution(), case, tmp_path / "out" / "result")
    (directory / "picture.png").write_bytes(b"old")
    write_result(replace(make_solution(), case_name="second"), case, directory, force=True)
    assert read_result(directory)["case"] == "second"
    assert not (directory / "picture.png").exists()
    assert [path.name for path in directory.parent.iterdir()] == ["result"]


def test_a_directory_of_something_else_is_never_replaced_even_by_force(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    precious = tmp_path / "home"
    precious.mkdir()
    (precious / "thesis.tex").write_text("...")
    with pytest.raises(ResultExistsError, match=re.escape(f"{precious}: exists and is not a result of bbrmodel")):
        write_result(make_solution(), case, precious, force=True)
    assert (precious / "thesis.tex").exists()


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError("disk full")])
def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interruption: BaseException
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise interruption

    monkeypatch.setattr(files, "resolved_toml", stop)
    with pytest.raises((KeyboardInterrupt, OSError)):
        write_result(make_solution(), make_case(tmp_path), tmp_path / "out" / "result")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_interrupted_replacement_keeps_the_old_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case(tmp_path)
    directory = write_result(make_solution(), case, tmp_path / "out" / "result")
    before = (directory / "result.json").read_bytes()

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "resolved_toml", stop)
    with pytest.raises(KeyboardInterrupt):
        write_result(make_solution(), case, directory, force=True)
    assert (directory / "result.json").read_bytes() == before
    assert [path.name for path in directory.parent.iterdir()] == ["result"]


def test_new_results_are_numbered_behind_the_highest(tmp_path: Path) -> None:
    case = make_case(tmp_path)
    base = tmp_path / "results"
    first = write_new_result(make_solution(), case, base)
    (base / "sample" / "017").mkdir()
    second = write_new_result(make_solution(), case, base)
    assert [first, second] == [base / "sample" / "001", base / "sample" / "018"]


def test_a_number_that_another_run_takes_meanwhile_is_not_lost_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = make_case(tmp_path)
    base = tmp_path / "results"
    write_new_result(make_solution(), case, base)
    numbers = iter([base / "sample" / "001", base / "sample" / "002"])
    monkeypatch.setattr(files, "_next_number", lambda _: next(numbers))
    assert write_new_result(make_solution(), case, base) == base / "sample" / "002"


def test_provenance_names_versions_memory_and_time(tmp_path: Path) -> None:
    document = read_result(write_result(make_solution(), make_case(tmp_path), tmp_path / "result"))
    assert {"bbrmodel", "python", "numpy", "scipy", "gmsh", "meshio", "pyvista", "embreex", "numba", "platform"} <= set(
        document["versions"]
    )
    assert 10.0 < document["peak_memory_MiB"] < 1e5  # a Python process with numpy
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", document["created_utc"])


def test_a_directory_without_result_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path}: holds no result.json")):
        read_result(tmp_path)


def test_a_broken_result_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text('{"schema_version": 1')
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path / 'result.json'}: cannot be read as JSON")):
        read_result(tmp_path)


def test_a_result_of_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"schema_version": 7}))
    with pytest.raises(ConfigError, match="schema_version = 7: this bbrmodel reads 1"):
        read_result(tmp_path)


def test_a_broken_field_file_is_named(tmp_path: Path) -> None:
    directory = write_result(make_solution(), make_case(tmp_path), tmp_path / "result")
    (directory / "temperatures.vtu").write_text("not a mesh")
    with pytest.raises(MeshError, match=re.escape(f"{directory / 'temperatures.vtu'}: cannot be read as VTU")):
        read_solution(directory)


@pytest.mark.fenics
def test_the_dataset_can_be_written_in_a_process_that_uses_dolfinx(tmp_path: Path, repository: Path) -> None:
    # Two HDF5 libraries in one process, that of dolfinx and that of a netCDF-4 writer, end it with a crash.
    code = (
        "from pathlib import Path; from mpi4py import MPI; import dolfinx; from result_samples import *\n"
        "from bbrmodel.results import write_result\n"
        f"here = Path({str(tmp_path)!r}); write_result(make_solution(), make_case(here), here / 'result')"
    )
    paths = f"{repository}{os.pathsep}{Path(__file__).parent}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "result" / "result.nc").is_file()
