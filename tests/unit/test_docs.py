"""Pages that repeat the code agree with it."""

from __future__ import annotations

import ast
import inspect
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dnawire
from dnawire import __version__, errors
from dnawire.cli._main import EXIT_BROKEN_PIPE
from dnawire.config import declaration, model_types
from dnawire.models import model_class, predictor_class

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_reference_of_the_command_line_is_current() -> None:
    generator = runpy.run_path(str(DOCS / "generate_command_line.py"))
    page = (DOCS / "command_line.md").read_text(encoding="utf-8")
    assert page == generator["command_line"](), "run `make docs`"


def test_reference_of_the_python_interface_is_current() -> None:
    generator = runpy.run_path(str(DOCS / "generate_python_reference.py"))
    page = (DOCS / "python_reference.md").read_text(encoding="utf-8")
    assert page == generator["python_reference"](), "run `make docs`"


def test_page_of_the_errors_is_current() -> None:
    generator = runpy.run_path(str(DOCS / "generate_errors.py"))
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    assert page == generator["errors_page"](), "run `make docs`"
    known = {name for name in vars(errors) if name.endswith("Error")} - {"DnawireError"}
    assert {name for name in known if f"| `{name}` |" not in page} == set()


def test_the_tour_runs_and_is_that_of_the_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers may differ in their last digits from one machine to the next; contents may not."""
    monkeypatch.chdir(tmp_path)
    generator = runpy.run_path(str(DOCS / "generate_tour.py"))
    written = json.loads((ROOT / "examples" / "tour.ipynb").read_text(encoding="utf-8"))["cells"]
    found = list(generator["executed"]())
    assert len(found) == len(written) > 30
    for new, old in zip(found, written, strict=True):
        assert new["source"] == old["source"], "run `make docs`"
        assert contents(new) == contents(old), new["source"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "checkpoints", "outputs", "predictions", "records.h5",
    }  # fmt: skip


def contents(cell: dict[str, Any]) -> list[list[str]]:
    """Types of what a cell shows."""
    return [list(output.get("data", [output["output_type"]])) for output in cell.get("outputs", [])]


def test_calls_of_the_pages_have_keywords_that_exist() -> None:
    calls = [call for page in (ROOT / "README.md", *DOCS.rglob("*.md")) for call in calls_of(page)]
    assert {call.func.attr for call in calls} >= {"predict", "screen", "generate", "train", "load"}
    for call in calls:
        keywords = {one.arg: None for one in call.keywords if one.arg}
        function = getattr(dnawire, call.func.attr)
        if "fermi_enrgy" not in keywords:
            inspect.signature(function).bind(*call.args, **keywords)


def calls_of(page: Path) -> Iterator[Any]:
    """Calls like ``dw.predict(...)`` in the Python blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name("dw"))):
                    yield node


def test_every_exit_code_is_documented_once() -> None:
    codes = [value for name, value in vars(errors).items() if name.startswith("EXIT_")]
    page = (DOCS / "exit_codes.md").read_text(encoding="utf-8")
    documented = [int(code) for code in re.findall(r"^\| (\d+) \|", page, flags=re.MULTILINE)]
    assert documented == sorted([*codes, EXIT_BROKEN_PIPE])


def test_models_are_those_of_the_registry() -> None:
    page = (DOCS / "models.md").read_text(encoding="utf-8")
    for name in model_types():
        kind, predictor = model_class(name), predictor_class(name)
        assert f"\n## `{name}`\n" in page
        facts = (
            declaration(name).summary.removeprefix("predicts "),
            ", ".join(kind.quantities),
            "all" if predictor.knows_all_energies else "its grid",
            "known" if predictor.knows_hamiltonian else "-",
            f"{kind.resonance_width:g} eV",
            f"{kind.rate_factor:g} \N{MULTIPLICATION SIGN}",
        )
        assert f"\n| `{name}` | {' | '.join(facts)} |\n" in page


def test_citation_and_changelog_name_the_version() -> None:
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_constraints_pin_one_exact_version_of_each_package() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", pin) for pin in pins)
    names = [pin.split("==")[0].lower() for pin in pins]
    assert len(set(names)) == len(names)
    assert "torch" in names


def test_every_test_that_a_page_names_exists() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in DOCS.glob("*.md"))
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", pages))
    assert len(named) > 30
    for file, name in sorted(named):
        text = (ROOT / file).read_text(encoding="utf-8")
        assert f"\ndef {name}(" in text, f"{file}::{name}"
