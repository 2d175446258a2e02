"""The entry point: runs the app and turns whatever fails into one line and an exit status.

0 done; 2 something the user can repair; 1 a bug; 130 interrupted. Of the processes of an mpirun only the first runs the
app; the others do what it asks.
"""

import sys
import traceback
from collections.abc import Sequence

from bbrmodel.cli.settings import Settings
from bbrmodel.errors import BbrModelError, ConfigError
from bbrmodel.parallel import join_team

EXIT_BUG, EXIT_USER_ERROR, EXIT_INTERRUPTED = 1, 2, 130

# Import name -> how to get it; only packages that a user may lack while bbrmodel itself is installed.
_HOW_TO_INSTALL = {
    "dolfinx": "install FEniCSx: `conda install -c conda-forge fenics-dolfinx` or `apt install python3-dolfinx`",
    "petsc4py": "install FEniCSx: `conda install -c conda-forge fenics-dolfinx` or `apt install python3-dolfinx`",
    "mpi4py": "install FEniCSx: `conda install -c conda-forge fenics-dolfinx` or `apt install python3-dolfinx`",
    "ufl": "install FEniCSx: `conda install -c conda-forge fenics-dolfinx` or `apt install python3-dolfinx`",
    "gmsh": "run `pip install gmsh`",
    "embreex": "run `pip install embreex`",
    "pyvista": "run `pip install pyvista`",
    "numba": "run `pip install numba`",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments
        Without the program's name; by default those of the process.
    """
    settings = Settings()
    try:
        team = join_team()
    except BbrModelError as error:
        return _report(*_explain(error), settings=settings)
    if not team.leads:
        team.serve()
        return 0
    status = _run(sys.argv[1:] if arguments is None else list(arguments), settings)
    team.dismiss(status=status)
    return status


def _run(given: list[str], settings: Settings) -> int:
    """Run the app and return the exit status."""
    from bbrmodel.cli.app import app  # not before numerical libraries know how many cores they may use

    try:
        app(args=_without_bare_group(given), prog_name="bbrmodel", obj=settings)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
        if status != EXIT_INTERRUPTED:
            return status
        return _report(["interrupted"], status, settings=settings)
    except KeyboardInterrupt:
        return _report(["interrupted"], EXIT_INTERRUPTED, settings=settings)
    except Exception as error:  # noqa: BLE001 (the last place where an error can still become one line)
        return _report(*_explain(error), settings=settings)
    return 0


def _without_bare_group(arguments: list[str]) -> list[str]:
    """Return the arguments without a `--group` that no name follows: all groups are shown then, as by default."""
    following = [*arguments[1:], "-"]
    return [a for a, after in zip(arguments, following, strict=False) if a != "--group" or not after.startswith("-")]


def _explain(error: Exception) -> tuple[list[str], int]:
    """Return the lines to print for an error and the exit status."""
    if isinstance(error, ConfigError) and len(error.problems) > 1:
        count = f"{len(error.problems)} problems in the input."
        return [*(f"error: {problem}" for problem in error.problems), f"error: {count}"], EXIT_USER_ERROR
    if isinstance(error, BbrModelError):
        return [f"error: {error}"], EXIT_USER_ERROR
    if isinstance(error, ImportError) and (name := (error.name or "").partition(".")[0]) in _HOW_TO_INSTALL:
        return [f"error: the package '{name}' is missing: {_HOW_TO_INSTALL[name]}."], EXIT_USER_ERROR
    if isinstance(error, OSError) and error.strerror:
        return [f"error: {error.filename or 'system'}: {error.strerror}."], EXIT_USER_ERROR
    kind = f"{type(error).__name__}: {error}".rstrip(": ")
    return [f"internal error: {kind}. Please report it with the output of `bbrmodel --debug ...`."], EXIT_BUG


def _report(lines: list[str], status: int, *, settings: Settings) -> int:
    """Print `lines`, each on one line, after the traceback if `--debug` asks for it."""
    if settings.debug and status != EXIT_INTERRUPTED:
        traceback.print_exc()
    for line in lines:
        sys.stderr.write("bbrmodel: " + " ".join(line.split()) + "\n")
    return status


__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
