"""bbrmodel: the blackbody radiation that the ion of an optical clock sees."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("bbrmodel")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0+source"

__all__ = ["__version__"]
