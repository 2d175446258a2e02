"""The meshes that come with the project."""

from pathlib import Path

import pytest

from bbrmodel.radiation.api import ViewFactorOptions, compute_view_factors_of_file


@pytest.mark.parametrize("method", ["ray", "exact"])
def test_nested_cubes_give_their_exact_factors(method: str, repository: Path) -> None:
    """OB06: closure and the convex inner cube fix both, to 1e-6 of the statistics or of the clipping."""
    options = ViewFactorOptions(method=method)  # type: ignore[arg-type]
    found = compute_view_factors_of_file(repository / "meshes" / "nested_cubes.msh", options)
    assert found.surfaces == ("outer", "inner")
    assert found.view_factors[1, 0] == pytest.approx(1.0, abs=1e-6)
    assert found.view_factors[0, 1] == pytest.approx(0.16, abs=1e-6)
