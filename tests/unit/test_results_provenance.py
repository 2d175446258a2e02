"""Hashes of cases and the commit of a source tree."""

import re
from pathlib import Path

import meshio
import numpy as np
import pytest
from result_samples import CASE_TOML, write_case

from bbrmodel.results import case_hash, collect_versions, provenance
from bbrmodel.spec import load_case


def test_the_hash_of_a_case_depends_on_what_it_says_and_not_on_how(tmp_path: Path) -> None:
    path = write_case(tmp_path)
    again = tmp_path / "again.toml"
    again.write_text("# the same\n" + CASE_TOML.replace('"$finish"', '"polished"'))
    assert case_hash(load_case(path)) != case_hash(load_case(path, {"heat_sources.rf.power_W": 0.06}))
    assert case_hash(load_case(path, {"parameters.finish": "as_machined"})) != case_hash(load_case(path))
    assert case_hash(load_case(path)) == case_hash(load_case(path, {"heat_sources.rf.power_W": 0.05}))


def test_the_hash_of_a_case_depends_on_the_package_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = load_case(write_case(tmp_path))
    before = case_hash(case)
    monkeypatch.setattr(provenance.bbrmodel, "__version__", "99.0")
    assert case_hash(case) != before


def test_the_hash_of_a_case_depends_on_the_content_of_its_mesh_file(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_text(CASE_TOML.replace('apparatus = "split_sphere"', 'mesh_file = "block.msh"'))
    case = load_case(path)
    hashes = set()
    for size in (1.0, 2.0):
        mesh = meshio.Mesh(size * np.eye(4, 3), [("tetra", np.array([[0, 1, 2, 3]]))])
        mesh.write(tmp_path / "block.msh", file_format="gmsh22", binary=False)
        hashes.add(case_hash(case))
    assert len(hashes) == 2


def test_packages_that_are_missing_are_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(provenance._DISTRIBUTIONS, "numba", ("no-such-distribution",))
    assert collect_versions()["numba"] == "not installed"


def test_the_commit_of_a_checked_out_branch_is_found(tmp_path: Path) -> None:
    branch = tmp_path / ".git" / "refs" / "heads"
    branch.mkdir(parents=True)
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (branch / "main").write_text("1" * 40 + "\n")
    assert provenance.source_commit(tmp_path) == "1" * 40


def test_the_commit_of_a_packed_branch_and_of_a_detached_head_is_found(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / ".git" / "packed-refs").write_text("# pack-refs\n" + "2" * 40 + " refs/heads/main\n")
    assert provenance.source_commit(tmp_path) == "2" * 40
    (tmp_path / ".git" / "HEAD").write_text("3" * 40 + "\n")
    assert provenance.source_commit(tmp_path) == "3" * 40


def test_an_installed_package_has_no_commit(tmp_path: Path) -> None:
    assert provenance.source_commit(tmp_path) is None


def test_peak_memory_falls_back_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    direct = provenance.peak_memory_mib()

    def missing(*_: object, **__: object) -> str:
        raise OSError

    monkeypatch.setattr(Path, "read_text", missing)
    # The parent's share makes the fallback larger or equal; a wrong unit would be a factor of 1024.
    assert re.match(r"\d", str(direct))
    assert direct * 0.5 < provenance.peak_memory_mib() < direct * 100


def test_the_hash_of_a_case_depends_on_the_defaults_of_its_builder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = load_case(write_case(tmp_path))
    monkeypatch.setattr(provenance, "geometries_dir", lambda: tmp_path)
    (tmp_path / "split_sphere").mkdir()
    hashes = set()
    for default in ("0.1", "0.2"):
        (tmp_path / "split_sphere" / "parameters.toml").write_text(f"[radius_m]\ndefault = {default}\n")
        hashes.add(case_hash(case))
    assert len(hashes) == 2
