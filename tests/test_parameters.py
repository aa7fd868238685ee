"""No function takes more than seven parameters: what belongs together is one value."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "tvapp"
MOST = 7
"""`self` and `cls` do not count, nor do the constructors of dataclasses and structs, which are not written out."""

EXEMPT_ROOMS = {"localcloud": "a stand-in for a service, whose requests have as many parameters as the service's"}


def test_no_function_has_more_than_seven_parameters() -> None:
    assert {name: count for name, count in _counts() if count > MOST} == {}


def _counts() -> Iterator[tuple[str, int]]:
    """Yield every function of the package with the number of its parameters."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if module.partition(".")[0] not in EXEMPT_ROOMS:
            yield from _functions(ast.parse(path.read_text(encoding="utf-8")), module)


def _functions(node: ast.AST, name: str) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            each = child.args
            taken = [*each.posonlyargs, *each.args, *each.kwonlyargs]
            is_bound = isinstance(node, ast.ClassDef) and bool(taken) and taken[0].arg in ("self", "cls")
            yield f"{name}.{child.name}", len(taken) - is_bound
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from _functions(child, f"{name}.{child.name}" if named else name)  # type: ignore[attr-defined]


def test_the_rule_sees_methods_nested_functions_and_every_kind_of_parameter() -> None:
    source = """
class Service:
    def __init__(self, a, /, b, *, c): pass
    @staticmethod
    def made(a, b): pass
if True:
    async def outer(a, b=1, *rest, **more):
        def inner(c): pass
"""
    assert dict(_functions(ast.parse(source), "m")) == {
        "m.Service.__init__": 3,
        "m.Service.made": 2,
        "m.outer": 2,
        "m.outer.inner": 1,
    }
