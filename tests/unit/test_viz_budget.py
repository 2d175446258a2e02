"""The picture of a budget."""

from pathlib import Path

import pytest
from matplotlib.image import imread

from bbrmodel.budget import evaluate_budget, find_budget, list_budgets
from bbrmodel.cli.main import main
from bbrmodel.viz.budget_figure import plot_budget


@pytest.mark.parametrize("name", list_budgets())
def test_every_budget_can_be_drawn(name: str, tmp_path: Path) -> None:
    found = evaluate_budget(find_budget(name))
    picture = imread(plot_budget(found, tmp_path / "budget.png"))
    assert picture.shape[1] == 1600
    rows = sum(bool(row.own.uncertainty) for row in found.rows)
    assert picture.shape[0] == pytest.approx(300 + 74 * (rows + 1), abs=1)  # head, foot and a line for each; rounding
    # Circles are grey and dots blue: both colours are there, and most of the sheet is white.
    assert (picture[..., :3].min(axis=2) > 0.99).mean() > 0.8
    assert ((picture[..., 2] - picture[..., 0]) > 0.3).any()


def test_the_command_draws_beside_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sub" / "cd.png"
    assert main(["budget", "cd", "--plot", str(file)]) == 0
    assert file.is_file()
    assert "Second-order Doppler" in capsys.readouterr().out
