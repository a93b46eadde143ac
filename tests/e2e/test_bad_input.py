"""What is wrong is said once, with a remedy and its exit code, and costs nothing."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest
from harness import (
    CHECKPOINTS,
    FEW_RECORDS,
    SMALL_MODEL,
    STEP,
    TINY,
    Ended,
    TrainingProcess,
    any_command,
    assert_refused,
    contents,
    finish,
    run,
)

from dnawire.cli import main
from dnawire.errors import (
    EXIT_CANNOT_WRITE,
    EXIT_DIVERGED,
    EXIT_FINISHED,
    EXIT_LOCKED,
    EXIT_NOT_FOUND,
    EXIT_STOPPED,
    EXIT_UNUSABLE_FILE,
    EXIT_USAGE,
)

FLAGS = (*TINY, "--num_epochs", "2", "--checkpoint_dir", CHECKPOINTS)


def dnawire(folder: Path, words: str) -> Ended:
    return TrainingProcess(folder, *words.split(), command=any_command).end()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("predict exact:kordas2025 ACXT", ("'ACXT'", "'X' at upper:2", "use A, C, G and T")),
        ("predict exact:kordas2025 ACGT/ACG", ("unequal length", "has 4", "has 3", "ACGT/ACG_")),
        ("predict exact:kordas2025 _CGT/ACGT", ("upper:0 is missing", "upper:1, upper:2")),
        ("predict exact:kordas2025 ACGT --left_contact upper:9", ("upper:9",)),
        ("predict exact:kordas2025 ACGT --gamma_left -0.1", ("gamma", "-0.1")),
        ("predict exact:kordas2025 ACGT --left_contact upper:0=-0.1", ("-0.1",)),
        ("predict exact:kordas ACGT", ("kordas", "kordas2025")),
        ("generate x.h5 --gamma_left -0.1", ("gamma_left = -0.1", "at least 0")),
        ("generate x.h5 --num_samples 0", ("num_samples = 0", "at least 1")),
        ("train --num_samples 0", ("num_samples = 0", "at least 1")),
        ("train --num_samples 2", ("2 records hold 2 different duplexes", "needs 3")),
        ("train --left_contact upper:9", ("upper:9",)),
        ("train --parameters kordas", ("'kordas'", "kordas2025")),
        ("train --checkpoint_frequency 0", ("checkpoint_frequency = 0", "at least 1")),
        ("train --checkpoint_dir c --time_limit soon", ("time_limit = 'soon'", "HH:MM:SS")),
        ("train --checkpoint_dir c --time_limit 60", ("time_limit", "stop_margin")),
        ("train --fresh", ("fresh", "--checkpoint_dir")),
        ("train --fresh --resume_from c/checkpoint_latest.pth", ("fresh and resume_from",)),
    ],
)
def test_wrong_words_exit_64_and_write_nothing(
    tmp_path: Path, words: str, told: tuple[str, ...]
) -> None:
    assert_refused(dnawire(tmp_path, words), EXIT_USAGE, *told)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("words", ["train --nun_epochs 3", "predict a ACGT --fermi_enrgy 1"])
def test_a_misspelt_flag_exits_64_and_names_the_nearest(tmp_path: Path, words: str) -> None:
    code, messages = dnawire(tmp_path, words)
    assert code == EXIT_USAGE
    assert "Traceback" not in messages
    assert "Perhaps you meant" in messages
    assert ("--num_epochs" if "epochs" in words else "--fermi_energy") in messages
    assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.yaml", "nun_epochs: 3\n", ("a.yaml: unknown setting 'nun_epochs'", "'num_epochs'")),
        ("a.toml", "[model]\nhiden_dim = 3\n", ("a.toml: in group model", "'hidden_dim'")),
        ("a.yaml", "num_epochs: many\n", ("a.yaml: num_epochs = 'many'", "an integer")),
        ("a.yaml", "num_epochs: [\n", ("a.yaml: cannot be read",)),
        ("a.yaml", "seed: 1\nseed: 2\n", ("'seed' is given twice",)),
    ],
)
def test_a_wrong_configuration_file(
    tmp_path: Path, name: str, text: str, told: tuple[str, ...]
) -> None:
    (tmp_path / name).write_text(text)
    assert_refused(run(tmp_path, *FLAGS, "--config", name), EXIT_USAGE, *told)
    assert contents(tmp_path) == {name: text.encode()}


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def be_foreign(path: Path) -> None:
    path.write_text("a,b\n1,2\n")


def be_foreign_hdf(path: Path) -> None:
    path.unlink()
    with h5py.File(path, "w") as file:
        file["energies"] = [1.0, 2.0]


def be_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def be_edited(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["log10_transmission/values"][3] *= 0.5


def be_impossible(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["log10_transmission/values"][3] = math.nan


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (truncate, ("HDF5 cannot read it",)),
        (be_foreign, ("HDF5 cannot read it",)),
        (be_foreign_hdf, ("mine.h5",)),
        (be_a_folder, ("mine.h5",)),
        (be_edited, ("does not match its digest",)),
        (be_impossible, ("log10_transmission",)),
    ],
)
def test_a_data_file_that_cannot_be_used_exits_65(
    tmp_path: Path, damage: Callable[[Path], None], told: tuple[str, ...]
) -> None:
    path = tmp_path / "mine.h5"
    assert main(["generate", str(path), *FEW_RECORDS, "-q"]) == EXIT_FINISHED
    damage(path)
    before = contents(tmp_path)
    ended = run(tmp_path, *SMALL_MODEL, "--data", "mine.h5")
    assert_refused(ended, EXIT_UNUSABLE_FILE, "mine.h5", *told)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("words", ["train --data no.h5", "predict outputs/no ACGT", "import no x"])
def test_a_missing_file_exits_66(tmp_path: Path, words: str) -> None:
    assert_refused(dnawire(tmp_path, words), EXIT_NOT_FOUND, "no")
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("folder", ["precious", "precious/sub", "outputs", "/proc/no"])
def test_an_output_folder_that_cannot_be_written_exits_73_before_training(
    tmp_path: Path, folder: str
) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs/standard").write_text("precious")
    before = contents(tmp_path)
    ended = run(tmp_path, *FLAGS, "--output_dir", folder)
    told = f"Cannot write results in {folder}/standard"
    assert_refused(ended, EXIT_CANNOT_WRITE, told, "--output_dir")
    assert "epoch 1" not in ended.messages
    assert contents(tmp_path) == before


@pytest.mark.parametrize("directory", ["precious", "precious/sub", "/proc/no"])
def test_a_checkpoint_folder_that_cannot_be_written_exits_73_before_training(
    tmp_path: Path, directory: str
) -> None:
    (tmp_path / "precious").write_text("precious")
    ended = run(tmp_path, *TINY, "--checkpoint_dir", directory)
    assert_refused(ended, EXIT_CANNOT_WRITE, directory, "--checkpoint_dir")
    assert contents(tmp_path) == {"precious": b"precious"}


def test_results_of_another_run_are_moved_aside_not_overwritten(tmp_path: Path) -> None:
    flags = (*TINY, "--num_epochs", "2")
    finish(tmp_path, *flags)
    before = contents(tmp_path / "outputs/standard")
    messages = finish(tmp_path, *flags, "--seed", "1")
    assert "held results of another run" in messages
    assert contents(tmp_path / "outputs/standard/earlier-1") == before


@pytest.mark.parametrize("kept", [(), ("--checkpoint_dir", "other")], ids=["bare", "kept"])
def test_a_second_run_into_the_same_results_exits_76(tmp_path: Path, kept: tuple[str, ...]) -> None:
    flags = (*TINY, "--num_epochs", "200")
    first = TrainingProcess(tmp_path, *flags, "--checkpoint_dir", CHECKPOINTS)
    first.wait_for(STEP, 2)
    second = run(tmp_path, *flags, "--seed", "1", *kept)
    told = ("outputs/standard is in use by another run", "--output_dir or --model_name")
    assert_refused(second, EXIT_LOCKED, *told)
    assert not list((tmp_path / "outputs/standard").glob("earlier-*"))
    first.send(signal.SIGTERM)
    assert first.end().exit_code == EXIT_STOPPED


def test_checkpoints_and_results_may_share_one_folder(tmp_path: Path) -> None:
    shared = (*TINY, "--num_epochs", "2", "--checkpoint_dir", "outputs/standard")
    finish(tmp_path, *shared)
    assert "already complete" in finish(tmp_path, *shared)
    assert (tmp_path / "outputs/standard/checkpoint_latest.pth").is_file()


def test_a_run_that_diverges_exits_70_and_keeps_its_last_good_checkpoint(tmp_path: Path) -> None:
    wild = ("--learning_rate", "1e9", "--gradient_clip", "1e9", "--warmup_epochs", "0")
    ended = run(tmp_path, *TINY, *wild, "--checkpoint_dir", CHECKPOINTS)
    assert_refused(ended, EXIT_DIVERGED, "the loss is", "--learning_rate")
    status = (tmp_path / CHECKPOINTS / "training_status.txt").read_text()
    assert "\nStatus: diverged\n" in status
