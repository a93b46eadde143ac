"""The description of the checkpoint feature, sentence by sentence."""

from __future__ import annotations

import json
import re
import shutil
import signal
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from harness import CHECKPOINTS, STEP, STEPS_PER_EPOCH, TINY, finish, raise_at, run
from outcome import assert_identical, metrics, outcome

from dnawire.cli import main
from dnawire.cli.train import parse_flags
from dnawire.config import TrainConfig
from dnawire.errors import EXIT_FINISHED, EXIT_INTERRUPTED, EXIT_STOPPED
from dnawire.models import build_model
from dnawire.runs.preparation import model_specification

EPOCHS = 12
FLAGS = (*TINY, "--num_epochs", str(EPOCHS), "--checkpoint_dir", CHECKPOINTS)
LATEST = f"{CHECKPOINTS}/checkpoint_latest.pth"
LIGHT_FILES = ("training_progress.json", "training_status.txt")
STATUS = re.compile(
    r"Epoch: (\d+)\n"
    r"Train Loss: \d+\.\d{4}\n"
    r"Val Loss: \d+\.\d{4}\n"
    r"Last Update: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n"
    r"(?:[A-Z][A-Za-z ]+: .+\n)*"
)


class Story(NamedTuple):
    """A finished run."""

    folder: Path
    messages: str
    began: float
    ended: float


def keep_light_files(moment: str, count: int) -> None:
    """Copy the light files at the first step of each epoch."""
    epoch, step = divmod(count - 1, STEPS_PER_EPOCH)
    if moment == STEP and step == 0 and epoch > 0:
        for name in LIGHT_FILES:
            shutil.copy(Path(CHECKPOINTS) / name, f"{epoch}-{name}")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("story")
    began = time.time()
    messages = finish(folder, *FLAGS, "-v", action=keep_light_files)
    return Story(folder, messages, began, time.time())


def load(folder: Path) -> dict[str, Any]:
    content = torch.load(folder / LATEST, weights_only=True)
    assert isinstance(content, dict)
    return content


def progress(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text())
    assert isinstance(content, dict)
    return content


def epochs_in(messages: str) -> list[int]:
    """Epochs that were trained, by the messages."""
    return [int(number) for number in re.findall(r"^epoch +(\d+)/", messages, re.MULTILINE)]


def config_of(*flags: str) -> TrainConfig:
    return parse_flags(flags).resolved()


def test_arguments_and_their_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    """`--checkpoint_dir` (./checkpoints), `--resume_from`, `--checkpoint_frequency` (10)."""
    assert main(["train", "--help"]) == EXIT_FINISHED
    text = capsys.readouterr().out
    for flag in ("--checkpoint_dir", "--resume_from", "--checkpoint_frequency", "./checkpoints"):
        assert flag in text
    assert config_of("--checkpoint_frequency", "5").checkpoint.directory == Path("checkpoints")
    assert config_of("--checkpoint_dir", "./my_checkpoints").checkpoint.frequency == 10
    given = config_of("--resume_from", "./my_checkpoints/checkpoint_latest.pth").checkpoint
    assert given.directory == Path("my_checkpoints")


def test_the_four_examples(tmp_path: Path) -> None:
    """Start fresh, resume from latest, resume from a file, custom frequency."""
    one_epoch = raise_at(STEP, STEPS_PER_EPOCH, signal.SIGTERM)
    start = ("--num_epochs", "100", "--checkpoint_dir", "./my_checkpoints")
    latest = "./my_checkpoints/checkpoint_latest.pth"
    from_file = ("--num_epochs", "100", "--resume_from", latest)
    often = (*start, "--checkpoint_frequency", "5")
    for done, flags in enumerate((start, start, from_file, often)):
        ended = run(tmp_path, *TINY, *flags, action=one_epoch)
        assert ended.exit_code == EXIT_STOPPED
        assert f"stopped by SIGTERM after {done} epochs and 7 of 7 batches" in ended.messages
        assert ("starting fresh" in ended.messages) == (done == 0)


def test_a_frequency_alone_turns_checkpoints_on_in_the_default_folder(tmp_path: Path) -> None:
    flags = (*TINY, "--num_epochs", "1", "--checkpoint_frequency", "5")
    finish(tmp_path, *flags)
    assert (tmp_path / "checkpoints" / "checkpoint_latest.pth").is_file()


def test_the_job_script() -> None:
    """Its flags, with the values that the description gives them."""
    flags = "--num_epochs 1000 --checkpoint_dir ./checkpoints --checkpoint_frequency 10"
    config = config_of(*flags.split(), "--output_dir", "./outputs")
    assert config.optimization.num_epochs == 1000
    assert config.checkpoint.enabled


def test_the_following_files_are_created(story: Story) -> None:
    names = {path.name for path in (story.folder / CHECKPOINTS).iterdir()}
    assert {"checkpoint_latest.pth", *LIGHT_FILES} <= names


def test_saves_checkpoint_every_ten_epochs_by_default_and_at_the_end(story: Story) -> None:
    saved = re.findall(r"^epoch +(\d+)/.*\n(?=checkpoint saved: )", story.messages, re.MULTILINE)
    assert [int(number) for number in saved] == [10, EPOCHS]


def test_updates_progress_files_every_epoch(story: Story) -> None:
    for epoch in range(1, EPOCHS):
        kept = progress(story.folder / f"{epoch}-training_progress.json")
        assert kept["epoch"] == epoch
        text = (story.folder / f"{epoch}-training_status.txt").read_text()
        found = STATUS.fullmatch(text)
        assert found is not None
        assert int(found[1]) == epoch
        assert f"\nTrain Loss: {kept['train_loss']:.4f}\n" in text
        assert f"\nVal Loss: {kept['val_loss']:.4f}\n" in text
        assert f"\nCheckpoint Epoch: {10 * (epoch // 10)}\n" in text
    assert not (story.folder / f"{EPOCHS}-training_status.txt").exists()


def test_status_file_is_the_described_one_byte_by_byte(story: Story) -> None:
    text = (story.folder / CHECKPOINTS / "training_status.txt").read_bytes().decode("ascii")
    assert STATUS.fullmatch(text)
    assert "\nStatus: finished\n" in text
    (line,) = re.findall(r"^Last Update: (.*)$", text, re.MULTILINE)
    updated = time.mktime(time.strptime(line, "%Y-%m-%d %H:%M:%S"))
    assert int(story.began) <= updated <= story.ended


def test_progress_file_has_the_described_keys_and_types(story: Story) -> None:
    content = progress(story.folder / CHECKPOINTS / "training_progress.json")
    kinds = {"epoch": int, "train_loss": float, "val_loss": float, "timestamp": float, "args": dict}
    assert list(content)[: len(kinds)] == list(kinds)
    for name, kind in kinds.items():
        assert type(content[name]) is kind
    assert story.began <= content["timestamp"] <= story.ended
    assert content["args"]["num_epochs"] == EPOCHS
    assert content["status"] == "finished"


def test_epoch_means_completed_epochs_in_all_three_files(story: Story) -> None:
    checkpoint = load(story.folder)
    content = progress(story.folder / CHECKPOINTS / "training_progress.json")
    status = (story.folder / CHECKPOINTS / "training_status.txt").read_text()
    assert checkpoint["epoch"] == content["epoch"] == EPOCHS
    assert status.startswith(f"Epoch: {EPOCHS}\n")
    assert (content["train_loss"], content["val_loss"]) == (
        checkpoint["train_losses"][-1],
        checkpoint["val_losses"][-1],
    )


def test_complete_training_state(story: Story) -> None:
    """The seven points of the list, read by PyTorch alone."""
    content = load(story.folder)
    config = config_of(*FLAGS, "-v")
    assert content["epoch"] == EPOCHS
    assert content["args"] == config.flat()
    for name in ("train_losses", "val_losses"):
        assert [type(loss) for loss in content[name]] == [float] * EPOCHS
    assert content["energy_grid"].shape == (config.data.num_energy_points,)
    assert bool((content["energy_grid"].diff() > 0).all())
    assert story.began <= content["timestamp"] <= story.ended
    model = build_model(model_specification(config, config.data.num_energy_points), seed=0)
    model.load_state_dict(content["model_state_dict"])
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    optimizer.load_state_dict(content["optimizer_state_dict"])
    steps = {float(state["step"]) for state in optimizer.state.values()}
    assert steps == {float(EPOCHS * STEPS_PER_EPOCH)}


def test_history_is_the_one_of_the_metrics(story: Story) -> None:
    rows = metrics(story.folder / "outputs/standard/metrics.csv")
    content = load(story.folder)
    assert [float(row["train_loss"]) for row in rows] == content["train_losses"]
    assert [float(row["val_loss"]) for row in rows] == content["val_losses"]
    assert [int(row["epoch"]) for row in rows] == list(range(1, EPOCHS + 1))


def test_creates_the_directory_with_its_parents(tmp_path: Path) -> None:
    finish(tmp_path, *TINY, "--num_epochs", "1", "--checkpoint_dir", "a/b/c")
    assert (tmp_path / "a/b/c/checkpoint_latest.pth").is_file()


def test_resumes_from_the_next_epoch(tmp_path: Path, story: Story) -> None:
    """A crash after epoch 11 resumes from the checkpoint of epoch 10: automatically detected."""
    crash = raise_at(STEP, 11 * STEPS_PER_EPOCH + 2, signal.SIGKILL)
    ended = run(tmp_path, *FLAGS, "-v", action=crash)
    assert ended.exit_code == -signal.SIGKILL
    before = load(tmp_path)
    assert before["epoch"] == 10
    messages = finish(tmp_path, *FLAGS, "-v")
    assert f"resuming from {LATEST}: 10 epochs and 0 batches are done" in messages
    assert epochs_in(messages) == [11, 12]
    assert load(tmp_path)["train_losses"][:10] == before["train_losses"]
    assert_identical(outcome(tmp_path, "standard"), outcome(story.folder, "standard"))


def test_a_crash_loses_no_more_than_the_frequency(tmp_path: Path) -> None:
    flags = (*FLAGS, "--checkpoint_frequency", "5")
    crash = raise_at(STEP, 9 * STEPS_PER_EPOCH + 2, signal.SIGKILL)
    assert run(tmp_path, *flags, action=crash).exit_code == -signal.SIGKILL
    content = progress(tmp_path / CHECKPOINTS / "training_progress.json")
    assert (content["epoch"], content["checkpoint_epoch"]) == (9, 5)
    assert load(tmp_path)["epoch"] == 5


def test_metrics_name_each_completed_epoch_once_at_any_time(tmp_path: Path) -> None:
    path = tmp_path / "outputs/standard/metrics.csv"
    for number in (signal.SIGKILL, signal.SIGTERM):
        run(tmp_path, *FLAGS, action=raise_at(STEP, 3 * STEPS_PER_EPOCH + 2, number))
        assert [row["epoch"] for row in metrics(path)] == ["1", "2", "3"]


def test_training_can_be_stopped_with_ctrl_c(tmp_path: Path, story: Story) -> None:
    ctrl_c = raise_at(STEP, 11 * STEPS_PER_EPOCH + 2, signal.SIGINT)
    ended = run(tmp_path, *FLAGS, "-v", action=ctrl_c)
    assert ended.exit_code == EXIT_INTERRUPTED
    content = progress(tmp_path / CHECKPOINTS / "training_progress.json")
    assert (content["epoch"], content["checkpoint_epoch"], content["status"]) == (11, 11, "stopped")
    messages = finish(tmp_path, *FLAGS, "-v")
    assert "11 epochs and 2 batches are done" in messages
    assert epochs_in(messages) == [12]
    assert_identical(outcome(tmp_path, "standard"), outcome(story.folder, "standard"))


def test_resume_from_a_specific_checkpoint(tmp_path: Path, story: Story) -> None:
    """It goes on from that file, and its folder is where new checkpoints go."""
    run(tmp_path, *FLAGS, "-v", action=raise_at(STEP, 3 * STEPS_PER_EPOCH, signal.SIGTERM))
    shutil.copytree(tmp_path / CHECKPOINTS, tmp_path / "copy")
    flags = (*TINY, "--num_epochs", str(EPOCHS), "--resume_from", "copy/checkpoint_latest.pth")
    messages = finish(tmp_path, *flags)
    assert "resuming from copy/checkpoint_latest.pth: 2 epochs and 7 batches" in messages
    resumed = torch.load(tmp_path / "copy/checkpoint_latest.pth", weights_only=True)
    assert_identical(resumed["model_state_dict"], load(story.folder)["model_state_dict"])
    assert load(tmp_path)["epoch"] == 2


def test_output_about_checkpoint_operations(tmp_path: Path, story: Story) -> None:
    """Save attempts, resume information; errors have a file of their own."""
    assert "starting fresh; checkpoints go to checkpoints" in story.messages
    stopped = run(tmp_path, *FLAGS, action=raise_at(STEP, STEPS_PER_EPOCH + 2, signal.SIGTERM))
    messages = stopped.messages + finish(tmp_path, *FLAGS)
    told = r"^checkpoint saved: checkpoints/checkpoint_(\w+)\.pth, \d+\.\d\d MB, \d+\.\d\d s$"
    saved = re.findall(told, messages, re.MULTILINE)
    # One at the stop, one after ten epochs, one at the end.
    assert saved.count("latest") == 3
    assert set(saved) == {"best", "latest"}


def test_saves_in_mid_epoch_are_told_on_request(tmp_path: Path) -> None:
    often = (*TINY, "--num_epochs", "1", "--checkpoint_seconds", "0.000001")
    told = "checkpoint_latest.pth, "
    quiet = finish(tmp_path, *often, "--checkpoint_dir", "quiet")
    verbose = finish(tmp_path, *often, "--checkpoint_dir", "verbose", "-v")
    assert quiet.count(f"checkpoint saved: quiet/{told}") == 1
    assert verbose.count(f"checkpoint saved: verbose/{told}") > 1


def test_a_finished_run_says_so_and_is_not_trained_again(tmp_path: Path, story: Story) -> None:
    shutil.copytree(story.folder, tmp_path, dirs_exist_ok=True)
    messages = finish(tmp_path, *FLAGS, "-v")
    assert "already complete: 12 epochs" in messages
    assert epochs_in(messages) == []
    assert_identical(outcome(tmp_path, "standard"), outcome(story.folder, "standard"))


def test_an_interrupted_finish_is_made_up_for(tmp_path: Path, story: Story) -> None:
    """All epochs are done and saved, and the results are not written yet."""
    shutil.copytree(story.folder, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "outputs")
    finish(tmp_path, *FLAGS, "-v")
    assert_identical(outcome(tmp_path, "standard"), outcome(story.folder, "standard"))


def test_the_real_command_draws_figures_too(tmp_path: Path) -> None:
    ended = run(tmp_path, *TINY, "--num_epochs", "2", "--checkpoint_dir", CHECKPOINTS)
    assert ended.exit_code == EXIT_FINISHED, ended.messages
    assert (tmp_path / "outputs/standard/figures/loss.svg").is_file()
