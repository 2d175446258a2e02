"""What may stand in the way: facets of one plane merged to few convex polygons, in a tree of boxes."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, QhullError

from bbrmodel.radiation.exact.clipping import clip, plane_of
from bbrmodel.typing import FloatArray, IntArray

MAX_SIDES = 8
_LEAF_SIZE = 4
_MERGE_TOLERANCE = 1e-9  # of normals, and of lengths in units of the model
_MAX_PIECES = 64  # of one plane part; more than this and its triangles are kept


@dataclass(frozen=True)
class Occluders:
    """Convex polygons that block light from both sides, and the boxes round them.

    Attributes
    ----------
    corners
        shape (num, MAX_SIDES, 3), [m].
    num_corners
        shape (num,).
    planes
        shape (num, 4), unit normal and offset [m].
    boxes
        shape (num_nodes, 2, 3), low and high corner [m]; root first.
    children
        shape (num_nodes, 2): numbers of the child boxes; for a leaf -1 - (first entry) and the number of entries.
    order
        shape (num,), occluders in the order of the leaves.
    part
        shape (num,), the plane part that each occluder belongs to.
    part_of_triangle
        shape (num_triangles,), the plane part of each triangle.
    """

    corners: FloatArray
    num_corners: IntArray
    planes: FloatArray
    boxes: FloatArray
    children: IntArray
    order: IntArray
    part: IntArray
    part_of_triangle: IntArray


def find_occluders(triangles: FloatArray) -> Occluders:
    """Return the occluders of triangles of shape (num, 3, 3) [m]."""
    size = float(np.ptp(triangles.reshape(-1, 3), axis=0).max())
    polygons: list[FloatArray] = []
    parts: list[int] = []
    part_of_triangle = np.empty(len(triangles), dtype=np.int64)
    for number, part in enumerate(_plane_parts(triangles, size)):
        part_of_triangle[part] = number
        polygons += _convex_cover(triangles[part], size)
        parts += [number] * (len(polygons) - len(parts))
    corners = np.zeros((len(polygons), MAX_SIDES, 3))
    planes = np.zeros((len(polygons), 4))
    for k, polygon in enumerate(polygons):
        corners[k, : len(polygon)] = polygon
        corners[k, len(polygon) :] = polygon[-1]
        plane_of(polygon, len(polygon), planes[k])
    count = np.array([len(polygon) for polygon in polygons], dtype=np.int64)
    boxes, children, order = _build_tree(corners)
    return Occluders(corners, count, planes, boxes, children, order, np.array(parts), part_of_triangle)


def _plane_parts(triangles: FloatArray, size: float) -> list[IntArray]:
    """Return the groups of triangles that are joined by edges and lie in one plane."""
    _, point = np.unique(np.round(triangles.reshape(-1, 3) / (_MERGE_TOLERANCE * size)), axis=0, return_inverse=True)
    point = point.reshape(-1, 3)
    cross = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normal = cross / np.linalg.norm(cross, axis=1, keepdims=True)
    edges = np.sort(np.concatenate([point[:, [k, (k + 1) % 3]] for k in range(3)]), axis=1)
    owner = np.tile(np.arange(len(triangles)), 3)
    order = np.lexsort((owner, edges[:, 1], edges[:, 0]))
    same = (edges[order[1:]] == edges[order[:-1]]).all(axis=1)
    a, b = owner[order[:-1]][same], owner[order[1:]][same]
    offset = np.einsum("ijk,ik->ij", triangles[b] - triangles[a][:, :1], normal[a])
    flat = (np.abs(normal[a] - normal[b]).max(axis=1) < _MERGE_TOLERANCE) & (
        np.abs(offset).max(axis=1) < _MERGE_TOLERANCE * size
    )
    shape = (len(triangles), len(triangles))
    _, label = connected_components(coo_matrix((np.ones(int(flat.sum())), (a[flat], b[flat])), shape=shape), False)
    split: IntArray = np.argsort(label, kind="stable")
    return np.split(split, np.flatnonzero(np.diff(label[split])) + 1)


def _convex_cover(triangles: FloatArray, size: float) -> list[FloatArray]:
    """Return convex polygons that cover the same part of a plane."""
    if len(triangles) == 1:
        return [triangles[0]]
    plane = np.zeros(4)
    plane_of(triangles[0], 3, plane)
    lines = _border_lines(triangles, plane[:3], size)
    bags, hulls = [[np.array(t) for t in triangles]], []
    while bags:
        bag = bags.pop()
        hull = _hull_if_convex(bag, plane[:3])
        if hull is not None:
            hulls.append(hull)
            continue
        halves = _halve(bag, lines, size)
        if halves is None or len(hulls) + len(bags) > _MAX_PIECES:
            return [np.array(t) for t in triangles]
        bags += halves
    pieces = [piece for hull in hulls for piece in _few_sides(hull)]
    return pieces if len(pieces) < len(triangles) else [np.array(t) for t in triangles]


def _border_lines(triangles: FloatArray, normal: FloatArray, size: float) -> FloatArray:
    """Return the planes through the border edges, at right angles to the part, shape (num, 4), without repeats."""
    edges = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    key = np.round(edges.sum(axis=1) / (4 * _MERGE_TOLERANCE * size))
    _, first, count = np.unique(key, axis=0, return_index=True, return_counts=True)
    border = edges[first[count == 1]]
    across = np.cross(border[:, 1] - border[:, 0], normal)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    planes = np.concatenate([across, np.einsum("ij,ij->i", across, border[:, 0])[:, None]], axis=1)
    scale = np.array([1.0, 1.0, 1.0, 1.0 / size]) / _MERGE_TOLERANCE / 10.0
    _, first = np.unique(np.round(planes * scale), axis=0, return_index=True)
    lines: FloatArray = planes[first]
    return lines


def _area(polygon: FloatArray) -> float:
    return float(plane_of(polygon, len(polygon), np.zeros(4)))


def _hull_if_convex(bag: list[FloatArray], normal: FloatArray) -> FloatArray | None:
    """Return the corners of the convex hull where the polygons fill it, else None."""
    points = np.concatenate(bag)
    first = np.cross(normal, np.roll(np.eye(3), 1, axis=0)[int(np.abs(normal).argmax())])
    first /= np.linalg.norm(first)
    flat = np.stack([points @ first, points @ np.cross(normal, first)], axis=1)
    try:
        hull = ConvexHull(flat - flat.mean(axis=0))
    except QhullError:
        return None
    if hull.volume > sum(_area(polygon) for polygon in bag) * (1.0 + _MERGE_TOLERANCE):
        return None
    return _without_straight_corners(points[hull.vertices])


def _without_straight_corners(polygon: FloatArray) -> FloatArray:
    """Return the corners at which the outline turns."""
    before, after = polygon - np.roll(polygon, 1, axis=0), np.roll(polygon, -1, axis=0) - polygon
    turn = np.linalg.norm(np.cross(before, after), axis=1)
    scale = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    corners: FloatArray = polygon[turn > _MERGE_TOLERANCE * scale]
    return corners if len(corners) >= 3 else polygon


def _halve(bag: list[FloatArray], lines: FloatArray, size: float) -> list[list[FloatArray]] | None:
    """Return the two sides of the border line that cuts the polygons most evenly; None where no line cuts."""
    centre = np.array([polygon.mean(axis=0) for polygon in bag])
    points = np.concatenate(bag)
    height = points @ lines[:, :3].T - lines[:, 3]
    cuts = (height.max(axis=0) > 1e-8 * size) & (height.min(axis=0) < -1e-8 * size)
    if not cuts.any():
        return None
    front = (centre @ lines[:, :3].T > lines[:, 3]).mean(axis=0)
    line = lines[int(np.where(cuts, np.abs(front - 0.5), np.inf).argmin())]
    sides: list[list[FloatArray]] = []
    for plane in (line, -line):
        side = []
        for polygon in bag:
            out = np.empty((len(polygon) + 2, 3))
            count = clip(polygon, len(polygon), plane, 1e-10 * size, out)
            if count:
                side.append(out[:count].copy())
        sides.append(side)
    return sides


def _few_sides(polygon: FloatArray) -> list[FloatArray]:
    """Return a polygon cut by diagonals into polygons of at most `MAX_SIDES` sides."""
    if len(polygon) <= MAX_SIDES:
        return [polygon]
    cuts = [*range(1, len(polygon) - 1, MAX_SIDES - 2), len(polygon) - 1]
    return [np.concatenate([polygon[:1], polygon[a : b + 1]]) for a, b in pairwise(cuts)]


def _build_tree(corners: FloatArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Return boxes, children and leaf order of a tree that halves the occluders along the longest side."""
    low, high = corners.min(axis=1), corners.max(axis=1)
    boxes: list[FloatArray] = []
    children: list[tuple[int, int]] = []
    order: list[int] = []

    def add(members: IntArray) -> int:
        number = len(boxes)
        boxes.append(np.stack([low[members].min(axis=0), high[members].max(axis=0)]))
        children.append((0, 0))
        if len(members) <= _LEAF_SIZE:
            children[number] = (-1 - len(order), len(members))
            order.extend(members.tolist())
            return number
        middle = 0.5 * (low[members] + high[members])
        ranked = members[np.argsort(middle[:, int(np.ptp(middle, axis=0).argmax())], kind="stable")]
        half = len(ranked) // 2
        children[number] = (add(ranked[:half]), add(ranked[half:]))
        return number

    add(np.arange(len(corners)))
    return np.array(boxes), np.array(children, dtype=np.int64), np.array(order, dtype=np.int64)


__all__ = ["MAX_SIDES", "Occluders", "find_occluders"]
