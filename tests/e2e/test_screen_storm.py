"""``dnawire screen``, killed again and again at random moments: the same bytes at the end."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from harness import CHECKPOINTS, FILE, TrainingProcess, any_command, raise_at

from dnawire.errors import EXIT_FINISHED

EXACT: Final = "exact:kordas2025"
# Moments are announced for files in a folder of this name.
RESULT: Final = f"{CHECKPOINTS}/result"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_screening_that_is_killed_at_random_files(tmp_path: Path) -> None:
    asked = ("screen", EXACT, "--length", "4", "--save_all", "--parquet", "--output", RESULT)
    words = (*asked, "--shard_size", "32", "--workers", "1")
    for name in ("whole", "storm"):
        (tmp_path / name / CHECKPOINTS).mkdir(parents=True)
    whole, storm = tmp_path / "whole", tmp_path / "storm"
    ended = TrainingProcess(whole, *asked, command=any_command).end()
    assert ended.exit_code == EXIT_FINISHED, ended.messages
    generator, kills = random.Random(3), 0
    while not (storm / RESULT).exists():
        # The merge and the figures at the end start anew each time: it needs a longer pause.
        moment = generator.randint(1, 30 * (1 + kills))
        action = raise_at(FILE, moment, signal.SIGKILL)
        ended = TrainingProcess(storm, *words, action=action, command=any_command).end()
        kills += ended.exit_code == -signal.SIGKILL
        assert ended.exit_code in (EXIT_FINISHED, -signal.SIGKILL), ended.messages
    assert kills > 2
    assert "scores.parquet" in content(whole / RESULT)
    assert content(storm / RESULT) == content(whole / RESULT)


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_larger_screening_that_is_killed_at_random_moments(tmp_path: Path, workers: str) -> None:
    asked = [sys.executable, "-m", "dnawire", "screen", EXACT, "--length", "9", "--save_all"]
    asked.append("--parquet")
    whole, storm = tmp_path / "whole", tmp_path / "storm"
    subprocess.run([*asked, "--workers", "1", "--output", str(whole)], check=True)
    words = [*asked, "-v", "--shard_size", "5000", "--workers", workers, "--output", str(storm)]
    generator, kills = random.Random(int(workers)), 0
    while not storm.exists():
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            for _, line in zip(range(generator.randint(1, 12)), process.stderr, strict=False):
                assert "rror" not in line
            process.send_signal(signal.SIGKILL)
        kills += process.returncode == -signal.SIGKILL
    assert kills > 3
    assert "scores.parquet" in content(whole)
    assert content(storm) == content(whole)
