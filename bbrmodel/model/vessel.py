"""How much liquid a level means: the volume inside the surface that it wets."""

from dataclasses import dataclass

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.mesh.facets import facet_areas_normals
from bbrmodel.model.baths import wetted
from bbrmodel.typing import FloatArray

_OPEN = 1e-3  # of the wetted area: a surface that leaks sideways does not hold a liquid
_STEPS = 200


@dataclass(frozen=True)
class Vessel:
    """The wall that a liquid wets.

    With normals out of the wall, the part of a closed vessel below a level has as much upward area as the liquid's
    free surface, and the volume is the sum of upward area times depth. `free_area_m2` overrides both.
    """

    name: str
    vertices_m: FloatArray  # (num, 3, 3)
    free_area_m2: float | None = None

    @property
    def bottom_m(self) -> float:
        """Lowest point of the wall."""
        return float(self.vertices_m[:, :, 2].min())

    @property
    def top_m(self) -> float:
        """Highest point of the wall."""
        return float(self.vertices_m[:, :, 2].max())

    def area(self, level_m: float) -> float:
        """Return the area of the liquid's free surface [m2]."""
        if self.free_area_m2 is not None:
            return self.free_area_m2
        part, _ = wetted(self.vertices_m[:, :, 2], level_m)
        return float(part @ self._upward())

    def volume(self, level_m: float) -> float:
        """Return the volume of the liquid [m3]."""
        if self.free_area_m2 is not None:
            return self.free_area_m2 * (level_m - self.bottom_m)
        part, depth = wetted(self.vertices_m[:, :, 2], level_m)
        return float((part * depth) @ self._upward())

    def level(self, volume_m3: float) -> float:
        """Return the height z of the liquid's surface [m]; that of the bottom where there is no liquid."""
        if volume_m3 <= 0.0:
            return self.bottom_m
        if self.free_area_m2 is not None:
            return self.bottom_m + volume_m3 / self.free_area_m2
        full = self.volume(self.top_m)
        if volume_m3 >= full:  # the wall goes on upright
            return self.top_m + (volume_m3 - full) / self.area(self.top_m)
        from scipy.optimize import brentq  # a sixth of a second to load, for runs in time only

        found = brentq(lambda z: self.volume(z) - volume_m3, self.bottom_m, self.top_m, xtol=1e-13, rtol=1e-14)
        return float(found)

    def check(self, levels_m: tuple[float, ...]) -> None:
        """Raise `ConfigError` unless the wall holds a liquid up to each of some levels."""
        for level in levels_m:
            if not self.bottom_m < level <= self.top_m + 1e-9:
                raise ConfigError(
                    f"levels: surface '{self.name}': a level of {level:g} m lies outside the surface, which reaches "
                    f"from {self.bottom_m:g} to {self.top_m:g} m. Give a height z between these."
                )
        if self.free_area_m2 is not None:
            return
        area, normal = facet_areas_normals(self.vertices_m)
        for level in np.linspace(self.bottom_m, max(levels_m), _STEPS)[1:]:
            part, _ = wetted(self.vertices_m[:, :, 2], float(level))
            sideways = float(np.abs((part * area) @ normal[:, :2]).max())
            if sideways > _OPEN * float(part @ area) or not self.area(float(level)) > 0.0:
                raise ConfigError(
                    f"levels: surface '{self.name}' does not enclose a liquid at z = {level:.4g} m, so that the area "
                    "of the liquid's surface does not follow from it. Give free_area_m2."
                )

    def _upward(self) -> FloatArray:
        """Return the horizontal projection of every facet, positive where liquid stands on it [m2]."""
        area, normal = facet_areas_normals(self.vertices_m)
        return np.asarray(area * normal[:, 2])


__all__ = ["Vessel"]
