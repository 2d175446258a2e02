"""Send rays where they matter for one receiver: shares that make its error small for a given number of rays.

The variance of a receiver's light is a sum over sources of rays, each proportional to one over its number of rays, so
it is smallest when source u sends rays in proportion to the root of its variance times its number. A pilot with few
rays, whose lines are not used again, tells these variances. Shares change the error and never the mean.

So that the view factors of a geometry serve any finish and any temperature, the pilot knows neither: every surface
absorbs a tenth, and surfaces are hot or cold.
"""

from dataclasses import dataclass

import numpy as np

from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exchange_error import variance_by_source
from bbrmodel.radiation.kernels import HIT
from bbrmodel.radiation.radiosity import RadiositySolver, make_patches
from bbrmodel.radiation.sampling import sample_sphere, sobol_points
from bbrmodel.radiation.tracer import PORTAL_PARTS, RaySettings, RayShare, Tracer, even_share
from bbrmodel.radiation.view_factors import compute_view_factors
from bbrmodel.typing import BoolArray, FloatArray, IntArray

NOMINAL_ABSORPTIVITY = 0.1
_PILOT_SHARE = 8  # a pilot has one in eight of the rays
_PILOT_SEED = 0x5EED << 32  # its rays must not be those that are used
_EVEN_SHARE = 2  # one in two rays is shared out evenly: temperatures of all surfaces need them
_MOST = 64  # times as many rays as on average
_SKY_RAYS = 1 << 16
_FACETS_PER_PATCH = 12  # over which variances are averaged
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Aim:
    """What the rays are to serve.

    Attributes
    ----------
    position_m
        The receiver, a point that sees all around.
    hot
        shape (num_facets,), True for surfaces that are much warmer than others.
    hot_environment
        The same for what lies outside the model.
    """

    position_m: tuple[float, float, float]
    hot: BoolArray
    hot_environment: bool = False


@dataclass(frozen=True)
class RayPlan:
    """How many rays, and what they are to serve; without an aim they are shared out evenly."""

    settings: RaySettings
    aim: Aim | None = None


def share_rays(
    enclosure: Enclosure, settings: RaySettings, aim: Aim, *, specular: FloatArray | None = None
) -> RayShare:
    """Return how the rays that the settings ask for are best shared out.

    Raises
    ------
    EnclosureError
        As `compute_view_factors`.
    """
    variance, sent = _pilot(enclosure, settings, aim, specular)
    wanted = np.sqrt(variance * sent)
    facets, portals = wanted[: enclosure.num_facets], wanted[enclosure.num_facets :]
    even = even_share(enclosure, settings)
    total = int(even.facets[enclosure.radiates].sum()) + PORTAL_PARTS * int(even.portals.sum())
    if not wanted.any():  # everything is equally warm: nothing to win
        return even
    scale = (1.0 - 1.0 / _EVEN_SHARE) * total / max(float(wanted.sum()), 1e-300)
    through = scale * portals / PORTAL_PARTS
    return RayShare(_round(even.facets / _EVEN_SHARE, scale * facets), _round(even.portals / _EVEN_SHARE, through))


def _round(least: FloatArray, extra: FloatArray) -> IntArray:
    """Return least x 2^k near least + extra: facets that send equally many are sampled together."""
    ratio = np.clip((least + extra) / np.maximum(least, 1.0), 1.0, _MOST * _EVEN_SHARE)
    rays: IntArray = (np.ceil(least) * 2 ** np.rint(np.log2(ratio))).astype(np.int64)
    return rays


def _pilot(
    enclosure: Enclosure, settings: RaySettings, aim: Aim, specular: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return what facets and then portals add to the variance, and their rays over the number of replicas."""
    few = RaySettings(
        max(settings.rays_per_facet // _PILOT_SHARE, 2 * settings.replicas),
        settings.portal_rays // _PILOT_SHARE,
        settings.seed ^ _PILOT_SEED,
        settings.replicas,
    )
    found = compute_view_factors(enclosure, few, specular=specular)
    areas = found.areas
    absorptivity = np.where(enclosure.radiates, NOMINAL_ABSORPTIVITY * areas.kept, areas.kept)
    centres = enclosure.vertices_m.mean(axis=1)
    solver = RadiositySolver(areas, absorptivity, make_patches(centres, enclosure.surface))
    emitted, outside = np.where(aim.hot, absorptivity, 0.0), float(aim.hot_environment)
    irradiance = solver.solve_irradiance(emitted, environment=outside, tolerance=_TOLERANCE)
    radiosity = emitted + (areas.kept - absorptivity) * irradiance
    state = solver.adjoint_state(_sky(enclosure, aim, few, specular), tolerance=_TOLERANCE)
    parts = variance_by_source(
        areas, (state, -state * irradiance), (radiosity, areas.kept), outward=state * (outside - irradiance)
    )
    even = even_share(enclosure, few)
    through = PORTAL_PARTS * even.portals
    sent = np.concatenate([np.where(enclosure.radiates, even.facets, 0), through]).astype(np.float64)
    by_source = np.zeros(enclosure.num_facets + PORTAL_PARTS * len(through))
    by_source[: len(parts)] = parts
    by_portal = by_source[enclosure.num_facets :].reshape(-1, PORTAL_PARTS).sum(axis=1)
    variance = np.concatenate([by_source[: enclosure.num_facets], by_portal])
    patch = make_patches(centres, enclosure.surface, max_patches=max(1, enclosure.num_facets // _FACETS_PER_PATCH))
    mean = np.bincount(patch, weights=variance[: enclosure.num_facets]) / np.bincount(patch)
    variance[: enclosure.num_facets] = mean[patch]
    return variance, sent


def _sky(enclosure: Enclosure, aim: Aim, settings: RaySettings, specular: FloatArray | None) -> FloatArray:
    """Return the share of the receiver's sky that each facet fills, by way of mirrors too, shape (num_facets,)."""
    tracer = Tracer(enclosure, settings, specular if specular is not None and specular.any() else None)
    directions = sample_sphere(sobol_points(_SKY_RAYS), settings.seed, 0)
    origins = np.tile(np.array(aim.position_m, dtype=np.float32), (_SKY_RAYS, 1))
    seen = np.zeros(enclosure.num_facets)
    for visits in tracer.follow(origins, directions, first_identity=-1 << 60):
        seen += np.bincount(visits.facet[visits.kind == HIT], minlength=enclosure.num_facets)
    share: FloatArray = seen / _SKY_RAYS
    return share


__all__ = ["Aim", "RayPlan", "share_rays"]
