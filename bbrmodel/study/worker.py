"""What the process of one point does; nothing it raises, prints or crashes on reaches the study."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bbrmodel.errors import BbrModelError
from bbrmodel.parallel import THREAD_VARIABLES
from bbrmodel.results import write_result
from bbrmodel.solution import Solution
from bbrmodel.spec import Case
from bbrmodel.study.store import Store


@dataclass(frozen=True)
class Job:
    """One point to compute, in types that travel to another process."""

    key: str
    case: Case
    directory: Path  # of the study
    threads: int


def solve(case: Case) -> Solution:
    """Solve the case; here so that the process loads dolfinx only when it starts to compute."""
    from bbrmodel.pipeline import solve_case

    return solve_case(case)


def work(job: Job, solve_point: Callable[[Case], Solution]) -> None:
    """Compute one point and leave a result and a record, or a record of why not."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the study, which then ends its processes
    for variable in THREAD_VARIABLES:
        os.environ.setdefault(variable, str(job.threads))
    store = Store(job.directory)
    _send_output_to(store.log_file(job.key))
    start = time.perf_counter()
    try:
        write_result(solve_point(job.case), job.case, store.point_directory(job.key))
    except BbrModelError as error:
        store.write_record(job.key, seconds=time.perf_counter() - start, error=str(error))
    except Exception as bug:  # noqa: BLE001 (a failed point is a row of the table, whatever failed)
        traceback.print_exc()
        store.write_record(job.key, seconds=time.perf_counter() - start, error=f"{type(bug).__name__}: {bug}")
    else:
        store.write_record(job.key, seconds=time.perf_counter() - start)


def _send_output_to(path: Path) -> None:
    """Point the process's output, that of C libraries included, at a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    with path.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


__all__ = ["Job", "solve", "work"]
