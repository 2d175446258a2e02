"""Whole budgets of clocks: every systematic shift of a published table from its formula and inputs.

A budget is a TOML file; those of the papers come with the program. Rows name a formula of `bbrmodel.budget.formulas`.
"""

from bbrmodel.budget.case import BbrPart, by_body, parts_of_case, uncertainty_of_case, with_case
from bbrmodel.budget.compute import Value
from bbrmodel.budget.evaluate import EvaluatedEntry
from bbrmodel.budget.table import EvaluatedBudget, Sums, evaluate_budget, find_budget, list_budgets

__all__ = [
    "BbrPart",
    "EvaluatedBudget",
    "EvaluatedEntry",
    "Sums",
    "Value",
    "by_body",
    "evaluate_budget",
    "find_budget",
    "list_budgets",
    "parts_of_case",
    "uncertainty_of_case",
    "with_case",
]
