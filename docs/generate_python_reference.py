"""Write ``docs/python_reference.md`` from the docstrings of the public names: ``make docs``."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import dnawire
from dnawire import errors
from dnawire.api import questions, uncertainty_question
from dnawire.api.conditions import AskedConditions, ConditionKeywords
from dnawire.api.design_question import DesignKeywords, DesignQuestion
from dnawire.api.scan_options import ScanKeywords, ScanOptions
from dnawire.api.selection import ScreenKeywords, Selection
from dnawire.api.series_options import SeriesKeywords, SeriesOptions

TARGET: Final = Path(__file__).with_name("python_reference.md")

INTRODUCTION: Final = """\
# Reference of the Python interface

This page is generated from the docstrings (`make docs`); do not edit it. The tour is
[in Python](python.md).

    import dnawire as dw
"""

QUESTIONS: Final = (
    (questions.CurrentKeywords, questions.CurrentQuestion),
    (questions.ThermoelectricKeywords, questions.ThermoelectricQuestion),
    (questions.DephasingKeywords, questions.DephasingQuestion),
    (questions.DisorderKeywords, questions.DisorderQuestion),
    (DesignKeywords, DesignQuestion),
    (uncertainty_question.UncertaintyKeywords, uncertainty_question.UncertaintyQuestion),
)

_CONTACT_FLAG: Final = re.compile(r"^(left|right)_contact$")
_SECTION: Final = re.compile(r"^(\w+)\n-+$", re.MULTILINE)
_REFERENCE: Final = re.compile(r"(?<!`)``(?!`)")


def python_reference() -> str:
    """Return the page as Markdown."""
    public = {name: getattr(dnawire, name) for name in sorted(dnawire.__all__)}
    lines = [INTRODUCTION, "## Functions\n"]
    for name, one in public.items():
        if inspect.isfunction(one):
            lines += _function(f"dw.{name}", one)
    lines += ["## Keywords\n", *_keywords(ConditionKeywords, AskedConditions)]
    lines += _keywords(ScreenKeywords, Selection)
    for keywords, question in QUESTIONS:
        lines += _keywords(keywords, question)
    lines += _keywords(SeriesKeywords, SeriesOptions)
    lines += _keywords(ScanKeywords, ScanOptions)
    lines.append("## Classes\n")
    for name, one in public.items():
        if inspect.isclass(one):
            lines += _class(name, one)
    return "\n".join([*lines, "## Errors\n", *_errors()]).rstrip() + "\n"


def _function(name: str, function: Any) -> Iterator[str]:  # noqa: ANN401
    yield f"### {name}\n"
    yield f"    {_call(name, function)}\n"
    yield _text(function)


def _class(name: str, kind: type) -> Iterator[str]:
    yield f"### dw.{name}\n"
    yield _text(kind)
    known = attribute_docs(kind)
    rows = [(name, text) for name, text in known.items() if not name.startswith("_")]
    rows += [_member(name, one) for name, one in _members(kind).items() if _is_public(name, one)]
    if rows:
        yield "| member | meaning |\n|---|---|"
        yield from (f"| `{one}` | {text} |" for one, text in rows)
        yield ""


def _members(kind: type) -> dict[str, Any]:
    """Members of a class, then those of the classes of `dnawire.api` that it is made of."""
    bases = [base for base in kind.__mro__[1:] if base.__module__.startswith("dnawire.api.")]
    found = dict(vars(kind))
    for base in bases:
        found = {**found, **{name: vars(base)[name] for name in vars(base) if name not in found}}
    return found


def _is_public(name: str, member: object) -> bool:
    kinds = (property, cached_property, classmethod)
    return not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, kinds))


def _member(name: str, member: Any) -> tuple[str, str]:  # noqa: ANN401
    is_value = isinstance(member, property | cached_property)
    function = member.__func__ if isinstance(member, classmethod) else member
    text = _REFERENCE.sub("`", (inspect.getdoc(member) or "").split("\n\n")[0].replace("\n", " "))
    return (name if is_value else _call(name, function)), text


def _call(name: str, function: Any) -> str:  # noqa: ANN401
    """Name and parameters; those that come from settings have too many to be shown."""
    parameters = [
        one.replace(annotation=inspect.Parameter.empty)
        for one in inspect.signature(inspect.unwrap(function)).parameters.values()
        if one.name not in ("self", "cls")
    ]
    return f"{name}{inspect.Signature(parameters)}"


def _text(documented: object) -> str:
    """Docstring as Markdown: sections in bold, their entries as lists."""
    head, *sections = _SECTION.split(inspect.getdoc(documented) or "")
    parts = [head.strip()]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        parts.append(f"**{title}**\n\n{_entries(body)}")
    return _REFERENCE.sub("`", "\n\n".join(parts)) + "\n"


def _entries(body: str) -> str:
    entries = re.split(r"\n(?=\S)", body.strip())
    found = (entry.partition("\n") for entry in entries)
    return "\n".join(
        f"- `{name.replace('**', '')}`: {' '.join(textwrap.dedent(text).split())}"
        for name, _, text in found
    )


def _keywords(keywords: type, fields: type) -> Iterator[str]:
    yield f"### {keywords.__name__}\n"
    yield _text(keywords)
    texts = attribute_docs(fields)
    yield "| keyword | default | meaning |\n|---|---|---|"
    for one in dataclasses.fields(fields):
        name = _CONTACT_FLAG.sub(r"\1", one.name)
        yield f"| `{name}` | `{one.default}` | {texts[one.name]} |"
    yield ""


def _errors() -> Iterator[str]:
    yield "All are in `dw.errors`; each says what is wrong (`problem`) and what to do (`remedy`).\n"
    yield "| error | is a | meaning |\n|---|---|---|"
    for name, one in vars(errors).items():
        if inspect.isclass(one) and issubclass(one, errors.DnawireError):
            yield f"| `{name}` | `{one.__mro__[1].__name__}` | {_first_line(one)} |"


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").split("\n")[0]


def attribute_docs(kind: type) -> dict[str, str]:
    """Docstrings of the fields of a class and of those that it extends, by name."""
    bases = (one for one in kind.__bases__ if one.__module__.startswith("dnawire."))
    found = {name: text for base in bases for name, text in attribute_docs(base).items()}
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            assert isinstance(field.target, ast.Name)
            assert isinstance(text.value, ast.Constant)
            found[field.target.id] = " ".join(str(text.value.value).split())
    return found


if __name__ == "__main__":
    TARGET.write_text(python_reference(), encoding="utf-8")
