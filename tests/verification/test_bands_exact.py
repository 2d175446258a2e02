"""Optics by band through the whole chain, where the answer is exact.

Rationale: bands, metals that depend on direction, panes and mirrors reach the result only through the case file.
Setup: spheres (F_ij = A_j / A), boxes with black walls, plates between perfect mirrors, at few rays.
Expected: closed forms and integrals; tolerances are the statistics of the rays, stated at each test.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from bbrmodel.cli.main import main
from bbrmodel.errors import ConfigError
from bbrmodel.materials.bands import bands_of_metal
from bbrmodel.materials.spectral_metals import directional_emissivity
from bbrmodel.materials.spectral_resistivity import metal
from bbrmodel.model.exchange import exchange_of_case
from bbrmodel.pipeline import solve_case
from bbrmodel.solution import Solution, SurfaceAtIon
from bbrmodel.spec import load_case
from tests.verification.band_cases import SIGMA, band_power, case_text, write_pane_box, write_shells
from tests.verification.shapes import cube, rectangle

EDGE = (8e-6,)
BANDS = "band_edges_m = [8e-6]\nrays_per_facet = 512\npaths_per_facet = 512\n"
CENTRE = "position_m = [0.0, 0.0, 0.0]\nrays = 65536\n"


def solve(directory: Path, text: str) -> Solution:
    """Solve a case beside its mesh."""
    path = directory / "case.toml"
    path.write_text(text)
    return solve_case(load_case(path), cache=directory / "cache")


def row(solution: Solution, name: str) -> SurfaceAtIon:
    """Return one surface of the ion's table."""
    assert solution.ion is not None
    return next(surface for surface in solution.ion.surfaces if surface.name == name)


def box(directory: Path, divisions: int = 2) -> None:
    """Write a unit cube of shells: `window` on top, `wall` elsewhere."""
    sides = cube([0, 0, 0], 1.0, divisions, inward=True)
    write_shells(directory / "mesh.msh", {"window": sides.pop("z_high"), "wall": np.concatenate(list(sides.values()))})


def test_a_sphere_of_two_halves_has_its_closed_form_in_each_band(tmp_path: Path) -> None:
    """SP01 band by band from the command line: weights f e1 / (f e1 + (1 - f) e2), heat by the two-surface formula."""
    out = tmp_path / "out"
    sets = {
        "geometry.resolution": "coarse",
        "radiation.band_edges_m": "[1.2e-5, 4e-5]",
        "surfaces.sphere__lower.band_emissivities": "[0.8, 0.3, 0.1]",
        "surfaces.sphere__upper.band_emissivities": "[0.2, 0.5, 0.9]",
    }
    words = [word for key, value in sets.items() for word in ("--set", f"{key}={value}")]
    assert main(["run", "split_sphere", "-o", str(out), "--no-plot", *words]) == 0
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    rows = {surface["name"]: surface for surface in result["ion"]["surfaces"]}
    lower, upper = (rows[f"sphere__{half}"] for half in ("lower", "upper"))
    area = np.array([lower["area_m2"], upper["area_m2"]])
    one, two = np.array([0.8, 0.3, 0.1]), np.array([0.2, 0.5, 0.9])
    share = one * area[0] / (one * area[0] + two * area[1])
    hot, cold = band_power((1.2e-5, 4e-5), 300.0), band_power((1.2e-5, 4e-5), 80.0)
    found = np.array(list(lower["effective_solid_angles_sr"].values())) / (4.0 * np.pi)
    np.testing.assert_allclose(found, share, atol=1e-3)  # 1000 rays per facet and the facets of a coarse sphere
    expected = ((share @ hot + (1.0 - share) @ cold) / SIGMA) ** 0.25
    assert result["ion"]["effective_temperature_K"] == pytest.approx(expected, rel=1e-3)
    resistance = (1 - one) / (one * area[0]) + (1 - two) / (two * area[1]) + area.sum() / area.prod()
    heat = float(((hot - cold) / resistance).sum())
    assert -result["thermal"]["net_radiation_W"]["sphere__lower"] == pytest.approx(heat, rel=2e-3)
    assert [light["name"] for light in result["radiation"]["lights"]] == ["band_1", "band_2", "band_3"]
    assert result["radiation"]["lights"][1]["longest_wavelength_m"] == 4e-5
    assert {light["method"] for light in result["radiation"]["lights"]} == {"view factors"}


def plates(directory: Path, optics: tuple[str, str], mirror: float, radiation: str = BANDS) -> Solution:
    """Return two plates at 300 K and 100 K between mirrors that absorb (nearly) nothing: as wide as one likes."""
    sides = cube([0, 0, 0], 1.0, 2, inward=True)
    low, high = sides.pop("z_low"), sides.pop("z_high")
    write_shells(directory / "mesh.msh", {"low": low, "high": high, "mirror": np.concatenate(list(sides.values()))})
    sides_optics = f"band_emissivities = [{mirror}, {mirror}]\nspecularity = 1.0"
    surfaces = {"low": (300.0, optics[0]), "high": (100.0, optics[1]), "mirror": (100.0, sides_optics)}
    return solve(directory, case_text(surfaces, radiation))


def test_banded_plates_exchange_the_sum_over_bands(tmp_path: Path) -> None:
    found = plates(tmp_path, ("band_emissivities = [0.9, 0.2]", "band_emissivities = [0.3, 0.6]"), 1e-3)
    exchange = 1.0 / (1.0 / np.array([0.9, 0.2]) + 1.0 / np.array([0.3, 0.6]) - 1.0)
    heat = float((band_power(EDGE, 300.0) - band_power(EDGE, 100.0)) @ exchange)
    # Light meets the mirrors pi/2 times on its way between the plates; they absorb 1e-3 each time.
    assert found.thermal.net_radiation_W["high"] == pytest.approx(heat, rel=4e-3)
    assert found.radiation is not None
    assert [light.method for light in found.radiation.lights] == ["mirrors", "mirrors"]


def test_directional_plates_exchange_the_integral_over_directions(tmp_path: Path) -> None:
    """Mirror-like metals keep the angle: heat is the integral of 1 / (1/e1 + 1/e2 - 1) at each one."""
    indices = ([8.0, 30.0], [8.0, 30.0]), ([3.0, 60.0], [4.0, 60.0])
    texts = [
        f"refractive_indices = {n}\nextinction_coefficients = {k}\ndirectional = true\nspecularity = 1.0"
        for n, k in indices
    ]
    found = plates(tmp_path, (texts[0], texts[1]), 0.0, "band_edges_m = [8e-6]\npaths_per_facet = 2048\n")
    heat = 0.0
    for band, power in enumerate(band_power(EDGE, 300.0) - band_power(EDGE, 100.0)):

        def integrand(mu: float, band: int = band) -> float:
            """Return what passes at one angle."""
            e = [float(directional_emissivity(np.array(mu), n[band], k[band])) for n, k in indices]
            return 2.0 * mu / (1.0 / e[0] + 1.0 / e[1] - 1.0)

        heat += power * quad(integrand, 0.0, 1.0, limit=200)[0]
    assert found.thermal.net_radiation_W["high"] == pytest.approx(heat, rel=0.01)  # 16384 paths from each plate
    assert found.radiation is not None
    assert [light.method for light in found.radiation.lights] == ["paths", "paths"]


def test_a_window_lets_room_light_into_a_cold_box_in_the_short_band_alone(tmp_path: Path) -> None:
    """Black walls: heat and T_eff are sums over bands of what passes, what the pane emits and what it mirrors."""
    box(tmp_path)
    e, t = np.array([0.1, 0.9]), np.array([0.8, 0.0])
    window = f"band_emissivities = {e.tolist()}\nband_transmittances = {t.tolist()}\npassage = 'environment'"
    surfaces = {"window": (150.0, window), "wall": (80.0, "emissivity = 1.0")}
    found = solve(tmp_path, case_text(surfaces, BANDS + "environment_temperature_K = 293.0", CENTRE))
    room, pane, wall = (band_power(EDGE, T) for T in (293.0, 150.0, 80.0))
    gain = float((t * (room - wall) + e * (pane - wall)).sum())  # per area of the window
    # Walls see the window by paths in the short band, by rays in the long one; its row is closed in both.
    assert found.thermal.net_radiation_W["wall"] == pytest.approx(gain, rel=0.02)
    arriving = float((5.0 * wall + t * room + e * pane + (1.0 - t - e) * wall).sum()) / 6.0
    assert found.ion is not None
    expected = (arriving / SIGMA) ** 0.25
    assert abs(found.ion.effective_temperature_K - expected) < 4.0 * found.ion.effective_temperature_std_K + 1e-3
    assert row(found, "environment").effective_solid_angles_sr["band_1"] == pytest.approx(0.8 * 4 * np.pi / 6, rel=0.01)
    assert row(found, "environment").effective_solid_angles_sr["band_2"] == pytest.approx(0.0, abs=1e-9)
    assert found.radiation is not None
    assert [light.method for light in found.radiation.lights] == ["paths", "view factors"]


def test_exchange_factors_of_a_band_say_what_the_window_lets_out(tmp_path: Path) -> None:
    """Black walls: of what they emit in the short band a fifth meets the window, and 0.8 of that leaves."""
    box(tmp_path)
    window = "band_emissivities = [0.1, 0.9]\nband_transmittances = [0.8, 0.0]\npassage = 'environment'"
    surfaces = {"window": (150.0, window), "wall": (80.0, "emissivity = 1.0")}
    (tmp_path / "case.toml").write_text(case_text(surfaces, BANDS + "environment_temperature_K = 293.0"))
    case = load_case(tmp_path / "case.toml")
    short = exchange_of_case(case, light="band_1", cache=tmp_path)
    wall = short.surfaces.index("wall")
    assert short.environment[wall] == pytest.approx(0.8 / 5.0, rel=0.02)  # 512 paths per facet
    assert short.gebhart_factors[1 - wall, wall] == pytest.approx(1.0, rel=1e-6)  # closure
    assert short.exchange_factors[1 - wall, wall] == pytest.approx(0.1, rel=1e-6)
    long = exchange_of_case(case, light="band_2", cache=tmp_path)
    assert long.environment[wall] == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ConfigError, match=r"light = 'band_3': bands has band_1, band_2\. Did you mean"):
        exchange_of_case(case, light="band_3", cache=tmp_path)


def test_a_sheet_passes_light_both_ways_and_radiates_from_both_sides(tmp_path: Path) -> None:
    """A half-clear partition between a warm and a cold black half of a box."""
    sides = cube([0, 0, 0], 1.0, 2, inward=True)
    halves = {"warm": [], "cold": []}
    for triangles in sides.values():
        for name, here in (("cold", triangles.mean(axis=1)[:, 2] < 0.0), ("warm", triangles.mean(axis=1)[:, 2] > 0.0)):
            halves[name].append(triangles[here])
    sheet = rectangle(np.array([-0.5, -0.5, 0.0]), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), 2)
    shells = {name: np.concatenate(parts) for name, parts in halves.items()}
    write_shells(tmp_path / "mesh.msh", {**shells, "sheet": sheet})
    e, t = np.array([0.3, 0.7]), np.array([0.6, 0.1])
    pane = f"band_emissivities = {e.tolist()}\nband_transmittances = {t.tolist()}"
    black = "emissivity = 1.0"
    surfaces = {"warm": (300.0, black), "cold": (80.0, black), "sheet": (150.0, pane)}
    ion = "position_m = [0.0, 0.0, 0.2]\nrays = 65536\n"
    found = solve(tmp_path, case_text(surfaces, BANDS, ion))
    hot, cold, own = (band_power(EDGE, T) for T in (300.0, 80.0, 150.0))
    into_cold = float((t * (hot - cold) + e * (own - cold)).sum())
    into_sheet = float((e * (hot + cold - 2.0 * own)).sum())
    assert found.thermal.net_radiation_W["cold"] == pytest.approx(into_cold, rel=0.02)  # 512 paths per facet
    assert found.thermal.net_radiation_W["sheet"] == pytest.approx(into_sheet, rel=0.02)
    assert sum(found.thermal.net_radiation_W.values()) == pytest.approx(0.0, abs=1e-9 * into_sheet)
    assert row(found, "sheet").solid_angle_sr > 1.0


@pytest.mark.fenics
def test_a_pane_between_a_cold_box_and_the_room_takes_the_temperature_of_its_balance(tmp_path: Path) -> None:
    """A thin pane that conducts well absorbs from both sides, band by band; what it passes heats the black box."""
    write_pane_box(tmp_path / "mesh.msh", 1e-3, 3)
    e, t = np.array([0.05, 0.9]), np.array([0.9, 0.0])
    optics = f"band_emissivities = {e.tolist()}\nband_transmittances = {t.tolist()}"
    surfaces = {"wall": (80.0, "emissivity = 1.0"), "pane__rim": (None, "radiates = false")}
    text = case_text(surfaces, BANDS + "environment_temperature_K = 293.0", CENTRE)
    found = solve(tmp_path, f"{text}[bodies.pane]\nconductivity_W_m_K = 1e4\n{optics}\n")
    room, wall = (band_power(EDGE, T) for T in (293.0, 80.0))
    balance = brentq(lambda T: float((e * (room + wall - 2.0 * band_power(EDGE, T))).sum()), 80.0, 293.0)
    body = found.thermal.bodies[0]
    # 512 rays per facet.
    assert body.mean_K == pytest.approx(balance, rel=2e-3)
    gain = float((t * (room - wall) + e * (band_power(EDGE, balance) - wall)).sum())
    assert found.thermal.net_radiation_W["wall"] == pytest.approx(gain, rel=0.01)
    assert found.thermal.energy_balance.relative < 1e-7  # the tolerance of the solver is 1e-8 of the largest flow
    assert len(found.thermal.residual_history_W) <= 8
    assert any("mirrors all light inside, as a polished rim does: pane" in note for note in found.warnings)


@pytest.mark.fenics
def test_a_metal_of_unknown_temperature_gets_the_emissivity_of_the_one_it_takes(tmp_path: Path) -> None:
    """A steel lid between a cold box and the room starts from the mean of both, 187 K, and ends at 247 K."""
    write_pane_box(tmp_path / "mesh.msh", 1e-3, 2)
    surfaces = {"wall": (80.0, "emissivity = 1.0"), "pane__rim": (None, "radiates = false")}
    text = case_text(surfaces, BANDS + "environment_temperature_K = 293.0", CENTRE)
    found = solve(tmp_path, f"{text}[bodies.pane]\nconductivity_W_m_K = 1e4\nresistivity_of = 'ss304'\n")
    mean = found.thermal.bodies[0].mean_K
    room, wall = (band_power(EDGE, T) for T in (293.0, 80.0))

    def balance(T: float) -> float:
        """Return what both sides absorb less what they emit."""
        e = np.array(bands_of_metal(metal("ss304"), EDGE, T))
        return float((e * (room + wall - 2.0 * band_power(EDGE, T))).sum())

    assert mean == pytest.approx(brentq(balance, 80.0, 293.0), rel=2e-3)  # 512 rays per facet
    # Optics may be those at a temperature 2 % away; resistivity of steel goes with a fourth of that, emissivity half.
    expected = bands_of_metal(metal("ss304"), EDGE, mean)
    assert list(row(found, "pane__in").absorptivities.values()) == pytest.approx(expected, rel=5e-3)
    assert not any("optics of" in note for note in found.warnings)


MIXTURE = {  # in three bands
    "x_low": "finish = 'silver.polished'\nspecularity = 0.7",
    "x_high": "resistivity_of = 'ofhc_cu'\ndirectional = true",
    "y_low": "resistivity_ohm_m = 7e-7",
    "y_high": "refractive_indices = [3.0, 20.0, 40.0]\nextinction_coefficients = [7.0, 25.0, 50.0]\n"
    "directional = true\nspecularity = 0.5",
    "z_low": "emissivity = 0.2\nabsorptivity_warm = 0.4",
    "z_high": "window_of = 'sapphire'\npassage = 'environment'",
    "sheet": "band_emissivities = [0.0, 0.1, 0.5]\nband_transmittances = [0.5, 0.0, 0.2]",
}


def test_any_mixture_of_optics_at_one_temperature_gives_that_temperature(tmp_path: Path) -> None:
    """Weights sum to 1 to rounding in each band, so that T_eff = T to 1e-9; nothing is heated, to the same."""
    shells = cube([0, 0, 0], 1.0, 2, inward=True)
    sheet = rectangle(np.array([-0.2, -0.2, 0.3]), np.array([0.4, 0, 0]), np.array([0, 0.4, 0]), 1)
    write_shells(tmp_path / "mesh.msh", {**shells, "sheet": sheet})
    radiation = "band_edges_m = [5e-6, 3e-5]\npaths_per_facet = 64\nenvironment_temperature_K = 120.0"
    text = case_text({n: (120.0, o) for n, o in MIXTURE.items()}, radiation, "position_m = [0.1, 0, -0.1]\nrays = 8192")
    found = solve(tmp_path, text)
    assert found.ion is not None
    assert found.ion.effective_temperature_K == pytest.approx(120.0, rel=1e-9)
    assert found.ion.sum_of_weights == pytest.approx(1.0, abs=1e-9)
    # What closure leaves: 1e-7 of an area times sigma T^4 = 11.8 W/m2.
    assert max(abs(heat) for heat in found.thermal.net_radiation_W.values()) < 5e-6
    assert any("power law" in note for note in found.warnings)
    assert any("resistivity, not measured" in note for note in found.warnings)
    assert any("cut-off and transmittance of z_high" in note for note in found.warnings)
    assert any("anomalous skin effect" in note for note in found.warnings)


def test_isothermal_bands_by_view_factors_give_their_temperature(tmp_path: Path) -> None:
    box(tmp_path)
    optics = {
        "window": "finish = 'ofhc_cu_rrr100.polished'",
        "wall": "band_emissivities = [0.05, 0.9]\nspecularity = 0.5",
    }
    text = case_text({name: (79.5, o) for name, o in optics.items()}, BANDS, CENTRE)
    found = solve(tmp_path, text)
    assert found.ion is not None
    assert found.ion.effective_temperature_K == pytest.approx(79.5, rel=1e-9)  # weights sum to 1 to 1e-9


def test_a_metal_by_its_resistivity_emits_as_the_library_computes_it(tmp_path: Path) -> None:
    box(tmp_path)
    surfaces = {"window": (293.0, "emissivity = 1.0"), "wall": (100.0, "resistivity_of = 'ss304'")}
    found = solve(tmp_path, case_text(surfaces, BANDS, CENTRE))
    expected = bands_of_metal(metal("ss304"), EDGE, 100.0)
    assert list(row(found, "wall").absorptivities.values()) == pytest.approx(expected, rel=1e-12)  # rounding
    # Without bands: emissivity and absorptivity of the cold metal for warm light, exactly as computed at 77 K.
    surfaces["wall"] = (77.0, "resistivity_of = 'ss304'")
    found = solve(tmp_path, case_text(surfaces, "rays_per_facet = 64", CENTRE))
    assert row(found, "wall").emissivity == pytest.approx(metal("ss304").emissivity(77.0), rel=1e-12)
    assert row(found, "wall").absorptivity_warm == pytest.approx(metal("ss304").absorptivity(77.0, 293.0), rel=1e-12)


@pytest.mark.parametrize("specularity", [0.0, 1.0])
def test_two_methods_agree_at_the_ion_for_metals_and_windows(tmp_path: Path, specularity: float) -> None:
    """Paths from the ion against radiosities by paths from all facets: four standard deviations."""
    shells = cube([0, 0, 0], 1.0, 3, inward=True)
    write_shells(tmp_path / "mesh.msh", shells)
    metal_wall = f"resistivity_of = 'ss304'\ndirectional = true\nspecularity = {specularity}"
    optics = dict.fromkeys(shells, (80.0, "band_emissivities = [0.3, 0.5]"))
    optics["z_low"] = (300.0, "emissivity = 0.4")
    optics["x_low"] = (120.0, metal_wall)
    optics["z_high"] = (
        80.0,
        "band_emissivities = [0.1, 0.9]\nband_transmittances = [0.8, 0.0]\npassage = 'environment'",
    )
    radiation = BANDS + "environment_temperature_K = 293.0"
    found = solve(tmp_path, case_text(optics, radiation, CENTRE + "cross_check_paths = 65536"))
    assert found.ion is not None
    assert found.ion.cross_check is not None
    assert abs(found.ion.cross_check.deviation_sigma) < 4.0
    assert found.ion.cross_check.effective_temperature_std_K < 0.3


def test_the_window_of_the_guide_gives_its_closed_form_from_the_command_line(tmp_path: Path, repository: Path) -> None:
    """The case in docs/howto/windows_and_bands.md: in a sphere weights are area x emissivity, or transmittance."""
    page = (repository / "docs" / "howto" / "windows_and_bands.md").read_text(encoding="utf-8")
    case = tmp_path / "window.toml"
    case.write_text(page.partition("```toml\n")[2].partition("```")[0])
    few = ["--set", "geometry.resolution=coarse", "--set", "radiation.rays_per_facet=250"]
    assert main(["run", str(case), "-o", str(tmp_path / "out"), "--no-plot", *few]) == 0
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    surfaces = {surface["name"]: surface for surface in result["ion"]["surfaces"]}
    f = surfaces["sphere__hole"]["solid_angle_sr"] / (4.0 * np.pi)
    e, a, t = np.array([0.15, 0.1]), np.array([0.02, 0.9]), np.array([0.92, 0.0])
    wall, window, room = (band_power(EDGE, T) for T in (80.0, 150.0, 293.0))
    absorbing = f * (a + t) + (1.0 - f) * e
    total = float((((1.0 - f) * e * wall + f * a * window + f * t * room) / absorbing).sum())
    ion = result["ion"]
    # Facets are flat and the exchange of band_1 has 128 paths each: 0.2 % beside the statistics of the ion's paths.
    error = np.hypot(4.0 * ion["effective_temperature_std_K"], 0.2)
    assert abs(ion["effective_temperature_K"] - (total / SIGMA) ** 0.25) < error
    assert abs(ion["cross_check"]["deviation_sigma"]) < 4.0
    assert [light["method"] for light in result["radiation"]["lights"]] == ["paths", "view factors"]
    assert f"{(total / SIGMA) ** 0.25:.1f} K" == "103.2 K"
    assert "103.2 K" in page
