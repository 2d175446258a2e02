"""A sphere of two grey halves with the ion at its centre."""

from pathlib import Path
from typing import Any

from bbrmodel.geometry import GeometryModel, Parameter, everything, read_parameters

PARAMETERS: dict[str, Parameter] = read_parameters(Path(__file__).with_name("parameters.toml"))
SIZE = {"coarse": 0.16, "default": 0.085, "fine": 0.05}  # in radii


def build(model: GeometryModel, parameters: dict[str, Any], resolution: str) -> None:
    """Declare the halves as two shells that meet in the plane z = 0."""
    radius = parameters["radius_m"]
    ball = model.ball((0.0, 0.0, 0.0), radius)
    below = model.box((-2.0 * radius, -2.0 * radius, -2.0 * radius), (2.0 * radius, 2.0 * radius, 0.0))
    lower = model.intersect(model.copy(ball), below)
    model.void("lower_half", lower, walls=("sphere", [("lower", everything)]))
    model.void("upper_half", ball, walls=("sphere", [("upper", everything)]))
    for name in ("sphere__lower", "sphere__upper"):
        model.size(name, SIZE[resolution] * radius)
    model.ion((0.0, 0.0, 0.0))
