"""The sweep of the examples: a row of a table is a command of the program."""

from __future__ import annotations

import csv
import os
import subprocess
from pathlib import Path

import pytest

from dnawire.cli.train import parse_flags
from dnawire.errors import EXIT_USAGE

SWEEP = Path(__file__).parents[2] / "examples" / "sweep"
TABLE = SWEEP / "settings.csv"


def started(folder: Path, script: str, *words: str, **environment: str) -> tuple[int, list[str]]:
    """Run a script of the sweep where `dnawire` writes down its words; return code and words."""
    program = folder / "bin" / "dnawire"
    program.parent.mkdir(exist_ok=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > words\n')
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        [SWEEP / script, *words], cwd=folder, env={"PATH": path, **environment}, check=False
    )
    said = folder / "words"
    return ended.returncode, said.read_text().splitlines() if said.exists() else []


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_row_is_a_run(tmp_path: Path, number: int) -> None:
    row = list(csv.DictReader(TABLE.read_text().splitlines()))[number - 1]
    more = ("--output_dir", "outputs/sweep", "--num_epochs", "7")
    code, words = started(tmp_path, "train_row.sh", str(TABLE), str(number), *more)
    assert (code, words[0]) == (0, "train")
    config = parse_flags(words[1:]).resolved()
    assert config.model_name == row["model_name"]
    assert config.optimization.learning_rate == float(row["learning_rate"])
    assert config.model.hidden_dim == int(row["hidden_dim"])
    assert config.optimization.num_epochs == 7
    assert config.checkpoint.directory == Path("checkpoints/sweep", row["model_name"])


def test_tables_of_spreadsheets(tmp_path: Path) -> None:
    """Ends of lines of other systems, and empty cells, which leave the default."""
    (tmp_path / "a.csv").write_bytes(b"model_name,seed,schedule\r\none,1,\r\ntwo,,constant\r\n")
    _, words = started(tmp_path, "train_row.sh", "a.csv", "2")
    config = parse_flags(words[1:]).resolved()
    assert (config.model_name, config.runtime.seed) == ("two", 42)
    assert config.optimization.schedule == "constant"


def test_a_row_that_is_not_there_starts_nothing(tmp_path: Path) -> None:
    assert started(tmp_path, "train_row.sh", str(TABLE), "5") == (EXIT_USAGE, [])


def test_a_member_of_an_array_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(SWEEP.parent)
    words = ("examples/sweep/settings.csv", "--num_epochs", "7")
    code, found = started(tmp_path, "slurm_sweep.sh", *words, SLURM_ARRAY_TASK_ID="3")
    assert code == 0
    assert parse_flags(found[1:]).resolved().model_name == "narrow-1e-3"
