"""Several bands of light together: each has its own weights, and a black body's power divides among them."""

from collections.abc import Sequence

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.materials.spectral import band_fractions
from bbrmodel.radiation.paths.tracer import PathWeights
from bbrmodel.typing import FloatArray


def mean_fourth_power_of_bands(
    bands: Sequence[PathWeights], edges_m: Sequence[float], *, T: FloatArray, environment_K: float = 0.0
) -> tuple[float, float]:
    """Return T_eff^4 [K4] of a receiver and its standard error.

    Parameters
    ----------
    bands
        Weights in each band, shortest wavelengths first, with the same number of replicas.
    edges_m
        [m], growing, one fewer than bands.
    T
        shape (num_facets,), [K].
    environment_K
        [K], of what lies outside the model.

    Raises
    ------
    ConfigError
        The numbers of bands, edges and replicas do not fit.
    """
    fractions = band_fractions(np.array(edges_m, dtype=np.float64), np.append(T, max(environment_K, 1e-3)))
    if len(fractions) != len(bands) or len({len(band.replicas) for band in bands}) != 1:
        raise ConfigError(f"{len(bands)} bands for {len(edges_m)} band edges: one more is needed, with equal replicas.")
    estimates = np.zeros(len(bands[0].replicas))
    # Bands that were traced with one seed share their random numbers, so errors are those of the sum.
    for band, fraction in zip(bands, fractions, strict=True):
        estimates += band.replicas @ (fraction[:-1] * T**4)
        estimates += band.environment_replicas * fraction[-1] * environment_K**4
    return float(estimates.mean()), float(estimates.std(ddof=1) / np.sqrt(len(estimates)))


__all__ = ["mean_fourth_power_of_bands"]
