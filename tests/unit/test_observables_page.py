"""The examples of docs/observables.md run, and print what the page says."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path
from typing import Any, Final

import pytest

import dnawire as dw
from dnawire.api.observation import Observation
from dnawire.cli._flags import parse

RESULTS: Final[dict[str, type[Observation[Any, Any]]]] = {
    "iv": dw.IVCurves,
    "thermoelectric": dw.ThermoelectricScan,
    "dephasing": dw.DephasingScan,
    "disorder": dw.DisorderEnsemble,
}
PAGE = Path(__file__).parents[2] / "docs" / "observables.md"


def test_the_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    calls, arrays = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.S)
    found: dict[str, Any] = {}
    exec(compile(calls, str(PAGE), "exec"), found)
    assert found["bonds"][:2, 2:].sum() == pytest.approx(found["channels"].sum(), rel=1e-8)
    exec(compile(arrays, str(PAGE), "exec"), {})
    assert "[[[0.36202" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["iv", "thermoelectric", "dephasing", "disorder"])
def test_the_tables_are_printed(name: str) -> None:
    """The rows that the page shows, but for disorder, which has 10,000 samples."""
    pattern = rf"```bash\ndnawire {name} (.*?)```\n\n```\n(.*?)```"
    ((words, shown),) = re.findall(pattern, PAGE.read_text(encoding="utf-8"), flags=re.S)
    flags = shlex.split(words.replace("\\\n", " "))
    fewer = ["--samples", "20"] if name == "disorder" else []
    kind = importlib.import_module(f"dnawire.cli.{name}")
    flag_class = getattr(kind, f"{name.title()}Flags")
    question = parse(flag_class, [*flags, *fewer], name)
    found = RESULTS[name].of(question.duplexes, question.model, question.device, question)
    printed = repr(found).splitlines()
    lines = shown.splitlines()[:1] if name == "disorder" else shown.splitlines()
    assert [line for line in lines if line not in printed] == []
