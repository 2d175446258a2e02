"""The interval in which T_eff must lie, whatever the finishes are within their ranges and however walls reflect.

Nobody knows how a wall of a given apparatus reflects, and how bright it is. Finishes go to the lowest or highest value
of their ranges; walls are all matt, all mirrors, or each of them what makes the ion coldest or warmest: a bore that is
a mirror lets more light in than a matt one, a cavity whose wall is one keeps it from the ion.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.resources import cache_dir
from bbrmodel.spec import Case, Target, find_targets, with_overrides
from bbrmodel.typing import FloatArray, Progress
from bbrmodel.uncertainty.matt_corners import Levels, MattCorners, Value
from bbrmodel.uncertainty.model import Model, build_model
from bbrmodel.uncertainty.store import Store, open_store
from bbrmodel.uncertainty.wall_kinds import Finishes, Kinds, WallKinds, names_of

MATT, MIRROR, MIXED = "matt", "mirrors", "mixed"
GIVEN, COLDEST, WARMEST = "as given", "coldest", "warmest"
_STEPS, _MATT_STEPS = 11, 5  # of progress
_NEAR = 0.15  # chance that a path finds a wall of the other kind, where a choice of kinds is looked at again
_SURE = 2.0  # standard errors beyond which a choice is changed


@dataclass(frozen=True)
class Corner:
    """One solved combination: T_eff and shift with their numerical errors, the level of every finish, the mirrors."""

    walls: str
    finishes: str
    temperature_K: float
    std_K: float
    fractional_shift: float
    shift_std: float
    levels: Mapping[str, float]
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class WallEffect:
    """What it does to T_eff that a surface is a mirror instead of matt, on average over what the others are [K]."""

    surface: str
    coldest_K: float
    coldest_std_K: float
    warmest_K: float
    warmest_std_K: float


@dataclass(frozen=True)
class Bracket:
    """The interval of T_eff, all corners that were solved, coldest first, and what single walls do, strongest first."""

    case: str
    low: Corner
    high: Corner
    corners: tuple[Corner, ...]
    effects: tuple[WallEffect, ...]


def compute_bracket(
    case: Case, *, with_mirrors: bool = True, cache: Path | None = None, progress: Progress | None = None
) -> Bracket:
    """Return the interval of T_eff over finishes and kinds of reflection.

    With matt walls every finish goes to the end that its derivative points to, until all derivatives agree with where
    they are. The same sets of finishes are then put on walls that are all mirrors, and on walls each of the kind that
    makes the ion colder or warmer. All that is solved is kept in `cache`: an interrupted bracket goes on.

    Raises
    ------
    ConfigError
        The case has no finish of the library, no ion, or its light is followed by paths.
    BbrModelError
        A corner cannot be solved.
    """
    targets = finish_targets(case)
    cache = cache or cache_dir()
    store = open_store(case, cache, "bracket")
    known = store.get("bracket", with_mirrors)
    if known is not None:
        return _from_plain(known)
    matt = with_overrides(case, _all_matt(case)) if _has_mirrors(case) else case
    model = build_model(matt, cache=cache, progress=progress)
    if model.looks.paths:
        raise ConfigError(
            f"{case.source or case.name}: its light is followed by paths (panes, sheets or metals by Fresnel's "
            "formulas); a bracket needs walls of one absorptivity. Leave out radiation.band_edges_m."
        )
    run = _Run(model, MattCorners(model, targets, store), store, progress, _STEPS if with_mirrors else _MATT_STEPS)
    corners = run.matt_corners()
    effects: tuple[WallEffect, ...] = ()
    if with_mirrors:
        more, effects = run.other_corners()
        corners += more
    ranked = tuple(sorted(corners, key=lambda one: one.temperature_K))
    found = Bracket(case.name, ranked[0], ranked[-1], ranked, effects)
    store.put(asdict(found), "bracket", with_mirrors)
    return found


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
        raise ConfigError(
            f"{case.source or case.name}: has no finish of the library, so there is no range to bracket. Give bodies "
            "or surfaces a finish (bbrmodel list materials) instead of an emissivity."
        )
    return tuple(found)


def _has_mirrors(case: Case) -> bool:
    return any(surface.specularity for surface in case.surfaces.values())


def _all_matt(case: Case) -> dict[str, object]:
    """Return what makes every surface matt."""
    return {
        f'surfaces."{name}".specularity': 0.0
        for name, surface in case.surfaces.items()
        if surface.specularity is not None
    }


def _from_plain(document: dict[str, Any]) -> Bracket:
    """Return a bracket from plain values."""

    def corner(one: dict[str, Any]) -> Corner:
        return Corner(**{**one, "mirrors": tuple(one["mirrors"])})

    return Bracket(
        document["case"],
        corner(document["low"]),
        corner(document["high"]),
        tuple(corner(one) for one in document["corners"]),
        tuple(WallEffect(**one) for one in document["effects"]),
    )


class _Run:
    """Solves the corners one after the other."""

    def __init__(self, model: Model, matt: MattCorners, store: Store, progress: Progress | None, steps: int) -> None:
        self._model, self._matt, self._store = model, matt, store
        self._progress, self._done, self._steps = progress, 0, steps
        self._sets: dict[str, Levels] = {}

    def matt_corners(self) -> list[Corner]:
        """Return the corners whose walls are all matt."""
        nominal = self._matt.nominal
        sets: dict[str, Levels] = {GIVEN: nominal}
        for name, sign in ((COLDEST, -1.0), (WARMEST, 1.0)):
            sets[name] = self._matt.extreme(sign)
            self._matt.solve(sets[name])  # while it is at hand
        sets |= {"all lowest": dict.fromkeys(nominal, -1.0), "all highest": dict.fromkeys(nominal, 1.0)}
        self._sets = sets
        corners = []
        for name, levels in sets.items():
            corners.append(_corner(MATT, name, self._matt.solve(levels), levels, ()))
            self._step()
        return corners

    def other_corners(self) -> tuple[list[Corner], tuple[WallEffect, ...]]:
        """Return the corners with mirrors, and what single walls do."""
        walls = _Lazy(self._model, self._matt)
        cold, warm, effects = self._kinds(walls)
        self._step()
        corners = self._observe(walls, MIRROR, (GIVEN, COLDEST, WARMEST), walls.used)
        for name, mirror, sign in ((COLDEST, cold, -1.0), (WARMEST, warm, 1.0)):
            again = self._look_again(walls, name, mirror, sign)
            self._sets[MIXED] = self._turn_over(walls, name, again, sign)
            (corner,) = self._observe(walls, MIXED, (MIXED,), again)
            corners.append(replace(corner, finishes=name))
        return corners, effects

    def _kinds(self, walls: "_Lazy") -> tuple[FloatArray, FloatArray, tuple[WallEffect, ...]]:
        """Return which surfaces are mirrors for the coldest and for the warmest ion, 0 or 1, and what each does."""
        found = self._effects(walls, (COLDEST, WARMEST), 0.5 * walls.used)
        names, effects = self._model.light.enclosure.surface_names, []
        by_kelvin = [1.0 / (4.0 * one.mean**0.75) for one in found]
        for k in np.flatnonzero(walls.used):
            numbers = [
                float(x * scale)
                for one, scale in zip(found, by_kelvin, strict=True)
                for x in (one.effect[k], one.std[k])
            ]
            effects.append(WallEffect(names[k], *numbers))
        strength = [-max(abs(one.coldest_K), abs(one.warmest_K)) for one in effects]
        ranked = tuple(effects[k] for k in np.argsort(strength))
        cold, warm = found
        return walls.used * (cold.effect < 0.0), walls.used * (warm.effect > 0.0), ranked

    def _look_again(self, walls: "_Lazy", name: str, mirror: FloatArray, sign: float) -> FloatArray:
        """Return the choice of kinds after a look at each near that choice itself, not averaged over all others."""
        chances = walls.used * np.where(mirror > 0.5, 1.0 - _NEAR, _NEAR)
        (found,) = self._effects(walls, (name,), chances)
        self._step()
        wrong = sign * found.effect * np.where(mirror > 0.5, 1.0, -1.0) < -_SURE * found.std
        changed: FloatArray = np.where(wrong & (walls.used > 0.5) & (found.std > 0.0), 1.0 - mirror, mirror)
        return changed

    def _turn_over(self, walls: "_Lazy", name: str, mirror: FloatArray, sign: float) -> Levels:
        """Return the finishes after each has been tried at the other end of its range with these walls."""
        levels = dict(self._sets[name])
        what = ("flips", sorted(levels.items()), mirror.tolist())
        known = self._store.get(*what)
        if known is None:
            others = [{**levels, path: -1.0 if level > 0.0 else 1.0} for path, level in levels.items()]
            base, *sets = (Finishes(self._matt.setup(one), self._model.solved.T) for one in (levels, *others))
            known = [values.tolist() for values in walls.follower.flips(base, sets, mirror)]
            self._store.put(known, *what)
        for path, change, std in zip(list(levels), *known, strict=True):
            if sign * change > _SURE * std:
                levels[path] = -1.0 if levels[path] > 0.0 else 1.0
        return levels

    def _effects(self, walls: "_Lazy", names: tuple[str, ...], chances: FloatArray) -> list[Kinds]:
        """Return what kinds do, from the store where it is known."""
        what = ("kinds", [sorted(self._sets[name].items()) for name in names], chances.tolist())
        known = self._store.get(*what)
        if known is None:
            found = walls.follower.effects(self._finishes(names), chances)
            known = [{"effect": one.effect.tolist(), "std": one.std.tolist(), "mean": one.mean} for one in found]
            self._store.put(known, *what)
        return [Kinds(np.array(one["effect"]), np.array(one["std"]), float(one["mean"])) for one in known]

    def _observe(self, walls: "_Lazy", kind: str, names: tuple[str, ...], mirror: FloatArray) -> list[Corner]:
        """Return corners whose walls are mirrors where `mirror` (num_surfaces,) is 1, from the store where known."""
        what = ("seen", [sorted(self._sets[name].items()) for name in names], mirror.tolist())
        known = self._store.get(*what)
        if known is None:
            known = [asdict(one) for one in walls.follower.observe(self._finishes(names), mirror)]
            self._store.put(known, *what)
        self._step()
        mirrors = names_of(self._model, mirror)
        return [
            _corner(kind, name, Value(**one), self._sets[name], mirrors) for name, one in zip(names, known, strict=True)
        ]

    def _finishes(self, names: tuple[str, ...]) -> list[Finishes]:
        """Return sets of finishes at the temperatures of the case itself, from which those of mirrors start."""
        return [Finishes(self._matt.setup(self._sets[name]), self._model.solved.T) for name in names]

    def _step(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(min(self._done, self._steps), self._steps)


class _Lazy:
    """Makes what follows paths when it is asked for: an interrupted bracket may not need it."""

    def __init__(self, model: Model, matt: MattCorners) -> None:
        self._model, self._matt = model, matt
        self._made: WallKinds | None = None
        enclosure = model.light.enclosure
        num = len(enclosure.surface_names)
        found = np.bincount(enclosure.surface, weights=enclosure.radiates, minlength=num) > 0.0
        self.used: FloatArray = found.astype(np.float64)  # (num_surfaces,), 1 for those that radiate

    @property
    def follower(self) -> WallKinds:
        """What follows paths."""
        if self._made is None:
            self._made = WallKinds(self._model, self._matt.solids, self._matt.adjoint)
        return self._made


def _corner(walls: str, finishes: str, value: Value, levels: Levels, mirrors: tuple[str, ...]) -> Corner:
    """Return a corner."""
    return Corner(
        walls,
        finishes,
        value.temperature_K,
        value.std_K,
        value.fractional_shift,
        value.shift_std,
        dict(levels),
        mirrors,
    )


__all__ = ["MATT", "MIRROR", "MIXED", "Bracket", "Corner", "WallEffect", "compute_bracket", "finish_targets"]
