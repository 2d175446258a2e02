r"""The thermal field at the ion: direct and effective solid angles of every facet, T_eff and its numerical error.

The ion sees radiosity J over the whole sphere, so :math:`\sigma T_{eff}^4 = \sum_i \Omega_i J_i / 4\pi`. One adjoint
radiosity solve turns the direct solid angles into the weight of every facet's own emission, reflections included.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.errors import EnclosureError, GeometryError
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exchange_bias import exchange_bias
from bbrmodel.radiation.exchange_error import exchange_variance
from bbrmodel.radiation.kernels import ESCAPED, HIT, LOST
from bbrmodel.radiation.light_exchange import LightExchange, LightState
from bbrmodel.radiation.paths import SHELL, PathOptics, PathWeights
from bbrmodel.radiation.sampling import sample_sphere, sobol_points
from bbrmodel.radiation.tracer import RaySettings, Tracer
from bbrmodel.typing import BoolArray, FloatArray, IntArray

REPLICAS = 8
# Of the correction for the mean of the noise; what is left of it where its exact value is known is a fifth.
_BIAS_ERROR = 0.25
_FIRST_SPHERE = 1_000_000  # numbers of the ion's sample sets; portals have small ones
# Rays that pass exactly between two facets; more of them is a hole in the mesh.
MAX_LOST_FRACTION = 1e-5


@dataclass(frozen=True)
class DirectView:
    """What the ion sees before any diffuse reflection, as fractions of 4 pi.

    `weight` (num_facets,) is what it sees first; `arrival` (num_facets,) counts what it sees by way of mirrors too and
    equals `weight` without them. `replicas` (REPLICAS, num_facets) holds independent estimates of `arrival`, whose mean
    it is; `environment` is the fraction of open sky, by way of mirrors too, with its own replicas.
    """

    weight: FloatArray
    arrival: FloatArray
    replicas: FloatArray
    environment: float
    environment_replicas: FloatArray


@dataclass(frozen=True)
class EffectiveView:
    """What the ion sees with reflections; facet arrays of shape (num_facets,), fractions of 4 pi.

    `seen` is what it sees first and `open_sky` what of the sky. `by_light` maps a class of light to the weight of each
    facet's full emission in that class; these sum to 1 with `environment_by_light`. `weight` is the weight at the
    facet's actual mixture: T_eff^4 = sum weight T^4, but for the correction of noise. `gain_by_light` is what the ion
    gets of a flux that leaves a facet diffusely, in the classes that lines between facets describe.
    """

    seen: FloatArray
    open_sky: float
    by_light: dict[str, FloatArray]
    environment_by_light: dict[str, float]
    weight: FloatArray
    environment: float
    fourth_power: float  # T_eff^4, corrected for the mean effect of noise, K4
    emitted_fourth_power: float  # sum weight T^4 as it is, K4
    fourth_power_std: float  # K4
    gain_by_light: dict[str, FloatArray]

    @property
    def temperature_K(self) -> float:
        """Effective temperature."""
        return float(self.fourth_power**0.25)

    @property
    def temperature_std_K(self) -> float:
        """Standard deviation of the effective temperature from ray statistics."""
        return self.fourth_power_std / (4.0 * self.temperature_K**3)

    @property
    def sum_of_weights(self) -> float:
        """Sum of all weights of the class that is furthest from 1."""
        sums = [float(w.sum()) + self.environment_by_light[k] for k, w in self.by_light.items()]
        return max(sums, key=lambda total: abs(total - 1.0))


def look_from(
    position_m: tuple[float, float, float],
    enclosure: Enclosure,
    *,
    rays: int,
    settings: RaySettings | None = None,
    specular: FloatArray | None = None,
) -> DirectView:
    """Return direct solid angles (as fractions of 4 pi) of all facets seen from a point, by rays.

    Parameters
    ----------
    rays
        Rays from the point, in `REPLICAS` independent low-discrepancy sets.
    settings
        Its seed is used.
    specular
        shape (num_facets,), mirror reflectivity of every facet; none without.

    Raises
    ------
    GeometryError
        The point lies inside a body: it sees facets from behind.
    EnclosureError
        The point sees out of a closed model, or a facet that does not radiate.
    """
    seed = (settings or RaySettings()).seed
    mirrors = specular if specular is not None and specular.any() else None
    kept = np.ones(enclosure.num_facets) if mirrors is None else 1.0 - mirrors
    tracer = Tracer(enclosure, RaySettings(1, 0, seed), mirrors)
    per_replica = max(rays // REPLICAS, 1)
    points = sobol_points(per_replica)
    origins = np.tile(np.array(position_m, dtype=np.float32), (per_replica, 1))
    replicas, sky = np.zeros((REPLICAS, enclosure.num_facets)), np.zeros(REPLICAS)
    first, counted = np.zeros(enclosure.num_facets), 0
    for k in range(REPLICAS):
        directions = sample_sphere(points, seed, _FIRST_SPHERE + k)
        hits = tracer.trace(origins, directions)
        _check_view(enclosure, hits.facet, hits.from_behind, position_m)
        for bounce, visits in enumerate(tracer.follow(origins, directions, first_identity=-(k + 1) << 50)):
            if bounce == 0:
                counted += int((visits.kind != LOST).sum())
                first += np.bincount(visits.facet[visits.kind == HIT], minlength=enclosure.num_facets)
            replicas[k] += np.bincount(visits.facet[visits.kind == HIT], minlength=enclosure.num_facets)
            sky[k] += (visits.kind == ESCAPED).sum()
        # All light ends somewhere: with mirrors, whose draws are random, this holds only on average.
        total = float(replicas[k] @ kept) + sky[k]
        replicas[k] /= total
        sky[k] /= total
    return DirectView(first / counted, replicas.mean(axis=0), replicas, float(sky.mean()), sky)


def _check_view(enclosure: Enclosure, facet: IntArray, behind: BoolArray, position_m: tuple[float, ...]) -> None:
    """Raise when rays from the ion meet what they must not."""
    place = "({:.4g}, {:.4g}, {:.4g}) m".format(*position_m)
    if behind.mean() > MAX_LOST_FRACTION:
        name = enclosure.name_of(int(facet[np.flatnonzero(behind)[0]]))
        raise GeometryError(
            f"ion.position_m = {place}: the ion sees '{name}' from behind, so it lies inside a body or outside the "
            "enclosure. Move the ion, or turn the normals of a shell inward."
        )
    missed = facet < 0
    if missed.mean() > MAX_LOST_FRACTION and not enclosure.has_environment:
        raise EnclosureError(
            f"ion.position_m = {place}: {100 * missed.mean():.3g} % of the ion's sky is open. Close the cavity, or "
            "declare what is outside with radiation.environment_temperature_K."
        )
    dark = facet[(~missed) & ~enclosure.radiates[facet]]
    if len(dark) > MAX_LOST_FRACTION * len(facet):
        raise EnclosureError(
            f"the ion sees '{enclosure.name_of(int(dark[0]))}', which is declared radiates = false. Let it radiate."
        )


def first_seen(
    position_m: tuple[float, float, float], enclosure: Enclosure, *, rays: int, seed: int, two_sided: BoolArray
) -> tuple[FloatArray, float]:
    """Return what a point sees first, shape (num_facets,), and the open sky, both as fractions of 4 pi.

    `two_sided` (num_facets,) marks sheets, which may be seen from behind.

    Raises
    ------
    GeometryError, EnclosureError
        As `look_from`.
    """
    tracer = Tracer(enclosure, RaySettings(1, 0, seed), None)
    points = sobol_points(max(rays // REPLICAS, 1))
    origins = np.tile(np.array(position_m, dtype=np.float32), (len(points), 1))
    counts, missed, total = np.zeros(enclosure.num_facets), 0, 0
    for k in range(REPLICAS):
        hits = tracer.trace(origins, sample_sphere(points, seed, _FIRST_SPHERE + k))
        behind = hits.from_behind & ~two_sided[np.maximum(hits.facet, 0)]
        _check_view(enclosure, hits.facet, behind, position_m)
        counts += np.bincount(hits.facet[hits.facet >= 0], minlength=enclosure.num_facets)
        missed += int((hits.facet < 0).sum())
        total += len(points)
    return counts / total, missed / total


def compute_effective_view(
    exchange: LightExchange,
    seen: tuple[FloatArray, float],
    direct: Mapping[str, DirectView],
    paths: Mapping[str, PathWeights],
) -> EffectiveView:
    """Return effective weights and T_eff^4 from a converged exchange.

    Parameters
    ----------
    seen
        What the ion sees first, and the open sky.
    direct
        For classes of light with geometric exchange areas: what the ion sees by way of mirrors. One adjoint solve adds
        diffuse reflection. Without mirrors these are the same.
    paths
        For the other classes: weights of paths that were followed back from the ion.
    """
    found = {light.name: _weights_in(light, direct, paths) for light in exchange.lights}
    outside = exchange.surfaces.environment_temperature_K
    weight, environment = np.zeros(len(exchange.fourth_power)), 0.0
    for light in exchange.lights:
        weight += light.share * found[light.name].weight
        if outside is not None:
            environment += found[light.name].environment * light.environment / (STEFAN_BOLTZMANN * outside**4)
    states = [(light, state) for light in exchange.lights if (state := found[light.name].state) is not None]
    bias = exchange_bias(states)
    variance = exchange_variance(states) + _direct_variance(direct, paths, exchange) + (_BIAS_ERROR * bias) ** 2
    emitted = float(weight @ exchange.fourth_power) + environment * (outside or 0.0) ** 4
    return EffectiveView(
        seen=seen[0],
        open_sky=seen[1],
        by_light={name: each.weight for name, each in found.items()},
        environment_by_light={name: each.environment for name, each in found.items()},
        weight=weight,
        environment=environment,
        fourth_power=emitted - bias / STEFAN_BOLTZMANN,
        emitted_fourth_power=emitted,
        fourth_power_std=float(np.sqrt(variance)) / STEFAN_BOLTZMANN,
        gain_by_light={name: each.gain for name, each in found.items() if each.gain is not None},
    )


@dataclass(frozen=True)
class _ClassWeights:
    """Effective weights in one class of light; gain and adjoint state where an adjoint solve gave them."""

    weight: FloatArray
    environment: float
    gain: FloatArray | None = None
    state: FloatArray | None = None


def _weights_in(light: LightState, direct: Mapping[str, DirectView], paths: Mapping[str, PathWeights]) -> _ClassWeights:
    """Return effective weights in one class of light."""
    if light.name in paths:
        return _ClassWeights(paths[light.name].weight, paths[light.name].environment)
    seen, areas = direct[light.name], light.solver.areas
    state = light.solver.adjoint_state(seen.arrival)
    gain = seen.arrival + areas.apply(state)
    return _ClassWeights(light.absorptivity * gain, seen.environment + float(state @ areas.escape), gain, state)


def is_diffuse(optics: PathOptics) -> BoolArray:
    """Return where all that is not absorbed is reflected diffusely, and enough is absorbed to know the irradiance."""
    through = (optics.transmittance > 0.0) | (optics.passage == SHELL)
    diffuse: BoolArray = (optics.n == 0.0) & (optics.specularity == 0.0) & ~through & (optics.absorptivity > 0.0)
    return diffuse


def _direct_variance(
    direct: Mapping[str, DirectView], paths: Mapping[str, PathWeights], exchange: LightExchange
) -> float:
    """Return the variance of the ion's irradiance from the rays and paths that leave the ion.

    Classes that are sampled alike share their random numbers, so their estimates are added before the scatter is taken.
    """
    by_rays = [
        direct[light.name].replicas @ light.radiosity + direct[light.name].environment_replicas * light.environment
        for light in exchange.lights
        if light.name in direct
    ]
    by_paths = [
        paths[light.name].replicas @ (light.share * STEFAN_BOLTZMANN * exchange.fourth_power)
        + paths[light.name].environment_replicas * light.environment
        for light in exchange.lights
        if light.name in paths
    ]
    estimates = [np.sum(group, axis=0) for group in (by_rays, by_paths) if group]
    return sum(float(group.var(ddof=1)) / len(group) for group in estimates)


__all__ = ["DirectView", "EffectiveView", "compute_effective_view", "first_seen", "is_diffuse", "look_from"]
