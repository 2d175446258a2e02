"""The heat balance without light on a few modes of temperature, to second order in them, over all inputs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import qr, svd

from bbrmodel.conduction.terms import FluxLaw, JointTerm, SourceTerm, Term
from bbrmodel.errors import ConfigError
from bbrmodel.model.baths import BathTerm
from bbrmodel.typing import BoolArray, FloatArray, IntArray
from bbrmodel.uncertainty.curves import InputCurve, curve_through, nodes_of
from bbrmodel.uncertainty.derivatives import Solids
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.model import Model, Setup
from bbrmodel.uncertainty.variants import InputVariants

_MODE_TOLERANCE = 1e-4  # K, of what the modes leave of the snapshots, root mean square over nodes
_BENT_K = 1e-3  # of a mode, so that what bends with it changes temperatures by less than 1e-5 K
_SCALED = 1e-6  # of a path: what may differ if it counts as scaled


@dataclass(frozen=True)
class Modes:
    """Temperatures as T of the case plus columns times coefficients; given temperatures come first.

    `columns` has shape (num_nodes, num_given + num_free); `given_surface` (num_given,) says whose temperature it is;
    `size_K` (num_given + num_free,) is the typical size of each coefficient.
    """

    columns: FloatArray
    given_surface: IntArray
    size_K: FloatArray

    @property
    def num_given(self) -> int:
        """Modes whose coefficients are given."""
        return len(self.given_surface)

    @property
    def free(self) -> FloatArray:
        """Columns whose coefficients are unknown; they test the balance, too."""
        return self.columns[:, self.num_given :]


@dataclass(frozen=True)
class ReducedTerm:
    """A heat path that inputs scale: heat (m,) and slope (m, M) of the case, and the factors of both by input index."""

    heat: FloatArray
    slope: FloatArray
    factors: dict[int, InputCurve]

    def change(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what heat (num, m) and slope (num, m, M) of samples exceed those of the case by."""
        product = np.ones((len(z), 2))
        for index, curve in self.factors.items():
            product = product * curve(z[:, index])
        excess = product - 1.0
        return excess[:, :1] * self.heat, excess[:, 1, None, None] * self.slope


@dataclass(frozen=True)
class ReducedBath:
    """A wall that boiling liquid wets: no polynomial, so the law itself is evaluated on every facet.

    `T` (num,) are the facets' temperatures in the case, `modes` (num, M) their changes, `tests` (num, m) areas times
    test modes; `curves` give the rise of the boiling temperature (num,) by input index.
    """

    law: FluxLaw
    T: FloatArray
    modes: FloatArray
    tests: FloatArray
    curves: dict[int, InputCurve]

    def heat(self, z: FloatArray, a: FloatArray) -> FloatArray:
        """Return heat of samples, (num, m)."""
        return np.asarray(self.law(self._superheated(z, a))[0] @ self.tests)

    def slope(self, z: FloatArray, a: FloatArray) -> FloatArray:
        """Return its derivatives by coefficients, (num, m, M)."""
        pairs = (self.tests[:, :, None] * self.modes[:, None, :]).reshape(len(self.T), -1)
        slopes: FloatArray = self.law(self._superheated(z, a))[1] @ pairs
        return slopes.reshape(len(z), self.tests.shape[1], -1)

    def _superheated(self, z: FloatArray, a: FloatArray) -> FloatArray:
        """Return temperatures of the facets (num, num_facets), less what the boiling temperature has risen [K]."""
        T: FloatArray = self.T + a @ self.modes.T
        for index, curve in self.curves.items():
            T = T - curve(z[:, index])
        return T


@dataclass(frozen=True)
class ReducedHeat:
    """r = constant + linear a + a quadratic a / 2 + what inputs change, tested with the free modes [W].

    `constant` (m,), `linear` (m, M), `quadratic` (m, M, M). `terms` are scaled by inputs, several inputs multiply;
    `curves` give (m, 1 + M) by input index, to be added. `baths` are taken as they are, facet by facet.
    """

    constant: FloatArray
    linear: FloatArray
    quadratic: FloatArray
    terms: tuple[ReducedTerm, ...]
    curves: dict[int, InputCurve]
    baths: tuple["ReducedBath", ...] = ()

    def residual(self, z: FloatArray, a: FloatArray) -> FloatArray:
        """Return residuals (num, m) of samples with coefficients a (num, M)."""
        tilt: FloatArray = self.linear + 0.5 * self._bent(a)
        value: FloatArray = np.broadcast_to(self.constant, (len(z), len(self.constant)))
        for heat, more in self._changes(z):
            value, tilt = value + heat, tilt + more
        value = value + np.matmul(tilt, a[:, :, None])[:, :, 0]
        for bath in self.baths:
            value = value + bath.heat(z, a)
        return value

    def slope(self, z: FloatArray, a: FloatArray) -> FloatArray:
        """Return the derivatives of residuals by coefficients, (num, m, M)."""
        slope: FloatArray = self.linear + self._bent(a)
        for _, more in self._changes(z):
            slope = slope + more
        for bath in self.baths:
            slope = slope + bath.slope(z, a)
        return slope

    def _bent(self, a: FloatArray) -> FloatArray:
        """Return how slopes change with coefficients, (num, m, M)."""
        m, modes, _ = self.quadratic.shape
        turned: FloatArray = a @ self.quadratic.reshape(m * modes, modes).T
        return turned.reshape(len(a), m, modes)

    def _changes(self, z: FloatArray) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Yield what inputs change of heat and slope."""
        for term in self.terms:
            yield term.change(z)
        for index, curve in self.curves.items():
            extra = curve(z[:, index])
            yield extra[:, :, 0], extra[:, :, 1:]


def find_modes(model: Model, fields: Sequence[FloatArray], varied: Sequence[int]) -> Modes:
    """Return modes that span the temperatures of snapshots.

    Parameters
    ----------
    varied
        Surfaces whose given temperature varies.
    """
    masks = _masks(model)
    given = [index for index in varied if masks.get(index, np.zeros(1, dtype=bool)).any()]
    lift = np.array([masks[index].astype(np.float64) for index in given]).reshape(len(given), model.num_nodes).T
    deviations = np.array([np.where(model.base.fixed, 0.0, T - model.solved.T) for T in fields]).T
    vectors, sizes = principal_axes(deviations)
    limit = _MODE_TOLERANCE * np.sqrt(model.num_nodes)
    num = int((sizes > limit).sum())
    root = np.sqrt(model.num_nodes)
    columns = np.concatenate([lift, root * vectors[:, :num]], axis=1)
    size = np.concatenate([np.ones(len(given)), sizes[:num] / root / np.sqrt(len(fields))])
    return Modes(columns, np.array(given, dtype=np.int64), size)


def principal_axes(columns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return left singular vectors of a tall matrix, and its singular values, the largest first."""
    tall, triangle = qr(columns, mode="economic")
    small, sizes, _ = svd(triangle, lapack_driver="gesvd")
    return tall @ small, sizes


def _masks(model: Model) -> dict[int, BoolArray]:
    """Return the fixed nodes of each surface by its index."""
    names = model.light.enclosure.surface_names
    return {names.index(name): nodes for name, nodes in model.solved.fixed_nodes.items()}


def reduce_heat(
    model: Model, inputs: Sequence[Input], variants: Sequence[InputVariants], modes: Modes, solids: Solids
) -> ReducedHeat:
    """Return the heat balance without light on modes."""
    T, test = model.solved.T, modes.free
    base = _Balance(model.base, solids)
    terms, curves, rises = _changes(model, inputs, variants, modes, solids)
    quadratic = np.zeros((test.shape[1], modes.columns.shape[1], modes.columns.shape[1]))
    for k in np.flatnonzero(modes.size_K > _BENT_K):
        column, step = modes.columns[:, k], float(modes.size_K[k])
        ends = [base.slope(T + sign * step * column, modes.columns, bent_only=True) for sign in (1.0, -1.0)]
        quadratic[:, :, k] = test.T @ (ends[0] - ends[1]) / (2.0 * step)
    baths = [_reduce_bath(term, T, modes, rises) for term in model.base.terms if isinstance(term, BathTerm)]
    linear = test.T @ base.slope(T, modes.columns)
    return ReducedHeat(test.T @ base.heat(T), linear, quadratic, terms, curves, tuple(baths))


def _reduce_bath(
    term: BathTerm, T: FloatArray, modes: Modes, rises: Mapping[str, dict[int, InputCurve]]
) -> ReducedBath:
    """Return a wall of the bath on modes."""
    tests = term.area_m2[:, None] * modes.free[term.nodes].mean(axis=1)
    moved = modes.columns[term.nodes].mean(axis=1)
    return ReducedBath(term.law, T[term.nodes].mean(axis=1), moved, tests, dict(rises.get(term.name, {})))


def _changes(
    model: Model, inputs: Sequence[Input], variants: Sequence[InputVariants], modes: Modes, solids: Solids
) -> tuple[tuple[ReducedTerm, ...], dict[int, InputCurve], dict[str, dict[int, InputCurve]]]:
    """Return what inputs do to heat paths: scale some, add to the rest, raise the boiling temperature of baths."""
    T = model.solved.T
    base = [_reduce_term(term, T, modes) for term in model.base.terms]
    factors: dict[int, dict[int, InputCurve]] = {}
    curves: dict[int, InputCurve] = {}
    rises: dict[str, dict[int, InputCurve]] = {}
    for index, (one, found) in enumerate(zip(inputs, variants, strict=True)):
        added = np.zeros((len(nodes_of(one)), *_shape(modes)))
        for k, moved in found.terms.items():
            term = model.base.terms[k]
            if isinstance(term, BathTerm):
                lifted = np.array([_boiling_rise(new, term) for new in moved])
                rises.setdefault(term.name, {})[index] = curve_through(one, lifted)
                continue
            scale = _factors(one, np.array([_probe(new, T) for new in moved]), _probe(term, T))
            if scale is None:
                added += np.array([_reduce_term(new, T, modes) - base[k] for new in moved])
            else:
                factors.setdefault(k, {})[index] = scale
        if found.conducts is not None:
            added += np.array([_conduction_change(model, setup, modes, solids) for setup in found.conducts])
        if added.any():
            curves[index] = curve_through(one, added)
    terms = tuple(ReducedTerm(base[k][:, 0], base[k][:, 1:], each) for k, each in factors.items())
    return terms, curves, rises


def _shape(modes: Modes) -> tuple[int, int]:
    """Return the shape of heat and slope of a path on modes, (m, 1 + M)."""
    return modes.free.shape[1], 1 + modes.columns.shape[1]


def _boiling_rise(new: Term, old: BathTerm) -> FloatArray:
    """Return how much a variant raises the boiling temperature of each facet [K].

    Raises
    ------
    ConfigError
        The variant changes what else is to know of a bath.
    """
    if not isinstance(new, BathTerm) or not np.array_equal(new.wall.wet, old.wall.wet):
        raise ConfigError(f"{old.name}: an input that moves the liquid's level cannot be sampled. Use --method linear.")
    return new.wall.boiling_K - old.wall.boiling_K


def _probe(term: Term, T: FloatArray) -> FloatArray:
    """Return the heat of a path, and its derivative along an uneven change of temperatures, (2, num_nodes)."""
    return np.array([term.heat(T), term.apply_derivative(T, np.sin(np.arange(len(T))))])


def _factors(one: Input, table: FloatArray, base: FloatArray) -> InputCurve | None:
    """Return factors of heat and slope if that is all that an input does to a path, else None.

    Both `table` (num_nodes of the curve, 2, num_nodes) and `base` (2, num_nodes) are probes of the path.
    """
    found = []
    for part, whole in enumerate(base):
        probes, size = table[:, part], float(whole @ whole)
        ratio = probes @ whole / size if size > 0.0 else np.ones(len(probes))
        left = np.abs(probes - ratio[:, None] * whole).max(initial=0.0)
        if left > _SCALED * max(np.abs(whole).max(initial=0.0), np.abs(probes).max(initial=0.0)):
            return None
        found.append(ratio)
    return curve_through(one, np.array(found).T)


def _reduce_term(term: Term, T: FloatArray, modes: Modes) -> FloatArray:
    """Return heat and slope of a path on modes, (m, 1 + M)."""
    columns = [term.heat(T), *(term.apply_derivative(T, column) for column in modes.columns.T)]
    return np.asarray(modes.free.T @ np.column_stack(columns))


def _conduction_change(model: Model, setup: Setup, modes: Modes, solids: Solids) -> FloatArray:
    """Return what a variant changes of conduction on modes, (m, 1 + M)."""
    T = model.solved.T
    bare = [_Balance(replace(each, terms=()), solids) for each in (setup, model.base)]
    tables = [np.column_stack([each.heat(T), each.slope(T, modes.columns)]) for each in bare]
    return np.asarray(modes.free.T @ (tables[0] - tables[1]))


class _Balance:
    """Heat into each node by conduction and all paths but light and baths."""

    def __init__(self, setup: Setup, solids: Solids) -> None:
        self._solid = solids(setup)
        self._terms = [term for term in setup.terms if not isinstance(term, BathTerm)]
        self._bent = [term for term in self._terms if not isinstance(term, JointTerm | SourceTerm)]

    def heat(self, T: FloatArray) -> FloatArray:
        """Return the heat into each node [W]."""
        self._solid.set_temperature(T)
        return _sum([term.heat(T) for term in self._terms], T) - self._solid.heat_out_of_nodes()

    def slope(self, T: FloatArray, columns: FloatArray, *, bent_only: bool = False) -> FloatArray:
        """Return its derivative times columns, (num_nodes, num); of what is not linear, or of all."""
        self._solid.set_temperature(T)
        conduction = self._solid.linearise()
        terms = self._bent if bent_only else self._terms
        return np.stack(
            [
                _sum([term.apply_derivative(T, column) for term in terms], T) - conduction.multiply(column)
                for column in columns.T
            ],
            axis=1,
        )


def _sum(parts: list[FloatArray], T: FloatArray) -> FloatArray:
    total: FloatArray = np.sum(parts, axis=0) if parts else np.zeros_like(T)
    return total


__all__ = ["Modes", "ReducedHeat", "find_modes", "principal_axes", "reduce_heat"]
