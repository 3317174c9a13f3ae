"""Mutants by syntax tree: every call that carries a clause is taken out, one at a time, and every absorbed message."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLAUSE = re.compile(r"[A-Z]{3}\.\d+")
WIDTH = 110
NO_CHECKS = ("desk/", "client/")  # a test of the house holds that
GENERIC = {"clause"}  # parameters that carry a clause on
DEAF = "type('Deaf', (), {'read': lambda self, id, points, place: points})()"


class Mutant(NamedTuple):
    """One file of verifier/ with one thing wrong; `id` is the clause that it weakens, if it names one."""

    name: str
    file: str
    source: str
    id: str


def deletions(root: Path) -> list[Mutant]:
    """All of them, in the files' order."""
    found = []
    rooms = root / "verifier"
    for path in sorted(rooms.rglob("*.py")):
        source, file = path.read_text(), str(path.relative_to(rooms))
        if not file.startswith(NO_CHECKS):
            found += list(_without_clauses(file, source)) + list(_without_messages(file, source))
    return found


def carried(root: Path) -> set[str]:
    """The clauses that calls in verifier/ carry."""
    return {mutant.id for mutant in deletions(root) if CLAUSE.fullmatch(mutant.id)}


def _without_clauses(file: str, source: str) -> Iterator[Mutant]:
    tree = ast.parse(source)
    statements = {id(node.value): node for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        place = next((at for at, arg in enumerate(call.args) if _clause(arg)), None)
        if place is None:
            continue
        clause, name = _clause(call.args[place]), _name(call)
        if name in {"Line", "Clause", "Reading", "Equation", "Rejected", "Incomplete", "Finding", "asking", "fetch"}:
            continue
        statement = statements.get(id(call))
        node: ast.expr | ast.stmt = call if statement is None else statement
        text = "pass" if statement is not None else _without(call, name, place)
        yield Mutant(f"{file} without {_shown(call)}", file, _cut(source, node, text), clause)


def _without(call: ast.Call, name: str, place: int) -> str:
    """What stands for a call whose value is used, if its clause is not asked."""
    match name:
        case "read":
            return ast.unparse(call.args[1])
        case "Reader" | "Readers":
            args = [ast.unparse(arg) for arg in call.args]
            args[place - 1] = DEAF
            return f"{name}({', '.join(args)})"
        case "contest":
            return f"state.rules.contest({ast.unparse(call.args[0])})"
        case "check_cosignatures":
            return "()"
        case "judge_cosignatures":
            return "((), ())"
    raise NotImplementedError(f"{name} carries a clause and gives a value: say here what stands for it")


def _without_messages(file: str, source: str) -> Iterator[Mutant]:
    if file == "proof/transcript.py":
        return
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="absorb"), args=[_, _]) as call):
                yield Mutant(f"{file} without {_shown(call)}", file, _cut(source, node, "pass"), "")
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="column" | "points")) as call):
                yield Mutant(f"{file} with {_shown(call)} unabsorbed", file, _cut(source, node, "next(t._columns)"), "")


def _clause(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(id)) if CLAUSE.fullmatch(id):
            return id
        case ast.Name(id=name) if name in GENERIC:
            return name
    return ""


def _shown(call: ast.Call) -> str:
    text = ast.unparse(call)
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def _cut(source: str, node: ast.expr | ast.stmt, text: str) -> str:
    """The source with other text in the place of the node."""
    lines = source.encode().splitlines(keepends=True)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    return (before + text.encode() + after).decode()
