"""Write ``docs/errors.md`` from the errors that the sources raise: ``make docs``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import dnawire
from dnawire import errors
from dnawire.runs.application import APPLICATION

TARGET: Final = Path(__file__).with_name("errors.md")
PACKAGE: Final = Path(dnawire.__file__).parent

INTRODUCTION: Final = """\
# Errors and their remedies

This page is generated from the sources (`make docs`); do not edit it. It lists the errors that a
user can cause, by what was being done. *Words in italics* stand for what a message names: a file, a
field, a value. A command prints

    dnawire: error: PROBLEM
      Remedy: REMEDY

and ends with the [exit code](exit_codes.md) of the error; in Python the same is raised as
`dw.errors.NAME`, with `problem` and `remedy`. Search the page for words of a message that are no
values. An error that is met on the way to another one is told with what it belongs to before it,
such as the name of a file. Where a problem or a remedy has several wordings, one stands here.
"""

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "A command, a setting or a keyword": ("cli", "config", "scalars", "api"),
    "A sequence, a contact or a junction": ("junction",),
    "A structure": ("structures",),
    "A parameter set": ("tightbinding",),
    "Files of records, sequences, spectra and measurements": ("data",),
    "Quantum chemistry of all atoms": ("xtb", "electronic", "electrostatics"),
    "A model: load, predict, screen, score, export": ("models", "predictors", "inference"),
    "A training": ("runs", "training", "graphs", "operators"),
    "Checkpoints and resumed runs": ("checkpoint", "cluster", "monitor", "doctor"),
    "Files and processes": ("errors", "files", "shards", "workers"),
    "Arrays and figures in Python": ("transport", "plots", "reports", "compiled"),
}
"""Packages whose errors belong to what a user does."""

OWN_EXCEPTIONS: Final = frozenset({"ForeignDataError", "InvalidNumberError", "TableError"})
"""What is caught where the file is known, and told as a public error."""

ADVICE: Final = frozenset({"unusable", "not_writable"})
"""Fields of `APPLICATION` that are remedies."""

DEEPEST: Final = 3
"""How many functions words are followed through."""


def errors_page() -> str:
    """Return the page as Markdown."""
    modules = [Module.read(path) for path in sorted(PACKAGE.rglob("*.py"))]
    titles = {package: title for title, packages in GROUPS.items() for package in packages}
    rows: dict[str, set[str]] = {title: set() for title in GROUPS}
    for module in modules:
        for one in raised_in(module, modules):
            if one.is_telling:
                rows[titles[module.package]].add(one.row)
    lines = [INTRODUCTION]
    for title, found in rows.items():
        lines += [f"## {title}\n", "| problem | remedy | error | exit code |\n|---|---|---|---|"]
        lines += [*sorted(found, key=lambda row: (row.lower(), row)), ""]
    return "\n".join(lines).rstrip() + "\n"


@dataclass(frozen=True)
class Raised:
    """One error that the sources raise: patterns of its words, in Markdown."""

    name: str
    problem: str
    remedy: str

    @property
    def row(self) -> str:
        """The error as a row of a table."""
        code = getattr(errors, self.name).exit_code
        remedy = "*as the message says*" if _says_nothing(self.remedy) else self.remedy
        return f"| {self.problem} | {remedy} | `{self.name}` | {code} |"

    @property
    def is_telling(self) -> bool:
        """Whether there is a word in it by which it could be found."""
        return not (_says_nothing(self.problem) and _says_nothing(self.remedy))


class Place(NamedTuple):
    """A call, and the functions, classes and handlers around it, the innermost last."""

    call: ast.Call
    scope: tuple[ast.AST, ...]

    @property
    def function(self) -> ast.FunctionDef | None:
        """The innermost function around the call."""
        functions = [one for one in self.scope if isinstance(one, ast.FunctionDef)]
        return functions[-1] if functions else None

    @property
    def kind(self) -> ast.ClassDef | None:
        """The innermost class around the call."""
        kinds = [one for one in self.scope if isinstance(one, ast.ClassDef)]
        return kinds[-1] if kinds else None


@dataclass(frozen=True)
class Module:
    """One file of the sources."""

    package: str
    tree: ast.Module

    @classmethod
    def read(cls, path: Path) -> Module:
        """Read a file of the package."""
        package = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        return cls(package, ast.parse(path.read_text(encoding="utf-8")))

    @cached_property
    def calls(self) -> dict[str, list[Place]]:
        """All calls by the last name of what is called."""
        found: dict[str, list[Place]] = {}
        for place in _places(self.tree, ()):
            match place.call.func:
                case ast.Name(name) | ast.Attribute(attr=name):
                    found.setdefault(name, []).append(place)
        return found

    @cached_property
    def own_errors(self) -> dict[str, str]:
        """Errors that are made here of public ones, whose constructors differ."""
        found = {}
        for node in self.tree.body:
            match node:
                case ast.ClassDef(name=name, bases=[ast.Name(base)]) if _is_error(base):
                    found[name] = base
        return {} if self.package == "errors" else found

    def values(self, name: str, scope: tuple[ast.AST, ...]) -> list[ast.expr]:
        """Return what is assigned to a name, or returned by a function of that name."""
        for around in (*reversed(scope), self.tree):
            if name in (known := _named(around)):
                return known[name]
        return []


@cache
def _named(around: ast.AST) -> dict[str, list[ast.expr]]:
    """What is assigned to each name in a part of a file, or returned by a function of it."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(around):
        match node:
            case (
                ast.Assign(targets=[ast.Name(name)], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value)
                | ast.FunctionDef(name=name, body=[*_, ast.Return(ast.expr() as value)])
            ):
                found.setdefault(name, []).append(value)
    return found


def _places(node: ast.AST, scope: tuple[ast.AST, ...]) -> Iterator[Place]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler):
        scope = (*scope, node)
    if isinstance(node, ast.Call):
        yield Place(node, scope)
    for child in ast.iter_child_nodes(node):
        yield from _places(child, scope)


def _is_error(name: str) -> bool:
    kind = getattr(errors, name, None)
    return isinstance(kind, type) and issubclass(kind, errors.DnawireError)


def raised_in(module: Module, modules: list[Module]) -> Iterator[Raised]:
    """Errors that a file raises, told in the words of those that hand them words."""
    for name, places in module.calls.items():
        for place in places:
            public = _public_name(name, place, module)
            match place.call.args:
                case [problem, remedy] if public and not _are_handed_on(problem, remedy):
                    for given in _given(place, module, modules):
                        words = Words(module, place.scope, given)
                        yield Raised(public, words.of(problem), words.of(remedy))


def _public_name(name: str, place: Place, module: Module) -> str:
    """Return the public error that a call makes, or nothing."""
    if name == "cls" and place.kind:
        return place.kind.name if _is_error(place.kind.name) else ""
    if name == "__init__" and place.kind:
        return module.own_errors.get(place.kind.name, "")
    return name if _is_error(name) else ""


def _are_handed_on(problem: ast.expr, remedy: ast.expr) -> bool:
    """Whether the words are those of an error that was raised elsewhere."""
    kept = {("problem", 0), ("remedy", 1)}
    return any(
        isinstance(text, ast.Attribute) and (text.attr, number) in kept
        for number, text in enumerate((problem, remedy))
    )


Given: TypeAlias = dict[str, tuple["Words", ast.expr]]
"""Words that are handed over under a name, and where they stand."""


def _given(place: Place, module: Module, modules: list[Module], depth: int = 0) -> list[Given]:
    """Words that are handed to the function and the handlers around a call, one way after another.

    A handler is handed the words of the exceptions of ours that it catches.
    """
    names = {node.id for node in ast.walk(place.call) if isinstance(node, ast.Name)}
    handed: list[Given] = []
    if depth < DEEPEST:
        function = place.function
        if function and names & {one.arg for one in function.args.args}:
            handed += _from_callers(function, place, module, modules, depth)
        handed += _from_exceptions(place, modules)
    kept = ({name: words for name, words in one.items() if name in names} for one in handed)
    return [one for one in kept if one] or [{}]


def _from_callers(
    function: ast.FunctionDef, place: Place, module: Module, modules: list[Module], depth: int
) -> Iterator[Given]:
    kind = place.kind
    parameters = [one.arg for one in function.args.args]
    is_method = parameters[:1] in (["self"], ["cls"])
    is_made = is_method and function.name == "__init__"
    name = kind.name if kind and is_made else function.name
    defaults = dict(zip(reversed(parameters), reversed(function.args.defaults), strict=False))
    own = Words(module, place.scope, {})
    for there in [module] if name.startswith("_") else modules:
        for caller in there.calls.get(name, ()):
            call = caller.call
            if isinstance(call.func, ast.Attribute) != (is_method and not is_made):
                continue
            named = {one.arg: one.value for one in call.keywords if one.arg}
            bound = dict(zip(parameters[is_method:], call.args, strict=False)) | named
            for given in _given(caller, there, modules, depth + 1):
                words = Words(there, caller.scope, given)
                handed = {one: (own, text) for one, text in defaults.items()}
                handed |= {one: (words, text) for one, text in bound.items()}
                yield {one: found for one, found in handed.items() if found[0].tells(found[1])}


def _from_exceptions(place: Place, modules: list[Module]) -> Iterator[Given]:
    for handler in place.scope:
        match handler:
            case ast.ExceptHandler(type=ast.expr() as caught, name=str(error)):
                names = {node.id for node in ast.walk(caught) if isinstance(node, ast.Name)}
                for module, name in product(modules, sorted(names & OWN_EXCEPTIONS)):
                    for one in module.calls.get(name, ()):
                        words = Words(module, one.scope, {})
                        for text in filter(words.tells, one.call.args):
                            yield {error: (words, text)}


@dataclass(frozen=True)
class Words:
    """Patterns of the words of an expression in a function of a file."""

    module: Module
    scope: tuple[ast.AST, ...]
    given: Given

    def tells(self, text: ast.expr) -> bool:
        """Whether an expression holds words, here or where it comes from."""
        match text:
            case ast.Name(name):
                return name in self.given
            case ast.Attribute(attr=name):
                return name in ADVICE
        return _is_words(text)

    def of(self, text: ast.expr) -> str:
        """Return the words in one line of a table; what a message fills in is in italics."""
        line = " ".join("".join(self._parts(text, ())).split())
        return line.strip(" .") or "*words*"

    def _parts(self, text: ast.expr, followed: tuple[str, ...]) -> Iterator[str]:
        match text:
            case ast.Constant(str(words)):
                yield _escaped(words)
            case ast.Attribute(attr=name) if name in ADVICE:
                yield _escaped(getattr(APPLICATION, name))
            case ast.Name(name) | ast.Call(func=ast.Name(name)) if name not in followed:
                yield from self._followed(text, name, followed)
            case _:
                pieces = _pieces(text)
                for one in pieces:
                    yield from self._parts(one, followed)
                if not pieces:
                    yield f"*{_placeholder(text)}*"

    def _followed(self, text: ast.expr, name: str, followed: tuple[str, ...]) -> Iterator[str]:
        """Words of a name that holds words, the name itself in italics otherwise."""
        if name in self.given:
            words, handed = self.given[name]
            yield words.of(handed)
            return
        values = [one for one in self.module.values(name, self.scope) if _is_words(one)]
        if values:
            yield from self._parts(max(values, key=_length), (*followed, name))
        else:
            yield f"*{_placeholder(text)}*"


def _pieces(text: ast.expr) -> list[ast.expr]:
    """Return what the words of an expression are put together of, nothing if it has none."""
    match text:
        case ast.JoinedStr(values):
            return values
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [left, right]
        case ast.IfExp(body=body, orelse=other):
            return [max(body, other, key=_length)]
        case ast.BoolOp(values=[*_, last]) | ast.FormattedValue(value=last):
            return [last]
        case ast.Call(func=ast.Attribute(value=inner, attr="format" | "lstrip" | "rstrip")):
            return [inner]
    return []


def _says_nothing(pattern: str) -> bool:
    return not re.sub(r"\*[^*]+\*|\W", "", pattern)


def _is_words(text: ast.expr) -> bool:
    match text:
        case ast.Constant(value):
            return isinstance(value, str) and " " in value
        case ast.JoinedStr() | ast.IfExp():
            inner = (one for one in ast.iter_child_nodes(text) if isinstance(one, ast.expr))
            return any(map(_is_words, inner))
        case ast.BinOp(left=left, right=right):
            return _is_words(left) or _is_words(right)
    return False


def _length(text: ast.expr) -> int:
    constants = (one for one in ast.walk(text) if isinstance(one, ast.Constant))
    return sum(len(one.value) for one in constants if isinstance(one.value, str))


def _placeholder(text: ast.expr) -> str:
    """Name for what a message fills in: the last name of the expression that says something."""
    names: list[str] = []
    for node in ast.walk(text):
        match node:
            case ast.Attribute(attr=name) | ast.Name(name) if len(name.strip("_")) > 1:
                names.append(name)
    telling = [one for one in names if one not in _SILENT]
    return _spoken(telling[0]) if telling else "value"


_SILENT: Final = frozenset(
    {"join", "map", "str", "repr", "len", "sorted", "list", "max", "min", "abs", "format", "float",
     "int", "tuple", "set", "self", "strip", "upper", "lower", "size", "item", "tolist", "getattr",
     "get_args", "sum", "next", "iter", "zip", "enumerate", "shown", "type", "np", "count_nonzero",
     "vars", "fields", "fspath", "os", "plural"}
)  # fmt: skip
"""Names that do not tell what a message fills in."""


def _spoken(name: str) -> str:
    return name.strip("_").replace("_", " ").lower()


def _escaped(words: str) -> str:
    """Words as they are, whatever they mean in Markdown."""
    return re.sub(r"([\\`*_\[\]<>|#~$])", r"\\\1", words)


if __name__ == "__main__":
    TARGET.write_text(errors_page(), encoding="utf-8")
