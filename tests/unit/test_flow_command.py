"""The command `conductance`."""

import json
from pathlib import Path

import pytest
from test_flow import write_mesh

from bbrmodel.cli.main import main
from bbrmodel.radiation.flow_vent import CoveredVent, vent_enclosure

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def vent_file(tmp_path: Path) -> str:
    return str(write_mesh(tmp_path / "vent.msh", vent_enclosure(CoveredVent(0.005, 0.004, 0.015, 0.005), segments=16)))


def test_the_table_shows_transmission_conductance_area_and_orifice(vent_file: str, capsys: Capture) -> None:
    assert main(["conductance", vent_file, "--from", "opening_in", "--rays", "4096", "--temperature", "80"]) == 0
    out = capsys.readouterr().out
    for text in ("N2 at 80 K", "opening_out", "±", "1.9635e-05 m2", "1.207 L/s", "wall hits"):
        assert text in out


@pytest.mark.parametrize("method", ["paths", "exchange"])
def test_json_holds_every_number(method: str, vent_file: str, capsys: Capture) -> None:
    arguments = ["--from", "opening_in", "--to", "opening_out", "--species", "H2", "--rays", "256", "--json"]
    assert main(["conductance", vent_file, *arguments, "--method", method]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["gas"] == {"name": "H2", "molar_mass_kg_mol": 0.002016, "temperature_K": 293.15}
    assert found["method"] == method
    (path,) = found["conductances"]
    assert 0.4 < path["transmission"] < 0.7  # 256 molecules
    assert path["conductance_L_s"] == pytest.approx(path["transmission"] * path["orifice_L_s"], rel=1e-12)
    assert path["transmission_error"] > 0.0


def test_another_gas_is_given_by_its_molar_mass(vent_file: str, capsys: Capture) -> None:
    arguments = ["--from", "opening_in", "--species", "Kr", "--molar-mass", "83.798", "--rays", "256", "--json"]
    assert main(["conductance", vent_file, *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["gas"]["molar_mass_kg_mol"] == pytest.approx(0.083798, rel=1e-12)  # rounding


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "opening"], "opening 'opening': the model has no such surface. Did you mean 'opening_in'?"),
        (["--from", "opening_in", "--temperature", "-3"], "gas 'N2': temperature -3 K is not positive."),
        (["--from", "opening_in", "--species", "Xe"], "species 'Xe' is not known."),
        (["--from", "opening_in", "--to", "opening_in"], "is both the way in and the way out."),
        (["--from", "opening_in", "--to", "roof"], "opening 'roof': the model has no such surface."),
    ],
)
def test_mistakes_are_one_line_and_status_2(
    arguments: list[str], message: str, vent_file: str, capsys: Capture
) -> None:
    assert main(["conductance", vent_file, *arguments, "--rays", "256"]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len(err.strip().splitlines()) == 1


def test_a_missing_mesh_file_is_named(tmp_path: Path, capsys: Capture) -> None:
    assert main(["conductance", str(tmp_path / "no.msh"), "--from", "opening_in"]) == 2
    assert "no.msh: there is no such mesh file" in capsys.readouterr().err
