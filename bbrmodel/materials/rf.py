"""Heat from a radio-frequency voltage: loss in a dielectric and in the metal film that carries its current."""

import math
from dataclasses import dataclass

from bbrmodel.constants import VACUUM_PERMEABILITY

# Below this thickness over skin depth the correction, 4/45 of its fourth power, is lost in rounding.
_THIN = 1e-3
# Above it the film is a half space to rounding, and the hyperbolic functions would soon overflow.
_THICK = 20.0


@dataclass(frozen=True)
class RfLoss:
    """Power [W] that a drive loses, and what the film's skin depth does to it.

    Attributes
    ----------
    dielectric_W, ohmic_W
        Half of w C V^2 tan d, and half of (w C V)^2 R.
    current_A
        Amplitude of the current w C V.
    skin_depth_m
        None where the film's resistivity is not given.
    resistance_ratio
        Resistance of the film at the drive's frequency over that at direct current, 1 for a thin film.
    """

    dielectric_W: float
    ohmic_W: float
    current_A: float
    skin_depth_m: float | None
    resistance_ratio: float

    @property
    def total_W(self) -> float:
        """Both losses."""
        return self.dielectric_W + self.ohmic_W


@dataclass(frozen=True)
class Film:
    """A metal film that carries the current: resistance at direct current, thickness and resistivity if known."""

    resistance_ohm: float = 0.0
    thickness_m: float | None = None
    resistivity_ohm_m: float | None = None


def rf_loss(
    voltage_V: float, frequency_Hz: float, *, capacitance_F: float, loss_tangent: float = 0.0, film: Film | None = None
) -> RfLoss:
    """Return the losses of a voltage across a lossy capacitor in series with a film.

    Parameters
    ----------
    voltage_V
        [V], amplitude (peak), not rms.
    frequency_Hz
        [Hz].
    capacitance_F, loss_tangent
        [F], [-], of the dielectric.
    film
        What carries the current; without it there is no ohmic loss.

    Notes
    -----
    Losses are small: they neither reduce the voltage nor turn its phase. Dielectric loss goes with f V^2, ohmic loss
    with f^2 V^2 (and with f^2.5 in a film that is thick against the skin depth).

    Examples
    --------
    >>> loss = rf_loss(500.0, 24.8e6, capacitance_F=5e-12, loss_tangent=1e-4, film=Film(0.5))
    >>> round(loss.dielectric_W, 5), round(loss.ohmic_W, 5)
    (0.00974, 0.03794)
    """
    film = Film() if film is None else film
    omega = 2.0 * math.pi * frequency_Hz
    current = omega * capacitance_F * voltage_V
    depth = None if film.resistivity_ohm_m is None else skin_depth(frequency_Hz, film.resistivity_ohm_m)
    ratio = 1.0 if depth is None or film.thickness_m is None else film_resistance_ratio(film.thickness_m / depth)
    return RfLoss(
        dielectric_W=0.5 * omega * capacitance_F * voltage_V**2 * loss_tangent,
        ohmic_W=0.5 * current**2 * film.resistance_ohm * ratio,
        current_A=current,
        skin_depth_m=depth,
        resistance_ratio=ratio,
    )


def skin_depth(frequency_Hz: float, resistivity_ohm_m: float) -> float:
    """Return the depth [m] at which a current has fallen to 1/e: sqrt(rho / (pi f mu0)).

    Examples
    --------
    >>> round(1e6 * skin_depth(24.8e6, 2.2e-8), 2)  # gold, in micrometres
    14.99
    """
    return math.sqrt(resistivity_ohm_m / (math.pi * frequency_Hz * VACUUM_PERMEABILITY))


def film_resistance_ratio(thickness_over_depth: float) -> float:
    """Return the resistance of a film over that at direct current, for fields on one side of it.

    The real part of u (1 + j) coth(u (1 + j)), u = thickness / skin depth: 1 for a thin film, u for a thick one.
    """
    u = thickness_over_depth
    if u < _THIN:
        return 1.0
    if u > _THICK:
        return u
    return u * (math.sinh(2 * u) + math.sin(2 * u)) / (math.cosh(2 * u) - math.cos(2 * u))


__all__ = ["Film", "RfLoss", "film_resistance_ratio", "rf_loss", "skin_depth"]
