"""Where the camera stands and which part of the apparatus surrounds the ion."""

from dataclasses import dataclass

import numpy as np

from bbrmodel.typing import FloatArray
from bbrmodel.viz.data import PlotData

_AZIMUTH_DEG = 18.0  # of the camera from the normal of the cut
_ELEVATION_DEG = 14.0
_WEIGHT_HELD = 0.99
_FALLBACK_SHARE = 0.2


@dataclass(frozen=True)
class Region:
    """Sphere around the ion."""

    center_m: FloatArray  # (3,)
    radius_m: float


@dataclass(frozen=True)
class View:
    """A parallel projection onto an image of `width` x `height` pixels."""

    center_m: FloatArray  # (3,), shown in the middle of the image
    half_height_m: float
    width: int
    height: int

    @property
    def axes(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Unit vectors to the right, upwards and away from the observer."""
        return camera_axes()

    @property
    def pixels_per_m(self) -> float:
        """Scale of the picture."""
        return self.height / (2 * self.half_height_m)

    def project(self, points_m: FloatArray) -> FloatArray:
        """Return pixel coordinates, shape (n, 2), x to the right and y down from the upper left corner."""
        right, up, _ = self.axes
        offset = np.atleast_2d(points_m) - self.center_m
        x = self.width / 2 + offset @ right * self.pixels_per_m
        y = self.height / 2 - offset @ up * self.pixels_per_m
        return np.stack([x, y], axis=1)


def camera_axes() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the right, up and forward directions of the camera that looks at the cut from the side y < 0."""
    azimuth, elevation = np.radians(_AZIMUTH_DEG), np.radians(_ELEVATION_DEG)
    forward = np.array([-np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), -np.sin(elevation)])
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    return right, np.cross(right, forward), forward


def fit_view(points_m: FloatArray, size: tuple[int, int], *, margin: float = 0.03) -> View:
    """Return the view that holds all points with a margin (part of the image's height)."""
    right, up, forward = camera_axes()
    low = np.array([(points_m @ axis).min() for axis in (right, up, forward)])
    high = np.array([(points_m @ axis).max() for axis in (right, up, forward)])
    middle = (low + high) / 2
    width, height = size
    half = max((high - low)[1] / 2, (high - low)[0] / 2 * height / width)
    center = middle[0] * right + middle[1] * up + middle[2] * forward
    return View(center, float(max(half, 1e-9) / (1 - 2 * margin)), width, height)


def find_region(data: PlotData) -> Region | None:
    """Return the sphere that holds what the ion sees of the bodies; None without an ion.

    It is the smallest sphere around the ion with 99 % of the weight that the facets of bodies have at the ion (of all
    facets, where no body has weight); without weights its radius is 0.2 of the diagonal of the bounding box.
    """
    ion = data.ion_position_m
    if ion is None:
        return None
    weight = data.facets.weight
    if weight is None or weight.sum() <= 0:
        return Region(ion, _FALLBACK_SHARE * bounding_diagonal(data))
    of_body = data.facet_body >= 0
    chosen = of_body if weight[of_body].sum() > 0 else np.ones(len(weight), dtype=bool)
    distance = np.linalg.norm(data.facets.vertices_m[chosen] - ion, axis=2).max(axis=1)
    order = np.argsort(distance, kind="stable")
    held = np.cumsum(weight[chosen][order])
    index = min(int(np.searchsorted(held, _WEIGHT_HELD * held[-1])), len(order) - 1)
    return Region(ion, float(distance[order][index]))


def all_points(data: PlotData) -> FloatArray:
    """Return every node and facet corner, shape (n, 3)."""
    return np.concatenate([data.solid.points_m, data.facets.vertices_m.reshape(-1, 3)])


def bounding_diagonal(data: PlotData) -> float:
    """Return the diagonal of the bounding box of all that is there."""
    return float(np.linalg.norm(np.ptp(all_points(data), axis=0)))


__all__ = ["Region", "View", "all_points", "bounding_diagonal", "camera_axes", "find_region", "fit_view"]
