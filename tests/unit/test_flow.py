"""Molecular flow: gases, openings, errors, and what holds for every seed."""

from pathlib import Path

import meshio
import numpy as np
import pytest

from bbrmodel.errors import ConfigError, EnclosureError, GeometryError, UnknownNameError, UnknownSurfaceError
from bbrmodel.radiation.api import enclosure_of_file, enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.flow import FlowSettings, find_openings, trace_transmission
from bbrmodel.radiation.flow_exchange import solve_transmission
from bbrmodel.radiation.flow_gas import MOLAR_MASS, Gas, conductances, gas
from bbrmodel.radiation.flow_vent import CoveredVent, revolve, tube_enclosure, vent_conductance, vent_enclosure
from bbrmodel.radiation.view_factors import RaySettings

FEW = FlowSettings(molecules=1 << 13)
VENT = CoveredVent(hole_diameter_m=0.005, wall_thickness_m=0.004, cover_diameter_m=0.015, gap_m=0.005)


def with_surfaces(enclosure: Enclosure, names: set[str], *, flipped: str = "") -> Enclosure:
    """Return an enclosure of some surfaces, one of them turned round."""
    chosen = {}
    for number, name in enumerate(enclosure.surface_names):
        if name in names:
            triangles = enclosure.vertices_m[enclosure.surface == number]
            chosen[name] = triangles[:, ::-1] if name == flipped else triangles
    return enclosure_of_triangles(chosen)


def test_a_square_metre_of_orifice_passes_a_quarter_of_the_mean_speed() -> None:
    """sqrt(R T / (2 pi M)) with R = 8.314462618 J/(mol K), to the digits of R."""
    for species, mass in MOLAR_MASS.items():
        expected = np.sqrt(8.314462618 * 293.15 / (2.0 * np.pi * mass))
        assert gas(species).flux_velocity_m_s == pytest.approx(expected, rel=1e-9)
    assert gas("N2", 293.15).flux_velocity_m_s == pytest.approx(117.7, abs=0.1)  # the textbooks' 11.8 L/s per cm2


def test_conductance_grows_with_the_root_of_temperature_over_mass() -> None:
    warm, cold = (vent_conductance(VENT, gas("N2", T), settings=FEW) for T in (320.0, 80.0))
    assert warm.conductance_L_s / cold.conductance_L_s == pytest.approx(2.0, rel=1e-12)  # rounding
    light = vent_conductance(VENT, Gas("light", MOLAR_MASS["N2"] / 4.0, 80.0), settings=FEW)
    assert light.conductance_L_s / cold.conductance_L_s == pytest.approx(2.0, rel=1e-12)


def test_conductance_is_transmission_times_orifice() -> None:
    found = vent_conductance(VENT, gas("He", 80.0), settings=FEW)
    assert found.area_m2 == pytest.approx(np.pi * 0.0025**2, rel=1e-12)  # polygons of the same area; rounding
    assert found.orifice_L_s == pytest.approx(1e3 * found.area_m2 * gas("He", 80.0).flux_velocity_m_s, rel=1e-12)
    assert found.conductance_L_s == pytest.approx(found.transmission * found.orifice_L_s, rel=1e-12)
    assert found.conductance_error_L_s == pytest.approx(found.transmission_error * found.orifice_L_s, rel=1e-12)


@pytest.mark.parametrize("temperature", [-80.0, 0.0, float("nan"), float("inf")])
def test_a_temperature_that_is_not_positive_is_refused(temperature: float) -> None:
    with pytest.raises(ConfigError, match=f"gas 'N2': temperature {temperature:g} K is not positive"):
        gas("N2", temperature)


def test_a_molar_mass_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"gas 'Kr': molar mass -0\.08 kg/mol is not positive"):
        Gas("Kr", -0.08, 293.0)


def test_an_unknown_species_is_refused_with_what_is_known() -> None:
    with pytest.raises(UnknownNameError, match=r"species 'CO3' is not known\. Did you mean 'CO"):
        gas("CO3")


def test_every_molecule_leaves_through_an_opening() -> None:
    found = trace_transmission(vent_enclosure(VENT), "opening_in", settings=FEW)
    assert found.returned + found.probability.sum() == pytest.approx(1.0, abs=1e-12)  # rounding of weights
    assert found.lost_rays == 0
    assert found.rays > 1 << 13


def test_the_same_seed_gives_the_same_digits_and_another_one_does_not() -> None:
    one, two, other = (
        trace_transmission(vent_enclosure(VENT), "opening_in", settings=FlowSettings(1 << 13, seed=seed))
        for seed in (1, 1, 2)
    )
    assert one.probability[0] == two.probability[0]
    assert one.probability[0] != other.probability[0]


def test_place_and_scale_of_a_model_do_not_matter() -> None:
    """Float32 decides single hits: moved a metre away and a thousand times larger, within four standard errors."""
    here = vent_enclosure(VENT)
    away = Enclosure(
        1000.0 * here.vertices_m + [1.0, -2.0, 3.0],
        here.surface,
        here.surface_names,
        here.radiates,
    )
    one, two = (trace_transmission(e, "opening_in", settings=FEW) for e in (here, away))
    assert abs(one.probability[0] - two.probability[0]) < 4.0 * np.hypot(one.standard_error[0], two.standard_error[0])


def test_progress_counts_the_groups() -> None:
    seen: list[tuple[int, int]] = []
    trace_transmission(
        tube_enclosure(1.0, 1.0),
        "opening_in",
        settings=FlowSettings(1024, groups=4),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_openings_are_found_by_their_names_and_keep_the_order_asked_for() -> None:
    vent = vent_enclosure(VENT)
    assert find_openings(vent, "opening_in").names == ("opening_in", "opening_out")
    assert find_openings(vent, "opening_in", ["wall", "cover", "wall"]).names == ("opening_in", "wall", "cover")
    assert (find_openings(vent, "opening_in", ["cover"]).number[vent.surface == 4] == 1).all()


def test_an_opening_out_of_reach_gets_the_error_of_one_molecule() -> None:
    """An opening as small as one facet behind a gap of a hundredth of a millimetre may see nobody."""
    narrow = vent_enclosure(CoveredVent(0.005, 0.004, 0.05, 0.00001))
    found = trace_transmission(narrow, "opening_in", settings=FlowSettings(256, groups=2))
    assert found.probability[0] == 0.0
    assert found.standard_error[0] == 1.0 / 256


def test_an_unknown_opening_is_refused_with_a_suggestion() -> None:
    vent = vent_enclosure(VENT)
    with pytest.raises(UnknownSurfaceError, match=r"opening 'opening_it': .* Did you mean 'opening_in'\?"):
        trace_transmission(vent, "opening_it")
    with pytest.raises(UnknownSurfaceError, match=r"opening 'covers': .* Did you mean 'cover'\?"):
        solve_transmission(vent, "opening_in", targets=("covers",))


def test_a_model_without_a_second_opening_is_refused() -> None:
    only = with_surfaces(vent_enclosure(VENT), {"opening_in", "bore", "wall", "cover"})
    with pytest.raises(EnclosureError, match="no opening to leave through: besides 'opening_in'"):
        trace_transmission(only, "opening_in")
    with pytest.raises(EnclosureError, match="opening 'bore' is both the way in and the way out"):
        trace_transmission(only, "bore", targets=("bore",))


def test_an_opening_without_facets_is_refused() -> None:
    tube = tube_enclosure(1.0, 1.0)
    empty = Enclosure(tube.vertices_m, tube.surface, (*tube.surface_names, "opening_lost"), tube.radiates)
    with pytest.raises(EnclosureError, match="opening 'opening_lost' has no facets"):
        trace_transmission(empty, "opening_in")


def test_an_open_model_is_refused() -> None:
    leaky = with_surfaces(vent_enclosure(VENT), {"opening_in", "bore", "wall", "opening_out"})
    with pytest.raises(EnclosureError, match=r"surface 'opening_in': .* so the model is open"):
        trace_transmission(leaky, "opening_in")


def test_a_surface_turned_round_is_named() -> None:
    names = set(vent_enclosure(VENT).surface_names)
    turned = with_surfaces(vent_enclosure(VENT), names, flipped="cover")
    with pytest.raises(EnclosureError, match="hit 'cover' from behind"):
        trace_transmission(turned, "opening_in")


def test_too_few_molecules_for_an_error_are_refused() -> None:
    with pytest.raises(ConfigError, match="8 molecules in 16 groups"):
        FlowSettings(molecules=8)
    with pytest.raises(ConfigError, match="in 1 groups"):
        FlowSettings(groups=1)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ((0.005, 0.004, 0.015, 0.0), "gap_m = 0 is not a length"),
        ((0.005, float("nan"), 0.015, 0.001), "wall_thickness_m = nan is not a length"),
        ((0.005, 0.004, 0.004, 0.001), "cover_diameter_m = 0.004 is less than hole_diameter_m = 0.005"),
    ],
)
def test_a_vent_that_cannot_be_built_is_refused(lengths: tuple[float, float, float, float], message: str) -> None:
    with pytest.raises(GeometryError, match=message):
        CoveredVent(*lengths)


def test_a_tube_without_length_is_refused() -> None:
    with pytest.raises(GeometryError, match="length_m = -1 is not a length"):
        tube_enclosure(1.0, -1.0)


def test_a_turned_line_has_the_area_of_the_round_shape_and_its_gas_at_the_left() -> None:
    disc = revolve((0.0, 1.0), (2.0, 1.0), segments=12, size_m=0.7)
    corner = disc[:, 1:] - disc[:, :1]
    normal = 0.5 * np.cross(corner[:, 0], corner[:, 1])
    assert normal.sum(axis=0) == pytest.approx([0.0, 0.0, 4.0 * np.pi], abs=1e-12)  # rounding
    assert (normal[:, 2] > 0.0).all()
    assert len(disc) == 12 + 2 * 24  # a fan and two rings


def test_a_vent_is_closed_with_normals_into_the_gas() -> None:
    """The normals of a closed surface add up to nothing, and its volume is positive with normals inward."""
    vent = vent_enclosure(VENT, segments=16, size_m=0.001)
    assert (vent.area_m2[:, None] * vent.normal).sum(axis=0) == pytest.approx([0.0] * 3, abs=1e-15)
    centre = vent.vertices_m.mean(axis=1)
    volume = -(vent.area_m2[:, None] * vent.normal * centre).sum() / 3.0
    assert volume == pytest.approx(np.pi * (0.0025**2 * 0.004 + 0.0075**2 * 0.005), rel=1e-12)  # rounding


def test_white_walls_need_no_small_absorptivity() -> None:
    """Walls that absorb exactly nothing: what enters leaves, to the 1e-11 of the iteration."""
    found = solve_transmission(
        tube_enclosure(1.0, 20.0, segments=12, size_m=1.0), "opening_in", settings=RaySettings(256)
    )
    assert found.returned + found.probability.sum() == pytest.approx(1.0, abs=1e-9)
    assert found.method == "exchange"


def test_followed_molecules_and_exchange_areas_agree() -> None:
    """Facets of a millimetre lift the transmission by 2e-3; four standard errors of both beside it."""
    coarse = vent_enclosure(VENT, segments=24, size_m=0.001)
    solved = solve_transmission(coarse, "opening_in", settings=RaySettings(1024))
    followed = trace_transmission(coarse, "opening_in", settings=FlowSettings(1 << 16))
    error = np.hypot(solved.standard_error[0], followed.standard_error[0])
    assert abs(solved.probability[0] - followed.probability[0]) < 2.5e-3 + 4.0 * error
    assert solved.wall_hits == pytest.approx(followed.wall_hits, rel=0.02)


def test_the_exchange_error_covers_what_seeds_change() -> None:
    """The spread over seeds stays below the estimate, which takes low-discrepancy rays as independent."""
    tube = tube_enclosure(1.0, 1.0, segments=12, size_m=0.5)
    found = [solve_transmission(tube, "opening_in", settings=RaySettings(256, seed=seed)) for seed in range(6)]
    spread = np.std([one.probability[0] for one in found], ddof=1)
    assert 0.0 < spread < found[0].standard_error[0]


def test_a_mesh_file_is_read_with_its_openings(tmp_path: Path) -> None:
    path = write_mesh(tmp_path / "vent.msh", vent_enclosure(VENT, segments=12))
    found = trace_transmission(enclosure_of_file(path), "opening_in", settings=FEW)
    same = trace_transmission(vent_enclosure(VENT, segments=12), "opening_in", settings=FEW)
    assert abs(found.probability[0] - same.probability[0]) < 4.0 * np.hypot(
        found.standard_error[0], same.standard_error[0]
    )
    assert len(conductances(found, gas())) == 1


def write_mesh(path: Path, enclosure: Enclosure) -> Path:
    """Write the triangles of an enclosure as a mesh file with named surfaces."""
    points, index = np.unique(np.round(enclosure.vertices_m.reshape(-1, 3), 12), axis=0, return_inverse=True)
    names = {name: np.array([number, 2]) for number, name in enumerate(enclosure.surface_names, start=1)}
    tags = [enclosure.surface + 1]
    data = {"gmsh:physical": tags, "gmsh:geometrical": tags}
    mesh = meshio.Mesh(points, [("triangle", index.reshape(-1, 3))], cell_data=data, field_data=names)
    meshio.write(path, mesh, file_format="gmsh22", binary=False)
    return path
