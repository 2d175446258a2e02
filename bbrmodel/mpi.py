"""A team of MPI processes (`bbrmodel.parallel`); the only module that needs mpi4py for its own sake.

An order travels as one short header that all ranks wait for without keeping their core busy, and then its arguments,
arrays as they lie in memory. Every order ends with the ranks agreeing whether all have done it.
"""

import contextlib
import logging
import os
import pickle
import signal
import sys
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from mpi4py import MPI

from bbrmodel.parallel import Kept, Task, own_parts

_CALL, _KEEP, _TOTAL, _STOP = range(4)
_HEADER = 32  # numbers of 8 bytes: sizes of an order and of its arrays
_MOST_BYTES = 1 << 30  # of one message; counts are 32 bits wide
_SPIN_S, _NAP_S, _LONGEST_NAP_S = 2e-3, 5e-5, 1e-3
_PATIENCE_S = 10.0  # with ranks that may be waiting inside a task for one that has failed
_TAG = 7
EXIT_USER_ERROR = 2


@dataclass(frozen=True)
class _Order:
    what: int
    number: int  # under which ranks keep the result
    task: Task | None = None
    shared: tuple[Any, ...] = ()
    has_parts: bool = False
    together: bool = False
    dropped: tuple[int, ...] = ()  # nobody refers to these any longer


@dataclass(frozen=True)
class _Reference:
    """What stands for a `Kept` on its way to another rank."""

    number: int


class MpiTeam:
    """All processes of `MPI.COMM_WORLD`; rank 0 leads."""

    def __init__(self) -> None:
        self._comm = MPI.COMM_WORLD
        self.size = int(self._comm.size)
        self.leads = self._comm.rank == 0
        node = self._comm.Split_type(MPI.COMM_TYPE_SHARED)
        self.share_of_node = node.size / self.size
        node.Free()
        self._kept: dict[int, Any] = {}
        self._dropped: list[int] = []
        self._numbers = count()
        self._busy = False
        if self.leads:  # mpirun's way to end a process: leave no half-written file
            signal.signal(signal.SIGTERM, signal.default_int_handler)

    def start_libraries(self) -> None:
        """Import what starts on all ranks together or waits for ever: PETSc, where it is installed."""
        with contextlib.suppress(ImportError):
            import petsc4py.PETSc  # noqa: F401 (importing it is what starts it)

    # The leader's side

    def call(
        self, task: Task, *shared: Any, parts: Sequence[tuple[Any, ...]] | None = None, together: bool = False
    ) -> list[Any]:
        """Return the results of all ranks."""
        own = self._give(_CALL, task, shared, parts, together)[0]
        found = [own, *(self._receive_from(rank) for rank in range(1, self.size))]
        self._busy = False
        return found

    def keep(
        self, task: Task, *shared: Any, parts: Sequence[tuple[Any, ...]] | None = None, together: bool = False
    ) -> Kept:
        """Call a task whose results stay where they are."""
        own, number = self._give(_KEEP, task, shared, parts, together)
        self._busy = False
        self._kept[number] = own  # until the others drop theirs
        kept = Kept(number, own)
        weakref.finalize(kept, self._dropped.append, number)
        return kept

    def total(self, task: Task, *shared: Any, parts: Sequence[tuple[Any, ...]] | None = None) -> Any:
        """Return the sum of the results of all ranks."""
        own = self._give(_TOTAL, task, shared, parts, False)[0]
        found = self._reduce(own)
        self._busy = False
        return found

    def dismiss(self, *, status: int) -> None:
        """End the other processes; at once where some may be waiting for one that does not come."""
        if self._busy:
            sys.stdout.flush()
            sys.stderr.flush()
            self._comm.Abort(status)
        self._broadcast(_Order(_STOP, 0))

    def _give(
        self, what: int, task: Task, shared: tuple[Any, ...], parts: Sequence[tuple[Any, ...]] | None, together: bool
    ) -> tuple[Any, int]:
        """Give an order, do the leader's part of it, and return the result and its number."""
        if self._busy:
            raise RuntimeError("a task was given out while another is being done.")
        dropped = tuple(self._dropped)
        del self._dropped[: len(dropped)]
        number = next(self._numbers)
        sent = tuple(_Reference(argument.number) if isinstance(argument, Kept) else argument for argument in shared)
        self._busy = True
        self._broadcast(_Order(what, number, task, sent, parts is not None, together, dropped))
        for unused in dropped:  # here and there in the same order: some things end on all ranks together
            self._kept.pop(unused, None)
        if parts is not None:
            for rank in range(1, self.size):
                self._send_to(rank, parts[rank])
        result, error = _attempt(task, own_parts(shared), parts[0] if parts is not None else ())
        self._agree(error, together)
        return result, number

    # The side of the others

    def serve(self) -> None:
        """Do what the leader asks until it is done."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the leader and mpirun
        logging.disable(logging.WARNING)
        while (order := self._broadcast(None)).what != _STOP:
            for number in order.dropped:
                self._kept.pop(number, None)
            shared = [self._kept[a.number] if isinstance(a, _Reference) else a for a in order.shared]
            part = self._receive_from(0) if order.has_parts else ()
            result, error = _attempt(order.task, shared, part)
            if not self._agree(error, order.together):
                continue
            if order.what == _KEEP:
                self._kept[order.number] = result
            elif order.what == _TOTAL:
                self._reduce(result)
            else:
                self._send_to(0, result)

    # Both

    def _agree(self, error: Exception | None, together: bool) -> bool:
        """Return whether all ranks have done their part; where one has not, raise its error in the leader."""
        import numpy as np

        failed = np.array([0 if error is None else 1])
        everywhere = np.zeros_like(failed)
        request = self._comm.Iallreduce(failed, everywhere, MPI.MAX)
        patience = _PATIENCE_S if together and error is not None else float("inf")
        if not _wait(request, patience):
            sys.stderr.write("bbrmodel: error: " + " ".join(str(error).split()) + "\n")
            sys.stderr.flush()
            self._comm.Abort(EXIT_USER_ERROR)
        if not everywhere[0]:
            return True
        errors = self._comm.gather(_as_message(error), root=0)
        if errors is None:
            return False
        self._busy = False
        first = next(found for found in errors if found is not None)
        if error is not None:
            raise error
        raise pickle.loads(first)  # noqa: S301 (from a process of this very run)

    def _reduce(self, own: Any) -> Any:
        """Return the sum of arrays, or of tuples of arrays, to the leader."""
        if isinstance(own, tuple):
            return tuple(self._reduce(part) for part in own)
        import numpy as np

        own = np.asarray(own, order="C")
        whole = np.zeros_like(own) if self.leads else None
        # One dimension: counts are 32 bits wide.
        flat, into = own.reshape(-1), None if whole is None else whole.reshape(-1)
        step = _MOST_BYTES // max(own.itemsize, 1)
        for start in range(0, flat.size, step):
            here = slice(start, start + step)
            self._comm.Reduce(flat[here], None if into is None else into[here], MPI.SUM, root=0)
        return whole

    def _broadcast(self, order: _Order | None) -> _Order:
        """Return the leader's order."""
        import numpy as np

        header = np.zeros(_HEADER, dtype=np.int64)
        body, arrays = (b"", []) if order is None else _pack(order, _HEADER - 2)
        header[: len(arrays) + 2] = [len(arrays), len(body), *(array.nbytes for array in arrays)]
        _wait(self._comm.Ibcast(header, root=0), float("inf"))
        if order is None:
            sizes = [int(size) for size in header[1 : header[0] + 2]]
            pieces: list[Any] = [bytearray(size) for size in sizes]
        else:
            pieces = [body, *arrays]
        for piece in pieces:
            for span in _spans(piece):
                self._comm.Bcast([span, MPI.BYTE], root=0)
        return order if order is not None else _unpack(pieces)

    def _send_to(self, rank: int, thing: Any) -> None:
        """Send anything to one rank."""
        body, arrays = _pack(thing, None)
        self._comm.send([len(body), *(array.nbytes for array in arrays)], rank, _TAG)
        for piece in (body, *arrays):
            for span in _spans(piece):
                self._comm.Send([span, MPI.BYTE], rank, _TAG)

    def _receive_from(self, rank: int) -> Any:
        """Return what one rank sends."""
        pieces = [bytearray(size) for size in self._comm.recv(source=rank, tag=_TAG)]
        for piece in pieces:
            for span in _spans(piece):
                self._comm.Recv([span, MPI.BYTE], rank, _TAG)
        return _unpack(pieces)


def _attempt(task: Task | None, shared: Sequence[Any], part: Sequence[Any]) -> tuple[Any, Exception | None]:
    """Return what a task returns, and what it raises."""
    if task is None:
        return None, None
    try:
        return task(*shared, *part), None
    except Exception as error:  # noqa: BLE001 (whatever it is, the leader has to hear of it)
        return None, error


def _as_message(error: Exception | None) -> bytes | None:
    """Return an error as bytes; what cannot travel arrives as text."""
    if error is None:
        return None
    with contextlib.suppress(Exception):
        message = pickle.dumps(error)
        pickle.loads(message)  # noqa: S301 (of the line above: only whether it comes back whole)
        return message
    return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))


def _wait(request: Any, patience_s: float) -> bool:
    """Return whether a request was done in time; the longer it takes, the less it asks for the core."""
    start, nap = time.perf_counter(), _NAP_S
    while not request.Test():
        waited = time.perf_counter() - start
        if waited > patience_s:
            return False
        if waited < _SPIN_S:
            os.sched_yield()
            continue
        time.sleep(nap)
        nap = min(1.5 * nap, _LONGEST_NAP_S)
    return True


def _pack(thing: Any, most: int | None) -> tuple[bytes, list[memoryview]]:
    """Return a thing as bytes and, beside them, its arrays (at most so many)."""
    arrays: list[memoryview] = []

    def put_aside(buffer: pickle.PickleBuffer) -> bool:
        if most is not None and len(arrays) >= most:
            return True  # within the bytes
        arrays.append(buffer.raw())
        return False

    body = pickle.dumps(thing, protocol=5, buffer_callback=put_aside)
    return body, arrays


def _unpack(pieces: Sequence[Any]) -> Any:
    """Return what was packed."""
    return pickle.loads(pieces[0], buffers=pieces[1:])  # noqa: S301 (from a process of this very run)


def _spans(piece: Any) -> list[Any]:
    """Return views of some bytes, none too long for one message."""
    view = memoryview(piece)
    return [view[start : start + _MOST_BYTES] for start in range(0, view.nbytes, _MOST_BYTES)]


__all__ = ["MpiTeam"]
