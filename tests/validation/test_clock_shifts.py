"""Shifts of clocks in black-body radiation beside published ones.

Rationale: the library's coefficients come from many sources with two sign conventions and several units; whole shifts
show a slip of sign, unit or convention. Setup: each clock at the temperature of the publication. Expected: agreement
within twice the combined standard uncertainty of both; the numbers were read in the abstracts or papers named.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.ion.clocks import clock, list_clocks
from bbrmodel.ion.shift import fractional_data_uncertainty, magnetic_shift_Hz, shift_Hz, static_shift_Hz

# Clock, temperature [K], shift, standard uncertainty, unit, where it was read. Positive: the clock runs fast.
PUBLISHED = [
    ("ca40p_729", 300.0, 0.381, 0.004, "Hz", "Safronova & Safronova 2011, arXiv 1011.5949, abstract"),
    ("ca40p_729", 293.0, 839e-18, 0.5e-18, "1", "Huang 2022, Table III (its uncertainty is that of temperatures)"),
    ("sr88p_674", 300.0, 0.250, 0.009, "Hz", "Jiang 2009, arXiv 0904.2107, abstract"),
    ("yb171p_e2", 300.0, -0.44, 0.03, "Hz", "Roy 2017, arXiv 1710.00339, abstract: theory, here an experiment's value"),
    ("al27p_267", 300.0, -3.66e-18, 0.44e-18, "1", "Kallay 2011, arXiv 1010.1231, abstract"),
    ("al27p_267", 300.0, -9e-18, 3e-18, "1", "Chou 2010 as quoted there"),
    ("cd113p_hfs", 300.0, -1.815e-16, 0.077e-16, "1", "Yu & Sahoo, arXiv 1709.03340, abstract"),
]


@pytest.mark.parametrize(("name", "temperature", "value", "uncertainty", "unit", "source"), PUBLISHED)
def test_shifts_are_the_published_ones(
    name: str, temperature: float, value: float, uncertainty: float, unit: str, source: str
) -> None:
    found = clock(name)
    scale = 1.0 if unit == "Hz" else 1.0 / found.frequency_Hz
    computed = float(shift_Hz(found, temperature)) * scale
    mine = float(fractional_data_uncertainty(found, temperature)) * found.frequency_Hz * scale
    assert abs(computed - value) < 2.0 * np.hypot(uncertainty, mine), source


def test_static_shifts_of_hyperfine_clocks_are_the_published_ones() -> None:
    caesium, rubidium = clock("cs133_hfs"), clock("rb87_hfs")
    # Beloy 2006 (physics/0606048, abstract): beta = -1.708(6)e-14.
    assert float(static_shift_Hz(caesium, 300.0)) / caesium.frequency_Hz == pytest.approx(-1.708e-14, abs=0.006e-14)
    # Safronova 2010 (arXiv 1007.0462, abstract): k_S = -1.240(4)e-10 Hz/(V/m)^2, times <E^2> = (831.94 V/m)^2.
    assert float(static_shift_Hz(rubidium, 300.0)) == pytest.approx(-1.240e-10 * 831.943**2, rel=1e-4)  # digits given


@pytest.mark.parametrize(
    ("name", "fraction"), [("sr87_698", -5.5e-15), ("yb171_578", -2.6e-15), ("hg199_266", -1.6e-16)]
)
def test_lattice_clocks_shift_by_the_order_that_a_mercury_paper_gives(name: str, fraction: float) -> None:
    """Conference abstract 'Optical lattice clock with neutral mercury': "of the order of", so 6 % are allowed."""
    found = clock(name)
    assert float(shift_Hz(found, 300.0)) / found.frequency_Hz == pytest.approx(fraction, rel=0.06)


ROWS = re.findall(
    r"^\| `(\w+)` \| (\S+) \| (\S+) \| (\S+) \| (\S+) \|",
    (Path(__file__).parents[2] / "docs" / "vv" / "clocks.md").read_text(encoding="utf-8"),
    flags=re.MULTILINE,
)


def test_the_page_of_clocks_has_them_all() -> None:
    assert [row[0] for row in ROWS] == list_clocks()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_page_of_clocks_says_what_the_program_gives(row: tuple[str, ...]) -> None:
    found = clock(row[0])
    for T, electric, magnetic in ((77.0, row[1], row[2]), (300.0, row[3], row[4])):
        fractions = (
            float(shift_Hz(found, T)) / found.frequency_Hz,
            float(magnetic_shift_Hz(found, T)) / found.frequency_Hz,
        )
        assert fractions[0] == pytest.approx(float(electric), rel=6e-4)  # four digits given
        assert fractions[1] == pytest.approx(float(magnetic), rel=0.06)  # two digits given
