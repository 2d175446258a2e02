"""The package's layers: who may import whom, and what a light import may cost."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HEAVY = {"dolfinx", "petsc4py", "mpi4py", "gmsh", "pyvista", "vtkmodules", "numba", "embreex", "matplotlib"}


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh Python has loaded after a statement."""
    code = f"import json, sys\n{statement}\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_every_import_contract_is_kept(repository: Path) -> None:
    command = [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_layer_contract_names_every_part_of_the_package(repository: Path) -> None:
    configuration = tomllib.loads((repository / "pyproject.toml").read_text())
    contracts = configuration["tool"]["importlinter"]["contracts"]
    (layers,) = (contract for contract in contracts if contract["type"] == "layers")
    named = {name.strip(" ()") for layer in layers["layers"] for name in layer.replace("|", ":").split(":")}
    package = repository / "bbrmodel"
    parts = {path.stem for path in package.glob("*.py")} | {path.parent.name for path in package.glob("*/__init__.py")}
    assert parts - named == {"__init__"}


@pytest.mark.parametrize(
    ("statement", "unneeded"),
    [
        ("import bbrmodel.spec, bbrmodel.solution, bbrmodel.results", HEAVY | {"xarray", "pandas", "scipy"}),
        ("import bbrmodel.cli.main, bbrmodel.cli.app", HEAVY | {"numpy", "pydantic"}),  # what --help and --version need
    ],
)
def test_what_computes_nothing_loads_no_solver_no_mesher_and_no_viewer(statement: str, unneeded: set[str]) -> None:
    # The list of modules is checked and not the time, which depends on the machine: without these the import
    # takes a few tenths of a second, with them several.
    assert modules_after(statement) & unneeded == set()
