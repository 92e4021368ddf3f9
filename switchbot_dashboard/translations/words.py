"""Finds the words that the service says, in its source and its templates: what each language must have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file

PACKAGE = Path(__file__).parents[1]
CALLS = {"_": 1, "_l": 1, "gettext": 1, "lazy_gettext": 1, "ngettext": 2}  # how many texts each is given
TEMPLATES = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}


@dataclass(frozen=True, slots=True)
class Words:
    """What is said at one place: a text, or the singular and plural of one."""

    place: str
    texts: tuple[str, ...]


class NoLiteral(Exception):
    """A template of a sentence that the source does not show, so that nobody could translate it."""


def said_in(package: Path = PACKAGE) -> list[Words]:
    """All words of the package that a reader may meet. Raises NoLiteral."""
    found: list[Words] = []
    for file in sorted(package.rglob("*.py")):
        place = str(file.relative_to(package))
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found += _marked(tree, place)
        found += [Words(f"{place}:{line}", (text,)) for line, text in _sentences(tree, place)]
    for file in sorted(package.glob("web/templates/**/*.html")):
        found += _in_template(file, str(file.relative_to(package)))
    return found


def _marked(tree: ast.Module, place: str) -> Iterator[Words]:
    """The texts given to gettext's functions; Babel's own reader does not look into f-strings."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        given = node.args[: CALLS.get(node.func.id, 0)]
        texts = [text.value for text in given if isinstance(text, ast.Constant) and isinstance(text.value, str)]
        if texts:
            yield Words(f"{place}:{node.lineno}", tuple(texts))


def _in_template(file: Path, place: str) -> Iterator[Words]:
    for line, texts, *_ in extract_from_file("jinja2.ext:babel_extract", file, DEFAULT_KEYWORDS, options=TEMPLATES):
        several = (texts,) if isinstance(texts, str) else tuple(text for text in texts if isinstance(text, str))
        yield Words(f"{place}:{line}", several)


def _sentences(tree: ast.Module, place: str) -> Iterator[tuple[int, str]]:
    """The templates given to `say`: a literal, a local name that holds literals, or a table of them."""
    scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for scope in (*scopes, tree):
        for call in _own_calls(scope):
            texts = list(_texts(call.args[0], (scope, tree)))
            if not texts:
                raise NoLiteral(f"{place}:{call.lineno}")
            yield from ((call.lineno, text) for text in texts)


def _own_calls(scope: ast.AST) -> Iterator[ast.Call]:
    """Calls of `say` in a scope, those of inner functions left to them."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            yield node
        yield from _own_calls(node)


def _texts(node: ast.AST, scopes: tuple[ast.AST, ...]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, scopes)
        yield from _texts(node.orelse, scopes)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _texts(value, scopes)
    elif isinstance(node, ast.Subscript):
        yield from _texts(node.value, scopes)
    elif isinstance(node, ast.Name):
        for scope in scopes:
            values = list(_assigned(node.id, scope))
            if values:
                yield from (text for value in values for text in _texts(value, scopes))
                return


def _assigned(name: str, scope: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _paired(name, target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _paired(name, node.target, node.value)


def _paired(name: str, target: ast.expr, value: ast.expr) -> Iterator[ast.expr]:
    """The value that goes to `name`, also where several are assigned at once."""
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for inner, given in zip(target.elts, value.elts, strict=False):
            yield from _paired(name, inner, given)
