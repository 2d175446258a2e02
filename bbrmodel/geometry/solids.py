"""Simple solids: shape, named faces, round edges and openings of one part, before booleans."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from bbrmodel.geometry.faces import Vector
from bbrmodel.geometry.model import GeometryModel, Portal, Shape, equal_area_radius
from bbrmodel.spec.parts import Part
from bbrmodel.typing import BoolArray, FloatArray

ON_FACE_M = 1e-7  # distance at which a point of a face of the kernel counts as on the face of a part
Test = Callable[[FloatArray], BoolArray]  # points, shape (n, 3), m -> which of them lie on a face


@dataclass(frozen=True)
class Frame:
    """Place and attitude of a part: a point p of its own system lies at `matrix` p + `origin`, m."""

    matrix: FloatArray
    origin: FloatArray

    def local(self, points: FloatArray) -> FloatArray:
        """Return points, shape (n, 3), in the own system."""
        inside: FloatArray = (points - self.origin) @ self.matrix
        return inside

    def world(self, point: Vector) -> Vector:
        """Return where a point of the own system lies."""
        x, y, z = self.matrix @ np.asarray(point) + self.origin
        return (float(x), float(y), float(z))

    def place(self, model: GeometryModel, shape: Shape) -> Shape:
        """Bring a shape from the own system to its place."""
        vector = Rotation.from_matrix(self.matrix).as_rotvec()
        angle = float(np.linalg.norm(vector))
        if angle > 0.0:
            x, y, z = (float(value) for value in vector / angle)
            model.turn(shape, (x, y, z), angle)
        x, y, z = (float(value) for value in self.origin)
        return model.shift(shape, (x, y, z))


def frame_of(part: Part) -> Frame:
    """Return the frame in which a part is a box round its centre, or stands on its bottom round the z axis."""
    axis = np.asarray(part.axis, dtype=np.float64)
    matrix = _tilt(axis / np.linalg.norm(axis)) @ Rotation.from_euler("z", part.turn_deg, degrees=True).as_matrix()
    usual = "center" if part.kind in ("box", "sphere") else "bottom"
    shift = 0.0
    if part.anchor is not None and part.anchor != usual:
        half = 0.5 * height_of(part)
        shift = half if usual == "center" else -half
    return Frame(matrix, np.asarray(part.position_m) + matrix @ np.array([0.0, 0.0, shift]))


def pattern_frames(part: Part) -> tuple[Frame, ...]:
    """Return where the copies of a finished part go, relative to the part; the first stays."""
    still = Frame(np.eye(3), np.zeros(3))
    pattern = part.pattern
    if pattern is None:
        return (still,)
    if pattern.step_m is not None:
        return tuple(Frame(np.eye(3), k * np.asarray(pattern.step_m, dtype=np.float64)) for k in range(pattern.count))
    axis = np.asarray(pattern.axis, dtype=np.float64)
    axis /= np.linalg.norm(axis)
    step = 360.0 / pattern.count if pattern.step_deg is None else pattern.step_deg
    centre = np.asarray(pattern.center_m)
    turns = [Rotation.from_rotvec(math.radians(k * step) * axis).as_matrix() for k in range(pattern.count)]
    return tuple(Frame(turn, centre - turn @ centre) for turn in turns)


def _tilt(axis: FloatArray) -> FloatArray:
    """Return the shortest rotation that brings the z axis to a unit vector; half a turn is about x."""
    cross = np.array([-axis[1], axis[0], 0.0])
    sine = float(np.linalg.norm(cross))
    if sine < 1e-12:
        flip: FloatArray = np.diag([1.0, 1.0, 1.0]) if axis[2] > 0.0 else np.diag([1.0, -1.0, -1.0])
        return flip
    tilted: FloatArray = Rotation.from_rotvec(cross / sine * math.atan2(sine, axis[2])).as_matrix()
    return tilted


def height_of(part: Part) -> float:
    """Return the extent of a part along its own z axis, m."""
    if part.kind == "sphere":
        return 2.0 * float(part.radius_m or 0.0)
    return float(part.size_m[2] if part.size_m is not None else part.height_m or 0.0)


def upright(model: GeometryModel, base: Vector, height: float, *, radius: float, segments: int | None) -> Shape:
    """Return an upright cylinder, or the regular prism that has its cross-section."""
    if segments is None:
        return model.cylinder(base, (0.0, 0.0, height), radius)
    return model.prism(base, height, radius=equal_area_radius(radius, segments), sides=segments)


def least_radius(parts: Sequence[Part]) -> float:
    """Return the smallest radius of all parts and holes, m; 0 where nothing is round."""
    radii = [hole.radius_m for part in parts for hole in part.holes]
    radii += [r for part in parts for r in (part.radius_m, part.inner_radius_m, part.top_radius_m) if r]
    return min(radii, default=0.0)


def build_solid(model: GeometryModel, part: Part) -> Shape:
    """Return the shape of a part at its place, its own holes included."""
    return frame_of(part).place(model, _build_local(model, part))


def _build_local(model: GeometryModel, part: Part) -> Shape:
    """Return the shape in the part's own system."""
    height, radius, base = height_of(part), float(part.radius_m or 0.0), (0.0, 0.0, 0.0)
    if part.size_m is not None:
        low = -0.5 * height if part.kind == "box" else 0.0
        x, y = 0.5 * part.size_m[0], 0.5 * part.size_m[1]
        shape = model.box((-x, -y, low), (x, y, low + height))
    elif part.kind == "sphere":
        shape = model.ball(base, radius)
    elif part.kind == "cone":
        shape = model.cone(base, (0.0, 0.0, height), lower=radius, upper=float(part.top_radius_m or 0.0))
    else:
        shape = upright(model, base, height, radius=radius, segments=part.segments)
    drills = []
    if part.inner_radius_m is not None:
        drills.append(upright(model, base, height, radius=part.inner_radius_m, segments=part.segments))
    for hole in part.holes:
        below = (*hole.position_m, -height)
        drills.append(upright(model, below, 3.0 * height, radius=hole.radius_m, segments=hole.segments))
    return model.cut(shape, *drills) if drills else shape


def own_tests(part: Part) -> dict[str, Test]:
    """Return, for each face of a part before booleans, the test whether points lie on it."""
    frame = frame_of(part)
    tests = _local_tests(part)
    for number, hole in enumerate(part.holes, 1):
        tests[hole.name or f"hole_{number}"] = _wall(hole.radius_m, height_of(part), hole.segments, hole.position_m)
    return {name: _in_frame(test, frame) for name, test in tests.items()}


def _in_frame(test: Test, frame: Frame) -> Test:
    return lambda points: test(frame.local(points))


def _local_tests(part: Part) -> dict[str, Test]:
    """Return the tests of the faces in the part's own system."""
    height, radius = height_of(part), float(part.radius_m or 0.0)
    if part.size_m is not None:
        low = -0.5 * height if part.kind == "box" else 0.0
        ends = ("z_low", "z_high") if part.kind == "box" else ("bottom", "top")
        lower = (-0.5 * part.size_m[0], -0.5 * part.size_m[1], low)
        upper = (0.5 * part.size_m[0], 0.5 * part.size_m[1], low + height)
        names = (("x_low", "x_high"), ("y_low", "y_high"), ends)
        return {names[k][s]: _flat(k, (lower, upper)[s][k], (lower, upper)) for s in (0, 1) for k in range(3)}
    if part.kind == "sphere":
        return {"surface": lambda points: np.abs(np.linalg.norm(points, axis=1) - radius) < ON_FACE_M}
    if part.kind == "cone":
        top = float(part.top_radius_m or 0.0)
        return {"side": _slope(radius, top, height), "bottom": _disc(0.0, radius), "top": _disc(height, top)}
    reach = radius if part.segments is None else equal_area_radius(radius, part.segments)
    tests = {"bottom": _disc(0.0, reach), "top": _disc(height, reach)}
    tests["outer" if part.kind == "tube" else "side"] = _wall(radius, height, part.segments)
    if part.inner_radius_m is not None:
        tests["inner"] = _wall(part.inner_radius_m, height, part.segments)
    return tests


def _flat(axis: int, value: float, box: tuple[Vector, Vector]) -> Test:
    """Return the test for a side of a box."""
    low, high = np.asarray(box[0]) - ON_FACE_M, np.asarray(box[1]) + ON_FACE_M

    def test(points: FloatArray) -> BoolArray:
        on: BoolArray = ((points >= low) & (points <= high)).all(axis=1) & (np.abs(points[:, axis] - value) < ON_FACE_M)
        return on

    return test


def _disc(height: float, radius: float) -> Test:
    """Return the test for a disc about the z axis."""

    def test(points: FloatArray) -> BoolArray:
        near = np.hypot(points[:, 0], points[:, 1]) <= radius + ON_FACE_M
        on: BoolArray = near & (np.abs(points[:, 2] - height) < ON_FACE_M)
        return on

    return test


def _slope(lower: float, upper: float, height: float) -> Test:
    """Return the test for the side of an upright cone."""

    def test(points: FloatArray) -> BoolArray:
        off = np.hypot(points[:, 0], points[:, 1]) - lower - (upper - lower) * points[:, 2] / height
        on: BoolArray = (np.abs(off) < ON_FACE_M) & _between(points, height)
        return on

    return test


def _wall(radius: float, height: float, segments: int | None, centre: tuple[float, float] = (0.0, 0.0)) -> Test:
    """Return the test for the side of an upright cylinder, or of the prism in its place."""

    def test(points: FloatArray) -> BoolArray:
        x, y = points[:, 0] - centre[0], points[:, 1] - centre[1]
        off = np.hypot(x, y) - radius
        if segments is not None:
            half = math.pi / segments  # the middle of each side lies half a step after its corner
            angle = np.mod(np.arctan2(y, x), 2.0 * half) - half
            off = np.hypot(x, y) * np.cos(angle) - equal_area_radius(radius, segments) * math.cos(half)
        on: BoolArray = (np.abs(off) < ON_FACE_M) & _between(points, height)
        return on

    return test


def _between(points: FloatArray, height: float) -> BoolArray:
    """Return which points lie between bottom and top."""
    inside: BoolArray = (points[:, 2] >= -ON_FACE_M) & (points[:, 2] <= height + ON_FACE_M)
    return inside


def portals_of(part: Part, name: str, frame: Frame) -> list[Portal]:
    """Return the openings of one copy of a part, which `frame` moves to its place."""
    own = frame_of(part)
    middle = 0.5 * height_of(part)
    discs = [
        (f"{name}_{hole.name or f'hole_{number}'}", hole.position_m, _cover(hole.radius_m, hole.segments))
        for number, hole in enumerate(part.holes, 1)
        if hole.portal
    ]
    if part.portal:
        discs.append((name, (0.0, 0.0), _cover(float(part.radius_m or 0.0), part.segments)))
    x, y, z = (float(value) for value in frame.matrix @ own.matrix[:, 2])
    return [
        Portal(label, frame.world(own.world((*place, middle))), (x, y, z), radius) for label, place, radius in discs
    ]


def _cover(radius: float, segments: int | None) -> float:
    """Return the radius of the disc that covers a hole."""
    return radius if segments is None else equal_area_radius(radius, segments)


__all__ = ["Frame", "Test", "build_solid", "frame_of", "least_radius", "own_tests", "pattern_frames", "portals_of"]
