"""From a loaded case to a result on disk and on the screen; imports what computes only when it computes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bbrmodel.cli.progress import progress_bar
from bbrmodel.cli.settings import Settings
from bbrmodel.errors import ConfigError

if TYPE_CHECKING:
    from bbrmodel.results.document import Document
    from bbrmodel.solution import Solution
    from bbrmodel.spec import Case, Study
    from bbrmodel.study import StudyTable

RESULTS = Path("results")
CROSS_CHECK_PATHS = 1 << 18  # 0.03 K in the second LN2 clock


@dataclass(frozen=True)
class RunOptions:
    """What the options of `run` and `solve` ask for."""

    output: Path | None = None
    force: bool = False
    restart: bool = False
    plot: bool = True
    as_json: bool = False
    quiet: bool = False


@dataclass(frozen=True)
class Run:
    """A finished run: where it stands, what it says, and what went wrong after it was written."""

    case: "Case"
    directory: Path
    document: "Document"
    pictures: tuple[Path, ...]
    notes: tuple[str, ...]  # problems of this call that are not in the result, such as a picture that failed


def compute_and_show(case: "Case", settings: Settings, *, options: RunOptions) -> None:
    """Solve a case, write the result and its pictures, and print what `options` want to see."""
    run = compute(case, settings, options=options)
    if options.as_json:
        show_json(run.document, settings)
    if options.as_json or options.quiet:
        for note in run.notes:
            settings.err.print(f"bbrmodel: warning: {note}", soft_wrap=True, markup=False)
        return
    from bbrmodel.cli.summary import show_run

    show_run(run, settings)


def compute(case: "Case", settings: Settings, *, options: RunOptions) -> Run:
    """Solve a case and write the result and its pictures."""
    from bbrmodel.results.files import check_free, read_result, write_new_result, write_result

    if case.time is not None:
        directory = _compute_in_time(case, settings, options=options)
    else:
        if options.restart:
            raise ConfigError(
                f"--restart: case {case.name} has no [time]: there is nothing to go on from. Leave it out."
            )
        if options.output is not None:
            check_free(options.output, force=options.force)  # before the work, not after it
        solution = solve_with_bar(case, settings, quiet=options.quiet)
        if options.output is None:
            directory = write_new_result(solution, case, RESULTS)
        else:
            directory = write_result(solution, case, options.output, force=options.force)
    run = Run(case, directory, read_result(directory), (), ())
    return _draw(run) if options.plot else run


def _compute_in_time(case: "Case", settings: Settings, *, options: RunOptions) -> Path:
    """Follow a case in time with a checkpoint in the directory of its result, and return that."""
    from bbrmodel.resources import CHECKPOINT_FILE
    from bbrmodel.results.files import check_free, find_unfinished, reserve_directory, write_result

    base = RESULTS / case.name
    if options.restart:
        directory = options.output or find_unfinished(base)
    elif options.output is not None:
        directory = options.output
        check_free(directory, force=options.force)
    else:
        directory = reserve_directory(base)
    keep = directory / CHECKPOINT_FILE
    try:
        solution = solve_with_bar(case, settings, quiet=options.quiet, checkpoint=(keep, options.restart))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and keep.exists():
            note = f"bbrmodel: {keep} holds the run so far: go on with --restart -o {directory}"
            settings.err.print(note, soft_wrap=True, markup=False)
        elif options.output is None and not any(directory.iterdir()):
            directory.rmdir()
        raise
    return write_result(solution, case, directory, force=True)


def solve_with_bar(
    case: "Case", settings: Settings, *, quiet: bool = False, checkpoint: tuple[Path | None, bool] = (None, False)
) -> "Solution":
    """Solve a case behind a progress bar; `checkpoint` is the file of a run in time and whether to go on from it."""
    from bbrmodel.pipeline import solve_case

    with progress_bar(settings.err, case.name, quiet=quiet) as bar:
        if case.time is None:
            return solve_case(case, progress=bar)
        from bbrmodel.model.transient import TimeRun

        run = TimeRun(*checkpoint, report=None if bar is None else bar.in_time)
        return solve_case(case, progress=bar, run=run)


def _draw(run: Run) -> Run:
    """Return the run with its pictures; a result without pictures is still a result, so failing is a note."""
    try:
        from bbrmodel.viz import plot_result

        return replace(run, pictures=tuple(plot_result(run.directory)))
    except Exception as error:  # noqa: BLE001 (drivers and VTK raise anything)
        note = f"no pictures: {type(error).__name__}: {error}. Try again with `bbrmodel plot {run.directory}`."
        return replace(run, notes=(*run.notes, " ".join(note.split())))


def with_cross_check(case: "Case") -> "Case":
    """Return the case with a second method at the ion, by as many paths as it says or else `CROSS_CHECK_PATHS`."""
    if case.ion is None:
        raise ConfigError(f"--cross-check: {case.name} has no ion. Add [ion] with position_m to the case.")
    paths = case.ion.cross_check_paths or CROSS_CHECK_PATHS
    return case.model_copy(update={"ion": case.ion.model_copy(update={"cross_check_paths": paths})})


def show_json(document: object, settings: Settings) -> None:
    """Print a document as JSON, whole lines whatever the width; numbers that are not finite become null."""
    import json

    settings.out.file.write(json.dumps(_finite(document), indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def _finite(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def find_ion_document(result_or_case: str, changes: Sequence[str], *, settings: Settings) -> "Document":
    """Return the document of a result directory, or of a case that is solved now and not kept."""
    from bbrmodel.results import is_result_directory, read_result

    path = Path(result_or_case)
    if is_result_directory(path) or path.suffix == ".json":
        if changes:
            message = f"--set {changes[0]}: cannot change {path}, a finished result. Give the case instead."
            raise ConfigError(message)
        document = read_result(path)
    else:
        document = _solve_to_document(result_or_case, changes, settings=settings)
    if document["ion"] is None:
        raise ConfigError(f"{result_or_case}: has no ion. Add [ion] with position_m to the case and run it again.")
    return document


def _solve_to_document(name: str, changes: Sequence[str], *, settings: Settings) -> "Document":
    from bbrmodel.results import collect_versions, peak_memory_mib, to_document
    from bbrmodel.spec import load_case

    case = load_case(name, changes)
    if case.ion is None:
        raise ConfigError(f"{name}: has no ion. Add [ion] with position_m to the case.")
    solution = solve_with_bar(case, settings)
    return to_document(solution, versions=collect_versions(), peak_memory_MiB=peak_memory_mib())


def run_study_with_bar(
    file: Path, settings: Settings, *, output: Path | None, workers: int | None, quiet: bool
) -> tuple["Study", "StudyTable"]:
    """Run a study file behind a progress bar."""
    from bbrmodel.spec import load_study
    from bbrmodel.study import run_study

    study = load_study(file)
    directory = output or RESULTS / "studies" / study.name
    with progress_bar(settings.err, study.name, quiet=quiet) as progress:
        return study, run_study(study, directory, workers=workers, progress=progress)


__all__ = [
    "CROSS_CHECK_PATHS",
    "RESULTS",
    "Run",
    "RunOptions",
    "compute",
    "compute_and_show",
    "find_ion_document",
    "run_study_with_bar",
    "show_json",
    "solve_with_bar",
    "with_cross_check",
]
