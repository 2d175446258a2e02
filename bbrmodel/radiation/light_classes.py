"""Classes of light that are followed separately: warm and cold sources, or bands of wavelength.

What a facet at temperature T emits divides among the classes. In each class a facet absorbs the same share of light as
it emits of a black body's (Kirchhoff), and a class never turns into another by reflection. So any number of classes
keeps an isothermal enclosure isothermal.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.materials.finishes import COLD_K, WARM_K
from bbrmodel.materials.optics import warm_share
from bbrmodel.materials.spectral import band_fraction_slopes, band_fractions
from bbrmodel.typing import FloatArray


class LightClasses(Protocol):
    """Finishes of all facets, class by class of light."""

    @property
    def light_names(self) -> tuple[str, ...]:
        """Classes of light that must be followed separately."""
        ...

    def absorptivity(self, name: str, T: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return absorptivity for a class of light at facet temperatures (num_facets,) [K], and its slope [1/K]."""
        ...

    def share(self, name: str, T: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of a black body's light at T [K] that is in a class, shape of `T`, and its slope [1/K]."""
        ...


@dataclass(frozen=True)
class SourceOptics:
    """Light of warm and of cold sources; arrays of shape (num_facets,), [-]: see `bbrmodel.materials.finishes.Finish`.

    One class, "all", where every facet is grey.
    """

    e77: FloatArray
    e293: FloatArray
    a77_293: FloatArray

    @property
    def is_grey(self) -> bool:
        """True when emissivity depends neither on temperature nor on the kind of light."""
        return bool((self.e77 == self.e293).all() and (self.e77 == self.a77_293).all())

    @property
    def light_names(self) -> tuple[str, ...]:
        """Classes of light that must be followed separately."""
        return ("all",) if self.is_grey else ("warm", "cold")

    def absorptivity(self, name: str, T: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return absorptivity for a class of light at facet temperatures [K], and its slope [1/K]."""
        if name != "warm":
            return self.e77, np.zeros_like(self.e77)
        rise = self.e293 - self.a77_293
        return self.a77_293 + warm_share(T) * rise, _warm_slope(T) * rise

    def share(self, name: str, T: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of a black body's light that is in a class, and its slope [1/K]."""
        if name == "all":
            return np.ones_like(T), np.zeros_like(T)
        share, slope = warm_share(T), _warm_slope(T)
        return (share, slope) if name == "warm" else (1.0 - share, -slope)


@dataclass(frozen=True)
class BandOptics:
    """Bands of wavelength, in each of which a facet has one emissivity at all temperatures.

    Attributes
    ----------
    edges_m
        shape (num_bands - 1,), [m], growing: the wavelengths between bands.
    emissivity
        shape (num_bands, num_facets), [-], hemispherical, shortest wavelengths first.

    Raises
    ------
    ConfigError
        There is not one row for each band.
    """

    edges_m: tuple[float, ...]
    emissivity: FloatArray

    def __post_init__(self) -> None:
        """Raise unless rows and bands agree."""
        if len(self.emissivity) != len(self.edges_m) + 1:
            raise ConfigError(
                f"{len(self.emissivity)} rows of emissivities for {len(self.edges_m)} band edges: one more is needed."
            )

    @property
    def light_names(self) -> tuple[str, ...]:
        """Names of the bands, shortest wavelengths first."""
        return band_names(len(self.edges_m) + 1)

    def absorptivity(self, name: str, T: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the emissivity of a band, the same at all temperatures, and its slope 0."""
        values: FloatArray = self.emissivity[self.light_names.index(name)]
        return values, np.zeros_like(values)

    def share(self, name: str, T: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return Planck's fraction of a band at T [K], and its slope [1/K]."""
        edges, index = np.array(self.edges_m), self.light_names.index(name)
        inside = edges[max(index - 1, 0) : index + 1]
        first = min(index, 1)  # the bands below are one
        return band_fractions(inside, T)[first], band_fraction_slopes(inside, T)[first]


def band_names(num_bands: int) -> tuple[str, ...]:
    """Return the names of bands, shortest wavelengths first."""
    return tuple(f"band_{number}" for number in range(1, num_bands + 1))


def _warm_slope(T: FloatArray) -> FloatArray:
    """Return d warm_share / dT [1/K]."""
    slope: FloatArray = np.where((T > COLD_K) & (T < WARM_K), 1.0 / (WARM_K - COLD_K), 0.0)
    return slope


__all__ = ["BandOptics", "LightClasses", "SourceOptics", "band_names"]
