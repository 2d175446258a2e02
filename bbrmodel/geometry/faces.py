"""Faces of the built parts: what a rule can ask of a face when it gives it a name."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Face:
    """One face of the fragmented geometry, all lengths in m.

    `owner` is the body it belongs to (or the void, for a shell face), `void` the empty space it looks into, None
    outside of everything. `point` lies on the underlying surface and `normal` is the unit normal there, of either sign.
    """

    tag: int
    owner: str
    void: str | None
    kind: str  # "Plane", "Cylinder", "Sphere", ...
    centre: Vector
    point: Vector
    normal: Vector
    lower: Vector
    upper: Vector
    area_m2: float
    points: tuple[Vector, ...] = ()  # up to three points inside the face

    def on_plane(self, axis: str, value: float, tolerance: float = 1e-6) -> bool:
        """Whether the whole face lies in the plane x, y or z = `value`."""
        k = "xyz".index(axis)
        return abs(self.lower[k] - value) < tolerance and abs(self.upper[k] - value) < tolerance

    def on_cylinder(self, radius: float, tolerance: float = 1e-6) -> bool:
        """Whether the face is part of the cylinder of that radius about the z axis."""
        return (
            self.kind == "Cylinder"
            and abs(self.normal[2]) < 1e-9
            and abs(math.hypot(self.point[0], self.point[1]) - radius) < tolerance
        )

    def within_ball(self, centre: Vector, radius: float) -> bool:
        """Whether the box round the face lies in the ball."""
        far = [max(abs(self.lower[k] - centre[k]), abs(self.upper[k] - centre[k])) for k in range(3)]
        return math.hypot(*far) <= radius

    def along(self, direction: Vector) -> float:
        """Return the coordinate of the face's centre along a unit vector, m."""
        return sum(self.centre[k] * direction[k] for k in range(3))

    def faces_along(self, direction: Vector) -> bool:
        """Whether it is a plane whose normal is parallel to the unit vector, either way."""
        cosine = sum(self.normal[k] * direction[k] for k in range(3))
        return self.kind == "Plane" and abs(cosine) > 1.0 - 1e-9


Rule = tuple[str, Callable[[Face], bool]]


def everything(_face: Face) -> bool:
    """Predicate of the last rule: whatever no earlier rule took."""
    return True


def first_match(face: Face, rules: Sequence[Rule]) -> str | None:
    """Return the name that the first matching rule gives, None if no rule matches."""
    return next((name for name, predicate in rules if predicate(face)), None)


__all__ = ["Face", "Rule", "Vector", "everything", "first_match"]
