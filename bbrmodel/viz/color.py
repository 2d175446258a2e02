"""Colour scales: which temperatures a picture resolves, and what stands for the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap, ListedColormap, Normalize
from matplotlib.ticker import MaxNLocator

from bbrmodel.typing import FloatArray

ABOVE_COLOR = "#b9bfc4"  # neutral: no colour of the map resembles it
BELOW_COLOR = "#8ec6e6"

# The ends of inferno are black and nearly white: shading would vanish in the one, white paper would swallow the other.
_MAP_START, _MAP_STOP = 0.20, 0.94
_FOCUS_SPAN_K = 30.0  # below this a linear scale resolves everything that matters at an ion
_GAP_SHARE = 0.3  # a gap this large, as part of the span, separates two groups of temperatures
_MINOR_SHARE = 0.25  # of the weight; a group that counts for more stays on the scale
_PERCENTILES = np.linspace(1, 99, 15)
_SMALLEST_SPAN_K = 0.1  # what varies less is shown as uniform, not as noise
_MOST_TICKS = 10
_SHORT_LABEL = 4  # characters; longer labels stand half as close


@dataclass(frozen=True)
class ColorScale:
    """A linear scale in kelvin and the extremes of what is drawn with it."""

    low_K: float
    high_K: float
    data_low_K: float
    data_high_K: float

    @property
    def extend(self) -> str:
        """Which ends have temperatures beyond the scale, in matplotlib's words."""
        below, above = self.data_low_K < self.low_K, self.data_high_K > self.high_K
        return {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}[
            (below, above)
        ]

    @property
    def ticks(self) -> FloatArray:
        """Round temperatures from one end to the other."""
        ticks = _locator(_MOST_TICKS).tick_values(self.low_K, self.high_K)
        if max(len(f"{tick:.6g}") for tick in ticks) > _SHORT_LABEL:
            ticks = _locator(_MOST_TICKS // 2).tick_values(self.low_K, self.high_K)
        return np.asarray(ticks, dtype=np.float64)

    def normalize(self) -> Normalize:
        """Return the mapping from kelvin to 0..1."""
        return Normalize(self.low_K, self.high_K)

    def rgb(self, temperature_K: FloatArray) -> Any:
        """Return colours, shape (..., 3), 0..1; temperatures off the scale get the colour of that end."""
        return color_map()(self.normalize()(temperature_K))[..., :3]


def color_map() -> Colormap:
    """Return the perceptually uniform map of all temperature pictures."""
    colors = colormaps["inferno"](np.linspace(_MAP_START, _MAP_STOP, 256))
    return ListedColormap(colors, name="bbrmodel_temperature").with_extremes(over=ABOVE_COLOR, under=BELOW_COLOR)


def _locator(most: int) -> MaxNLocator:
    return MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10])


def full_scale(temperature_K: FloatArray) -> ColorScale:
    """Return the scale that holds every temperature."""
    return _rounded(float(temperature_K.min()), float(temperature_K.max()), temperature_K)


def focused_scale(groups: Sequence[FloatArray], weights: Sequence[float]) -> ColorScale:
    """Return the scale that resolves the main group of temperatures.

    Each group (a body, a surface) enters with percentiles from the 1st to the 99th, so that a few cells neither widen
    nor shift the scale. Where these span more than 30 K and a gap divides them, a side with at most a quarter of the
    weight is left off the scale, again and again.

    Parameters
    ----------
    groups
        temperatures of each body or surface, K; none empty.
    weights
        importance of each group, >= 0, e.g. its weight at the ion.
    """
    samples = np.concatenate([np.percentile(group, _PERCENTILES) for group in groups])
    sample_weights = np.repeat(np.asarray(weights, dtype=np.float64), len(_PERCENTILES))
    order = np.argsort(samples, kind="stable")
    samples, sample_weights = samples[order], sample_weights[order]
    while samples[-1] - samples[0] > _FOCUS_SPAN_K:
        gaps = np.diff(samples)
        split = int(np.argmax(gaps)) + 1
        if gaps[split - 1] < _GAP_SHARE * (samples[-1] - samples[0]):
            break
        below, above = float(sample_weights[:split].sum()), float(sample_weights[split:].sum())
        if min(below, above) > _MINOR_SHARE * (below + above):
            break
        kept = slice(0, split) if below >= above else slice(split, None)
        samples, sample_weights = samples[kept], sample_weights[kept]
    return _rounded(float(samples[0]), float(samples[-1]), np.concatenate(groups))


def _rounded(low_K: float, high_K: float, data_K: FloatArray) -> ColorScale:
    """Widen a range to round numbers."""
    half = max(_SMALLEST_SPAN_K, high_K - low_K) / 2
    middle = (low_K + high_K) / 2
    ticks = _locator(_MOST_TICKS).tick_values(middle - half, middle + half)
    return ColorScale(float(ticks[0]), float(ticks[-1]), float(data_K.min()), float(data_K.max()))


__all__ = ["ABOVE_COLOR", "BELOW_COLOR", "ColorScale", "color_map", "focused_scale", "full_scale"]
