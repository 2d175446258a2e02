"""Run a study: a process per point, as many at once as there are workers, the table rewritten after each."""

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from bbrmodel.results import is_result_directory
from bbrmodel.solution import Solution
from bbrmodel.spec import Case, Study, check_study
from bbrmodel.study.points import Point, build_points
from bbrmodel.study.pool import run_jobs
from bbrmodel.study.store import Store
from bbrmodel.study.table import FAILED, OK, StudyTable, build_table, write_table
from bbrmodel.study.worker import Job, solve
from bbrmodel.typing import Progress

_LOG = logging.getLogger(__name__)


def run_study(
    study: Study,
    directory: Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    solve_point: Callable[[Case], Solution] = solve,
) -> StudyTable:
    """Compute every point of a study that `directory` does not hold yet, and return the table.

    Points that are done are skipped, points that failed are tried again. A point that fails, or whose process
    dies, is a row with status `failed`; it never ends the study. Interrupted (Ctrl-C), the study keeps every
    finished point and goes on from there next time.

    Parameters
    ----------
    study
        Case, grid and outputs.
    directory
        Made if needed. Holds `table.csv`, and for each point `points/<hash>/` (a result directory),
        `records/<hash>.json` and `logs/<hash>.log`.
    workers
        Points at once; by default what the study says.
    progress
        Called with (points finished, points that this call has to compute).
    solve_point
        Computes a case; must be a module-level function, because each point has its own process.

    Raises
    ------
    ConfigError
        No point of the grid fits the case, so that the study file must be wrong.
    """
    points = build_points(study)
    if all(point.case is None for point in points):  # a mistake in the study file, not a corner of its grid
        check_study(study)
    store = Store(directory.resolve())
    store.prepare()
    pending = _unfinished(points, store)
    table = _update(points, study, store=store)
    _LOG.info("study %s: %d points, %d to compute", study.name, len(points), len(pending))
    count = workers or study.workers
    jobs = _jobs(pending, store, workers=count)
    if progress is not None:
        progress(0, len(jobs))
    # Closed at once, so that an interruption here ends the processes before it goes on.
    with closing(run_jobs(jobs, store=store, workers=count, solve_point=solve_point)) as finished:
        for done, _ in enumerate(finished, start=1):
            table = _update(points, study, store=store)
            if progress is not None:
                progress(done, len(jobs))
    _LOG.info("study %s: %d ok, %d failed", study.name, table.count(OK), table.count(FAILED))
    return table


def _unfinished(points: Sequence[Point], store: Store) -> list[Point]:
    """Return the points to compute, each content once; a case that cannot be built has nothing to compute."""
    unique = {point.key: point for point in points if point.case is not None}
    return [point for key, point in unique.items() if not is_result_directory(store.point_directory(key))]


def _jobs(points: Sequence[Point], store: Store, *, workers: int) -> list[Job]:
    """Return the points as work for processes that share the machine's cores."""
    threads = max(1, (os.cpu_count() or 1) // workers)
    return [Job(p.key, p.case, directory=store.directory, threads=threads) for p in points if p.case is not None]


def _update(points: Sequence[Point], study: Study, *, store: Store) -> StudyTable:
    table = build_table(points, study.outputs, store=store)
    write_table(table)
    return table


__all__ = ["run_study"]
