"""Samples through a reduced model, against full solves and against the linear budget."""

from pathlib import Path

import numpy as np
import pytest

from bbrmodel.errors import ConfigError
from bbrmodel.spec import load_case, with_overrides
from bbrmodel.uncertainty.channels import QUANTITIES
from bbrmodel.uncertainty.derivatives import solid_of
from bbrmodel.uncertainty.inputs import find_inputs
from bbrmodel.uncertainty.linear import compute_linear
from bbrmodel.uncertainty.model import build_model, vary
from bbrmodel.uncertainty.quick import solve_variant
from bbrmodel.uncertainty.reduced import evaluate
from bbrmodel.uncertainty.sampling import compute_samples, coordinates, find_drivers, train
from bbrmodel.uncertainty.snapshots import Start, base_snapshot, take_snapshot
from tests.uncertain_case import TEXT, write_case

pytestmark = pytest.mark.fenics

WIDE = """
[[uncertain]]
key = "room_K"
half_width = 5.0
[[uncertain]]
key = "cold_emissivity"
factors = [0.4, 2.5]
[[uncertain]]
key = "bodies.top.emissivity"
limits = [0.3, 0.9]
[[uncertain]]
key = 'surfaces."chamber__*".finish'
[[uncertain]]
key = "joints.0.conductance_W_m2_K"
factors = [0.8, 1.5]
[[uncertain]]
key = "links.wire.diameter_m"
relative_std = 0.1
[[uncertain]]
key = "links.wire.length_m"
half_width = 0.02
[[uncertain]]
key = "heat_sources.rf.power_W"
half_width = 0.2
[[uncertain]]
key = "boundary_conditions.0.ambient_K"
std = 0.5
"""
NARROW = """
[[uncertain]]
key = "room_K"
std = 0.02
[[uncertain]]
key = "bodies.top.emissivity"
half_width = 1e-4
[[uncertain]]
key = "joints.0.conductance_W_m2_K"
relative_std = 1e-3
group = "contacts"
[[uncertain]]
key = "links.wire.length_m"
relative_std = 1e-3
group = "contacts"
[[uncertain]]
key = "heat_sources.rf.power_W"
half_width = 1e-3
"""


def test_the_reduced_model_meets_full_solves_it_does_not_know(tmp_path: Path) -> None:
    """1e-3 of the spread is what samples may be wrong by; emissivities vary by factors of up to six."""
    case = write_case(tmp_path, WIDE)
    inputs, model = find_inputs(case), build_model(case)
    drivers = find_drivers(inputs)
    reduced, _, solves = train(model, inputs, drivers, cache=tmp_path)
    assert solves < 73
    uniform = np.random.default_rng(5).random((12, drivers.number))
    z = coordinates(inputs, drivers, uniform)
    start = Start(base_snapshot(model, inputs), solid_of(model))
    exact = [take_snapshot(model, inputs, point, start=start) for point in z]
    found = evaluate(reduced, z).outputs
    for quantity in QUANTITIES:
        full = np.array([one.outputs[quantity] for one in exact])
        assert np.sqrt(np.mean((found[quantity] - full) ** 2)) < 1e-3 * full.std()


def test_linear_and_sampled_uncertainties_agree_where_the_case_is_linear(tmp_path: Path) -> None:
    """Widths are 1e-3 or less; 4096 low-discrepancy samples know a standard deviation to about 2e-3."""
    case = write_case(tmp_path, NARROW)
    inputs, model = find_inputs(case), build_model(case)
    tables = {table.quantity: table for table in compute_linear(model, inputs)}
    study = compute_samples(model, inputs, 4096, cache=tmp_path)
    assert study.drivers.number == 4
    for quantity in QUANTITIES:
        own = {"numerical: rays", "numerical: size of facets", "clock: polarizability", "clock: dynamic correction"}
        rows = [row for row in tables[quantity].rows if row.name not in own]
        grouped: dict[str, float] = {}
        for row in rows:
            label = row.group or row.name
            grouped[label] = grouped.get(label, 0.0) + row.standard
        expected = np.sqrt(sum(value**2 for value in grouped.values()))
        assert study.outputs[quantity].std() == pytest.approx(expected, rel=5e-3)
        shares = np.array([grouped[name.removeprefix("group ")] for name in study.drivers.names]) ** 2 / expected**2
        assert study.total[quantity] == pytest.approx(shares, abs=0.03)  # 512 samples
        assert study.first[quantity] == pytest.approx(shares, abs=2e-3)  # 6 terms by chance of 4096


def test_an_interrupted_study_finds_its_full_solves_again(tmp_path: Path) -> None:
    case = write_case(tmp_path, NARROW)
    inputs, model = find_inputs(case), build_model(case)
    first = compute_samples(model, inputs, 64, cache=tmp_path)
    files = sorted((tmp_path / "uncertainty").rglob("*.npz"))
    assert len(files) == first.full_solves
    stamps = [file.stat().st_mtime_ns for file in files]
    files[0].write_bytes(b"half")  # as a process that was killed might leave it
    again = compute_samples(model, inputs, 64, cache=tmp_path)
    assert [file.stat().st_mtime_ns for file in files][1:] == stamps[1:]
    assert again.outputs["temperature"] == pytest.approx(first.outputs["temperature"], rel=1e-9)


def test_shells_are_sampled_too(tmp_path: Path) -> None:
    """T_eff^4 = w T1^4 + (1 - w) T2^4 with the weight of the case itself, exactly for any temperatures."""
    folder = load_case("split_sphere").source
    text = "" if folder is None else folder.read_text()
    path = tmp_path / "case.toml"
    path.write_text(text + '\n[[uncertain]]\nkey = "upper_temperature_K"\nhalf_width = 20.0\n')
    case = load_case(path)
    inputs, model = find_inputs(case), build_model(case)
    study = compute_samples(model, inputs, 16, cache=tmp_path)
    weight = float(model.view.weight[model.exchange.facet_temperature_K > 200.0].sum())
    upper = 80.0 + 20.0 * study.z[:, 0]
    exact = (model.correction * (weight * 300.0**4 + (1.0 - weight) * upper**4)) ** 0.25
    assert study.outputs["temperature"] == pytest.approx(exact, rel=1e-7)


def test_an_input_that_moves_rays_is_refused(tmp_path: Path) -> None:
    case = write_case(tmp_path, '[[uncertain]]\nkey = "geometry.mesh_size_m"\nrelative_std = 0.01\n')
    with pytest.raises(ConfigError, match=r"geometry.mesh_size_m: changes the mesh or what rays do"):
        compute_samples(build_model(case), find_inputs(case), 8, cache=tmp_path)


@pytest.mark.parametrize("power_W", [0.6, 2.0, 10.0])
def test_a_variant_whose_bath_begins_to_boil_is_what_the_whole_solve_finds(tmp_path: Path, power_W: float) -> None:
    """The slope of the boiling curve jumps; 1e-3 K is ten times what turns of light and temperature leave."""
    path = tmp_path / "bath.toml"
    text = TEXT.replace("film_W_m2_K = 200.0\nambient_K = 80.0", 'bath = "ln2"')
    path.write_text(text.replace('body = "top"\npower_W = 1.0', 'body = "base"\npower_W = 0.0'))
    case = load_case(path)
    model, change = build_model(case), {"heat_sources.rf.power_W": power_W}
    setup = vary(model, change)
    assert setup is not None
    whole = build_model(with_overrides(case, change))
    found = solve_variant(model, setup, solid_of(model))
    assert found.T == pytest.approx(whole.solved.T, abs=1e-3)
