"""The sum of diluted Planck spectra that a point sees, and the shift of a clock in it, with bands band by band."""

from dataclasses import dataclass

import numpy as np

from bbrmodel.ion.band_shift import dynamic_by_band
from bbrmodel.ion.clocks import Clock
from bbrmodel.ion.field import EffectiveView
from bbrmodel.ion.shift import shift_of_mixture, static_shift_Hz
from bbrmodel.radiation.light_classes import BandOptics
from bbrmodel.radiation.light_exchange import LightExchange
from bbrmodel.typing import FloatArray


@dataclass(frozen=True)
class Weights:
    """Weights of all emitters as fractions of 4 pi.

    Attributes
    ----------
    facets
        shape (rows, num_facets): one row for each band, or one for all light.
    environment
        shape (rows,).
    """

    facets: FloatArray
    environment: FloatArray


def weights_of(exchange: LightExchange, view: EffectiveView) -> Weights:
    """Return the weights of a view: with bands those of each band, else those at the facets' actual mixture."""
    optics = exchange.surfaces.optics
    if not isinstance(optics, BandOptics):
        return Weights(view.weight[None, :], np.array([view.environment]))
    names = optics.light_names
    return Weights(
        np.array([view.by_light[name] for name in names]), np.array([view.environment_by_light[name] for name in names])
    )


def shift_in(transition: Clock, exchange: LightExchange, weights: Weights) -> tuple[float, float]:
    """Return the shift [Hz] and T^4 [K4] of the mixture that weights make of the emitters' temperatures."""
    w, T = _emitters(exchange, weights)
    optics = exchange.surfaces.optics
    if not isinstance(optics, BandOptics):
        return shift_of_mixture(transition, w[0], T), float(w[0] @ T**4)
    static = static_shift_Hz(transition, T)
    shift, fourth = 0.0, 0.0
    dynamic = dynamic_by_band(transition, T, optics.edges_m)
    for name, weight, part in zip(optics.light_names, w, dynamic, strict=True):
        share = optics.share(name, T)[0]
        shift += float((weight * static) @ (share + part))
        fourth += float((weight * share) @ T**4)
    return shift, fourth


def planck_spectra(exchange: LightExchange, view: EffectiveView) -> tuple[FloatArray, FloatArray]:
    """Return weight and temperature [K] of every Planck spectrum that a point sees, bands taken together."""
    w, T = _emitters(exchange, Weights(view.weight[None, :], np.array([view.environment])))
    return w[0], T


def _emitters(exchange: LightExchange, weights: Weights) -> tuple[FloatArray, FloatArray]:
    """Return weights (rows, n) and temperatures (n,) of all that is seen, the environment last."""
    w, T = weights.facets, exchange.facet_temperature_K
    outside = exchange.surfaces.environment_temperature_K
    if outside is not None:
        w, T = np.column_stack([w, weights.environment]), np.append(T, outside)
    seen = (w > 0.0).any(axis=0) & (T > 0.0)
    return w[:, seen], T[seen]


__all__ = ["Weights", "planck_spectra", "shift_in", "weights_of"]
