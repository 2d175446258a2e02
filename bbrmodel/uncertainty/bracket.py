"""The interval in which T_eff must lie, whatever the finishes are within their ranges and however walls reflect.

Nobody knows how a wall of a given apparatus reflects, and how bright it is. Both ends of both bound the result: every
finish at the lowest or highest value of its range, all walls matt or all walls mirrors.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.pipeline import solve_case
from bbrmodel.solution import IonField
from bbrmodel.spec import Case, Target, find_targets, with_overrides
from bbrmodel.typing import Progress
from bbrmodel.uncertainty.channels import Channel
from bbrmodel.uncertainty.derivatives import Solids, solid_of
from bbrmodel.uncertainty.model import Model, Setup, build_model, exchange_of, vary
from bbrmodel.uncertainty.quick import outputs_by_adjoint, reflected_in, solve_variant

_LOG = logging.getLogger(__name__)
_MAX_ROUNDS = 4
MATT, MIRROR = "matt", "mirror"


@dataclass(frozen=True)
class Corner:
    """One solved combination: T_eff, its numerical error and the shift, and the level of every finish."""

    walls: str
    finishes: str
    temperature_K: float
    std_K: float | None
    fractional_shift: float
    levels: Mapping[str, float]


@dataclass(frozen=True)
class Bracket:
    """The interval of T_eff, and all corners that were solved, coldest first."""

    case: str
    low: Corner
    high: Corner
    corners: tuple[Corner, ...]


def compute_bracket(
    case: Case, *, with_mirrors: bool = True, cache: Path | None = None, progress: Progress | None = None
) -> Bracket:
    """Return the interval of T_eff over finishes and kinds of reflection.

    With matt walls every finish goes to the end that its derivative points to, until all derivatives agree with where
    they are. Mirrors need an exchange of their own for each set of finishes, so that there the same sets are solved,
    and all finishes at the lowest and at the highest end.

    Raises
    ------
    ConfigError
        The case has no finish of the library, no ion, or its light is followed by paths.
    BbrModelError
        A corner cannot be solved.
    """
    targets = finish_targets(case)
    matt = with_overrides(case, _all_walls(case, 0.0)) if _has_mirrors(case) else case
    model = build_model(matt, cache=cache, progress=progress)
    if model.looks.paths:
        raise ConfigError(f"{case.source or case.name}: its light is followed by paths: a bracket needs view factors.")
    search = _Search(model, targets, solid_of(model) if model.num_nodes else None)
    nominal = {target.path: target.value for target in targets}
    sets = {"as given": nominal, "coldest": search.extreme(-1.0), "warmest": search.extreme(1.0)}
    sets |= {"all lowest": dict.fromkeys(nominal, -1.0), "all highest": dict.fromkeys(nominal, 1.0)}
    corners = [search.corner(name, levels) for name, levels in sets.items()]
    if with_mirrors:
        for done, (name, levels) in enumerate(sets.items()):
            corners.append(_mirror_corner(case, name, levels, cache=cache))
            if progress is not None:
                progress(done + 1, len(sets))
    ranked = tuple(sorted(corners, key=lambda one: one.temperature_K))
    return Bracket(case.name, ranked[0], ranked[-1], ranked)


def finish_targets(case: Case) -> tuple[Target, ...]:
    """Return the level of every finish of the case.

    Raises
    ------
    ConfigError
        There is none.
    """
    found: list[Target] = []
    for key in ("bodies.*.finish", "surfaces.*.finish"):
        try:
            found += [target for target in find_targets(case, key) if target.is_level]
        except ConfigError:
            continue
    if not found:
        raise ConfigError(f"{case.source or case.name}: has no finish of the library, so there is no range to bracket.")
    return tuple(found)


def _has_mirrors(case: Case) -> bool:
    return any(surface.specularity for surface in case.surfaces.values())


def _all_walls(case: Case, specularity: float) -> dict[str, object]:
    """Return what makes every surface reflect alike."""
    wanted: dict[str, object] = {'surfaces."*".specularity': specularity}
    for name, surface in case.surfaces.items():
        if surface.specularity is not None:
            wanted[f'surfaces."{name}".specularity'] = specularity
    return wanted


def _mirror_corner(case: Case, name: str, levels: Mapping[str, float], *, cache: Path | None) -> Corner:
    """Return one set of finishes with all walls mirrors."""
    field = solve_case(with_overrides(case, {**levels, **_all_walls(case, 1.0)}), cache=cache).ion
    if not isinstance(field, IonField):
        raise ConfigError(f"{case.name}: has no ion. Add [ion].")
    _LOG.info("bracket: mirrors, %s: %.4f K", name, field.effective_temperature_K)
    error = field.effective_temperature_std_K
    return Corner(MIRROR, name, field.effective_temperature_K, error, field.fractional_shift, dict(levels))


class _Search:
    """Finds the finishes of the coldest and the warmest ion with matt walls."""

    def __init__(self, model: Model, targets: Sequence[Target], solids: Solids | None) -> None:
        self._model, self._targets, self._solids = model, targets, solids

    def extreme(self, sign: float) -> dict[str, float]:
        """Return the levels of the warmest (sign 1) or coldest (-1) ion."""
        levels = {target.path: target.value for target in self._targets}
        for _ in range(_MAX_ROUNDS):
            slopes = self._slopes(levels)
            wanted = {path: float(np.sign(sign * slope)) or levels[path] for path, slope in slopes.items()}
            if wanted == levels:
                break
            levels = wanted
        return levels

    def corner(self, name: str, levels: Mapping[str, float]) -> Corner:
        """Return one set of finishes, solved."""
        solved = solve_variant(self._model, self._setup(levels), self._solids)
        outputs = outputs_by_adjoint(self._model, solved.exchange, reflected_in(self._model, solved.exchange, {}))
        _LOG.info("bracket: matt, %s: %.4f K", name, outputs["temperature"])
        error = self._model.view.temperature_std_K if name == "as given" else None
        return Corner(MATT, name, outputs["temperature"], error, outputs["shift"], dict(levels))

    def _setup(self, levels: Mapping[str, float]) -> Setup:
        setup = vary(self._model, dict(levels))
        if setup is None:
            raise ConfigError("a finish changes what rays do; a bracket needs matt walls to start from.")
        return setup

    def _slopes(self, levels: Mapping[str, float]) -> dict[str, float]:
        """Return how the ion's light changes with each level, temperatures of walls held: their sign is what counts."""
        model = self._model
        setup = self._setup(levels)
        solved = solve_variant(model, setup, self._solids)
        exchange = solved.exchange
        reflected = reflected_in(model, exchange, {})
        channel = Channel("temperature", model)
        psi, _ = channel.emission(exchange.fourth_power)
        slopes = {}
        for target in self._targets:
            step = 0.01 if levels[target.path] <= 0.0 else -0.01
            moved = exchange_of(model, self._setup({**levels, target.path: levels[target.path] + step}))
            moved.lights = tuple(replace(light) for light in exchange.lights)
            moved.linearise(solved.T, frozen=True)
            total = 0.0
            for new, old in zip(moved.lights, exchange.lights, strict=True):
                seen, state = model.looks.direct[old.name], reflected[old.name]
                gain = seen.arrival + old.solver.areas.apply(state)
                less = new.absorptivity - old.absorptivity
                total += float(gain @ (less * (old.share * psi - old.irradiance)))
            slopes[target.path] = total / step
        return slopes


__all__ = ["MATT", "MIRROR", "Bracket", "Corner", "compute_bracket", "finish_targets"]
