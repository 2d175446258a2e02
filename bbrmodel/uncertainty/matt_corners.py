"""Corners of the bracket whose walls are all matt: by view factors, each end found by its derivatives."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.spec import Target
from bbrmodel.uncertainty.derivatives import Adjoint, Solids, change_of_output, solid_of, solve_adjoint, try_out
from bbrmodel.uncertainty.linear import values_at
from bbrmodel.uncertainty.model import Model, Setup, vary
from bbrmodel.uncertainty.quick import solve_variant
from bbrmodel.uncertainty.store import Store

_LOG = logging.getLogger(__name__)
_MAX_ROUNDS = 4
_STEP = 0.01  # of a level
TOLERANCE = 1e-4  # of the adjoint solve: signs are what counts

Levels = Mapping[str, float]


@dataclass(frozen=True)
class Value:
    """T_eff and shift of a corner, each with its numerical error."""

    temperature_K: float
    std_K: float
    fractional_shift: float
    shift_std: float


class MattCorners:
    """Solves sets of finishes of a case with matt walls, and finds the coldest and the warmest."""

    def __init__(self, model: Model, targets: Sequence[Target], store: Store) -> None:
        self._model, self._targets, self._store = model, targets, store
        self._last: tuple[Levels, Model] | None = None

    @cached_property
    def solids(self) -> Solids | None:
        """What builds the conduction of a variant."""
        return solid_of(self._model) if self._model.num_nodes else None

    @cached_property
    def adjoint(self) -> Adjoint:
        """The adjoint of T_eff in the case itself."""
        return solve_adjoint(self._model, "temperature", self.solids, tolerance=TOLERANCE)

    @property
    def nominal(self) -> dict[str, float]:
        """Levels as the case gives them."""
        return {target.path: target.value for target in self._targets}

    def extreme(self, sign: float) -> dict[str, float]:
        """Return the levels of the warmest (sign 1) or coldest (-1) ion.

        Every finish goes to the end that its derivative points to, which is taken anew there until none points away.
        """
        levels = self.nominal
        for _ in range(_MAX_ROUNDS):
            slopes = self._slopes(levels)
            wanted = {path: float(np.sign(sign * slope)) or levels[path] for path, slope in slopes.items()}
            if wanted == levels:
                break
            levels = wanted
        return levels

    def solve(self, levels: Levels) -> Value:
        """Return T_eff and the shift of one set of finishes."""
        known = self._store.get("matt", sorted(levels.items()))
        if known is not None:
            return Value(**known)
        model = self._at(levels)
        shift, view = values_at(model, "shift"), model.view
        value = Value(view.temperature_K, view.temperature_std_K, shift, 0.0)
        # The error of the shift is that of T_eff: both are the noise of the same light.
        value = replace(value, shift_std=4.0 * abs(shift) * value.std_K / value.temperature_K)
        self._store.put(vars(value), "matt", sorted(levels.items()))
        return value

    def setup(self, levels: Levels) -> Setup:
        """Return the variant of one set of finishes."""
        setup = vary(self._model, dict(levels))
        if setup is None:
            raise ConfigError("a finish changes what rays do; a bracket needs matt walls to start from.")
        return setup

    def _at(self, levels: Levels) -> Model:
        """Return the model solved at one set of finishes; the last one is kept."""
        if dict(levels) == self.nominal:
            return self._model
        if self._last is None or self._last[0] != levels:
            setup = self.setup(levels)
            solved = solve_variant(self._model, setup, self.solids)
            view = self._model.looks.view(solved.exchange)
            _LOG.info("bracket: matt walls, %.4f K", view.temperature_K)
            light = replace(self._model.light, exchange=solved.exchange)
            model = replace(
                self._model,
                solved=replace(self._model.solved, T=solved.T, light=light),
                base=setup,
                view=view,
                correction=view.fourth_power / view.emitted_fourth_power,
            )
            self._last = (levels, model)
        return self._last[1]

    def _slopes(self, levels: Levels) -> dict[str, float]:
        """Return how T_eff changes with each level, by way of light and of temperatures."""
        known: dict[str, float] | None = self._store.get("slopes", sorted(levels.items()))
        if known is not None:
            return known
        model = self._at(levels)
        adjoint = self.adjoint
        if model is not self._model:
            adjoint = solve_adjoint(model, "temperature", self.solids, tolerance=TOLERANCE)
        here, slopes = try_out(model, model.base, self.solids), {}
        for path, level in levels.items():
            step = -_STEP if level > 0.0 else _STEP
            there = try_out(model, self.setup({**levels, path: level + step}), self.solids)
            slopes[path] = change_of_output(adjoint, there, here) / step
        self._store.put(slopes, "slopes", sorted(levels.items()))
        return slopes


__all__ = ["Levels", "MattCorners", "Value"]
