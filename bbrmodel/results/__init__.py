"""Results on disk: one directory per run, written whole or not at all, and read back without dolfinx or gmsh."""

from bbrmodel.results.dataset import to_dataset
from bbrmodel.results.document import SCHEMA_VERSION, to_document
from bbrmodel.results.files import (
    is_result_directory,
    read_result,
    read_solution,
    write_new_result,
    write_result,
)
from bbrmodel.results.lookup import lookup, lookup_all
from bbrmodel.results.provenance import case_hash, collect_versions, peak_memory_mib
from bbrmodel.results.references import Comparison, Reference, compare_with_references, read_references

__all__ = [
    "SCHEMA_VERSION",
    "Comparison",
    "Reference",
    "case_hash",
    "collect_versions",
    "compare_with_references",
    "is_result_directory",
    "lookup",
    "lookup_all",
    "peak_memory_mib",
    "read_references",
    "read_result",
    "read_solution",
    "to_dataset",
    "to_document",
    "write_new_result",
    "write_result",
]
