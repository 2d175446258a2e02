"""The wheel, and the files beside the package that tell others what it is."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

# conda-forge's names where they differ from PyPI's.
CONDA_NAMES = {"gmsh": "python-gmsh", "matplotlib": "matplotlib-base", "build": "python-build"}


def run(*command: str | Path, **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    return content


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, repository)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds the installed wheel and nothing else."""
    target = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", target, wheel)
    return target


def tracked_files(repository: Path) -> list[Path]:
    """Return the project's files: what git tracks or would track, else everything outside hidden folders."""
    if (repository / ".git").exists():
        listing = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", cwd=repository)
        paths = [repository / name for name in listing.split("\0") if name]
    else:
        paths = [path for path in repository.rglob("*") if not path.relative_to(repository).as_posix().startswith(".")]
    return [path for path in paths if path.is_file()]


def test_an_installed_wheel_finds_the_shipped_cases_by_name(repository: Path, installed: Path, tmp_path: Path) -> None:
    code = (
        "import json, bbrmodel\n"
        "from bbrmodel.spec import find_case, list_cases, load_case\n"
        "cases = {name: str(find_case(name)) for name in list_cases()}\n"
        "[load_case(name) for name in cases]\n"
        "print(json.dumps({'package': bbrmodel.__file__, 'cases': cases}))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    found = json.loads(run(sys.executable, "-c", code, cwd=tmp_path, env=environment))
    assert Path(found["package"]).is_relative_to(installed)
    assert sorted(found["cases"]) == sorted(path.parent.name for path in repository.glob("geometries/*/case.toml"))
    assert found["cases"]
    assert all(Path(path).is_relative_to(installed) for path in found["cases"].values())


def test_the_wheel_holds_every_file_of_the_package(repository: Path, wheel: Path) -> None:
    expected = {
        path.relative_to(repository).as_posix()
        for path in tracked_files(repository)
        if path.is_relative_to(repository / "bbrmodel")
    }
    with zipfile.ZipFile(wheel) as archive:
        assert expected - set(archive.namelist()) == set()


def test_the_installed_command_says_how_it_is_used(installed: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    assert "run" in run(installed / "bin" / "bbrmodel", "--help", cwd=tmp_path, env=environment)


def test_the_version_is_the_same_everywhere(repository: Path, project: dict[str, Any]) -> None:
    version = project["version"]
    assert f"\nversion: {version}\n" in (repository / "CITATION.cff").read_text()
    assert f"\n## {version} " in (repository / "CHANGELOG.md").read_text()


def test_the_conda_environment_lists_every_requirement(repository: Path, project: dict[str, Any]) -> None:
    text = (repository / "environment.yml").read_text()
    listed = set(re.findall(r"^ +- ([\w-]+)", text, flags=re.MULTILINE))
    for requirement in project["dependencies"] + project["optional-dependencies"]["dev"]:
        name = re.split(r"[<>=]", requirement)[0].lower()
        assert CONDA_NAMES.get(name, name) in listed


@pytest.mark.parametrize("constraints", ["numpy1", "numpy2"])
def test_the_constraints_pin_every_requirement(repository: Path, project: dict[str, Any], constraints: str) -> None:
    text = (repository / "constraints" / f"{constraints}.txt").read_text()
    pinned = {name.lower() for name in re.findall(r"^([\w.-]+)==", text, flags=re.MULTILINE)}
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[<>=]", requirement)[0].lower() for requirement in wanted}
    assert names - pinned == set()


def test_no_file_names_a_place_on_somebodys_machine(repository: Path) -> None:
    place = re.compile(rb"(?<![\w.)}])/(?:work|root|home|Users)/\w")
    found = {str(path.relative_to(repository)) for path in tracked_files(repository) if place.search(path.read_bytes())}
    assert found == set()


def test_every_link_between_pages_leads_to_a_file(repository: Path) -> None:
    pages = [*repository.glob("*.md"), *(repository / "docs").rglob("*.md"), *repository.glob("geometries/*/*.md")]
    broken = [
        f"{page.relative_to(repository)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_case_in_the_readme_is_valid(repository: Path, tmp_path: Path) -> None:
    from bbrmodel.spec import load_case

    blocks = re.findall(r"```toml\n(.*?)```", (repository / "README.md").read_text(), flags=re.DOTALL)
    assert len(blocks) == 1
    path = tmp_path / "case.toml"
    path.write_text(blocks[0])
    assert load_case(path).ion is not None
