"""Processes that compute together: one leads, the others keep parts of what is large and do what it asks.

`mpirun -n N bbrmodel ...` starts N processes. Rank 0 runs the program as if it were alone: it alone reads, writes,
decides, and shows what it does, so ranks cannot disagree. What is large (lines of sight, the rows of the conduction
matrix) is spread; operations on it are *tasks*: functions of a module that every rank calls at the same time with its
own part. Without mpirun the team is one process and a task is a plain call.

numpy must not be imported here: libraries read how many threads they may use when they are loaded.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bbrmodel.errors import MissingDependencyError

Task = Callable[..., Any]
# Environment variables in which mpirun and srun say how many processes they have started.
_SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "MPI_LOCALNRANKS")
_RANKS = ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "MV2_COMM_WORLD_RANK", "SLURM_PROCID")
# Thread counts that numerical libraries read when they are loaded.
_LINEAR_ALGEBRA = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
THREAD_VARIABLES = ("OMP_NUM_THREADS", *_LINEAR_ALGEBRA, "NUMBA_NUM_THREADS")


@dataclass(frozen=True, eq=False)
class Kept:
    """A thing of which every rank keeps a part; tasks that are given it get the part of their rank.

    `own` is the leader's part. When the last reference is gone all ranks drop theirs.
    """

    number: int
    own: Any


class Team(Protocol):
    """What the leader asks of all ranks, itself included. Errors of any rank are raised here, once."""

    @property
    def size(self) -> int:
        """Number of processes."""
        ...

    @property
    def leads(self) -> bool:
        """Whether this process is the one that runs the program."""
        ...

    @property
    def share_of_node(self) -> float:
        """Part of the whole work that processes on this machine do."""
        ...

    def call(
        self, task: Task, *shared: Any, parts: Sequence[tuple[Any, ...]] | None = None, together: bool = False
    ) -> list[Any]:
        """Return what `task(*shared, *parts[rank])` returns, for every rank in order.

        `together` says that ranks wait for each other inside the task, so that one that fails cannot be waited for.
        """
        ...

    def keep(
        self, task: Task, *shared: Any, parts: Sequence[tuple[Any, ...]] | None = None, together: bool = False
    ) -> Kept:
        """Call a task whose results stay where they are."""
        ...

    def total(self, task: Task, *shared: Any, parts: Sequence[tuple[Any, ...]] | None = None) -> Any:
        """Return the sum, in the order of the ranks, of the arrays (or tuples of arrays) that a task returns."""
        ...

    def serve(self) -> None:
        """Do what the leader asks until it is done; for all ranks but the leader."""
        ...

    def dismiss(self, *, status: int) -> None:
        """End the other processes: called once by the leader, whatever has happened."""
        ...


class Alone:
    """A team of one process: tasks are plain calls."""

    size = 1
    leads = True
    share_of_node = 1.0

    def call(
        self, task: Task, *shared: Any, parts: Sequence[tuple[Any, ...]] | None = None, together: bool = False
    ) -> list[Any]:
        """Return the result of the one call."""
        return [task(*own_parts(shared), *(parts[0] if parts else ()))]

    def keep(
        self, task: Task, *shared: Any, parts: Sequence[tuple[Any, ...]] | None = None, together: bool = False
    ) -> Kept:
        """Keep the result of the one call."""
        return Kept(0, self.call(task, *shared, parts=parts)[0])

    def total(self, task: Task, *shared: Any, parts: Sequence[tuple[Any, ...]] | None = None) -> Any:
        """Return the result of the one call."""
        return self.call(task, *shared, parts=parts)[0]

    def serve(self) -> None:
        """Return at once: nobody leads."""

    def dismiss(self, *, status: int) -> None:
        """Return at once: there is nobody to send home."""


def own_parts(arguments: Sequence[Any]) -> list[Any]:
    """Return the arguments with what is spread replaced by the part of the calling process."""
    return [argument.own if isinstance(argument, Kept) else argument for argument in arguments]


_team: list[Team] = [Alone()]


def team() -> Team:
    """Return the processes that compute together."""
    return _team[0]


def join_team() -> Team:
    """Return the processes that mpirun (or srun) has started, and share the machine's cores among them.

    Libraries of linear algebra get one thread each unless the user says otherwise: what they are given is small, and
    threads that wait for work would take the cores from those that sum over lines.

    Raises
    ------
    MissingDependencyError
        There are several processes, and no mpi4py.
    """
    sizes = [os.environ.get(name, "") for name in _SIZES]
    several = any(size.isdigit() and int(size) > 1 for size in sizes) or "PMIX_RANK" in os.environ
    if several and team().size == 1:
        try:
            from bbrmodel.mpi import MpiTeam
        except ImportError as error:
            if started_rank() > 0:
                raise SystemExit(0) from None  # rank 0 speaks for all
            raise MissingDependencyError(
                f"mpirun has started several processes, and mpi4py is missing ({error}): run scripts/setup, or "
                "install mpi4py. Without mpirun one process does all the work."
            ) from error
        found = MpiTeam()
        if found.size > 1:
            _team[0] = found
            for variable in THREAD_VARIABLES:
                os.environ.setdefault(variable, str(cores()))
            found.start_libraries()
    for variable in _LINEAR_ALGEBRA:
        os.environ.setdefault(variable, "1")
    return team()


def started_rank() -> int:
    """Return the number that mpirun (or srun) has given this process, 0 without."""
    return next((int(os.environ[name]) for name in _RANKS if os.environ.get(name, "").isdigit()), 0)


def cores() -> int:
    """Return how many threads this process may keep busy: its share of the machine's cores."""
    whole = os.cpu_count() or 1
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else whole
    here = round(team().size * team().share_of_node)
    return max(1, min(mine, whole // here))


__all__ = ["THREAD_VARIABLES", "Alone", "Kept", "Team", "cores", "join_team", "own_parts", "started_rank", "team"]
