"""What every model of the registry goes through: killed, resumed, predicting, screening."""

from __future__ import annotations

import csv
import signal
from pathlib import Path

import pytest
from harness import (
    CHECKPOINTS,
    MODELS,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    TrainingProcess,
    any_command,
    finish,
    raise_at,
)
from outcome import assert_identical, outcome

from dnawire import evaluate
from dnawire.errors import EXIT_FINISHED
from dnawire.inference import load_predictor

SAVING = ("--num_epochs", "3", "--checkpoint_dir", CHECKPOINTS, "--checkpoint_seconds", "1e-9")


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def trained(model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished run that was not disturbed."""
    folder = tmp_path_factory.mktemp(model)
    finish(folder, *TINY, "--model_type", model, *SAVING)
    return folder


def command(folder: Path, *words: str) -> str:
    """Run a command that must succeed; return its messages."""
    code, messages = TrainingProcess(folder, *words, command=any_command).end()
    assert code == EXIT_FINISHED, messages
    return messages


@pytest.mark.parametrize("step", [3, STEPS_PER_EPOCH + 2])
def test_a_killed_run_resumes_bit_exactly(
    model: str, trained: Path, tmp_path: Path, step: int
) -> None:
    flags = (*TINY, "--model_type", model, *SAVING)
    kill = raise_at(STEP, step, signal.SIGKILL)
    assert TrainingProcess(tmp_path, *flags, action=kill).end().exit_code == -signal.SIGKILL
    assert "resuming from" in finish(tmp_path, *flags)
    assert_identical(outcome(tmp_path, model), outcome(trained, model))


def test_it_predicts(model: str, trained: Path, tmp_path: Path) -> None:
    run = trained / "outputs" / model
    fermi = ("--fermi_energy", "-7.5")
    command(tmp_path, "predict", str(run), "ACGT", "ACG/C_T", *fermi, "--output", "out")
    with (tmp_path / "out/summary.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["sequence"] for row in rows] == ["ACGT", "ACG/C_T"]
    assert all(0.0 <= float(row["max_transmission"]) <= 1.0 + 1e-9 for row in rows)
    assert all(float(row["log10_transmission"]) <= 1e-9 for row in rows)
    assert all(row["status"] for row in rows)
    knows = load_predictor(str(run)).knows_hamiltonian
    assert bool(list((tmp_path / "out").glob("hamiltonian_*.csv"))) == knows


def test_its_scores_on_its_test_part_are_those_of_its_training(model: str, trained: Path) -> None:
    run = trained / "outputs" / model
    found = evaluate(run, run / "test_reference.h5").scores
    with (run / "scores.csv").open(newline="") as file:
        recorded = next(csv.DictReader(file))
    for name in ("transmission", "dos"):
        assert found[name][0] == pytest.approx(float(recorded[f"{name}_mae_decades"]), rel=1e-6)


def test_it_screens(model: str, trained: Path, tmp_path: Path) -> None:
    run = str(trained / "outputs" / model)
    command(tmp_path, "screen", run, "--length", "2", "--output", "out")
    with (tmp_path / "out/ranking.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    values = [float(row["mean_log10_transmission"]) for row in rows]
    assert values == sorted(values, reverse=True)
    assert len(values) == 4**2
