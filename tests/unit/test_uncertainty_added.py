"""Inputs that need whole solves: curves, what they add to samples, and the command with --geometry."""

from pathlib import Path

import numpy as np
import pytest

from bbrmodel.cli.main import main
from bbrmodel.errors import BbrModelError, ConfigError
from bbrmodel.spec import load_case
from bbrmodel.uncertainty import whole
from bbrmodel.uncertainty.added import add_inputs, fit_curve, places, uniform_of
from bbrmodel.uncertainty.channels import QUANTITIES
from bbrmodel.uncertainty.distributions import Distribution
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.run import Options, run_uncertainty
from bbrmodel.uncertainty.sampling import Drivers, SampleStudy
from bbrmodel.uncertainty.whole import WholeSolve, open_whole_solves
from tests.uncertain_case import TEXT, write_case
from tests.verification.band_cases import case_text, write_shells
from tests.verification.shapes import cube

KINDS = (
    Distribution("normal", 3.0, width=0.5),
    Distribution("rectangular", 3.0, low=2.0, high=4.5),
    Distribution("triangular", 3.0, low=2.0, high=4.0),
    Distribution("factors", 3.0, low=1.0, high=4.5),
)
RADIUS = '[[uncertain]]\nkey = "geometry.parts.2.radius_m"\nhalf_width = 0.004\n'
POWER = '[[uncertain]]\nkey = "heat_sources.rf.power_W"\nstd = 0.05\n'


def as_input(name: str, one: Distribution, group: str | None = None) -> Input:
    return Input(name, (name,), (one,), group, "assumed")


def solves_of(values: np.ndarray, noise: float = 0.0) -> list[WholeSolve]:
    """Return whole solves whose shift is their temperature."""
    return [WholeSolve(float(v), float(v), noise, noise) for v in values]


def normal_study(num: int) -> SampleStudy:
    """Return samples of y = 100 + z, z one normal input."""
    z = Distribution("normal", 0.0, width=1.0).coordinate((np.random.default_rng(1).permutation(num) + 0.5) / num)
    outputs = dict.fromkeys(QUANTITIES, 100.0 + z)
    ones = {quantity: np.ones(1) for quantity in QUANTITIES}
    error = dict.fromkeys(QUANTITIES, 0.0)
    return SampleStudy(Drivers(("x",), (0,)), z[:, None], outputs, ones, dict(ones), error, 3, {"temperature": 1})


@pytest.mark.parametrize("one", KINDS, ids=lambda one: one.kind)
def test_uniform_numbers_come_back_from_coordinates(one: Distribution) -> None:
    uniform = np.linspace(0.01, 0.99, 37)
    assert uniform_of(one, one.coordinate(uniform)) == pytest.approx(uniform, abs=1e-12)  # rounding


@pytest.mark.parametrize("one", KINDS, ids=lambda one: one.kind)
def test_whole_solves_stand_at_the_nominal_value_and_inside_the_range(one: Distribution) -> None:
    z = places(one)
    assert 3 < len(z) <= 5
    assert np.abs(z - one.start).min() < 1e-8
    assert one.is_unbounded or (z.min() == -1.0 and z.max() == 1.0)


def test_a_curve_bends_no_more_than_noise_allows() -> None:
    z = np.array([-1.0, -0.6, 0.0, 0.6, 1.0])
    noisy = 2.0 + 3.0 * z + 0.01 * np.array([1.0, -1.0, 0.5, 1.0, -1.0])
    straight = fit_curve(z, noisy, np.full(5, 0.01))
    assert len(straight.coefficients) == 2
    assert straight(np.array([0.5])) == pytest.approx(3.5, abs=0.02)  # two standard errors
    assert len(fit_curve(z, noisy, np.full(5, 1e-4)).coefficients) == 5  # known well, the bends are real
    bent = fit_curve(z, 2.0 + 3.0 * z - z**2, np.full(5, 0.01))
    assert len(bent.coefficients) == 3
    assert bent(np.array([1.0, 2.0])) == pytest.approx([4.0, 5.0])  # straight on, with the slope 1 at the end


def test_an_added_input_adds_its_variance_and_shares_the_indices() -> None:
    """y = 100 + x + 3 z with x normal and z rectangular: variances 1 and 3, indices 1/4 and 3/4."""
    study, one = normal_study(4096), Distribution("rectangular", 0.0, low=-1.0, high=1.0)
    known, more = as_input("x", Distribution("normal", 0.0, width=1.0)), as_input("hole", one)
    found = [(places(one), solves_of(100.0 + 3.0 * places(one), 0.01))]
    result, (added,) = add_inputs(study, ([known], [more]), found, base={}, num=0)
    assert result.drivers.names == ("x", "hole")
    assert result.z.shape == (4096, 2)
    assert result.outputs["temperature"].std() == pytest.approx(2.0, rel=0.03)  # 4096 samples: chance correlation
    assert result.first["temperature"] == pytest.approx([0.25, 0.75], abs=1e-3)  # stratified
    assert result.total["shift"] == pytest.approx([0.25, 0.75], abs=1e-3)
    assert added.std["temperature"] == pytest.approx(np.sqrt(3.0), rel=1e-3)  # stratified
    assert added.std_noise["temperature"] == pytest.approx(0.01)
    assert result.full_solves == 3 + len(places(one))


def test_an_added_input_of_a_group_goes_with_the_others_of_it() -> None:
    """y = 100 + z and 2 z more of the same z: the standard deviation is 3, all from one driver."""
    study, one = normal_study(1024), Distribution("normal", 0.0, width=1.0)
    known, more = as_input("x", one, "g"), as_input("hole", one, "g")
    study = SampleStudy(Drivers(("group g",), (0,)), *(getattr(study, name) for name in _FIELDS))
    found = [(places(one), solves_of(100.0 + 2.0 * places(one), 0.01))]
    result, _ = add_inputs(study, ([known], [more]), found, base={}, num=0)
    assert result.drivers.names == ("group g",)
    assert result.outputs["temperature"] == pytest.approx(100.0 + 3.0 * study.z[:, 0], abs=1e-9)
    assert result.first["temperature"] == pytest.approx([1.0])
    assert result.total["temperature"] == pytest.approx([1.0])


_FIELDS = ("z", "outputs", "first", "total", "error", "full_solves", "modes")


@pytest.mark.fenics
def test_geometry_is_in_the_budget_and_in_the_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The spread of the added input is what its linear row says, within the curvature of its curve and the noise."""
    case = write_case(tmp_path, RADIUS + POWER)
    left_out = run_uncertainty(case, Options("linear", 64), cache=tmp_path)
    assert any("left out of the budget" in note and "radius_m" in note for note in left_out.notes)
    study = run_uncertainty(case, Options("both", 256, with_geometry=True), cache=tmp_path)
    (added,) = study.added
    assert added.name == "geometry.parts.2.radius_m"
    assert added.values[[0, -1]] == pytest.approx([0.036, 0.044])
    assert study.samples is not None
    assert study.samples.drivers.names == ("heat_sources.rf.power_W", "geometry.parts.2.radius_m")
    row = next(row for row in study.tables[0].rows if row.name == added.name)
    assert row.method == "two solves"
    assert added.std["temperature"] == pytest.approx(abs(row.standard), abs=0.3 * abs(row.standard) + 3.0 * row.noise)
    assert any("no interaction" in note for note in study.notes)
    assert study.document["added"][0]["name"] == added.name

    def never(*_: object, **__: object) -> None:
        raise AssertionError("solved again")

    monkeypatch.setattr(whole, "solve_case", never)  # whole solves are kept
    again = run_uncertainty(case, Options("both", 256, with_geometry=True), cache=tmp_path)
    assert again.samples is not None
    assert again.samples.outputs["temperature"] == pytest.approx(study.samples.outputs["temperature"], abs=1e-9)


def test_light_that_is_followed_by_paths_is_sampled_through_whole_solves_alone(tmp_path: Path) -> None:
    """A black box at Tw with a sixth of the sky a pane at 80 K, half of it passing the room's light at Tr.

    T_eff^4 = 5/6 Tw^4 + 1/12 80^4 + 1/12 Tr^4; paths know the sixths to about 1e-3.
    """
    sides = cube([0, 0, 0], 1.0, 2, inward=True)
    shells = {"window": sides.pop("z_high"), "wall": np.concatenate(list(sides.values()))}
    write_shells(tmp_path / "mesh.msh", shells)
    window = "band_emissivities = [0.5, 0.5]\nband_transmittances = [0.5, 0.5]\npassage = 'environment'"
    surfaces = {"window": (80.0, window), "wall": (100.0, "emissivity = 1.0")}
    radiation = "band_edges_m = [8e-6]\npaths_per_facet = 256\nenvironment_temperature_K = 293.0\n"
    text = case_text(surfaces, radiation, "position_m = [0.0, 0.0, 0.0]\nrays = 65536\n")
    for key in ("boundary_conditions.1.temperature_K", "radiation.environment_temperature_K"):
        text += f'\n[[uncertain]]\nkey = "{key}"\nhalf_width = 5.0\n'
    (tmp_path / "case.toml").write_text(text)
    case = load_case(tmp_path / "case.toml")
    with pytest.raises(ConfigError, match="--geometry"):
        run_uncertainty(case, Options("mc", 64), cache=tmp_path)
    study = run_uncertainty(case, Options("mc", 64, with_geometry=True), cache=tmp_path)
    assert [one.name for one in study.added] == [one.name for one in study.inputs]
    samples = study.samples
    assert samples is not None
    wall, room = 100.0 + 5.0 * samples.z[:, 0], 293.0 + 5.0 * samples.z[:, 1]
    exact = (5.0 / 6.0 * wall**4 + (80.0**4 + room**4) / 12.0) ** 0.25
    assert samples.outputs["temperature"] == pytest.approx(exact, rel=2e-3)
    assert samples.outputs["temperature"].std() == pytest.approx(exact.std(), rel=0.01)
    shares = samples.total["temperature"]
    assert shares.sum() == pytest.approx(1.0)
    slope = np.array([5.0 / 6.0 * 100.0**3, 293.0**3 / 12.0]) ** 2
    assert shares == pytest.approx(slope / slope.sum(), abs=0.01)  # a tenth of the widths is curvature


@pytest.mark.fenics
def test_the_level_of_a_liquid_is_added_too(tmp_path: Path) -> None:
    """The reduced model knows nothing of it; the power that boils the liquid stays in it."""
    bath = 'surface = "base__x_high"\nbath = "ln2"\nlevel_m = -0.014\nvapour_film_W_m2_K = 8.0\nvapour_K = 90.0'
    text = TEXT.replace('surface = "base__bottom"\nfilm_W_m2_K = 200.0\nambient_K = 80.0', bath)
    level = '[[uncertain]]\nkey = "boundary_conditions.0.level_m"\nhalf_width = 0.004\n'
    (tmp_path / "bath.toml").write_text(text + POWER + level)
    case = load_case(tmp_path / "bath.toml")
    with pytest.raises(ConfigError, match="liquid's level"):
        run_uncertainty(case, Options("mc", 64), cache=tmp_path)
    study = run_uncertainty(case, Options("mc", 64, with_geometry=True), cache=tmp_path)
    assert [one.name for one in study.added] == ["boundary_conditions.0.level_m"]
    assert [one.name for one in study.inputs] == ["heat_sources.rf.power_W", "boundary_conditions.0.level_m"]


@pytest.mark.fenics
def test_the_command_prints_what_was_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = str(write_case(tmp_path, RADIUS).source), str(tmp_path / "out")
    assert main(["uncertainty", file, "--method", "mc", "--samples", "64", "--geometry", "-o", out]) == 0
    text = capsys.readouterr().out
    assert "no interaction with the other inputs" in text
    assert "geometry.parts.2.radius_m" in text
    assert "64 samples: T_eff" in text


@pytest.mark.fenics
def test_a_variant_that_cannot_be_built_names_its_input(tmp_path: Path) -> None:
    case = write_case(tmp_path)
    with pytest.raises(BbrModelError, match=r"uncertain 'hole' at geometry.parts.0.size_m"):
        open_whole_solves(case, tmp_path).at("hole", {"geometry.parts.0.size_m": [0.2, 0.2, 0.2]})
