"""The report: one HTML file that needs nothing else."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from result_samples import make_case, make_solution
from rich.table import Table

from bbrmodel.cli.html import Collector, blocks, box, folded, page
from bbrmodel.cli.main import main
from bbrmodel.cli.numbers import with_error
from bbrmodel.cli.report_words import subtitle
from bbrmodel.results import read_result, write_result
from bbrmodel.uncertainty.report import to_document, write_report
from bbrmodel.uncertainty.run import UncertaintyStudy
from bbrmodel.uncertainty.tables import Row, make_uncertainty_table

Capture = pytest.CaptureFixture[str]
# A picture of one pixel.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Structure(HTMLParser):
    """Checks that every element that is opened is closed, and keeps the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Structure:
    found = Structure()
    found.feed(text)
    assert found.open == []
    return found


@pytest.fixture
def result(tmp_path: Path) -> Path:
    directory = write_result(make_solution(), make_case(tmp_path), tmp_path / "out")
    (directory / "ion_sky.png").write_bytes(base64.b64decode(PIXEL))
    return directory


def test_the_report_of_a_result_holds_its_tables_pictures_and_case(result: Path, capsys: Capture) -> None:
    assert main(["report", str(result)]) == 0
    assert capsys.readouterr().out.strip() == str(result / "report.html")
    found = read((result / "report.html").read_text(encoding="utf-8"))
    for words in (
        "effective temperature",
        "block__top",
        "What the ion sees in each",
        "schema_version = 1",
        "Made with",
    ):
        assert words in found.text
    assert found.seen.count("img") == 1
    assert "Budget" not in found.text
    assert "result:" not in found.text
    assert found.text.count("Surfaces as the ion sees them") == 1


def test_the_report_begins_with_the_result_in_sentences_and_ends_with_how_to_read_it(result: Path) -> None:
    document = read_result(result)
    assert main(["report", str(result)]) == 0
    text = (result / "report.html").read_text(encoding="utf-8")
    found = read(text)
    ion = document["ion"]
    seen = with_error(ion["effective_temperature_K"], ion["effective_temperature_std_K"])
    assert f"The ion sees {seen} K" in found.text
    assert "T_eff^4 comes from" in found.text
    assert "delta_alpha0 = excited minus ground state" in found.text
    order = [
        found.text.index(words)
        for words in ("The ion sees", "What the ion sees in each", "Bodies as the ion", "of the black body whose")
    ]
    assert order == sorted(order)
    # Every link at the top leads to a heading.
    assert re.findall(r'href="#(\w+)"', text) == re.findall(r'h2 id="(\w+)"', text)
    assert found.text.count(document["warnings"][0]) == 1


def test_a_result_without_an_ion_has_a_report(tmp_path: Path) -> None:
    directory = write_result(replace(make_solution(), ion=None), make_case(tmp_path), tmp_path / "out")
    assert main(["report", str(directory)]) == 0
    found = read((directory / "report.html").read_text(encoding="utf-8"))
    assert "The ion sees" not in found.text
    assert "Data of the clock" not in found.text
    assert "Bodies" in found.text


def test_the_time_of_a_result_that_has_none_is_said_to_be_unknown() -> None:
    assert subtitle({"created_utc": "", "versions": {}}, "") == "Computed at an unknown time with bbrmodel."
    known = {"created_utc": "2026-11-20T15:13:26+00:00", "versions": {"bbrmodel": "1.0"}}
    assert subtitle(known, "A clock") == "A clock. Computed 2026-11-20 15:13 UTC with bbrmodel 1.0."


def test_the_report_needs_nothing_from_elsewhere(result: Path) -> None:
    assert main(["report", str(result)]) == 0
    text = (result / "report.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="(?!data:image/png;base64,|#part)', text) == []
    assert "<script" not in text


def test_a_budget_may_stand_in_the_report(result: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    assert main(["report", str(result), "--budget", "ca2_ln2", "-o", str(file)]) == 0
    found = read(file.read_text(encoding="utf-8"))
    for words in (
        "Quadratic Zeeman (DC)",
        "482.9 ± 1.4",
        "by part",
        "uncertainty incomplete",
        "Uncertainties of the rows",
    ):
        assert words in found.text
    assert found.seen.count("img") == 2


def test_an_uncertainty_may_stand_in_the_report(result: Path, tmp_path: Path, capsys: Capture) -> None:
    ion = read_result(result)["ion"]
    row = Row("finish of the lid", "range", "library", None, 2e-19, 3e-19, "adjoint")
    table = make_uncertainty_table(read_result(result)["case"], "shift", ion["fractional_shift"], [row])
    case = make_case(tmp_path).model_copy(update={"name": read_result(result)["case"]})
    notes = ("all is linear",)
    document = to_document(case, [table], {"notes": list(notes)})
    write_report(tmp_path / "u", UncertaintyStudy((), (table,), None, document, notes))
    assert main(["report", str(result), "--uncertainty", str(tmp_path / "u"), "--budget", "ca2_ln2"]) == 0
    found = read((result / "report.html").read_text(encoding="utf-8"))
    for words in (
        "finish of the lid",
        "sum in quadrature",
        "note: all is linear",
        "45.50 ± 2.00",
        "100 % of the variance",
    ):
        assert words in found.text
    assert "incomplete" not in found.text
    assert found.text.count("Inputs by what they make uncertain.") == (tmp_path / "u" / "uncertainty.png").is_file()
    file = tmp_path / "u" / "uncertainty.json"
    file.write_text(file.read_text().replace('"distribution"', '"law"'))
    assert main(["report", str(result), "--uncertainty", str(file)]) == 2
    assert "uncertainty.json: was written by another version" in capsys.readouterr().err


def test_a_report_needs_a_result_and_files_that_can_be_read(result: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["report", str(result), "--uncertainty", "x.json"]) == 2
    assert "x.json: cannot be read as JSON" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "nothing")]) == 2
    assert "nothing: is no directory" in capsys.readouterr().err


def test_text_cannot_break_out_of_the_page() -> None:
    table = Table("<b>", title="<i>")
    table.add_row("a < b & c")
    kept = Collector()
    kept.print(table)
    kept.print("<script>alert(1)</script>", markup=False)
    found = read(page("<title>", [("<h>", box("lead", folded("<w>", blocks(kept.items))))], subtitle="<u>"))
    assert "script" not in found.seen
    assert "a < b & c" in found.text
