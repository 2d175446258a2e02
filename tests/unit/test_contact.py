"""Conductance of joints."""

import pytest

from bbrmodel.errors import ConfigError, UnknownNameError
from bbrmodel.materials import contact_conductance, list_contacts
from bbrmodel.materials.data_file import material_data


@pytest.mark.parametrize("key", list_contacts())
def test_every_entry_is_found_by_its_full_key_with_the_values_of_the_data_file(key):
    entry = material_data()["contact"][key]
    contact = contact_conductance("gold", None, key)
    assert (contact.key, contact.h, contact.pressure_Pa) == (key, entry["h"], 1e6)
    assert contact.h_range == tuple(entry["h_range"])
    assert contact.h_range[0] < contact.h < contact.h_range[1]
    assert contact.source


def test_all_joints_of_the_data_file_are_listed():
    assert len(list_contacts()) == 14


def test_materials_find_their_family_in_either_order():
    first = contact_conductance("alumina_99", "ofhc_cu_rrr100", "silver_foil")
    assert first == contact_conductance("ofhc_cu_rrr50", "alumina_99", "silver_foil")
    assert first.key == "alumina_cu_silver_foil"
    assert contact_conductance("ss316", "ofhc_cu_rrr50", "bare_screwed").key == "ss_cu_bare_screwed"


@pytest.mark.parametrize(
    ("other", "key"),
    [
        ("ofhc_cu_rrr50", "cu_cu_bare_screwed"),
        ("alumina_99", "alumina_cu_bare"),
        ("cvd_diamond", "diamond_cu_gold_coated_bare"),
        ("ptfe", "ptfe_cu_clamped"),
    ],
)
def test_bare_means_the_pairs_own_joint_without_filler(other, key):
    assert contact_conductance("ofhc_cu_rrr50", other, "bare").key == key


def test_conductance_scales_with_pressure_by_the_entrys_exponent():
    reference = contact_conductance("ofhc_cu_rrr50", "ofhc_cu_rrr50", "silver_foil")
    pressed = contact_conductance("ofhc_cu_rrr50", "ofhc_cu_rrr50", "silver_foil", 1e5)
    assert pressed.h == pytest.approx(reference.h * 10**-0.7, rel=1e-12)  # rounding
    assert pressed.h_range[1] == pytest.approx(reference.h_range[1] * 10**-0.7, rel=1e-12)  # rounding
    assert contact_conductance("ofhc_cu_rrr50", "ofhc_cu_rrr50", "pbsn_solder", 1e5).h == 140000.0


def test_an_unknown_filler_lists_what_the_pair_has():
    with pytest.raises(UnknownNameError, match=r"'glue' between .*has: bare, indium_foil, silver_foil\."):
        contact_conductance("alumina_99", "ofhc_cu_rrr50", "glue")


def test_an_unknown_pair_says_what_to_give_instead():
    with pytest.raises(UnknownNameError, match=r"between 'becu_c17200' and 'None': .*Give conductance_W_m2_K"):
        contact_conductance("becu_c17200", None, "silver_foil")


def test_an_unknown_material_is_named():
    with pytest.raises(UnknownNameError, match="material 'coper'"):
        contact_conductance("coper", "ptfe", "bare")


@pytest.mark.parametrize("pressure", [0.0, -5.0])
def test_a_pressure_that_does_not_press_is_refused(pressure):
    with pytest.raises(ConfigError, match=rf"pressure_Pa = {pressure:g}"):
        contact_conductance("ptfe", "ofhc_cu_rrr50", "clamped", pressure)
