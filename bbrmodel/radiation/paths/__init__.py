"""Light followed path by path: any mixture of diffuse and mirror-like, directional and transmitting surfaces."""

from bbrmodel.radiation.paths.bands import mean_fourth_power_of_bands
from bbrmodel.radiation.paths.exchange import PathExchange, path_exchange
from bbrmodel.radiation.paths.optics import (
    FACE,
    OPAQUE,
    OUTLET,
    SHELL,
    PathOptics,
    SurfaceOptics,
    check_optics,
    diffuse_optics,
    optics_of_surfaces,
)
from bbrmodel.radiation.paths.panes import Panes
from bbrmodel.radiation.paths.tracer import FacetSource, PathSettings, PathWeights, PointSource, trace_weights

__all__ = [
    "FACE",
    "OPAQUE",
    "OUTLET",
    "SHELL",
    "FacetSource",
    "Panes",
    "PathExchange",
    "PathOptics",
    "PathSettings",
    "PathWeights",
    "PointSource",
    "SurfaceOptics",
    "check_optics",
    "diffuse_optics",
    "mean_fourth_power_of_bands",
    "optics_of_surfaces",
    "path_exchange",
    "trace_weights",
]
