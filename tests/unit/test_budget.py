"""Budgets: files, verdicts, propagation, sums, a case in the BBR row, and how they are written."""

import csv
import inspect
import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from result_samples import make_solution

from bbrmodel.budget import (
    EvaluatedBudget,
    Value,
    by_body,
    evaluate_budget,
    find_budget,
    list_budgets,
    parts_of_case,
    with_case,
)
from bbrmodel.budget.evaluate import compare_uncertainty, compare_value, last_digit
from bbrmodel.budget.formulas import formula, list_formulas
from bbrmodel.budget.write import to_csv, to_document, to_latex, to_markdown
from bbrmodel.cli.main import main
from bbrmodel.errors import ConfigError, UnknownNameError
from bbrmodel.ion.clocks import clock
from bbrmodel.ion.shift import shift_Hz
from bbrmodel.results import to_document as result_document
from bbrmodel.spec.budget import load_budget_file
from bbrmodel.typing import FloatArray

Capture = pytest.CaptureFixture[str]

OWN = """
schema_version = 1
name = "own"
title = "A clock & 50 % more"
clock = "ca40p_729"
unit = "1e-18"
[total]
shift = "3.0"
uncertainty = "5"
[[rows]]
id = "bbr"
title = "BBR"
shift = "1.0"
uncertainty = "3"
group = 1
[[rows]]
id = "sum"
title = "Two parts_of it"
shift = "2.0"
uncertainty = "4"
group = 1
[rows.recomputed]
formula = "linear_sum"
[rows.recomputed.inputs]
values = { value = [1.5e-18, 0.5e-18], uncertainty = [3e-18, 4e-18], source = "text" }
"""


def own(directory: Path, text: str = OWN) -> EvaluatedBudget:
    path = directory / "own.toml"
    path.write_text(text, encoding="utf-8")
    return evaluate_budget(find_budget(str(path)))


def problems_of(directory: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        own(directory, text)
    return " ".join(caught.value.problems)


def document_of_case(**changes: Any) -> dict[str, Any]:
    solution = make_solution()
    assert solution.ion is not None
    ion = replace(solution.ion, **changes)
    return dict(result_document(replace(solution, ion=ion), versions={}, peak_memory_MiB=1.0))


@pytest.mark.parametrize(("printed", "unit"), [("45.5", 0.1), ("-3", 1.0), ("0.04", 0.01), ("12.50", 0.01)])
def test_the_last_digit_of_a_printed_number_is_known(printed: str, unit: float) -> None:
    assert last_digit(printed) == pytest.approx(unit, rel=1e-12)  # rounding


@pytest.mark.parametrize(
    ("printed", "found", "uncertainty", "verdict"),
    [
        ("45.5", Value(45.549, None), None, "agrees"),
        ("45.5", Value(45.551, None), None, "differs"),
        ("45.5", Value(45.6, None), "2", "agrees"),  # below a tenth of its uncertainty
        ("45.5", Value(45.6, None, rounding=0.06), None, "agrees"),  # digits of the inputs
        ("45.5", Value(45.6, None, rounding=0.04), None, "differs"),
        ("45.5", Value(None, 1.0), None, "printed only: inputs not given"),
    ],
)
def test_a_value_agrees_within_its_digits(printed: str, found: Value, uncertainty: str | None, verdict: str) -> None:
    assert compare_value(printed, found, uncertainty) == verdict


@pytest.mark.parametrize(
    ("printed", "found", "verdict"),
    [
        ("3.0", 2.95, "agrees"),
        ("3.0", 2.91, "rounded up"),
        ("3.0", 2.89, "differs"),
        ("3.0", 3.06, "differs"),  # rounded down: an uncertainty must not be
        ("3.0", None, "printed only: inputs not given"),
    ],
)
def test_an_uncertainty_may_be_rounded_up_only(printed: str, found: float | None, verdict: str) -> None:
    assert compare_uncertainty(printed, found) == verdict


def test_uncertainties_of_inputs_propagate_in_quadrature_or_linearly(tmp_path: Path) -> None:
    found = own(tmp_path).entry("sum").recomputed
    assert found is not None
    assert (found.value, found.uncertainty) == (
        pytest.approx(2.0, rel=1e-12),
        pytest.approx(5.0, rel=1e-12),
    )  # rounding
    linear = own(tmp_path, OWN.replace('"linear_sum"', '"linear_sum"\naddition = "linear"')).entry("sum").recomputed
    assert linear is not None
    assert linear.uncertainty == pytest.approx(7.0, rel=1e-12)  # rounding


def test_uncertainties_of_rows_add_in_three_ways(tmp_path: Path) -> None:
    found = own(tmp_path)
    assert (found.printed.quadrature, found.printed.linear, found.printed.groups) == (5.0, 7.0, 7.0)
    assert (found.verdict, found.uncertainty_verdict) == ("agrees", "agrees")
    assert found.recomputed.quadrature == pytest.approx(math.hypot(3.0, 5.0), rel=1e-12)  # the first row as printed
    apart = own(tmp_path, OWN.replace("group = 1", "group = 2", 1))
    assert apart.printed.groups == 5.0


def test_a_row_that_the_table_leaves_out_counts_only_in_our_sum(tmp_path: Path) -> None:
    text = OWN.replace('shift = "2.0"\nuncertainty = "4"\n', "")
    found = own(tmp_path, text)
    assert (found.printed.shift, found.recomputed.shift) == (1.0, 1.0)
    assert found.own.shift == pytest.approx(3.0, rel=1e-12)  # rounding


def test_corrected_inputs_replace_those_of_the_source(tmp_path: Path) -> None:
    extra = '\n[rows.corrected]\nformula = "quadrature"\n'
    found = own(tmp_path, OWN + extra).entry("sum")
    assert found.corrected is not None
    assert found.corrected.value == pytest.approx(math.hypot(1.5, 0.5), rel=1e-12)  # rounding
    assert found.own == found.corrected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('shift = "1.0"', "shift = 1.0", r"rows.0.shift = 1.0: must be a number in quotes"),
        ('id = "sum"', 'id = "bbr"', 'rows.1.id = "bbr": stands more than once'),
        ('formula = "linear_sum"', 'formula = "ratio"', r"own: sum: recomputed: ratio: 'values' is no input"),
        ("uncertainty = [3e-18, 4e-18]", "uncertainty = [3e-18]", r"must have one number for each value"),
        ('title = "BBR"', 'titel = "BBR"', "rows.0.titel = \"BBR\": unknown key. Did you mean 'title'"),
    ],
)
def test_what_a_file_cannot_mean_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert message in problems_of(tmp_path, OWN.replace(old, new, 1))


def test_missing_inputs_are_named(tmp_path: Path) -> None:
    text = OWN.replace('formula = "linear_sum"', 'formula = "grouped_quadrature"')
    assert "the input 'groups' is missing" in problems_of(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "value = [1.5e-18, 0.5e-18], uncertainty = [3e-18, 4e-18]",
            "value = 2e-18",
            "values.value: must be a list of",
        ),
        (
            "value = [1.5e-18, 0.5e-18], uncertainty = [3e-18, 4e-18]",
            'value = "two"',
            "values.value: must be a list of",
        ),
        ('"linear_sum"', '"rest_energy_J"', "the input 'mass_u' is missing"),
    ],
)
def test_inputs_of_the_wrong_kind_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert message in problems_of(tmp_path, OWN.replace(old, new, 1))


# The reason is in the words of Python, which releases change.
@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("ratio", {"numerator": "1", "denominator": "0"}, "ratio: has no value: "),
        (
            "field_of_quadratic_zeeman_T",
            {"coefficient_Hz_T2": "1", "fraction": "-1", "frequency_Hz": "1"},
            "field_of_quadratic_zeeman_T: has no value: ",
        ),
        ("blackbody_shift_Hz", {"clock": '"nobody"', "temperature_K": "80"}, "clock 'nobody' is not in the library"),
        ("blackbody_shift_Hz", {"clock": '"ca40p_729"', "temperature_K": "-80"}, "temperatures must be positive"),
        ("product", {"values": "[1e308, 1e308]"}, "product: gives inf"),
    ],
)
def test_a_formula_without_a_value_says_where(tmp_path: Path, name: str, inputs: dict[str, str], message: str) -> None:
    given = "".join(f'{key} = {{ value = {value}, source = "x" }}\n' for key, value in inputs.items())
    head = OWN.partition("[rows.recomputed]")[0]
    text = f'{head}[rows.recomputed]\nformula = "{name}"\n[rows.recomputed.inputs]\n{given}'
    with pytest.raises(ConfigError, match=f"own: sum: recomputed: {name}") as caught:
        own(tmp_path, text)
    assert message in str(caught.value)


def test_an_unknown_formula_or_budget_suggests_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"'linear_sun' is not among .* Did you mean 'linear_sum'\?"):
        own(tmp_path, OWN.replace('"linear_sum"', '"linear_sun"'))
    with pytest.raises(UnknownNameError, match=r"ca2_ln: no such file and no budget .* Did you mean 'ca2_ln2'\?"):
        find_budget("ca2_ln")
    with pytest.raises(UnknownNameError, match=r"has no row or check 'bar'"):
        own(tmp_path).entry("bar")
    with pytest.raises(ConfigError, match="is a directory"):
        load_budget_file(tmp_path)


def test_the_tables_of_all_papers_come_with_the_program() -> None:
    assert list_budgets() == ["al", "al_surfaces", "ca1_ln2", "ca1_ln2_surfaces", "ca2_ln2", "ca_rt", "cd"]


@pytest.mark.parametrize("name", list_formulas())
def test_every_formula_is_explained_and_takes_what_a_file_can_give(name: str) -> None:
    function = formula(name)
    assert function.__doc__
    kinds = set(inspect.get_annotations(function).values())
    assert kinds <= {float, str, FloatArray, float | None}


def test_a_case_fills_the_bbr_row() -> None:
    document = document_of_case()
    ion = document["ion"]
    found = with_case(evaluate_budget(find_budget("ca2_ln2")), document)
    row = found.entry("bbr")
    assert row.corrected is not None
    whole = ion["fractional_shift"] + ion["magnetic_shift_Hz"] / clock("ca40p_729").frequency_Hz
    assert row.corrected.value == pytest.approx(whole / 1e-19, rel=1e-12)  # rounding
    expected = math.hypot(ion["fractional_uncertainty_numerical"], ion["fractional_uncertainty_clock_data"])
    assert row.corrected.uncertainty == pytest.approx(expected / 1e-19, rel=1e-12)  # rounding
    assert document["case"] in row.remark
    others = evaluate_budget(find_budget("ca2_ln2")).own.shift - 45.537
    assert found.own.shift == pytest.approx(row.corrected.value + others, abs=5e-4)  # three decimals above


def test_a_budget_with_a_row_for_the_coefficient_takes_the_clock_data_there() -> None:
    document = document_of_case()
    found = with_case(evaluate_budget(find_budget("ca1_ln2")), document)
    data = found.entry("bbr_coefficient").corrected
    assert data is not None
    assert data.uncertainty == pytest.approx(document["ion"]["fractional_uncertainty_clock_data"] / 1e-18, rel=1e-12)
    bbr = found.entry("bbr").corrected
    assert bbr is not None
    assert bbr.uncertainty == pytest.approx(document["ion"]["fractional_uncertainty_numerical"] / 1e-18, rel=1e-12)


def test_parts_of_a_case_sum_to_its_shift() -> None:
    document = document_of_case()
    parts = parts_of_case(document)
    assert sum(part.fraction for part in parts) == pytest.approx(document["ion"]["fractional_shift"], rel=1e-12)
    assert [part.share_of_T4 for part in parts] == sorted((part.share_of_T4 for part in parts), reverse=True)
    bodies = by_body(parts)
    assert {body.name for body in bodies} == {part.name.partition("__")[0] for part in parts}
    assert sum(body.fraction for body in bodies) == pytest.approx(document["ion"]["fractional_shift"], rel=1e-12)


def test_surfaces_of_one_body_add_up() -> None:
    first, *others = parts_of_case(document_of_case())
    twin = replace(first, name=f"{first.name}_2", mean_K=first.mean_K + 10.0, max_K=500.0, min_K=2.0)
    found = next(body for body in by_body([first, twin, *others]) if body.name == first.name.partition("__")[0])
    assert (found.min_K, found.max_K) == (2.0, 500.0)
    assert found.mean_K == pytest.approx(first.mean_K + 5.0, rel=1e-12)  # equal weights; rounding
    assert found.fraction_per_K == pytest.approx(2.0 * first.fraction_per_K, rel=1e-12)
    assert found.direct_share == pytest.approx(2.0 * first.direct_share, rel=1e-12)


def test_slope_of_a_part_is_that_of_its_light() -> None:
    for part in parts_of_case(document_of_case()):
        whole = float(shift_Hz(clock("ca40p_729"), part.mean_K)) / clock("ca40p_729").frequency_Hz
        # 4 S/T; the dynamic correction and the step of 1 K change this by 2 eta and (0.5 K/T)^2, below 1e-3.
        assert part.fraction_per_K == pytest.approx(part.effective_share * 4.0 * whole / part.mean_K, rel=1e-3)


def test_a_declared_uncertainty_completes_the_bbr_row() -> None:
    document = document_of_case()
    known = {"case": document["case"], "linear": {"shift": {"value": document["ion"]["fractional_shift"]}}}
    known["linear"]["shift"]["standard"] = {"quadrature": 2e-19, "linear": 4e-19, "groups": 3e-19}
    for name, unit in (("ca2_ln2", 1e-19), ("ca1_ln2", 1e-18)):
        found = with_case(evaluate_budget(find_budget(name)), document, known)
        assert found.complete
        bbr = found.entry("bbr").corrected
        assert bbr is not None
        assert bbr.uncertainty == pytest.approx(3e-19 / unit, rel=1e-12)  # rounding
        assert "incomplete" not in to_markdown(found, checks=False)
    assert not with_case(evaluate_budget(find_budget("ca2_ln2")), document).complete
    other = {**known, "case": "other"}
    with pytest.raises(ConfigError, match=r"uncertainty of other, shift .* is not that of the result"):
        with_case(evaluate_budget(find_budget("ca2_ln2")), document, other)
    with pytest.raises(ConfigError, match="holds no budget of the shift"):
        with_case(evaluate_budget(find_budget("ca2_ln2")), document, {"case": "other"})


def test_a_case_with_another_clock_or_without_ion_is_refused() -> None:
    with pytest.raises(ConfigError, match="the budget cd has cd113p_hfs"):
        with_case(evaluate_budget(find_budget("cd")), document_of_case())
    with pytest.raises(ConfigError, match="has no row 'bbr'"):
        with_case(evaluate_budget(find_budget("ca1_ln2_surfaces")), document_of_case())
    without = {**document_of_case(), "ion": None}
    with pytest.raises(ConfigError, match="has no ion"):
        with_case(evaluate_budget(find_budget("ca2_ln2")), without)
    with pytest.raises(ConfigError, match="has no ion"):
        parts_of_case(without)


def test_a_hyperfine_clock_adds_the_magnetic_part() -> None:
    document = document_of_case(clock="cd113p_hfs", fractional_shift=-1e-18, magnetic_shift_Hz=None)  # an older result
    found = with_case(evaluate_budget(find_budget("cd")), document).entry("bbr").corrected
    assert found is not None
    assert found.value is not None
    surfaces = document["ion"]["surfaces"]
    squares = sum(s["effective_solid_angle_sr"] / (4 * math.pi) * s["mean_temperature_K"] ** 2 for s in surfaces)
    assert found.value * 1e-17 == pytest.approx(-1e-18 - 1.3039e-17 * squares / 9e4, rel=1e-9)  # rounding


def test_a_result_that_knows_its_magnetic_part_gives_it() -> None:
    document = document_of_case(magnetic_shift_Hz=-0.1)
    found = with_case(evaluate_budget(find_budget("ca2_ln2")), document).entry("bbr").corrected
    assert found is not None
    assert found.value is not None
    expected = document["ion"]["fractional_shift"] - 0.1 / clock("ca40p_729").frequency_Hz
    assert found.value * 1e-19 == pytest.approx(expected, rel=1e-12)  # rounding


def test_csv_keeps_every_digit(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(own(tmp_path), checks=True))))
    assert [row["kind"] for row in rows] == ["row", "row", "sum", "sum", "sum"]
    assert float(rows[1]["recomputed"]) == pytest.approx(2.0, rel=1e-9)  # ten digits are written
    assert rows[0]["verdict"] == "printed only: inputs not given"
    assert float(rows[2]["printed_uncertainty"]) == 5.0


def test_markdown_and_latex_escape_what_they_must(tmp_path: Path) -> None:
    markdown, latex = (write(own(tmp_path), checks=False) for write in (to_markdown, to_latex))
    assert "| Two parts_of it | 2.0 ± 4 | 2.00 ± 5.00 |" in markdown
    assert r"Two parts\_of it & $2.0 \pm 4$ & $2.00 \pm 5.00$ &  & agrees" in latex
    assert latex.count(r"\\") == 7  # heading, two rows, total, three sums
    assert "±" not in latex


def test_the_document_is_json_with_inputs_and_verdicts() -> None:
    document = json.loads(json.dumps(to_document(evaluate_budget(find_budget("al"))), allow_nan=False))
    row = next(row for row in document["rows"] if row["id"] == "zeeman")
    assert row["recomputed"]["formula"] == "quadratic_zeeman"
    assert row["recomputed"]["inputs"]["field_T"]["unit"] == "T"
    assert row["corrected"]["inputs"]["coefficient_Hz_T2"]["verified"] is True
    modulator = next(row for row in document["rows"] if row["id"] == "modulator")
    assert modulator["recomputed"]["inputs"]["duty_cycle"]["verified"] is False
    assert row["inconsistent"] is True
    assert document["total"]["verdict"] == "differs"
    assert document["sums"]["own"]["shift"] == pytest.approx(-8642.0, abs=0.05)  # four digits given


def test_the_command_prints_tables_inputs_and_checks(capsys: Capture) -> None:
    assert main(["budget", "ca2_ln2", "--checks", "--inputs"]) == 0
    out = capsys.readouterr().out
    for text in ("482.87 ± 1.35", "printed only: inputs not given", "X: the source", "Magic drive", "quadratic_zeeman"):
        assert text in out
    assert main(["budget", "ca2_ln2"]) == 0
    assert "Magic drive" not in capsys.readouterr().out


@pytest.mark.parametrize("form", ["--json", "--csv", "--markdown", "--latex"])
def test_the_command_writes_every_form(form: str, capsys: Capture) -> None:
    assert main(["budget", "cd", form]) == 0
    assert "BBR (not in the table)" in capsys.readouterr().out


def test_the_command_takes_a_result(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "result.json"
    file.write_text(json.dumps(document_of_case()), encoding="utf-8")
    assert main(["budget", "ca2_ln2", "--case", str(file)]) == 0
    assert "by part" in capsys.readouterr().out
    assert main(["budget", "ca2_ln2", "--case", str(file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["case"] == document_of_case()["case"]
    assert [part["name"] for part in document["case_parts"]] == ["chamber", "block"]
    assert main(["budget", "ca2_ln2", "--case", str(file), "--json", "--surfaces"]) == 0
    parts = json.loads(capsys.readouterr().out)["case_parts"]
    assert {part["name"] for part in parts} == {s["name"] for s in document_of_case()["ion"]["surfaces"]}


def test_the_command_wants_one_form(capsys: Capture) -> None:
    assert main(["budget", "ca2_ln2", "--csv", "--json"]) == 2
    assert "one form at a time" in capsys.readouterr().err
    assert main(["budget", "ca2_ln2", "--surfaces"]) == 2
    assert "--surfaces: means nothing without a case" in capsys.readouterr().err
    assert main(["budget", "nobody"]) == 2
    assert "no such file and no budget" in capsys.readouterr().err


def test_budgets_are_listed(capsys: Capture) -> None:
    assert main(["list", "budgets"]) == 0
    assert "113Cd+ microwave clock" in capsys.readouterr().out
