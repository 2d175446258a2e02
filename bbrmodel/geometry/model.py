"""A small layer over gmsh's OpenCASCADE kernel: named bodies and voids, faces named by rules, mesh sizes by part.

Builders work in metres; inside, everything is millimetres, because the kernel's absolute tolerances suit that scale.
"""

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from bbrmodel.errors import GeometryError
from bbrmodel.geometry.faces import Rule, Vector

MM = 1e3  # kernel units per metre
_GMSH_LOCK = threading.Lock()  # gmsh holds one global state per process

Shape = tuple[tuple[int, int], ...]  # (dimension, tag) pairs of volumes


@dataclass(frozen=True)
class Portal:
    """A small opening through which light of the outside reaches the inside; rays are aimed at it on purpose."""

    name: str
    center_m: Vector
    normal: Vector  # unit, out of the inner space
    radius_m: float  # of a disc that covers the meshed opening


@dataclass(frozen=True)
class Circle:
    """Round edges near a point and the number of equal segments that replace a full turn, lengths in m."""

    centre: Vector
    reach: float
    radius: float
    segments: int


@dataclass(frozen=True)
class Selection:
    """A name for the faces of a body that are found by their place; all that is given must hold."""

    body: str
    face: str
    point: Vector | None  # on the face, m
    normal: Vector | None  # out of the body
    box: tuple[Vector, Vector] | None  # that holds the face, m


def _load_gmsh() -> Any:
    """Import gmsh late: it loads a large library."""
    import gmsh

    return gmsh


class GeometryModel:
    """One gmsh model, open while the `with` block runs; `bbrmodel.geometry.meshing.mesh_model` turns it into a file.

    Works in any thread and process: no signal handler is installed, nothing is printed, and a lock lets one model at
    a time use gmsh's global state.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.bodies: dict[str, Shape] = {}
        self.voids: dict[str, Shape] = {}
        self.face_rules: dict[str, tuple[Rule, ...]] = {}  # by body or void
        self.shell_prefix: dict[str, str] = {}  # void -> first part of the names of its shell
        self.sizes: dict[str, float] = {}  # body or surface -> m
        self.size_balls: list[tuple[Vector, float, float]] = []  # centre, radius, size, m
        self.circles: list[Circle] = []
        self.blocks: list[tuple[Vector, ...]] = []  # eight corners of each, lower face first
        self.layers: dict[str, int] = {}  # body of blocks -> layers of cells along it
        self.portals: list[Portal] = []
        self.ion_m: Vector | None = None
        self.enclosure: str | None = None
        self.void_sizes: dict[str, float] = {}  # void -> m, for the parts of its shell that have no size of their own
        self.size_patterns: dict[str, float] = {}  # name or glob of bodies and surfaces -> m, before all other sizes
        self.curvature_segments = 0  # edges on a full turn of every round face; 0: sizes alone decide
        self.reports_gaps = False  # bodies that nearly touch are looked for; nobody has checked this geometry
        self.least_size_m = 0.0  # no edge is meant to be shorter
        self.selections: list[Selection] = []  # names of faces that go before all rules
        self._scratch: list[tuple[int, int]] = []  # shapes that only rules look at
        self._owns_gmsh = False

    def __enter__(self) -> "GeometryModel":
        _GMSH_LOCK.acquire()
        try:
            self.gmsh = _load_gmsh()
            self._owns_gmsh = not self.gmsh.isInitialized()
            if self._owns_gmsh:
                self.gmsh.initialize(readConfigFiles=False, interruptible=False)
            self.gmsh.option.setNumber("General.Terminal", 0)
            self.gmsh.option.setNumber("General.NumThreads", 1)  # with more the same input gives other meshes
            self.gmsh.model.add(self.name)
            self.occ = self.gmsh.model.occ
        except BaseException:
            _GMSH_LOCK.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.gmsh.model.remove()
            if self._owns_gmsh:
                self.gmsh.finalize()
        finally:
            _GMSH_LOCK.release()

    # Shapes

    def box(self, lower: Vector, upper: Vector) -> Shape:
        """Return the box between two corners, m."""
        edges = [(upper[k] - lower[k]) * MM for k in range(3)]
        return ((3, self.occ.addBox(*(x * MM for x in lower), *edges)),)

    def cylinder(self, base: Vector, axis: Vector, radius: float) -> Shape:
        """Return the cylinder that starts at `base` and runs along the vector `axis`, m."""
        return ((3, self.occ.addCylinder(*(x * MM for x in base), *(x * MM for x in axis), radius * MM)),)

    def ball(self, centre: Vector, radius: float) -> Shape:
        """Return the ball about a centre, m."""
        return ((3, self.occ.addSphere(*(x * MM for x in centre), radius * MM)),)

    def prism(self, base: Vector, height: float, *, radius: float, sides: int) -> Shape:
        """Return an upright regular prism whose corners lie at `radius` from its axis, the first one along x."""
        corners = [_corner(base, radius, k, sides) for k in range(sides)]
        return self._extrude(corners, (0.0, 0.0, height))

    def tube_sectors(self, base: Vector, height: float, *, outer: float, inner: float, sides: int) -> Shape:
        """Return an upright tube with `sides` flat sides, cut into sectors that can be meshed in layers."""
        shapes: list[tuple[int, int]] = []
        for k in range(sides):
            corners = [_corner(base, r, i, sides) for r, i in ((inner, k), (outer, k), (outer, k + 1), (inner, k + 1))]
            shapes += self._block(corners, (0.0, 0.0, height))
        return tuple(shapes)

    def wire_blocks(self, base: Vector, axis: Vector, *, radius: float) -> Shape:
        """Return a six-sided wire along the vector `axis`, of two blocks that can be meshed in layers.

        Its corners lie at `radius` from the axis; `axis` must not be horizontal, because both ends are cut level.
        """
        corners = [_level_cut(_corner(base, radius, k, 6), base, axis) for k in range(6)]
        halves = ((0, 1, 2, 3), (0, 3, 4, 5))  # in this order the diagonals of the common face agree
        return tuple(pair for half in halves for pair in self._block([corners[k] for k in half], axis))

    def _block(self, corners: Sequence[Vector], axis: Vector) -> Shape:
        """Return the volume that a horizontal quadrangle passes along a vector and remember its corners."""
        self.blocks.append((*corners, *((x + axis[0], y + axis[1], z + axis[2]) for x, y, z in corners)))
        return self._extrude(corners, axis)

    def _extrude(self, corners: Sequence[Vector], axis: Vector) -> Shape:
        """Return the volume that a horizontal polygon passes along a vector."""
        points = [self.occ.addPoint(*(x * MM for x in corner)) for corner in corners]
        lines = [self.occ.addLine(a, b) for a, b in zip(points, [*points[1:], points[0]], strict=True)]
        face = self.occ.addPlaneSurface([self.occ.addCurveLoop(lines)])
        return tuple(pair for pair in self.occ.extrude([(2, face)], *(x * MM for x in axis)) if pair[0] == 3)

    def cone(self, base: Vector, axis: Vector, *, lower: float, upper: float) -> Shape:
        """Return the cone that starts at `base` and runs along `axis`, with both radii, m."""
        return ((3, self.occ.addCone(*(x * MM for x in base), *(x * MM for x in axis), lower * MM, upper * MM)),)

    def fuse(self, *shapes: Shape) -> Shape:
        """Return the union."""
        merged, _ = self.occ.fuse(list(shapes[0]), [pair for shape in shapes[1:] for pair in shape])
        return tuple(merged)

    def cut(self, target: Shape, *tools: Shape, keep_tools: bool = False) -> Shape:
        """Return `target` without `tools`."""
        flat = [pair for tool in tools for pair in tool]
        rest, _ = self.occ.cut(list(target), flat, removeTool=not keep_tools)
        return tuple(rest)

    def intersect(self, target: Shape, tool: Shape, *, keep_tool: bool = False) -> Shape:
        """Return what both shapes share."""
        common, _ = self.occ.intersect(list(target), list(tool), removeTool=not keep_tool)
        return tuple(common)

    def copy(self, shape: Shape) -> Shape:
        """Return a copy in the same place."""
        return tuple(self.occ.copy(list(shape)))

    def turn(self, shape: Shape, axis: Vector, angle_rad: float) -> Shape:
        """Turn a shape about an axis through the origin, right-handed, and return it."""
        self.occ.rotate(list(shape), 0.0, 0.0, 0.0, *axis, angle_rad)
        return shape

    def shift(self, shape: Shape, vector: Vector) -> Shape:
        """Move a shape along a vector, m, and return it."""
        self.occ.translate(list(shape), *(x * MM for x in vector))
        return shape

    def volume(self, shape: Shape) -> float:
        """Return the volume of a shape, m3."""
        return sum(float(self.occ.getMass(3, tag)) for _, tag in shape) / MM**3

    def natural_size(self, shape: Shape) -> tuple[float, float]:
        """Return an eighth of the diagonal of a shape's box, and four times its typical thickness, m."""
        diagonal, area = 0.0, 0.0
        for _, tag in shape:
            box = self.occ.getBoundingBox(3, tag)
            diagonal = max(diagonal, math.dist(box[:3], box[3:]) / MM)
            area += sum(self.occ.getMass(2, int(face)) for loop in self.occ.getSurfaceLoops(tag)[1] for face in loop)
        return diagonal / 8.0, 8.0 * self.volume(shape) / (area / MM**2)

    def keep_for_rules(self, faces: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return copies of faces as they are now, which no fragmenting changes; rules may look at them."""
        copies = [(int(dim), int(tag)) for dim, tag in self.occ.copy(list(faces))]
        self._scratch += copies
        return copies

    def drop_scratch(self) -> None:
        """Remove the copies, so that they are not meshed."""
        if self._scratch:
            self.occ.remove(self._scratch, recursive=True)
            self.occ.synchronize()
            self._scratch = []

    # Meaning

    def body(self, name: str, *shapes: Shape, faces: Sequence[Rule], size: float) -> None:
        """Declare a body.

        Parameters
        ----------
        name
            snake_case, the name of its 3-D group.
        faces
            rules (name, predicate) in order of precedence; the first that matches an exposed face makes it
            `<body>__<name>`. Every exposed face must match one.
        size
            largest edge of the mesh, m.
        """
        if name in self.bodies or name in self.voids:
            raise GeometryError(f"{self.name}: two parts are named '{name}'. Names of bodies and voids must differ.")
        self.bodies[name] = tuple(pair for shape in shapes for pair in shape)
        if not self.bodies[name]:
            raise GeometryError(f"{self.name}: body '{name}' is empty: its parameters leave no material.")
        self.face_rules[name] = tuple(faces)
        self.sizes[name] = size

    def void(self, name: str, shape: Shape, *, walls: tuple[str, Sequence[Rule]] | None = None) -> None:
        """Declare an empty space, which rules can refer to and which is never meshed.

        What bodies fill is no part of it, nor is what an earlier void took. With `walls` = (prefix, rules) the faces
        of the void that belong to no body become shell surfaces `<prefix>__<name>` with normals into the void.
        """
        self.voids[name] = shape
        if walls:
            self.shell_prefix[name] = walls[0]
            self.face_rules[name] = tuple(walls[1])

    def enclose(self, void: str) -> None:
        """Require that every body lies within the outline of this void."""
        self.enclosure = void

    def size(self, surfaces: str | Iterable[str], size: float) -> None:
        """Set the largest mesh edge on named surfaces, m."""
        for surface in [surfaces] if isinstance(surfaces, str) else surfaces:
            self.sizes[surface] = size

    def size_in_ball(self, centre: Vector, radius: float, size: float) -> None:
        """Set the largest mesh edge inside a ball, m."""
        self.size_balls.append((centre, radius, size))

    def divide_circles(self, centre: Vector, *, reach: float, radius: float, segments: int) -> None:
        """Divide the curved edges within `reach` of a point into equal parts, `segments` for a full turn of `radius`.

        Of two declarations that cover an edge the first one counts.
        """
        self.circles.append(Circle(centre, reach, radius, segments))

    def mesh_in_layers(self, body: str, layers: int) -> None:
        """Mesh a body of `tube_sectors` or `wire_blocks` with so many layers along it, one cell block across."""
        self.layers[body] = layers

    def portal(self, name: str, centre: Vector, normal: Vector, radius: float) -> None:
        """Declare a small opening that the radiation layer samples on purpose."""
        self.portals.append(Portal(name, centre, normal, radius))

    def ion(self, position: Vector) -> None:
        """Say where the ion sits, so that no body may hold it and its clearance is known."""
        self.ion_m = position


def _corner(base: Vector, radius: float, number: int, sides: int) -> Vector:
    """Return a corner of a regular polygon."""
    angle = 2.0 * math.pi * (number % sides) / sides
    return (base[0] + radius * math.cos(angle), base[1] + radius * math.sin(angle), base[2])


def _level_cut(point: Vector, base: Vector, axis: Vector) -> Vector:
    """Return a corner of the level cut through a prism along `axis`.

    `point` is that corner of the cross-section, drawn level about `base`; the cut through a leaning prism is longer
    than the cross-section by 1/cos of the angle towards the side to which it leans.
    """
    level = math.hypot(axis[0], axis[1])
    if level == 0.0:
        return point
    lean = (axis[0] / level, axis[1] / level)
    part = (point[0] - base[0]) * lean[0] + (point[1] - base[1]) * lean[1]
    stretch = part * (math.hypot(*axis) / axis[2] - 1.0)
    return (point[0] + stretch * lean[0], point[1] + stretch * lean[1], base[2])


def equal_area_radius(radius: float, segments: int) -> float:
    """Return the radius of the circle through the corners of the regular polygon that has the area of a circle, m.

    A mesh replaces a round opening by a polygon; with this radius the opening keeps its area exactly.
    """
    angle = 2.0 * math.pi / segments
    return radius * math.sqrt(angle / math.sin(angle))


def equal_solid_angle(half_angle: float, segments: int) -> float:
    """Return the half-angle of the corners of a regular polygon that fills the solid angle of a round cone, rad.

    Seen from the centre of a sphere, the flat-sided cap then has exactly 2 pi (1 - cos `half_angle`).
    """
    turn = 2.0 * math.pi / segments
    share = math.tan(math.pi * (1.0 - math.cos(half_angle)) / segments)  # tan of half the excess of one sector
    return 2.0 * math.atan(math.sqrt(share / (math.sin(turn) - share * math.cos(turn))))


__all__ = ["MM", "Circle", "GeometryModel", "Portal", "Selection", "Shape"]
__all__ += ["equal_area_radius", "equal_solid_angle"]
