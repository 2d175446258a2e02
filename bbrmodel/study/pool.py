"""A process per point: one that crashes, or is killed for its memory, takes no other point with it."""

import multiprocessing
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess

from bbrmodel.errors import ConfigError
from bbrmodel.parallel import team
from bbrmodel.solution import Solution
from bbrmodel.spec import Case
from bbrmodel.study.store import Store
from bbrmodel.study.worker import Job, work

_PATIENCE_S = 5.0
_GLANCE_S = 0.2  # between looks whether Ctrl-C was pressed


@dataclass(frozen=True)
class _Running:
    job: Job
    process: SpawnProcess
    start: float


def run_jobs(
    jobs: Sequence[Job], *, store: Store, workers: int, solve_point: Callable[[Case], Solution]
) -> Generator[str, None, None]:
    """Compute `jobs`, `workers` at once, and yield the key of each when its process has ended.

    Processes are spawned, not forked: MPI and thread pools do not survive a fork. If the caller stops early, the
    processes that still run are ended.

    Raises
    ------
    ConfigError
        This process is one of several that mpirun has started: those of the points would take themselves for ranks.
    """
    if team().size > 1:
        raise ConfigError(
            f"mpirun has started {team().size} processes, but each point has a process of its own. "
            "Leave mpirun away and use --workers."
        )
    waiting = deque(jobs)
    running: dict[int, _Running] = {}
    interrupted, restore = _listen()
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                started = _start(waiting.popleft(), solve_point)
                running[started.process.sentinel] = started
            for sentinel in wait(list(running), timeout=_GLANCE_S):
                ended = running.pop(int(sentinel))  # type: ignore[arg-type]
                _finish(ended, store)
                yield ended.job.key
            if interrupted.is_set():
                raise KeyboardInterrupt
    finally:
        restore()
        for left in running.values():
            left.process.terminate()
        for left in running.values():
            left.process.join(timeout=_PATIENCE_S)
            if left.process.is_alive():  # it was stopped where it cannot listen, as in a library's own clean-up
                left.process.kill()
                left.process.join()


def _listen() -> tuple[threading.Event, Callable[[], object]]:
    """Return an event that Ctrl-C sets, and what undoes this.

    Raised wherever the program happens to be, KeyboardInterrupt is lost where Python ignores exceptions, and a process
    that has just been started would be forgotten.
    """
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        return interrupted, lambda: None
    previous = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    return interrupted, lambda: signal.signal(signal.SIGINT, previous)


def _start(job: Job, solve_point: Callable[[Case], Solution]) -> _Running:
    process = multiprocessing.get_context("spawn").Process(target=work, args=(job, solve_point), name=job.key)
    process.start()
    return _Running(job, process, time.perf_counter())


def _finish(ended: _Running, store: Store) -> None:
    """Leave a record for a process that could not write one itself."""
    ended.process.join()
    code = ended.process.exitcode or 0
    if code == 0:
        return
    cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
    hint = " Out of memory?" if code == -signal.SIGKILL else ""
    error = f"the process of this point ended with {cause}.{hint} See {store.log_file(ended.job.key)}."
    store.write_record(ended.job.key, seconds=time.perf_counter() - ended.start, error=error)


__all__ = ["run_jobs"]
