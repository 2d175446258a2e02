"""Budgets that keep the code readable: short files, short functions, few arguments for a caller to know."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40  # of code: docstring, comments and blank lines are free
MAX_ARGUMENTS = 5

PACKAGE = Path(__file__).resolve().parents[2] / "bbrmodel"
FILES = sorted(PACKAGE.rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions_of(path: Path) -> Iterator[tuple[str, Function]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Function):
            yield f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}", node


def lines_with_code(text: str) -> set[int]:
    """Return the numbers of the lines that hold more than a comment."""
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skipped:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines


def lines_of_docstring(node: Function) -> range:
    first = node.body[0]
    if ast.get_docstring(node) is None or first.end_lineno is None:
        return range(0)
    return range(first.lineno, first.end_lineno + 1)


def is_compiled(node: Function) -> bool:
    """Return whether numba compiles the function; it takes plain arrays, hence more of them."""
    return any("njit" in ast.dump(decorator) for decorator in node.decorator_list)


def arguments_of(node: Function) -> list[str]:
    """Return the names of the arguments, without self and cls."""
    named = [argument.arg for argument in node.args.posonlyargs + node.args.args + node.args.kwonlyargs]
    return [name for name in named if name not in {"self", "cls"}]


def test_no_file_is_longer_than_its_budget() -> None:
    lengths = {str(path.relative_to(PACKAGE)): len(path.read_text().splitlines()) for path in FILES}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_no_function_is_longer_than_its_budget() -> None:
    found = {}
    for path in FILES:
        code = lines_with_code(path.read_text())
        for name, node in functions_of(path):
            body = set(range(node.lineno, (node.end_lineno or node.lineno) + 1)) - set(lines_of_docstring(node))
            if len(body & code) > MAX_FUNCTION_LINES:
                found[name] = len(body & code)
    assert found == {}


def test_no_public_function_takes_too_many_arguments() -> None:
    found = {
        name: arguments_of(node)
        for path in FILES
        for name, node in functions_of(path)
        if not path.is_relative_to(PACKAGE / "cli")  # a command has an argument for each of its options
        and not node.name.startswith("_")
        and not is_compiled(node)
        and len(arguments_of(node)) > MAX_ARGUMENTS
    }
    assert found == {}


@pytest.mark.parametrize("forbidden", [ast.Assert, ast.ImportFrom])
def test_the_package_neither_asserts_nor_imports_relatively(forbidden: type[ast.stmt]) -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, forbidden) and (not isinstance(node, ast.ImportFrom) or node.level > 0)
    ]
    assert found == []


def test_nothing_is_left_to_do_in_the_code() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    found = [str(path.relative_to(PACKAGE)) for path in FILES if any(mark in path.read_text() for mark in marks)]
    assert found == []
