"""Meshes larger than most: facets of more points than three indices fit in one number, and multigrid."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix, diags, identity, kron

from bbrmodel.mesh import facets as module
from bbrmodel.mesh import find_facets
from benchmarks.voxels import SIDE_M, box_in_box


def test_facets_are_the_same_where_three_indices_do_not_fit_in_one_number(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = box_in_box(10)
    facets, interfaces = find_facets(bundle)
    monkeypatch.setattr(module, "_MOST_PACKED", 0)
    again, interfaces_again = find_facets(bundle)
    np.testing.assert_array_equal(again.points, facets.points)
    np.testing.assert_array_equal(again.surface, facets.surface)
    np.testing.assert_array_equal(again.exposed, facets.exposed)
    np.testing.assert_array_equal(interfaces_again.points, interfaces.points)


def test_the_box_in_a_box_of_the_benchmark_is_closed_and_has_the_areas_that_it_should() -> None:
    bundle = box_in_box(10, blocks=2)
    facets, _ = find_facets(bundle)
    assert facets.exposed.all()
    assert (facets.body >= 0).all()
    area, _ = module.facet_areas_normals(bundle.points_m[facets.points])
    found = np.bincount(facets.surface, weights=area)
    side = SIDE_M**2
    # Of two boxes in a row: ten sides outside; the post (a tenth wide) covers as much of the cavity as of the inner box
    # that it leaves, and has four sides of a tenth by a tenth.
    post = 0.1**2
    expected = [10.0, 2 * (6 * 0.6**2 - post), 2 * (6 * 0.4**2 - post + 4 * post)]
    # 1e-12: sums of a thousand equal areas
    np.testing.assert_allclose(found / side, expected, rtol=1e-12)


def poisson(side: int) -> csr_matrix:
    """Return the seven-point matrix of a cube."""
    line = diags([-np.ones(side - 1), 2.0 * np.ones(side), -np.ones(side - 1)], [-1, 0, 1])
    one = identity(side)
    return csr_matrix(kron(kron(line, one), one) + kron(kron(one, line), one) + kron(kron(one, one), line))


@pytest.mark.fenics
def test_multigrid_solves_large_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    from bbrmodel.conduction import fenicsx

    monkeypatch.setattr(fenicsx, "MOST_FACTORISED", 0)
    matrix = poisson(20)
    right = np.random.default_rng(1).standard_normal(matrix.shape[0])
    factorization = fenicsx.Factorization(matrix)
    assert not factorization.is_direct
    left = matrix @ factorization.solve(right) - right
    assert np.linalg.norm(left) <= fenicsx.INNER_TOLERANCE * np.linalg.norm(right)
    assert not factorization.is_direct


@pytest.mark.fenics
def test_where_multigrid_fails_a_factorization_steps_in(monkeypatch: pytest.MonkeyPatch) -> None:
    from bbrmodel.conduction import fenicsx

    monkeypatch.setattr(fenicsx, "MOST_FACTORISED", 0)
    monkeypatch.setattr(fenicsx, "_MOST_CYCLES", 1)
    matrix = poisson(12)
    right = np.random.default_rng(1).standard_normal(matrix.shape[0])
    factorization = fenicsx.Factorization(matrix)
    # A direct solve of a well-conditioned matrix: rounding only.
    np.testing.assert_allclose(matrix @ factorization.solve(right), right, rtol=0, atol=1e-12)
    assert factorization.is_direct
