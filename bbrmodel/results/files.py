"""Result directories, written beside their place and renamed into it: an interrupted run leaves no half result."""

import json
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bbrmodel.errors import ConfigError, ResultExistsError
from bbrmodel.resources import CHECKPOINT_FILE
from bbrmodel.results.dataset import to_dataset, write_dataset
from bbrmodel.results.document import SCHEMA_VERSION, Document, to_document
from bbrmodel.results.parse import to_solution
from bbrmodel.results.provenance import collect_versions, peak_memory_mib
from bbrmodel.results.tables import write_points_csv, write_spectrum_csv, write_surfaces_csv
from bbrmodel.results.time_table import write_time_csv
from bbrmodel.results.vtu import (
    FACETS_FILE,
    TEMPERATURES_FILE,
    read_facets,
    read_temperatures,
    write_facets,
    write_temperatures,
)
from bbrmodel.solution import IonField, Solution
from bbrmodel.spec import Case, resolved_toml

RESULT_FILE = "result.json"
CASE_FILE = "case_resolved.toml"
DATASET_FILE = "result.nc"
SURFACES_FILE = "surfaces.csv"
TIME_FILE = "time_series.csv"
POINTS_FILE = "points.csv"
SPECTRUM_FILE = "spectrum.csv"
_PARTIAL = ".partial-"


def write_result(solution: Solution, case: Case, directory: Path, *, force: bool = False) -> Path:
    """Write everything of a run into `directory` and return it.

    Files: `result.json`, `case_resolved.toml`, `result.nc`, `temperatures.vtu` if there is a solid, `facets.vtu` if
    anything radiates, `surfaces.csv`, `spectrum.csv` and, with further points, `points.csv` if there is an ion, and
    `time_series.csv` of a run in time. They appear together: until the last byte is on disk, `directory` is as it was.

    Parameters
    ----------
    solution, case
        What was computed, and from what.
    directory
        Must not exist or be empty.
    force
        Replace an earlier result there. A directory that holds anything but a result is never replaced.

    Raises
    ------
    ResultExistsError
        `directory` is in use.
    """
    check_free(directory, force=force)
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = directory.parent / f"{_PARTIAL}{directory.name}-{os.getpid()}"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir()
        _write_files(solution, case, directory=partial)
        _move_into_place(partial, directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return directory


def write_new_result(solution: Solution, case: Case, base: Path) -> Path:
    """Write a run into the next free numbered directory `base`/<case>/001, 002, ... and return it."""
    while True:
        directory = _next_number(base / solution.case_name)
        try:
            return write_result(solution, case, directory)
        except ResultExistsError:  # another run took the number meanwhile
            continue


def _next_number(base: Path) -> Path:
    numbers = [int(path.name) for path in base.glob("[0-9]*") if path.name.isdigit()] if base.is_dir() else []
    return base / f"{max(numbers, default=0) + 1:03d}"


def check_free(directory: Path, *, force: bool = False) -> None:
    """Raise `ResultExistsError` unless a result may be written to `directory`."""
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return
    if is_unfinished(directory):
        if force:
            return
        raise ResultExistsError(
            f"{directory}: holds the checkpoint of a run that has not ended. Go on with --restart, or begin anew with "
            "--force."
        )
    if not is_result_directory(directory):
        message = (
            f"{directory}: exists and is not a result of bbrmodel, so it is never replaced. Choose another directory."
        )
        raise ResultExistsError(message)
    if not force:
        raise ResultExistsError(
            f"{directory}: already holds a result. Choose another directory, or allow it with --force."
        )


def is_result_directory(directory: Path) -> bool:
    """Return whether `directory` holds a finished result."""
    return (directory / RESULT_FILE).is_file()


def is_unfinished(directory: Path) -> bool:
    """Return whether `directory` holds nothing but the checkpoint of a run in time."""
    return directory.is_dir() and {path.name for path in directory.iterdir()} == {CHECKPOINT_FILE}


def reserve_directory(base: Path) -> Path:
    """Make the next free numbered directory `base`/001, 002, ... and return it, for a run that keeps a checkpoint."""
    while True:
        directory = _next_number(base)
        try:
            directory.mkdir(parents=True)
        except FileExistsError:  # another run took the number meanwhile
            continue
        return directory


def find_unfinished(base: Path) -> Path:
    """Return the last of the numbered directories in `base` that holds a checkpoint.

    Raises
    ------
    ConfigError
        There is none.
    """
    found = [path for path in base.glob("[0-9]*") if is_unfinished(path)] if base.is_dir() else []
    if not found:
        message = f"{base}: no run there has stopped before its end. Run the case without --restart."
        raise ConfigError(message)
    return max(found, key=lambda path: path.name)


def _write_files(solution: Solution, case: Case, *, directory: Path) -> None:
    solid, facets, thermal = solution.solid, solution.facets, solution.thermal
    if len(solid.cells):
        write_temperatures(directory / TEMPERATURES_FILE, solid, node_temperature_K=thermal.node_temperature_K)
    if len(facets.area_m2):
        write_facets(directory / FACETS_FILE, facets, facet_temperature_K=thermal.facet_temperature_K)
    write_dataset(directory / DATASET_FILE, to_dataset(solution))
    if solution.ion is not None:
        _write_ion(solution.ion, directory)
    if solution.time is not None:
        write_time_csv(directory / TIME_FILE, solution.time)
    (directory / CASE_FILE).write_text(resolved_toml(case), encoding="utf-8")
    document = to_document(
        solution,
        versions=collect_versions(),
        peak_memory_MiB=peak_memory_mib(),
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False)
    (directory / RESULT_FILE).write_text(text + "\n", encoding="utf-8")


def _write_ion(ion: IonField, directory: Path) -> None:
    """Write the tables of the ion."""
    write_surfaces_csv(directory / SURFACES_FILE, ion.surfaces)
    if ion.points:
        write_points_csv(directory / POINTS_FILE, ion.points)
    if ion.spectrum is not None:
        write_spectrum_csv(directory / SPECTRUM_FILE, ion.spectrum)


def _move_into_place(partial: Path, directory: Path) -> None:
    """Rename `partial` to `directory`, putting an earlier result aside until the new one stands."""
    if not (is_result_directory(directory) or is_unfinished(directory)):
        try:
            partial.rename(directory)  # also over an empty directory
        except OSError as error:
            if directory.exists() and any(directory.iterdir()):
                raise ResultExistsError(
                    f"{directory}: was written by another run meanwhile. Choose another."
                ) from error
            raise
        return
    earlier = partial.with_name(f"{partial.name}-earlier")
    directory.rename(earlier)
    try:
        partial.rename(directory)
    except BaseException:
        earlier.rename(directory)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def read_result(path: Path) -> Document:
    """Return the content of `result.json` in a result directory (or of that file itself).

    Raises
    ------
    ConfigError
        There is no result, it is no JSON, or a newer bbrmodel wrote it.
    """
    file = path / RESULT_FILE if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"{path}: holds no {RESULT_FILE}. Give a directory that `bbrmodel run` wrote."
        raise ConfigError(message) from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read as JSON: {error}. Run the case again.") from error
    _check_schema(document, file=file)
    return dict(document)


def _check_schema(document: Any, *, file: Path) -> None:
    version = document.get("schema_version") if isinstance(document, Mapping) else None
    if version != SCHEMA_VERSION:
        message = (
            f"{file}: schema_version = {version!r}: this bbrmodel reads {SCHEMA_VERSION}. "
            "Use the bbrmodel that wrote it, or run the case again."
        )
        raise ConfigError(message)


def read_solution(directory: Path) -> Solution:
    """Return the solution that `write_result` wrote into `directory`, with every field and number."""
    document = read_result(directory)
    solid, node_temperature_K = read_temperatures(directory / TEMPERATURES_FILE, tuple(document["solid"]["body_names"]))
    facets, facet_temperature_K = read_facets(directory / FACETS_FILE, tuple(document["facets"]["surface_names"]))
    return to_solution(document, solid=solid, facets=facets, temperatures_K=(node_temperature_K, facet_temperature_K))


__all__ = [
    "CASE_FILE",
    "DATASET_FILE",
    "RESULT_FILE",
    "SURFACES_FILE",
    "TIME_FILE",
    "check_free",
    "find_unfinished",
    "is_result_directory",
    "is_unfinished",
    "read_result",
    "read_solution",
    "reserve_directory",
    "write_new_result",
    "write_result",
]
