"""The clock library against its own data file."""

import tomllib
from importlib.resources import files

import pytest

from bbrmodel.constants import MEAN_SQUARED_FIELD_300K, PLANCK
from bbrmodel.errors import UnknownNameError
from bbrmodel.ion.clocks import ATOMIC_POLARIZABILITY, OpticalResponse, clock, list_clocks
from bbrmodel.ion.shift import magnetic_shift_Hz

DATA = tomllib.loads(files("bbrmodel.ion").joinpath("data/clocks.toml").read_text(encoding="utf-8"))
ENTRIES = {entry["id"]: entry for entry in DATA["clock"]}
OPTICAL = [name for name, entry in ENTRIES.items() if entry["kind"] == "optical"]
LINES = [(name, index) for name in OPTICAL for index in range(len(ENTRIES[name]["eta"].get("lines", ())))]


def test_the_library_holds_seventeen_clocks_of_two_kinds():
    kinds = [clock(name).kind for name in list_clocks()]
    assert (kinds.count("optical"), kinds.count("hyperfine")) == (12, 5)


@pytest.mark.parametrize("name", list_clocks())
def test_numbers_and_their_provenance_are_carried_over(name):
    entry, parsed = ENTRIES[name], clock(name)
    assert parsed.frequency_Hz == entry["frequency_hz"]
    assert parsed.kind == entry["kind"]
    assert parsed.species == entry["species"]
    assert parsed.response.source
    assert parsed.response.verified == entry.get("delta_alpha0_verified", entry.get("beta_verified"))
    assert len(parsed.alternatives) == len(entry.get("alternatives", ()))


@pytest.mark.parametrize(("name", "index"), LINES)
def test_line_polarizabilities_follow_from_their_matrix_elements(name, index):
    response = clock(name).response
    assert isinstance(response, OpticalResponse)
    stored = ENTRIES[name]["eta"]["lines"][index]["alpha_au"]
    # Four decimals stored.
    assert response.lines[index].polarizability / ATOMIC_POLARIZABILITY == pytest.approx(stored, abs=6e-5)


@pytest.mark.parametrize("name", OPTICAL)
def test_polarizabilities_agree_in_both_units(name):
    entry = ENTRIES[name]
    ratio = entry["delta_alpha0_si"] / ATOMIC_POLARIZABILITY
    assert ratio == pytest.approx(entry["delta_alpha0_au"], rel=3e-6)  # six digits stored


@pytest.mark.parametrize("name", sorted(set(ENTRIES) - set(OPTICAL)))
def test_hyperfine_coefficients_agree_in_all_their_forms(name):
    entry = ENTRIES[name]
    per_field = entry["beta_stark"] * entry["frequency_hz"] / MEAN_SQUARED_FIELD_300K
    assert per_field == pytest.approx(entry["k_s_hz_m2_per_v2"], rel=3e-5)  # five digits stored
    assert entry["delta_alpha0_equiv_si"] == pytest.approx(-2.0 * PLANCK * per_field, rel=3e-5)  # five digits stored


def test_constants_of_the_data_file_are_those_of_the_program():
    constants = DATA["constants"]
    assert constants["E2_300_V2_per_m2"] == pytest.approx(MEAN_SQUARED_FIELD_300K, rel=1e-9)  # digits stored
    assert constants["au_polarizability_SI"] == ATOMIC_POLARIZABILITY


def test_an_unknown_clock_suggests_a_known_one():
    with pytest.raises(UnknownNameError, match=r"clock 'ca40_729'.*Did you mean 'ca40p_729'"):
        clock("ca40_729")


# Clock state and the other level of its term: L, S, J, J'.
TERMS = {
    "ca40p_729": [(2, 0.5, 2.5, 1.5)],
    "sr88p_674": [(2, 0.5, 2.5, 1.5)],
    "yb171p_e2": [(2, 0.5, 1.5, 2.5)],
    "yb171p_e3": [(3, 0.5, 3.5, 2.5)],
    "al27p_267": [(1, 1, 0, 1)],
    "in115p_237": [(1, 1, 0, 1)],
    "lu176p_848": [(2, 1, 1, 2)],
    "lu176p_804": [(2, 1, 2, 1), (2, 1, 2, 3)],
    "hg199p_282": [(2, 0.5, 2.5, 1.5)],
    "sr87_698": [(1, 1, 0, 1)],
    "yb171_578": [(1, 1, 0, 1)],
    "hg199_266": [(1, 1, 0, 1)],
}


@pytest.mark.parametrize("name", OPTICAL)
def test_magnetic_line_strengths_are_those_of_ls_coupling(name):
    lines = ENTRIES[name]["m1_lines"]
    for line, (L, S, J, other) in zip(lines, TERMS[name], strict=True):
        top = max(J, other)
        expected = (top**2 - (L - S) ** 2) * ((L + S + 1) ** 2 - top**2) / (4 * top)
        assert line["J"] == J
        assert line["line_strength_muB2"] == pytest.approx(expected, rel=1e-7)  # digits stored


@pytest.mark.parametrize("name", OPTICAL)
def test_magnetic_lines_give_the_stored_shift(name):
    entry, found = ENTRIES[name], clock(name)
    assert magnetic_shift_Hz(found, 300.0) == pytest.approx(entry["bbr_m1_shift_300K_hz"], rel=0.01)  # digits stored
    assert all(line.source for line in found.response.magnetic_lines)


@pytest.mark.parametrize("name", OPTICAL)
def test_tensor_data_are_carried_over_where_there_are_any(name):
    entry, tensor = ENTRIES[name], clock(name).response.tensor
    assert (tensor is not None) == ("tensor_alpha2_excited_si" in entry)
    assert bool(clock(name).response.without_tensor) == (tensor is None)
    if tensor is not None:
        assert tensor.polarizability == entry["tensor_alpha2_excited_si"]
        assert tensor.verified == entry["tensor_verified"]
        assert all(m <= tensor.level for m in tensor.m)
