"""The effective temperature by a second method.

Light that lines between facets describe: paths followed from the ion to where the light was emitted share with the
first method the triangles, the ray caster and the finishes, but no view factor, no closure and no radiosity.

Light that is followed by paths from the ion anyway: the paths end at the first facet that reflects diffusely, with the
radiosity that the exchange of all facets (paths from every facet) gives it. Where nothing reflects diffusely this is
the first method with other random numbers.
"""

from dataclasses import dataclass, replace

import numpy as np

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.field import EffectiveView, is_diffuse
from bbrmodel.ion.look import Looks
from bbrmodel.ion.weight_errors import weight_errors
from bbrmodel.model.light import Light
from bbrmodel.radiation.exchange_error import exchange_variance
from bbrmodel.radiation.light_exchange import LightState
from bbrmodel.radiation.noise import noisy_products
from bbrmodel.radiation.paths import PathSettings, PointSource, diffuse_optics, trace_weights
from bbrmodel.solution import CrossCheck, SurfaceCheck
from bbrmodel.typing import FloatArray

Position = tuple[float, float, float]
SPHERE = 4.0 * np.pi


@dataclass(frozen=True)
class _Found:
    """What paths find of one class of light: its irradiance at the ion [W/m2], and weights.

    `weights` (num_replicas, num_facets + 1) are estimates of the effective weights at full emission, the environment
    last; `noise` (num_outcomes, num_facets + 1) are deviations that the exchange areas add, which all replicas share.
    """

    mean: float
    error: float
    weights: FloatArray
    noise: FloatArray


def check_by_paths(
    position_m: Position, light: Light, *, looks: Looks, view: EffectiveView, settings: PathSettings
) -> CrossCheck:
    """Return T_eff and the effective solid angles of all surfaces by the second method, beside those of `view`.

    Each class of light is followed separately with its own absorptivities; `settings.paths` is the number for each.

    Raises
    ------
    EnclosureError
        More paths are lost than rounding explains.
    """
    found = {}
    for state in light.exchange.lights:
        method = _from_radiosity if state.is_traced else _from_emission
        found[state.name] = method(position_m, light, state, settings)
    irradiance = sum(each.mean for each in found.values())
    variance = sum(each.error**2 for each in found.values())
    temperature = float((irradiance / STEFAN_BOLTZMANN) ** 0.25)
    std = float(np.sqrt(variance)) / STEFAN_BOLTZMANN / (4.0 * temperature**3)
    common = max(float(np.hypot(std, view.temperature_std_K)), 1e-300)
    return CrossCheck(
        settings.paths,
        temperature,
        std,
        (temperature - view.temperature_K) / common,
        _compare_surfaces(light, found, looks, view),
    )


def _compare_surfaces(
    light: Light, found: dict[str, _Found], looks: Looks, view: EffectiveView
) -> tuple[SurfaceCheck, ...]:
    """Return the weight of each surface by both methods, in units of their errors."""
    enclosure, exchange = light.enclosure, light.exchange
    names = (*enclosure.surface_names, "environment")
    row = np.append(enclosure.surface, len(names) - 1)
    group = np.eye(len(names))[row]
    outside = exchange.surfaces.environment_temperature_K
    estimates, variance = np.zeros((0, 0)), np.zeros(len(names))
    for state in exchange.lights:
        sky = 0.0 if outside is None else float(exchange.surfaces.optics.share(state.name, np.array([outside]))[0][0])
        share = np.append(state.share, sky)
        sums = (found[state.name].weights * share) @ group
        estimates = estimates + sums if estimates.size else sums  # classes share the random numbers of their paths
        noise = found[state.name].noise
        if len(noise):
            variance += (((noise * share) @ group) ** 2).mean(axis=0)
    by_paths = estimates.mean(axis=0)
    path_std = np.sqrt(variance + estimates.var(axis=0, ddof=1) / len(estimates))
    errors = weight_errors(exchange, looks)
    first = np.append(view.weight, view.environment) @ group
    first_std = np.append(errors.std_of_sums(group[:-1, :-1]), errors.environment_std)
    common = np.hypot(path_std, first_std)
    return tuple(
        SurfaceCheck(
            name=names[k],
            effective_solid_angle_sr=SPHERE * float(by_paths[k]),
            effective_solid_angle_std_sr=SPHERE * float(path_std[k]),
            first_sr=SPHERE * float(first[k]),
            first_std_sr=SPHERE * float(first_std[k]),
            deviation_sigma=float((by_paths[k] - first[k]) / common[k]),
        )
        for k in range(len(names))
        if common[k] > 0.0
    )


def _from_emission(position_m: Position, light: Light, state: LightState, settings: PathSettings) -> _Found:
    """Return the light of one class at the ion by paths to where it was emitted."""
    kept = state.solver.areas.kept
    mirror = 1.0 - kept
    absorptivity = np.where(light.enclosure.radiates, state.absorptivity, kept)
    optics = diffuse_optics(absorptivity, mirror if mirror.any() else None)
    found = trace_weights(light.enclosure, optics, source=PointSource(position_m), settings=settings)
    black: FloatArray = state.share * light.exchange.fourth_power * STEFAN_BOLTZMANN
    weights = np.column_stack([found.replicas, found.environment_replicas])
    return _Found(*found.mean(black, state.environment), weights, np.zeros((0, weights.shape[1])))


def _from_radiosity(position_m: Position, light: Light, state: LightState, settings: PathSettings) -> _Found:
    """Return the light of one class at the ion by paths to the first diffuse facet, and its radiosity there."""
    optics, areas = light.plan.paths[state.name], state.solver.areas
    diffuse = is_diffuse(optics) & light.enclosure.radiates
    ending = replace(optics, absorptivity=np.where(diffuse, 1.0, optics.absorptivity))
    # Other paths than those of the first method.
    found = trace_weights(
        light.enclosure,
        ending,
        source=PointSource(position_m),
        settings=replace(settings, seed=settings.seed + 1),
    )
    reflected = np.where(diffuse, 1.0 - state.absorptivity, 0.0)
    leaving = np.where(diffuse, state.emitted + reflected * state.irradiance, state.source)
    mean, error = found.mean(leaving, state.environment)
    through = found.weight * reflected / areas.area_m2
    error = float(np.hypot(error, np.sqrt(exchange_variance([(state, through)]))))
    onward = found.replicas * reflected / areas.area_m2
    weights = found.replicas * np.where(diffuse, state.absorptivity, 1.0) + areas.apply(onward.T).T
    sky = found.environment_replicas + onward @ areas.escape
    return _Found(mean, error, np.column_stack([weights, sky]), _exchange_noise(state, through))


def _exchange_noise(state: LightState, through: FloatArray) -> FloatArray:
    """Return what the noise of the exchange areas does to weights that they carry on, rows closed to first order."""
    areas = state.solver.areas
    products, escape = noisy_products(areas, (through, areas.kept))
    rows = []
    for (along, kept), sky in zip(products, escape, strict=True):
        change = along - areas.apply(through * (kept + sky) / areas.area_m2)
        rows.append(np.append(change, through @ sky - float((through * (kept + sky) / areas.area_m2) @ areas.escape)))
    return np.array(rows)


__all__ = ["check_by_paths"]
