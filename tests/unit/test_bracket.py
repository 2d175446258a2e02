"""Brackets over finishes and kinds of walls, and the recorded paths that they stand on."""

import json
from pathlib import Path

import numpy as np
import pytest

from bbrmodel.cli.main import main
from bbrmodel.errors import ConfigError
from bbrmodel.pipeline import solve_case
from bbrmodel.radiation.paths.recorded import Walls, light_along, make_recorder, record_from_point
from bbrmodel.spec import load_case, with_overrides
from bbrmodel.uncertainty import bracket, wall_kinds
from bbrmodel.uncertainty.bracket import compute_bracket, finish_targets
from bbrmodel.uncertainty.derivatives import solid_of, solve_adjoint
from bbrmodel.uncertainty.model import Model, build_model, vary
from bbrmodel.uncertainty.quick import solve_variant
from bbrmodel.uncertainty.wall_kinds import Finishes, WallKinds
from tests.uncertain_case import write_case
from tests.verification.band_cases import case_text, write_shells
from tests.verification.shapes import cube

pytestmark = pytest.mark.fenics


@pytest.fixture
def few_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let brackets of a small case take seconds."""
    monkeypatch.setattr(wall_kinds, "DESIGN_PATHS", 1 << 14)
    monkeypatch.setattr(wall_kinds, "FLIP_PATHS", 1 << 13)
    monkeypatch.setattr(wall_kinds, "PATHS", 1 << 10)
    monkeypatch.setattr(wall_kinds, "HEAT_PATHS", 1 << 12)


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return build_model(write_case(tmp_path_factory.mktemp("bracket")))


def walls_of(model: Model) -> tuple[WallKinds, Finishes, np.ndarray]:
    """Return what follows paths, the case as it is, and which surfaces radiate."""
    solids = solid_of(model)
    adjoint = solve_adjoint(model, "temperature", solids, tolerance=1e-4)
    enclosure = model.light.enclosure
    used = np.bincount(enclosure.surface, weights=enclosure.radiates, minlength=len(enclosure.surface_names)) > 0.0
    return WallKinds(model, solids, adjoint), Finishes(model.base, model.solved.T), used.astype(float)


def test_paths_in_light_of_one_temperature_see_that_temperature(plates: Model) -> None:
    """Whatever is absorbed where: what arrives is what all send out, less the little that is given up."""
    num = plates.light.enclosure.num_facets
    absorptivity = np.append(np.random.default_rng(3).uniform(0.05, 0.9, num), 1.0)[:, None]
    sent = np.full((num + 1, 1, 1), 7.0)
    walls = Walls(np.full(len(plates.light.enclosure.surface_names), 0.5), absorptivity[:-1, 0], 1e-6)
    tracer = make_recorder(plates.light.enclosure)
    record = record_from_point(tracer, walls, (0.0, 0.0, 0.0), replicas=[0, 1], paths=256)
    assert light_along(record, absorptivity, sent)[:, 0, 0] == pytest.approx(7.0, rel=1e-6)  # the floor


def test_matt_walls_give_what_view_factors_give(plates: Model) -> None:
    """Within 4 standard errors; two methods that share geometry and optics alone, heat of the bodies included."""
    walls, here, used = walls_of(plates)
    (found,) = walls.observe([here], 0.0 * used)
    std = np.hypot(found.std_K, plates.view.temperature_std_K)
    assert found.temperature_K == pytest.approx(plates.view.temperature_K, abs=4.0 * std)
    assert std < 0.2


def test_mirrors_give_what_a_whole_solve_with_mirrors_gives(plates: Model) -> None:
    """Within 4 standard errors of paths in a case whose temperatures come from rays through mirrors and radiosity."""
    walls, here, used = walls_of(plates)
    (found,) = walls.observe([here], used)
    mirrors = {'surfaces."*".specularity': 1.0, 'surfaces."chamber__*".specularity': 1.0}
    field = solve_case(with_overrides(plates.solved.case, {**mirrors, "ion.cross_check_paths": 1 << 16})).ion
    assert field is not None
    assert field.cross_check is not None
    std = np.hypot(found.std_K, field.cross_check.effective_temperature_std_K)
    assert found.temperature_K == pytest.approx(field.cross_check.effective_temperature_K, abs=4.0 * std)
    assert abs(found.temperature_K - plates.view.temperature_K) > 4.0 * std  # mirrors matter here


def test_the_effect_of_one_wall_is_the_difference_of_two_solves_at_fixed_temperatures(
    plates: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within 4 standard errors, in T^4; all others matt, so that the average over them is one case."""
    walls, here, used = walls_of(plates)
    monkeypatch.setattr(walls, "_solids", None)  # temperatures stay
    names = plates.light.enclosure.surface_names
    one = np.array([float(name.startswith("chamber__side")) for name in names])
    assert one.sum() == 1.0
    (kinds,) = walls.effects([here], 0.5 * one)
    (matt,), (mirror,) = walls.observe([here], 0.0 * used), walls.observe([here], one)
    step = mirror.temperature_K**4 - matt.temperature_K**4
    error = 4.0 * matt.temperature_K**3 * np.hypot(mirror.std_K, matt.std_K)
    k = int(one.argmax())
    assert kinds.effect[k] == pytest.approx(step, abs=4.0 * np.hypot(kinds.std[k], error))
    assert abs(kinds.effect[k]) > 4.0 * kinds.std[k]


def test_a_finish_turned_over_changes_t_eff_by_the_difference_of_two_solves(plates: Model) -> None:
    """Within 4 standard errors and a tenth: temperatures to first order, with the heat of the case as it is."""
    walls, _, used = walls_of(plates)
    setups = [vary(plates, {'surfaces."chamber__*".finish_level': level}) for level in (-0.2, 0.2)]
    low, high = (Finishes(setup, plates.solved.T) for setup in setups if setup is not None)
    change, std = walls.flips(low, [high], 0.0 * used)
    exact = [plates.looks.view(solve_variant(plates, one.setup, solid_of(plates)).exchange) for one in (low, high)]
    step = exact[1].temperature_K - exact[0].temperature_K
    assert change[0] == pytest.approx(step, abs=4.0 * std[0] + 0.1 * abs(step))
    assert abs(step) > 4.0 * std[0]


def test_open_shells_have_a_bracket_whose_matt_walls_are_those_of_paths(tmp_path: Path) -> None:
    """A box open on top below the room's light, without bodies; within 4 standard errors."""
    sides = cube([0, 0, 0], 1.0, 3, inward=True)
    del sides["z_high"]
    write_shells(tmp_path / "mesh.msh", {"wall": np.concatenate(list(sides.values()))})
    radiation = "rays_per_facet = 512\nenvironment_temperature_K = 293.0\n"
    wall = {"wall": (80.0, 'finish = "ofhc_cu_rrr100.tarnished"')}
    (tmp_path / "case.toml").write_text(case_text(wall, radiation, "position_m = [0.0, 0.0, -0.3]\nrays = 65536\n"))
    case = load_case(tmp_path / "case.toml")
    found = compute_bracket(case, cache=tmp_path)
    matt = {one.finishes: one for one in found.corners if one.walls == "matt"}
    mirrors = {one.finishes: one for one in found.corners if one.walls == "mirrors"}
    assert matt["coldest"].temperature_K < matt["as given"].temperature_K < matt["warmest"].temperature_K
    assert all(one.std_K < 1.0 for one in mirrors.values())
    model = build_model(case)
    walls = WallKinds(model, None, solve_adjoint(model, "temperature", None))
    (by_paths,) = walls.observe([Finishes(model.base, model.solved.T)], np.zeros(1))
    std = np.hypot(by_paths.std_K, model.view.temperature_std_K)
    assert by_paths.temperature_K == pytest.approx(model.view.temperature_K, abs=4.0 * std)


@pytest.mark.usefixtures("few_paths")
def test_a_bracket_holds_every_finish_between(tmp_path: Path, plates: Model) -> None:
    case = write_case(tmp_path)
    assert [target.path for target in finish_targets(case)] == ['surfaces."chamber__*".finish_level']
    found = compute_bracket(case, cache=tmp_path)
    assert {one.walls for one in found.corners} == {"matt", "mirrors", "mixed"}
    assert found.low.temperature_K < found.high.temperature_K
    given = next(one for one in found.corners if (one.walls, one.finishes) == ("matt", "as given"))
    assert given.temperature_K == pytest.approx(plates.view.temperature_K, abs=1e-6)  # the same solve again
    for level in (-0.7, 0.0, 0.4):
        setup = vary(plates, {'surfaces."chamber__*".finish_level': level})
        assert setup is not None
        exchange = solve_variant(plates, setup, solid_of(plates)).exchange
        value = plates.looks.view(exchange).temperature_K
        assert found.low.temperature_K <= value <= found.high.temperature_K


@pytest.mark.usefixtures("few_paths")
def test_an_interrupted_bracket_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, steps = write_case(tmp_path), []

    def interrupt(done: int, total: int) -> None:
        if total == 11:  # a step of the bracket, not of rays
            steps.append(done)
            if done == 7:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_bracket(case, cache=tmp_path, progress=interrupt)
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "bracket").rglob("*.json")}
    assert steps == [1, 2, 3, 4, 5, 6, 7]
    assert len(kept) > 5
    found = compute_bracket(case, cache=tmp_path)
    assert all(file.stat().st_mtime_ns == stamp for file, stamp in kept.items())
    monkeypatch.setattr(bracket, "build_model", None)  # a finished bracket solves nothing
    assert compute_bracket(case, cache=tmp_path) == found


def test_a_bracket_needs_a_finish_with_a_range() -> None:
    with pytest.raises(ConfigError, match=r"split_sphere.*has no finish of the library.*Give bodies or surfaces"):
        compute_bracket(load_case("split_sphere"))


@pytest.mark.usefixtures("few_paths")
def test_the_command_prints_every_corner_with_its_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(write_case(tmp_path).source)
    assert main(["bracket", file]) == 0
    text = capsys.readouterr().out
    lines = {line.split()[0] for line in text.splitlines() if " ± " in line and line.startswith("  ")}
    assert {"matt", "mirrors", "mixed"} <= lines
    assert "of the walls that matter; " in text
    assert "absorptivity: chamber__*" in text
    assert main(["bracket", file, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["corners"]) == 10
    assert document["low"] == document["corners"][0]
