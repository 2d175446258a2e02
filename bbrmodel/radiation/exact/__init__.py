"""View factors without rays: closed forms between polygons, exact clipping where something stands in between."""

from bbrmodel.radiation.exact.compute import ExactSettings, compute_exact_view_factors
from bbrmodel.radiation.exact.pairs import polygon_pair_factor, triangle_pair_factor

__all__ = ["ExactSettings", "compute_exact_view_factors", "polygon_pair_factor", "triangle_pair_factor"]
