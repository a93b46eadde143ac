"""The example of docs/fitting.md runs, and prints what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from dnawire.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "fitting.md"


@pytest.mark.slow
def test_the_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    [table] = re.findall(r"^```\n(sequence,.*?)^```$", text, re.MULTILINE | re.DOTALL)
    Path("measured.csv").write_text(table)
    [(words, shown)] = re.findall(
        r"```bash\ndnawire (fit exact:kordas2025 measured.*?)```\n\n```\n(.*?)```", text, re.DOTALL
    )
    assert main(shlex.split(words.replace("\\\n", " "))) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in shown.splitlines() if line not in printed] == []
    [call] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    found: dict[str, Any] = {}
    exec(compile(call, str(PAGE), "exec"), found)
    assert found["found"].unidentifiable == []
