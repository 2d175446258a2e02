"""Finding and reading files: what cannot be read is one line."""

from pathlib import Path

import pytest

from bbrmodel import resources
from bbrmodel.errors import ConfigError
from bbrmodel.spec import find_case, list_cases, load_case, load_study

MINIMAL = 'schema_version = 1\nname = "minimal"\n[geometry]\napparatus = "box"\n'


def line_of(path: Path | str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_case(path)
    assert caught.value.problems == (str(caught.value),)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "geometries"
    for name in ("lncioc_ca2", "rt_ca"):
        (directory / name).mkdir(parents=True)
        (directory / name / "case.toml").write_text(MINIMAL.replace("minimal", name))
    (directory / "notes").mkdir()
    monkeypatch.setattr("bbrmodel.spec.load.geometries_dir", lambda: directory)
    return directory


def test_a_shipped_case_is_found_by_its_name(shipped: Path) -> None:
    assert list_cases() == ["lncioc_ca2", "rt_ca"]
    assert find_case("rt_ca") == shipped / "rt_ca" / "case.toml"
    assert load_case("rt_ca").name == "rt_ca"


def test_a_directory_of_the_same_name_does_not_hide_a_shipped_case(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rt_ca").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_case("rt_ca") == shipped / "rt_ca" / "case.toml"


def test_a_directory_with_a_case_file_stands_for_it(shipped: Path) -> None:
    assert load_case(shipped / "rt_ca").name == "rt_ca"


def test_an_unknown_name_gets_a_suggestion(shipped: Path) -> None:
    assert line_of("lncioc_ca") == (
        "lncioc_ca: no such file and no shipped case of that name. Did you mean 'lncioc_ca2'?"
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert line_of(tmp_path / "missing.toml").startswith(f"{tmp_path / 'missing.toml'}: no such file")


def test_a_directory_without_a_case_is_refused(tmp_path: Path) -> None:
    assert line_of(tmp_path) == f"{tmp_path}: is a directory without case.toml. Give the path of a case file."


def test_a_file_below_the_working_directory_is_shown_by_its_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.toml").write_text(MINIMAL.replace("minimal", "a b"))
    monkeypatch.chdir(tmp_path)
    assert line_of(tmp_path / "bad.toml").startswith('bad.toml: name = "a b": must be letters')


def test_text_that_is_not_utf8_names_line_and_byte(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(MINIMAL.encode() + "# Gehäuse\n".encode("latin-1"))
    assert line_of(path) == f"{path}: line 5 = byte 0xe4: must be UTF-8 text. Save as UTF-8."


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    assert load_case(path).name == "minimal"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = \n", 'line 1, column 8 = "name =": not valid TOML: invalid value.'),
        ("a = 1\nb 2\n", "line 2, column 3 = \"b 2\": not valid TOML: expected '=' after a key"),
        ("a = 1\na = 2\n", 'line 2, column 6 = "a = 2": not valid TOML: cannot overwrite a value'),
        ('a = "x', "line 1: not valid TOML:"),
        ("[ion\n", 'line 1, column 5 = "[ion": not valid TOML: expected'),
    ],
)
def test_a_syntax_error_names_the_line_and_shows_it(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text)
    assert f"{path}: {message}" in line_of(path)


def test_an_empty_file_misses_the_required_keys(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("")
    with pytest.raises(ConfigError) as caught:
        load_case(path)
    assert [line.split(": ")[1] for line in caught.value.problems] == ["schema_version", "name", "geometry"]


def test_a_file_without_permission_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    path = tmp_path / "secret.toml"
    path.write_text(MINIMAL)
    monkeypatch.setattr(Path, "read_bytes", refuse)  # root, who runs the tests in containers, may read every file
    assert line_of(path) == f"{path}: cannot be read: Permission denied. Give the path of a TOML file."


def test_a_study_file_that_is_a_directory_or_missing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{tmp_path}: is a directory"):
        load_study(tmp_path)
    with pytest.raises(ConfigError, match=r"no\.toml: cannot be read: No such file or directory"):
        load_study(tmp_path / "no.toml")


def test_the_cache_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BBRMODEL_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert resources.cache_dir() == tmp_path / "own"
    monkeypatch.delenv("BBRMODEL_CACHE")
    assert resources.cache_dir() == tmp_path / "xdg" / "bbrmodel"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resources.cache_dir() == tmp_path / ".cache" / "bbrmodel"


def test_the_shipped_cases_lie_in_the_package_or_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "bbrmodel"
    package.mkdir()
    monkeypatch.setattr(resources, "__file__", str(package / "resources.py"))
    assert resources.geometries_dir() == tmp_path / "geometries"
    (package / "geometries").mkdir()
    assert resources.geometries_dir() == package / "geometries"
