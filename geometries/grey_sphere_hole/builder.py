"""A grey sphere with a black hole round the y axis and the ion at its centre: the effect of a small hole, exactly.

The hole keeps off the z axis, where the kernel's sphere has its poles and triangles come out distorted.
"""

import math
from pathlib import Path
from typing import Any

from bbrmodel.geometry import GeometryModel, Parameter, equal_solid_angle, everything, read_parameters

PARAMETERS: dict[str, Parameter] = read_parameters(Path(__file__).with_name("parameters.toml"))
SIZE = {"coarse": 0.16, "default": 0.085, "fine": 0.05}  # of the wall, in radii
SEGMENTS = {"coarse": 16, "default": 32, "fine": 48}  # of the hole's rim


def build(model: GeometryModel, parameters: dict[str, Any], resolution: str) -> None:
    """Declare the sphere as two shells; the flat-sided hole fills the solid angle of the round one exactly."""
    radius, segments = parameters["radius_m"], SEGMENTS[resolution]
    angle = equal_solid_angle(math.radians(parameters["hole_half_angle_deg"]), segments)
    height, rim = radius * math.cos(angle), radius * math.sin(angle)
    ball = model.ball((0.0, 0.0, 0.0), radius)
    above = model.box((-2.0 * radius, height, -2.0 * radius), (2.0 * radius, 2.0 * radius, 2.0 * radius))
    cap = model.intersect(model.copy(ball), above)
    model.void("cap", cap, walls=("sphere", [("hole", everything)]))
    model.void("inside", ball, walls=("sphere", [("wall", everything)]))
    size = SIZE[resolution] * radius
    model.size("sphere__wall", size)
    model.size("sphere__hole", min(size, 2.0 * math.pi * rim / segments))
    model.size_in_ball((0.0, height, 0.0), 1.2 * rim, min(size, 4.0 * math.pi * rim / segments))
    model.divide_circles((0.0, height, 0.0), reach=1.001 * rim, radius=rim, segments=segments)
    model.ion((0.0, 0.0, 0.0))
