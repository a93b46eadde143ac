"""``atomistic`` on the command line: trained, killed, resumed; it predicts, screens, refuses."""

from __future__ import annotations

import csv
import signal
from pathlib import Path

import pytest
from harness import CHECKPOINTS, STEP, TrainingProcess, any_command, finish, raise_at
from outcome import assert_identical, outcome

from dnawire.errors import EXIT_FINISHED, EXIT_USAGE

NAME = "atomistic"
PAIRS = Path(__file__).parents[1] / "data" / "xtb_pairs.h5"
RECORDS = Path(__file__).parents[1] / "data" / "records_schema_1.h5"
FLAGS = (
    "--data", str(PAIRS), "--model_type", NAME, "--hidden_dim", "16", "--num_layers", "2",
    "--num_heads", "2", "--batch_size", "4", "--num_epochs", "3", "--checkpoint_dir", CHECKPOINTS,
    "--checkpoint_seconds", "1e-9",
)  # fmt: skip
CONTACTS = ("--left_contact", "upper:0=0.1", "--right_contact", "lower:0=0.1")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished run that was not disturbed."""
    folder = tmp_path_factory.mktemp(NAME)
    finish(folder, *FLAGS)
    return folder


def command(folder: Path, *words: str) -> tuple[int, str]:
    code, messages = TrainingProcess(folder, *words, command=any_command).end()
    return code, messages


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_killed_run_resumes_bit_exactly(trained: Path, tmp_path: Path) -> None:
    kill = raise_at(STEP, 5, signal.SIGKILL)
    assert TrainingProcess(tmp_path, *FLAGS, action=kill).end().exit_code == -signal.SIGKILL
    assert "resuming from" in finish(tmp_path, *FLAGS)
    assert_identical(outcome(tmp_path, NAME), outcome(trained, NAME))


def test_it_has_scores_of_spectra_and_beats_the_baselines(trained: Path) -> None:
    own, *others = rows(trained / "outputs" / NAME / "scores.csv")
    for column in ("transmission_mae_decades", "dos_mae_decades"):
        assert float(own[column]) < min(float(other[column]) for other in others)
    assert own["status"] == "ok"


def test_it_predicts_with_a_certificate(trained: Path, tmp_path: Path) -> None:
    run = str(trained / "outputs" / NAME)
    fermi = ("--fermi_energy", "-10.5")
    code, messages = command(tmp_path, "predict", run, "GA", *CONTACTS, *fermi, "--output", "out")
    assert code == EXIT_FINISHED, messages
    [row] = rows(tmp_path / "out/summary.csv")
    assert 0.0 < float(row["certificate_meV"]) < 100.0
    assert float(row["conductance_quanta"]) > 0.0
    assert (tmp_path / "out/spectra.png").is_file()


def test_it_screens(trained: Path, tmp_path: Path) -> None:
    run = str(trained / "outputs" / NAME)
    (tmp_path / "list.txt").write_text("GA\nAT\nCG\n", encoding="ascii")
    flags = ("--sequences", "list.txt", *CONTACTS, "--output", "out")
    code, messages = command(tmp_path, "screen", run, *flags)
    assert code == EXIT_FINISHED, messages
    values = [float(row["mean_log10_transmission"]) for row in rows(tmp_path / "out/ranking.csv")]
    assert len(values) == 3
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--model_type", NAME), "learns shell charges"),
        (("--model_type", NAME, "--data", str(RECORDS)), "have none"),
        ((*FLAGS, "--solvent", "vacuum"), "GFN1-xTB/ALPB(water), the model at GFN1-xTB"),
        (("--model_type", "standard", "--solvent", "vacuum"), "has no effect on a model"),
    ],
)
def test_records_without_its_charges_are_refused(
    flags: tuple[str, ...], reason: str, tmp_path: Path
) -> None:
    code, messages = command(tmp_path, "train", *flags)
    assert code == EXIT_USAGE
    assert reason in messages
