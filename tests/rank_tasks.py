"""What the tests of `bbrmodel.parallel` ask of ranks: tasks are functions of a module that every rank can import."""

from mpi4py import MPI

from bbrmodel.errors import ConfigError
from bbrmodel.parallel import cores
from bbrmodel.typing import FloatArray


def number_of_rank() -> int:
    return int(MPI.COMM_WORLD.rank)


def add(number: int, other: int) -> int:
    return number + other


def as_array(number: int) -> FloatArray:
    import numpy as np

    return np.array([number, 1.0 - number])


def threads_of_rank() -> int:
    return cores()


def fail_in(rank: int) -> None:
    if number_of_rank() == rank:
        raise ConfigError(f"rank {rank} failed")


def fail_while_the_other_waits() -> None:
    fail_in(1)
    MPI.COMM_WORLD.recv(source=1)
