"""Full solves at a few points of the inputs: they span the reduced model, and judge it."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.typing import FloatArray
from bbrmodel.uncertainty.channels import QUANTITIES, Quantity
from bbrmodel.uncertainty.derivatives import Solids
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.model import Model, vary
from bbrmodel.uncertainty.quick import Guess, Solved, outputs_by_adjoint, reflected_in, solve_variant


@dataclass(frozen=True)
class Snapshot:
    """A full solve.

    Attributes
    ----------
    z
        shape (num_inputs,), where.
    T
        shape (num_nodes,), [K].
    irradiance, reflected
        For each class of light, shape (num_facets,): irradiance [W/m2], and the adjoint state: what the ion gains by
        way of reflections.
    outputs
        T_eff and shift.
    """

    z: FloatArray
    T: FloatArray
    irradiance: dict[str, FloatArray]
    reflected: dict[str, FloatArray]
    outputs: dict[Quantity, float]


@dataclass(frozen=True)
class Start:
    """What a full solve starts from: any other one, what builds the conduction, and what guesses the solution at z."""

    near: Snapshot
    solids: Solids | None
    guess: Callable[[FloatArray], Guess] | None = None


def overrides_at(inputs: Sequence[Input], z: FloatArray) -> dict[str, object]:
    """Return what to replace in the case at a point."""
    found: dict[str, object] = {}
    for one, value in zip(inputs, z, strict=True):
        found |= one.overrides(float(value))
    return found


def take_snapshot(model: Model, inputs: Sequence[Input], z: FloatArray, *, start: Start) -> Snapshot:
    """Return the full solve at a point.

    Raises
    ------
    ConfigError
        An input changes the mesh or what rays do.
    BbrModelError
        The point cannot be solved.
    """
    setup = vary(model, overrides_at(inputs, z))
    if setup is None:
        raise ConfigError("an input changes the mesh or what rays do; such inputs cannot be sampled.")
    guess = None if start.guess is None else start.guess(z)
    solved = solve_variant(model, setup, start.solids, guess=guess)
    return _snapshot(model, z, solved, start.near.reflected if guess is None else guess.reflected)


def base_snapshot(model: Model, inputs: Sequence[Input]) -> Snapshot:
    """Return the case itself as a snapshot."""
    z = np.array([one.first.start for one in inputs])
    model.exchange.linearise(model.solved.T)
    return _snapshot(model, z, Solved(model.solved.T, model.exchange), {})


def _snapshot(model: Model, z: FloatArray, solved: Solved, known: Mapping[str, FloatArray]) -> Snapshot:
    """Return what is kept of a solve."""
    reflected = reflected_in(model, solved.exchange, known)
    irradiance = {light.name: light.irradiance for light in solved.exchange.lights}
    outputs = outputs_by_adjoint(model, solved.exchange, reflected)
    return Snapshot(z, solved.T, irradiance, reflected, outputs)


def load_or_take(model: Model, inputs: Sequence[Input], z: FloatArray, *, store: Path, start: Start) -> Snapshot:
    """Return the full solve at a point from the store, or take it and keep it there."""
    path = store / f"{hashlib.sha256(np.ascontiguousarray(z).tobytes()).hexdigest()[:24]}.npz"
    names = [light.name for light in model.exchange.lights]
    if path.is_file():
        try:
            return _read(path, names)
        except (OSError, ValueError, KeyError, EOFError):
            path.unlink(missing_ok=True)  # half written by a process that was killed
    found = take_snapshot(model, inputs, z, start=start)
    store.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {f"irradiance_{name}": found.irradiance[name] for name in names}
    arrays |= {f"reflected_{name}": found.reflected[name] for name in names}
    outputs = np.array([found.outputs[quantity] for quantity in QUANTITIES])
    partial = path.with_name(f".{path.stem}-{os.getpid()}.npz")
    np.savez(partial, z=z, T=found.T, outputs=outputs, **arrays)
    partial.replace(path)
    return found


def _read(path: Path, names: Sequence[str]) -> Snapshot:
    """Return a snapshot from a file."""
    with np.load(path) as file:
        return Snapshot(
            z=file["z"],
            T=file["T"],
            irradiance={name: file[f"irradiance_{name}"] for name in names},
            reflected={name: file[f"reflected_{name}"] for name in names},
            outputs=dict(zip(QUANTITIES, map(float, file["outputs"]), strict=True)),
        )


__all__ = ["Snapshot", "Start", "base_snapshot", "load_or_take", "overrides_at", "take_snapshot"]
