r"""The directions of the field at the ion, and the tensor shift that comes of them.

Unpolarised light from the direction n has :math:`\langle E_a E_b\rangle \propto (\delta_{ab} - n_a n_b)/2`. With N the
mean of :math:`n n^T` over all directions, weighted with the radiance, the field tensor is (1 - N)/2, and along z

.. math:: A = \tfrac12 (3 \langle E_z^2\rangle / \langle E^2\rangle - 1) = \tfrac14 (1 - 3 N_{zz})
   = -\tfrac12 \langle P_2(\cos\theta)\rangle.

A is a ratio of two sums over the radiosity, :math:`N_{zz} = \sum m_i J_i / \sum d_i J_i` with the direct view d and its
moments m along z. The statistics of the exchange change J and act as on a receiver with the view
:math:`m - N_{zz} d`, whose adjoint state gives their variance as that of any irradiance.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bbrmodel.constants import SPEED_OF_LIGHT, STEFAN_BOLTZMANN, VACUUM_PERMITTIVITY
from bbrmodel.ion.clocks import Clock, OpticalResponse
from bbrmodel.ion.direct import PRODUCTS
from bbrmodel.ion.look import Looks
from bbrmodel.ion.shift import tensor_remark, tensor_shift_Hz
from bbrmodel.model.light import Light
from bbrmodel.radiation.exchange_error import exchange_variance
from bbrmodel.radiation.light_exchange import LightState
from bbrmodel.radiation.paths import PathSettings, PathWeights, PointSource, trace_weights
from bbrmodel.solution import Anisotropy, TensorShift
from bbrmodel.typing import FloatArray

_ROOT_HALF = 0.5**0.5
# Axes e whose mean (n . e)^2 give all six products of n: x, y, z and the diagonals of the planes yz, zx, xy.
_AXES = (
    (1.0, 0.0, 0.0),
    (0.0, 1.0, 0.0),
    (0.0, 0.0, 1.0),
    (0.0, _ROOT_HALF, _ROOT_HALF),
    (_ROOT_HALF, 0.0, _ROOT_HALF),
    (_ROOT_HALF, _ROOT_HALF, 0.0),
)

Moments = Mapping[str, tuple[PathWeights, ...]]


def trace_moments(
    position_m: tuple[float, float, float], light: Light, *, paths: int, seed: int
) -> dict[str, tuple[PathWeights, ...]]:
    """Return, for each class of light that is followed by paths, where light goes that leaves weighted with (n . e)^2.

    Probes would leave in other directions than the paths that they stand for, so there are none.
    """
    how = PathSettings(paths=paths, seed=seed, probe_chance=0.0)
    return {
        name: tuple(
            trace_weights(light.enclosure, optics, source=PointSource(position_m, axis), settings=how) for axis in _AXES
        )
        for name, optics in light.plan.paths.items()
    }


def anisotropy(
    looks: Looks, light: Light, transition: Clock, *, moments: Moments, axis: tuple[float, float, float] | None
) -> Anisotropy:
    """Return the field tensor, A along all axes and along that of quantisation, and the clock's tensor shifts there.

    Parameters
    ----------
    moments
        From `trace_moments`.
    axis
        Of quantisation, of any length.

    Notes
    -----
    The standard error of A counts the rays and paths of the ion and, in classes of light that lines between facets
    describe, those of the exchange; not the size of facets. With an axis this is one adjoint solve more for each class.
    """
    groups = _arriving(looks, light, moments)
    sums: FloatArray = np.sum([group.mean(axis=0) for group in groups], axis=0)
    total = float(sums[:3].sum())
    field = 0.5 * (np.eye(3) - _as_matrix(sums) / total)
    along = np.linalg.eigvalsh(1.5 * field - 0.5 * np.eye(3))
    rows = tuple((float(row[0]), float(row[1]), float(row[2])) for row in field)
    remark = tensor_remark(transition)
    found = Anisotropy((rows[0], rows[1], rows[2]), float(along[0]), float(along[-1]), tensor_remark=remark)
    if axis is None:
        return found
    e = np.array(axis) / np.linalg.norm(axis)
    value = float(1.5 * (e @ field @ e) - 0.5)
    mean_zz = float(e @ _as_matrix(sums) @ e) / total
    variance = _variance_by_exchange(looks, light, e, mean_zz=mean_zz) / total**2
    for group in groups:
        spread = np.array([e @ _as_matrix(row) @ e - mean_zz * row[:3].sum() for row in group]) / total
        variance += float(spread.var(ddof=1)) / len(spread)
    mean_squared = 4.0 * total / (VACUUM_PERMITTIVITY * SPEED_OF_LIGHT)
    std = 0.75 * variance**0.5
    return replace(
        found,
        axis=(float(e[0]), float(e[1]), float(e[2])),
        value=value,
        std=std,
        tensor_shifts=_tensor_shifts(transition, mean_squared, value, std),
    )


def _variance_by_exchange(looks: Looks, light: Light, e: FloatArray, *, mean_zz: float) -> float:
    """Return the variance of sum (m - mean_zz d) J [W2/m4] from the statistics of the exchange areas."""
    factors = np.array([(1.0 if a == b else 2.0) * e[a] * e[b] for a, b in PRODUCTS])
    states = []
    for state in light.exchange.lights:
        if state.name in looks.direct:
            seen = looks.direct[state.name]
            along: FloatArray = seen.moments.mean(axis=0)[:-1] @ factors
            states.append((state, state.solver.adjoint_state(along - mean_zz * seen.arrival)))
    return exchange_variance(states) if states else 0.0


def _arriving(looks: Looks, light: Light, moments: Moments) -> list[FloatArray]:
    """Return the light at the ion times the products of its direction [W/m2]: (replicas, 6) for rays and for paths."""
    by_rays, by_paths = [], []
    for state in light.exchange.lights:
        if state.name in looks.direct:
            rays = looks.direct[state.name].moments
            by_rays.append(np.einsum("kfp,f->kp", rays, np.append(state.radiosity, state.environment)))
        else:
            by_paths.append(_of_paths(state, light.exchange.fourth_power, moments[state.name]))
    return [np.sum(group, axis=0) for group in (by_rays, by_paths) if group]


def _of_paths(state: LightState, fourth_power: FloatArray, weights: tuple[PathWeights, ...]) -> FloatArray:
    """Return the same for a class of light that is followed by paths: each axis holds a third of all paths' weight."""
    black = state.share * STEFAN_BOLTZMANN * fourth_power
    along = np.stack([w.replicas @ black + w.environment_replicas * state.environment for w in weights], axis=1) / 3.0
    products = along.copy()
    for column, (a, b) in enumerate(PRODUCTS[3:], start=3):
        products[:, column] = along[:, column] - 0.5 * (along[:, a] + along[:, b])
    result: FloatArray = products
    return result


def _as_matrix(products: FloatArray) -> FloatArray:
    """Return six products as a symmetric matrix."""
    matrix = np.zeros((3, 3))
    for value, (a, b) in zip(products, PRODUCTS, strict=True):
        matrix[a, b] = matrix[b, a] = value
    return matrix


def _tensor_shifts(transition: Clock, mean_squared: float, value: float, std: float) -> tuple[TensorShift, ...]:
    """Return the shift of each component that the clock interrogates; none where the data have no polarizability."""
    response = transition.response
    if not isinstance(response, OpticalResponse) or response.tensor is None:
        return ()
    tensor = response.tensor
    error = float(np.hypot(std, value * tensor.uncertainty / tensor.polarizability))
    shifts = []
    for m in tensor.m:
        for_each = tensor_shift_Hz(transition, mean_squared, anisotropy=1.0, m=m)
        shift = value * for_each
        shifts.append(TensorShift(m, shift, shift / transition.frequency_Hz, abs(error * for_each)))
    return tuple(shifts)


__all__ = ["anisotropy", "trace_moments"]
