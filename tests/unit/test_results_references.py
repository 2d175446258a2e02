"""Published values beside computed ones."""

from pathlib import Path

import pytest
from result_samples import make_solution

from bbrmodel.errors import ConfigError
from bbrmodel.results import compare_with_references, read_references, to_document

GOOD = """
[[reference]]
quantity = "ion.effective_temperature_K"
title = "at the ion"
value = 79.5
uncertainty = 1.5
unit = "K"
source = "Table II"
[[reference]]
quantity = "thermal.baths.*.heat_load_W"
minimum = 1
maximum = 7
unit = "W"
source = "text"
[[reference]]
quantity = "ion.no_such_quantity"
value = 1.0
unit = "1"
source = "text"
"""


def write(directory: Path, text: str) -> Path:
    path = directory / "reference.toml"
    path.write_text(text)
    return path


def test_each_reference_is_paired_with_what_was_computed(tmp_path: Path) -> None:
    document = to_document(make_solution(), versions={}, peak_memory_MiB=1.0)
    point, spread, absent = compare_with_references(document, read_references(write(tmp_path, GOOD)))
    assert point.computed == (79.512345,)
    assert point.deviation == pytest.approx((79.512345 - 79.5) / 1.5, rel=1e-15)  # the same expression
    assert spread.computed == (6.0, 0.5)
    assert (spread.reference.minimum, spread.reference.maximum, spread.deviation) == (1.0, 7.0, None)
    assert absent.computed == ()


@pytest.mark.parametrize(("name", "found"), [("ca40p_729", 1), ("yb171p_e3", 0)])
def test_what_is_published_of_one_clock_says_nothing_of_another(tmp_path: Path, name: str, found: int) -> None:
    document = dict(to_document(make_solution(), versions={}, peak_memory_MiB=1.0))
    document["ion"] = {**document["ion"], "clock": name}
    text = (
        '[[reference]]\nquantity = "ion.fractional_shift"\nvalue = 1.0\nunit = "1"\nsource = "x"\nclock = "ca40p_729"\n'
    )
    assert len(compare_with_references(document, read_references(write(tmp_path, text)))) == found


def test_a_case_without_references_has_none(tmp_path: Path) -> None:
    assert read_references(tmp_path / "reference.toml") == ()


def test_the_shipped_references_can_be_read(repository: Path) -> None:
    for path in (repository / "geometries").glob("*/reference.toml"):
        assert read_references(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[reference]]\nunit = 'K'\nsource = 's'\nvalue = 1", "reference.0: 'quantity' is missing"),
        ("[[reference]]\nquantity = 'a'\nunit = 'K'\nsource = 's'", "reference.0: needs either 'value' or both"),
        (GOOD.replace("value = 79.5", "valeu = 79.5"), r"reference\.0\.valeu: unknown key\. Did you mean 'value'\?"),
        (GOOD.replace("79.5", "'79.5 K'"), r"reference\.0\.value = '79\.5 K': must be a finite number"),
        (GOOD.replace("79.5", "nan"), r"reference\.0\.value = nan: must be a finite number"),
        (GOOD.replace('"Table II"', "2"), r"reference\.0\.source = 2: must be a string"),
        ("[[refrence]]\na = 1", r"refrence: unknown key\. Did you mean 'reference'\?"),
        ("reference = 1", "reference: must be a list of tables"),
        ("[[reference]", r"reference\.toml: cannot be read"),
    ],
)
def test_a_wrong_entry_is_named_with_its_value(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_references(write(tmp_path, text))
