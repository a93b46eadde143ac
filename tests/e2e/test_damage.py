"""Damaged, foreign and hostile checkpoints; two owners of one folder; starting over."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from harness import (
    CHECKPOINTS,
    SMALL_MODEL,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    TrainingProcess,
    assert_refused,
    contents,
    finish,
    raise_at,
    real_command,
    run,
    without_figures,
)
from outcome import assert_identical, outcome, parts_of, state

from dnawire.checkpoint import load_checkpoint
from dnawire.checkpoint.format import _seal
from dnawire.errors import (
    EXIT_IO_ERROR,
    EXIT_LOCKED,
    EXIT_NOT_FOUND,
    EXIT_STOPPED,
    EXIT_UNUSABLE_FILE,
)

LENGTH = (*TINY, "--num_epochs", "5", "--checkpoint_frequency", "1")
FLAGS = (*LENGTH, "--checkpoint_dir", CHECKPOINTS)
LATEST = f"{CHECKPOINTS}/checkpoint_latest.pth"
PREVIOUS = f"{CHECKPOINTS}/checkpoint_previous.pth"
CANARY = "canary.txt"

Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run that was stopped after 3 epochs and 2 batches."""
    folder = tmp_path_factory.mktemp("stopped")
    stop = raise_at(STEP, 3 * STEPS_PER_EPOCH + 2, signal.SIGTERM)
    assert run(folder, *FLAGS, action=stop).exit_code == EXIT_STOPPED
    return folder


@pytest.fixture
def folder(stopped: Path, tmp_path: Path) -> Path:
    """A copy of the stopped run."""
    shutil.copytree(stopped, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("peace")
    finish(folder, *FLAGS)
    return outcome(folder, "standard")


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (Path(CANARY),)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def be_text(path: Path) -> None:
    path.write_text("Epoch: 3\n")


def be_of_another_program(path: Path) -> None:
    torch.save({"model_state_dict": {}, "epoch": 3}, path)


def be_a_bomb(path: Path) -> None:
    torch.save({"model_state_dict": Bomb()}, path)


def be_a_sealed_bomb(path: Path) -> None:
    buffer = io.BytesIO()
    torch.save({"model_state_dict": Bomb()}, buffer)
    _seal(buffer, 10**6)
    path.write_bytes(buffer.getvalue())


DAMAGES = (truncate, flip_a_bit, empty, be_text, be_of_another_program, be_a_bomb, be_a_sealed_bomb)


def test_the_bomb_would_go_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    be_a_bomb(tmp_path / "bomb")
    torch.load(tmp_path / "bomb", weights_only=False)
    assert (tmp_path / CANARY).exists()


@pytest.mark.parametrize("damage", DAMAGES)
def test_resume_from_a_file_that_cannot_be_trusted_exits_65(folder: Path, damage: Damage) -> None:
    (folder / "other").mkdir()
    shutil.copy(folder / LATEST, folder / "other/given.pth")
    damage(folder / "other/given.pth")
    before = contents(folder)
    ended = run(folder, *FLAGS, "--resume_from", "other/given.pth")
    assert_refused(ended, EXIT_UNUSABLE_FILE, "Failed to load checkpoint other/given.pth: ")
    assert contents(folder) == before


@pytest.mark.parametrize("given", ["no.pth", "no/checkpoint_latest.pth", "outputs"])
def test_resume_from_a_file_that_is_missing_exits_66(folder: Path, given: str) -> None:
    before = contents(folder)
    ended = run(folder, *FLAGS, "--resume_from", given)
    assert_refused(ended, EXIT_NOT_FOUND, f"Checkpoint not found: {given}")
    assert contents(folder) == before


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_latest_falls_back_loudly_and_ends_the_same(
    folder: Path, in_peace: dict[str, Any], damage: Damage
) -> None:
    damage(folder / LATEST)
    messages = finish(folder, *FLAGS, "-q")
    assert f"CHECKPOINT REJECTED: {LATEST}: " in messages
    assert not (folder / CANARY).exists()
    assert_identical(outcome(folder, "standard"), in_peace)


def test_a_missing_latest_goes_on_from_the_previous(folder: Path, in_peace: dict[str, Any]) -> None:
    (folder / LATEST).unlink()
    messages = finish(folder, *FLAGS)
    assert f"CHECKPOINT REJECTED: {LATEST}: it is missing" in messages
    assert f"resuming from {PREVIOUS}: 3 epochs and 0 batches are done" in messages
    assert_identical(outcome(folder, "standard"), in_peace)


def test_the_best_alone_goes_on_loudly_and_ends_the_same(
    folder: Path, in_peace: dict[str, Any]
) -> None:
    (folder / LATEST).unlink()
    (folder / PREVIOUS).unlink()
    messages = finish(folder, *FLAGS, "-q")
    for path in (LATEST, PREVIOUS):
        assert f"CHECKPOINT REJECTED: {path}: it is missing" in messages
    assert not list((folder / CHECKPOINTS).glob("set_aside_*"))
    assert_identical(outcome(folder, "standard"), in_peace)


def test_a_complete_run_that_is_resumed_elsewhere_is_kept_there_too(tmp_path: Path) -> None:
    finish(tmp_path, *FLAGS)
    flags = (*LENGTH, "--resume_from", LATEST, "--checkpoint_dir", "elsewhere")
    assert "already complete" in finish(tmp_path, *flags)
    there, here = (
        state(tmp_path / n / "checkpoint_latest.pth") for n in (CHECKPOINTS, "elsewhere")
    )
    assert_identical(parts_of(there), parts_of(here))


def as_nobody(flags: tuple[str, ...]) -> int:
    if os.getuid() == 0:
        os.setuid(65534)
    return real_command(flags)


def test_a_folder_that_permissions_close_exits_74(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    secret = tmp_path / "secret"
    secret.mkdir(mode=0o000)
    flags = (*LENGTH, "--resume_from", "secret/checkpoint_latest.pth")
    ended = TrainingProcess(tmp_path, *flags, command=as_nobody).end()
    assert_refused(ended, EXIT_IO_ERROR, "Cannot read checkpoint", "Permission denied")


def test_a_torn_line_in_the_history_of_starts_is_told_and_left_out(folder: Path) -> None:
    starts = folder / "outputs/standard/starts.jsonl"
    whole = starts.read_text()
    starts.write_text(whole + '{"epoch": 0, "ti')
    assert "starts.jsonl: 1 torn line(s) skipped" in finish(folder, *FLAGS)
    lines = starts.read_text().splitlines()
    assert lines[:-1] == whole.splitlines()
    assert json.loads(lines[-1])["epoch"] == 3


def test_a_fresh_start_counts_its_starts_anew(folder: Path) -> None:
    finish(folder, *FLAGS, "--fresh")
    assert len((folder / "outputs/standard/starts.jsonl").read_text().splitlines()) == 1
    progress = json.loads((folder / CHECKPOINTS / "training_progress.json").read_text())
    assert progress["starts"] == 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_two_damaged_generations_exit_65_and_never_start_over(folder: Path, damage: Damage) -> None:
    damage(folder / LATEST)
    damage(folder / PREVIOUS)
    before = contents(folder)
    told = (f"none in {CHECKPOINTS} can be trusted", LATEST, PREVIOUS, "--fresh")
    assert_refused(run(folder, *FLAGS), EXIT_UNUSABLE_FILE, *told)
    assert contents(folder) == before


def test_a_given_file_is_replaced_by_another_only_on_request(folder: Path) -> None:
    flip_a_bit(folder / LATEST)
    flags = (*FLAGS, "--resume_from", LATEST)
    assert_refused(run(folder, *flags), EXIT_UNUSABLE_FILE, "SHA-256", PREVIOUS.rpartition("/")[2])
    messages = finish(folder, *flags, "--allow_fallback")
    assert f"CHECKPOINT REJECTED: {LATEST}: " in messages
    assert f"resuming from {PREVIOUS}" in messages


def test_the_best_checkpoint_can_be_resumed(folder: Path, in_peace: dict[str, Any]) -> None:
    flip_a_bit(folder / LATEST)
    flip_a_bit(folder / PREVIOUS)
    messages = finish(folder, *LENGTH, "--resume_from", f"{CHECKPOINTS}/checkpoint_best.pth")
    assert "0 batches are done" in messages
    assert "the old checkpoints of checkpoints are now in" in messages
    ours = state(folder / LATEST)
    assert_identical(ours["model_state_dict"], in_peace["latest"]["model_state_dict"])


def test_a_second_process_is_refused_and_the_first_unharmed(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    first = TrainingProcess(tmp_path, *FLAGS, command=without_figures)
    first.wait_for(STEP, 10)
    first.send(signal.SIGSTOP)
    before = contents(tmp_path)
    for flags in (FLAGS, (*FLAGS, "--fresh"), (*FLAGS, "--seed", "1")):
        assert_refused(run(tmp_path, *flags), EXIT_LOCKED, f"{CHECKPOINTS} is in use by another")
    assert contents(tmp_path) == before
    first.send(signal.SIGCONT)
    assert first.end().exit_code == 0
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def test_fresh_sets_the_old_run_aside_and_starts_over(
    folder: Path, in_peace: dict[str, Any]
) -> None:
    before = contents(folder / CHECKPOINTS)
    messages = finish(folder, *FLAGS, "--fresh")
    assert "starting fresh" in messages
    (aside,) = (folder / CHECKPOINTS).glob("set_aside_*")
    assert contents(aside) == before
    latest = state(folder / LATEST)
    for name in ("model_state_dict", "optimizer_state_dict", "resume"):
        assert_identical(latest[name], in_peace["latest"][name])


def test_fresh_moves_nothing_if_the_new_run_cannot_start(folder: Path) -> None:
    before = contents(folder)
    flags = (*SMALL_MODEL, "--checkpoint_dir", CHECKPOINTS, "--fresh", "--data", "no.h5")
    assert_refused(run(folder, *flags), EXIT_NOT_FOUND, "no.h5")
    assert contents(folder) == before


@pytest.mark.parametrize("damage", [None, flip_a_bit])
def test_resuming_into_the_folder_of_another_run_overwrites_nothing(
    folder: Path, damage: Damage | None
) -> None:
    other = (*LENGTH, "--checkpoint_dir", "other", "--output_dir", "other-outputs")
    finish(folder, *other, "--seed", "1")
    if damage is not None:
        damage(folder / "other/checkpoint_latest.pth")
        damage(folder / "other/checkpoint_previous.pth")
    before = contents(folder / "other")
    finish(folder, *LENGTH, "--resume_from", LATEST, "--checkpoint_dir", "other")
    (aside,) = (folder / "other").glob("set_aside_*")
    assert contents(aside) == before
    assert load_checkpoint(folder / "other").payload["epoch"] == 5


def test_resuming_into_an_own_older_folder_moves_nothing(folder: Path) -> None:
    shutil.copytree(folder / CHECKPOINTS, folder / "copy")
    finish(folder, *LENGTH, "--resume_from", LATEST, "--checkpoint_dir", "copy")
    assert not list((folder / "copy").glob("set_aside_*"))
