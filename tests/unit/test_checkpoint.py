"""Checkpoints: written whole, refused when they are not those of the case."""

from pathlib import Path

import numpy as np
import pytest

from bbrmodel.errors import ConfigError, ResultExistsError
from bbrmodel.model.checkpoint import CHECKPOINT_FILE, Checkpoint, identity_of, read_checkpoint, write_checkpoint
from bbrmodel.results.files import check_free, find_unfinished, is_unfinished, reserve_directory
from bbrmodel.spec import load_case

CASE = load_case("grey_sphere_hole")


def make(value: float) -> Checkpoint:
    return Checkpoint({"T": np.array([value, 1.0 / 3.0])}, {"columns": ["time_s"]})


def test_numbers_come_back_as_they_were_and_the_last_one_stands(tmp_path: Path) -> None:
    path = tmp_path / "new" / CHECKPOINT_FILE
    write_checkpoint(path, make(1.0), "same")
    write_checkpoint(path, make(2.0), "same")
    found = read_checkpoint(path, "same")
    assert np.array_equal(found.arrays["T"], [2.0, 1.0 / 3.0])
    assert found.words == {"columns": ["time_s"]}
    assert [file.name for file in path.parent.iterdir()] == [CHECKPOINT_FILE]


def test_another_case_mesh_or_version_is_refused_with_what_differs(tmp_path: Path) -> None:
    path = tmp_path / CHECKPOINT_FILE
    write_checkpoint(path, make(1.0), identity_of(CASE, "mesh1"))
    read_checkpoint(path, identity_of(CASE, "mesh1"))
    with pytest.raises(ConfigError, match=r"mesh was mesh1, is mesh2"):
        read_checkpoint(path, identity_of(CASE, "mesh2"))
    other = load_case("grey_sphere_hole", ["radiation.seed=9"])
    with pytest.raises(ConfigError, match=r"\[radiation\] seed was \d+, is 9"):
        read_checkpoint(path, identity_of(other, "mesh1"))


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / CHECKPOINT_FILE
    path.write_bytes(b"PK nonsense")
    with pytest.raises(ConfigError, match=r"cannot be read as a checkpoint"):
        read_checkpoint(path, "same")


def test_a_directory_with_a_checkpoint_alone_is_unfinished(tmp_path: Path) -> None:
    first, second = reserve_directory(tmp_path / "case"), reserve_directory(tmp_path / "case")
    assert (first.name, second.name) == ("001", "002")
    assert not is_unfinished(second)
    with pytest.raises(ConfigError, match=r"no run there has stopped before its end"):
        find_unfinished(tmp_path / "case")
    write_checkpoint(first / CHECKPOINT_FILE, make(1.0), "same")
    assert find_unfinished(tmp_path / "case") == first
    with pytest.raises(ResultExistsError, match=r"001: holds the checkpoint of a run that has not ended.*--restart"):
        check_free(first)
    check_free(first, force=True)
