"""Bodies that nearly touch: a contact that is missed by a hair conducts no heat, and nothing else would say so."""

from itertools import combinations

from bbrmodel.geometry.model import MM, GeometryModel

NEAR_M = 1e-4  # two bodies that are closer than this and share no face were probably meant to touch


def find_gaps(model: GeometryModel, volumes: dict[str, tuple[int, ...]]) -> tuple[tuple[str, str, float], ...]:
    """Return the pairs of bodies that share no face and are closer than `NEAR_M`, with their distance, m.

    A distance of 0 is a contact along a line or in a point.
    """
    faces = {
        name: {int(f) for tag in tags for f in model.gmsh.model.getAdjacencies(3, tag)[1]}
        for name, tags in volumes.items()
    }
    boxes = {name: [model.occ.getBoundingBox(3, tag) for tag in tags] for name, tags in volumes.items()}
    found = []
    for first, second in combinations(volumes, 2):
        if faces[first] & faces[second]:
            continue
        near = [
            model.occ.getDistance(3, a, 3, b)[0] / MM
            for a, box_a in zip(volumes[first], boxes[first], strict=True)
            for b, box_b in zip(volumes[second], boxes[second], strict=True)
            if _close(box_a, box_b)
        ]
        if near and min(near) < NEAR_M:
            found.append((first, second, float(min(near))))
    return tuple(found)


def _close(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    """Tell whether two boxes are closer than `NEAR_M` along every axis."""
    slack = NEAR_M * MM
    return all(first[k] <= second[k + 3] + slack and second[k] <= first[k + 3] + slack for k in range(3))


__all__ = ["find_gaps"]
