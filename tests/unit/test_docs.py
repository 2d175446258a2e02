"""The documentation says what the program does: keys, options, examples and links are checked against the code."""

import dataclasses
import importlib.util
import re
import shlex
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main

from bbrmodel import solution
from bbrmodel.cli.app import app
from bbrmodel.spec import list_cases, load_case
from bbrmodel.spec.load import build_case

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "geometries").glob("*/README.md")])
BLOCK = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)


def reference_pages() -> ModuleType:
    """Return the script that writes the tables of keys."""
    spec = importlib.util.spec_from_file_location("reference_pages", ROOT / "scripts" / "reference_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["case.md", "study.md", "budget.md"])
def test_tables_of_keys_show_every_key_as_the_models_have_it(page: str) -> None:
    script = reference_pages()
    text = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    schema = script.schemas()[page]
    assert text == script.filled(text, schema), "run `python scripts/reference_pages.py`"
    for model, table in script.models(schema).items():
        assert f"<!-- keys of {model} -->" in text
        for key in table["properties"]:
            assert f"| `{key}` |" in text


def test_pages_of_budgets_are_those_of_the_program() -> None:
    script = reference_pages()
    for page, written in (("reference/budget.md", script.with_formulas), ("vv/papers.md", script.papers_page)):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert text == written(text), "run `python scripts/reference_pages.py`"


def test_every_key_of_a_result_is_explained() -> None:
    text = (ROOT / "docs" / "reference" / "result.md").read_text(encoding="utf-8")
    containers = (solution.SurfaceAtIon, solution.IonField, solution.BodyTemperature, solution.SensorReading)
    containers += (solution.EnergyBalance, solution.JointFlow, solution.CryogenBath, solution.MeshReport)
    containers += (solution.LinkFlow, solution.SinkFlow, solution.SourcePower, solution.TimeSeries)
    keys = {field.name for part in (*containers, solution.RadiationReport) for field in dataclasses.fields(part)}
    missing = sorted(key for key in keys if f"`{key}`" not in text)
    assert missing == []


def commands() -> dict[str, Any]:
    """Return the commands of the program."""
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def test_every_command_and_option_is_explained() -> None:
    text = (ROOT / "docs" / "reference" / "command_line.md").read_text(encoding="utf-8")
    missing = []
    for name, command in commands().items():
        if f"## `bbrmodel {name}" not in text:
            missing.append(name)
        for parameter in command.params:
            missing += [option for option in parameter.opts if option.startswith("--") and f"`{option}" not in text]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text)):
        if target.startswith(("http://", "https://")):
            continue
        name, _, heading = target.partition("#")
        path = (page.parent / name) if name else page
        assert path.exists(), f"{page.name}: {target}"
        if heading:
            assert heading in headings(path), f"{page.name}: {target}"


def headings(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    lines = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in lines}


def test_every_whole_case_in_the_documentation_is_valid() -> None:
    found = 0
    for page in PAGES:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            tables = tomllib.loads(block)
            if "schema_version" in tables and "geometry" in tables:
                build_case(tables, label=page.name)
                found += 1
    assert found >= 2  # the README and the tutorial


def printed_commands() -> list[tuple[str, list[str]]]:
    """Return page and words of every line of the documentation that calls the program."""
    found = []
    for page in PAGES:
        for line in re.findall(r"^    ((?:bbrmodel|scripts/run) .+)$", page.read_text("utf-8"), re.MULTILINE):
            words = shlex.split(line, comments=True)
            words[:1] = ["bbrmodel", "run"] if words[0] == "scripts/run" else ["bbrmodel"]
            found.append((page.name, words[1:]))
    return found


def test_printed_commands_exist_and_their_overrides_fit_the_case() -> None:
    known, shipped = commands(), set(list_cases())
    for page, words in printed_commands():
        words = words[words.index("...") + 1 :] if "..." in words else words
        if words[0].startswith("-"):
            continue
        assert words[0] in known, f"{page}: bbrmodel {' '.join(words)}"
        options = {
            name for parameter in known[words[0]].params for name in (*parameter.opts, *parameter.secondary_opts)
        }
        options |= {"--help", "-h"}
        assert {word for word in words[1:] if re.fullmatch(r"--?[a-z][a-z-]*", word)} <= options, f"{page}: {words}"
        if len(words) > 1 and words[1] in shipped:
            load_case(words[1], [words[k + 1] for k, word in enumerate(words) if word == "--set"])
