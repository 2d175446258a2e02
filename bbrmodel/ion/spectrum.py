r"""The spectrum of the light at the ion: a sum of diluted Planck spectra, band by band.

A facet at the temperature T_j adds :math:`w_j(\nu)\,u_P(\nu, T_j)` to the spectral energy density, with the effective
weight of the band that holds the frequency. Where light is told apart by its source and not by its wavelength, the
weight is that of the facet's mixture and the same at all frequencies.
"""

import numpy as np

from bbrmodel.constants import BOLTZMANN, PLANCK, SPEED_OF_LIGHT, STEFAN_BOLTZMANN, VACUUM_PERMITTIVITY
from bbrmodel.ion.field import EffectiveView
from bbrmodel.ion.planck import planck_energy_density
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.light_classes import BandOptics
from bbrmodel.radiation.light_exchange import LightExchange
from bbrmodel.solution import Spectrum
from bbrmodel.typing import BoolArray, FloatArray

POINTS = 400
SURFACES_SHOWN = 5
_LOWEST, _HIGHEST = 0.03, 40.0  # h nu / kT of the coldest and of the hottest light
_BESIDE = 1e-9  # of a frequency: the spectrum jumps at the edge of a band


def spectrum_at_ion(exchange: LightExchange, view: EffectiveView, enclosure: Enclosure) -> Spectrum:
    """Return the spectral energy density at the ion, and the parts that the brightest surfaces supply.

    Notes
    -----
    The corrections for noise and for the size of facets are known for the sum over all frequencies only and scale all.
    """
    rows = _Emitters(exchange, view, enclosure)
    frequency = _frequencies(rows.temperature_K[rows.seen], exchange.surfaces.optics)
    by_row = np.zeros((len(frequency), rows.number))
    for name in exchange.surfaces.optics.light_names:
        inside = _in_band(frequency, name, exchange.surfaces.optics)
        by_row[inside] += rows.densities(frequency[inside], name)
    by_row *= view.fourth_power / view.emitted_fourth_power
    energy = 4.0 * STEFAN_BOLTZMANN / SPEED_OF_LIGHT * view.fourth_power
    return Spectrum(
        frequency_Hz=tuple(frequency.tolist()),
        energy_density_J_m3_Hz=tuple(by_row.sum(axis=1).tolist()),
        by_surface={rows.names[k]: tuple(by_row[:, k].tolist()) for k in rows.brightest()},
        energy_density_J_m3=energy,
        rms_field_V_m=float(np.sqrt(energy / VACUUM_PERMITTIVITY)),
    )


class _Emitters:
    """All facets that the ion gets light from, and the environment behind them as one more."""

    def __init__(self, exchange: LightExchange, view: EffectiveView, enclosure: Enclosure) -> None:
        outside = exchange.surfaces.environment_temperature_K
        self.names = [*enclosure.surface_names, "environment"]
        self.number = len(self.names)
        self.temperature_K = np.append(exchange.facet_temperature_K, outside or 0.0)
        self.seen = np.append(view.weight, view.environment) > 0.0
        self._row = np.append(enclosure.surface, self.number - 1)
        self._share_of_T4 = np.append(view.weight, view.environment) * self.temperature_K**4
        banded = isinstance(exchange.surfaces.optics, BandOptics)
        self._weight = {}
        for light in exchange.lights:
            weight = np.append(view.by_light[light.name], view.environment_by_light[light.name])
            share = exchange.surfaces.optics.share(light.name, self.temperature_K)[0]
            self._weight[light.name] = weight if banded else weight * share

    def densities(self, frequency: FloatArray, name: str) -> FloatArray:
        """Return what each surface adds in one class of light, shape (num_frequencies, num_surfaces + 1)."""
        T, weight, row = self.temperature_K[self.seen], self._weight[name][self.seen], self._row[self.seen]
        each = [np.bincount(row, weight * planck_energy_density(nu, T), minlength=self.number) for nu in frequency]
        table: FloatArray = np.array(each, dtype=np.float64).reshape(len(frequency), self.number)
        return table

    def brightest(self) -> list[int]:
        """Return the surfaces with the largest shares of T_eff^4, the largest first."""
        share = np.bincount(self._row, self._share_of_T4, minlength=self.number)
        return [int(k) for k in np.argsort(-share)[:SURFACES_SHOWN] if share[k] > 0.0]


def _frequencies(temperature_K: FloatArray, optics: object) -> FloatArray:
    """Return frequencies that span all light, evenly in their logarithm, with both sides of each band's edge."""
    kelvin = BOLTZMANN / PLANCK
    low, high = _LOWEST * kelvin * float(temperature_K.min()), _HIGHEST * kelvin * float(temperature_K.max())
    grid = np.geomspace(low, high, POINTS)
    if not isinstance(optics, BandOptics):
        return grid
    edges = SPEED_OF_LIGHT / np.array(optics.edges_m)
    edges = edges[(edges > low) & (edges < high)]
    return np.sort(np.concatenate([grid, edges * (1.0 - _BESIDE), edges * (1.0 + _BESIDE)]))


def _in_band(frequency: FloatArray, name: str, optics: object) -> BoolArray:
    """Return which frequencies a class of light holds."""
    if not isinstance(optics, BandOptics):
        return np.ones(len(frequency), dtype=bool)
    wavelength = SPEED_OF_LIGHT / frequency
    inside: BoolArray = np.searchsorted(optics.edges_m, wavelength) == optics.light_names.index(name)
    return inside


__all__ = ["POINTS", "SURFACES_SHOWN", "spectrum_at_ion"]
