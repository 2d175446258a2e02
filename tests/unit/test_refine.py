"""Uniform refinement of a mesh."""

import numpy as np
import pytest

from bbrmodel.mesh import MeshBundle, find_facets, refine
from bbrmodel.typing import FloatArray


def two_bodies() -> MeshBundle:
    """Return two irregular tetrahedra that share a face, one surface of one triangle, and a shell."""
    points = np.array([[0, 0, 0], [1, 0, 0.1], [0.2, 1.1, 0], [0.1, 0.2, 0.9], [0.9, 0.8, 1.2]], dtype=float)
    return MeshBundle(
        points_m=points,
        cells=np.array([[0, 1, 2, 3], [1, 2, 3, 4]]),
        cell_body=np.array([0, 1]),
        body_names=("low", "high"),
        triangles=np.array([[0, 2, 1], [2, 4, 1]]),
        triangle_surface=np.array([0, 1]),
        surface_names=("low__floor", "high__side"),
    )


def volumes(bundle: MeshBundle) -> FloatArray:
    corner = bundle.points_m[bundle.cells]
    return np.asarray(np.linalg.det(corner[:, 1:] - corner[:, :1]) / 6.0)


def area_vectors(bundle: MeshBundle) -> FloatArray:
    corner = bundle.points_m[bundle.triangles]
    return np.asarray(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]) / 2.0)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_volumes_areas_and_orientation_stay(times: int) -> None:
    coarse = fine = two_bodies()
    for _ in range(times):
        fine = refine(fine)
    assert (len(fine.cells), len(fine.triangles)) == (2 * 8**times, 2 * 4**times)
    for body in range(2):
        part = volumes(fine)[fine.cell_body == body]
        assert part.sum() == pytest.approx(volumes(coarse)[body], rel=1e-12)
        assert (np.sign(part) == np.sign(volumes(coarse)[body])).all()
    for surface in range(2):
        vector = area_vectors(fine)[fine.triangle_surface == surface]
        np.testing.assert_allclose(vector.sum(axis=0), area_vectors(coarse)[surface], rtol=1e-12)
        assert (vector @ area_vectors(coarse)[surface] > 0.0).all()


def test_bodies_still_share_their_interface_and_no_point_stands_twice() -> None:
    fine = refine(refine(two_bodies()))
    facets, interfaces = find_facets(fine)
    assert len(interfaces.points) == 16
    assert facets.exposed.sum() == 6 * 16
    assert len(np.unique(np.round(fine.points_m, 9), axis=0)) == len(fine.points_m)


def test_cells_do_not_degenerate() -> None:
    """The worst ratio of volume to cubed longest edge stays above a third of that of the whole, for any number."""

    def worst(bundle: MeshBundle) -> float:
        corner = bundle.points_m[bundle.cells]
        edge = np.linalg.norm(corner[:, :, None] - corner[:, None], axis=3).max(axis=(1, 2))
        return float((np.abs(volumes(bundle)) / edge**3).min())

    bundle = two_bodies()
    first = worst(bundle)
    for _ in range(4):
        bundle = refine(bundle)
        assert worst(bundle) > first / 3.0


def test_a_model_of_shells_alone_is_refined() -> None:
    whole = two_bodies()
    shells = MeshBundle(
        whole.points_m, whole.cells[:0], whole.cell_body[:0], (), whole.triangles, whole.triangle_surface, ("a", "b")
    )
    assert len(refine(shells).triangles) == 8
