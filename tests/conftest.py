"""What all tests share: repeatable property tests, a cache of their own, and no test that skips unnoticed."""

import hashlib
import importlib.util
import logging
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
ALLOW_NO_FENICS = os.environ.get("BBRMODEL_ALLOW_NO_FENICS") == "1"
HAS_FENICS = importlib.util.find_spec("dolfinx") is not None

# The matrices of tests are small: a second thread of the linear algebra would only wait, and take a core to do so.
# Read when numpy is loaded, which is later.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same seed on every run, and no deadline: the first call of a compiled function may take seconds. Hypothesis also
# draws numbers that it finds in the modules that are loaded, so what chance decides has seeds of its own instead.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


def hash_of_sources() -> str:
    """Return a hash of everything that decides what a cached mesh or view factor holds."""
    digest = hashlib.sha256()
    for folder in ("bbrmodel", "geometries"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".toml"}:
                digest.update(path.relative_to(ROOT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def pytest_configure(config: pytest.Config) -> None:
    """Point the package at a cache that survives between runs as long as the sources are the same."""
    if config.cache is None:  # -p no:cacheprovider; the tests then use the folder given from outside, if any
        return
    caches = Path(config.cache.mkdir("bbrmodel"))
    current = caches / hash_of_sources()
    for old in caches.iterdir():
        if old != current:
            shutil.rmtree(old, ignore_errors=True)
    current.mkdir(exist_ok=True)
    os.environ["BBRMODEL_CACHE"] = str(current)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse to pass over the FEniCS tests unless the caller said that there is no FEniCS."""
    if item.get_closest_marker("fenics") is None or HAS_FENICS:
        return
    if ALLOW_NO_FENICS:
        pytest.skip("dolfinx is not installed and BBRMODEL_ALLOW_NO_FENICS=1")
    pytest.fail("dolfinx is not installed; run scripts/setup, or set BBRMODEL_ALLOW_NO_FENICS=1 to skip", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure: what is skipped is not tested, and nobody reads the list of skips."""
    report = yield
    expected = ALLOW_NO_FENICS and item.get_closest_marker("fenics") is not None
    if report.skipped and not hasattr(report, "wasxfail") and not expected:
        report.outcome = "failed"
        report.longrepr = f"unexpected skip: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Take back what a command set up for its process: levels, and a handler that writes to this test's stderr."""
    loggers = [logging.getLogger(name) for name in (None, "bbrmodel", "py.warnings")]
    levels, handlers = [logger.level for logger in loggers], list(loggers[0].handlers)
    yield
    for handler in set(loggers[0].handlers) - set(handlers):
        loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache for cases that several files solve; tests of the cache itself use one of their own."""
    return tmp_path_factory.mktemp("shared_cache")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the folder that holds pyproject.toml."""
    return ROOT
