"""A training that starts from a trained model: from its function, on record, and never halfway."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from harness import (
    CHECKPOINTS,
    MODELS,
    SMALL_MODEL,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    assert_refused,
    contents,
    finish,
    prepared,
    raise_at,
    run,
)
from outcome import assert_identical, outcome

import dnawire as dw
from dnawire.cli.train import parse_flags
from dnawire.data import read_dataset, write_dataset
from dnawire.errors import (
    EXIT_CONFIGURATION_MISMATCH,
    EXIT_NOT_FOUND,
    ConfigurationMismatchError,
    UsageError,
)
from dnawire.models import load_model, weights_digest
from dnawire.runs import Run
from dnawire.runs.warm_start import check_start

SHORT = ("--num_epochs", "2", "--model_name", "trained")
WARM = (*TINY, "--num_epochs", "3", "--checkpoint_dir", CHECKPOINTS, "--checkpoint_seconds", "1e-9")
START = ("--init_from", "outputs/trained", "--seed", "7")


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def trained(model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished run to start from."""
    folder = tmp_path_factory.mktemp(model)
    finish(folder, *TINY, "--model_type", model, *SHORT)
    return folder


@pytest.fixture(scope="module")
def standard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("standard")
    finish(folder, *TINY, *SHORT)
    return folder


def copy_of(trained: Path, folder: Path) -> Path:
    shutil.copytree(trained, folder, dirs_exist_ok=True)
    return folder


def config_of(folder: Path, name: str) -> dict[str, Any]:
    groups = yaml.safe_load((folder / "outputs" / name / "config.yaml").read_text())
    return dict(groups["model"])


def test_it_starts_from_the_function_of_the_model(
    model: str, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first prediction is the last one, on other records, whose spread is another."""
    monkeypatch.chdir(copy_of(trained, tmp_path))
    with prepared((*WARM, "--model_type", model, *START)) as (one, _):
        new, batch = one.trainer.model.eval(), one.data.validation[0].junctions
    stored = load_model(Path("outputs/trained/model")).model
    with torch.no_grad():
        ours, theirs = new.evaluate(batch).known(), stored.evaluate(batch).known()
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-6, atol=1e-6)


def test_a_killed_run_resumes_bit_exactly(model: str, trained: Path, tmp_path: Path) -> None:
    flags = (*WARM, "--model_type", model, *START)
    for name, steps in (("once", ()), ("killed", (STEPS_PER_EPOCH + 1,))):
        folder = copy_of(trained, tmp_path / name)
        for step in steps:
            ended = run(folder, *flags, action=raise_at(STEP, step, signal.SIGKILL))
            assert ended.exit_code == -signal.SIGKILL
        finish(folder, *flags)
    found = [outcome(tmp_path / name, model) for name in ("once", "killed")]
    assert_identical(*found)
    digest = weights_digest(load_model(trained / "outputs/trained/model").model.state_dict())
    assert config_of(tmp_path / "killed", model)["init_digest"] == digest
    card = (tmp_path / "killed/outputs" / model / "model/README.md").read_text()
    assert f"started from the weights of `outputs/trained`, SHA-256 `{digest}`" in card


def test_it_is_another_run_than_one_from_random_weights(standard: Path, tmp_path: Path) -> None:
    folder = copy_of(standard, tmp_path)
    finish(folder, *TINY, "--num_epochs", "2", "--init_from", "outputs/trained")
    outputs = folder / "outputs"
    run_ids = {(outputs / name / "run.json").read_text() for name in ("trained", "standard")}
    assert len(run_ids) == 2


@pytest.fixture(scope="module")
def stopped(standard: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a warm started run that was stopped in its second epoch."""
    folder = copy_of(standard, tmp_path_factory.mktemp("stopped") / "run")
    run(folder, *WARM, *START, action=raise_at(STEP, STEPS_PER_EPOCH + 2, signal.SIGTERM))
    return folder


def test_a_run_goes_on_though_its_model_moved_or_is_gone(stopped: Path, tmp_path: Path) -> None:
    folder = copy_of(stopped, tmp_path / "moved")
    (folder / "outputs/trained").rename(folder / "older")
    moved = finish(folder, *WARM, "--init_from", "older", "--seed", "7")
    assert "changed: init_from: 'outputs/trained' -> 'older'" in moved
    folder = copy_of(stopped, tmp_path / "gone")
    shutil.rmtree(folder / "outputs/trained")
    gone = run(folder, *WARM, *START)
    assert_refused(gone, EXIT_NOT_FOUND, "no model in outputs/trained", "add the --init_digest")
    digest = config_of(folder, "standard")["init_digest"]
    assert "1 epochs and 3 batches are done" in finish(
        folder, *WARM, *START, "--init_digest", digest
    )


def test_another_start_is_refused_by_a_run_that_is_resumed(stopped: Path, tmp_path: Path) -> None:
    folder = copy_of(stopped, tmp_path)
    finish(folder, *TINY, "--num_epochs", "1", "--model_name", "other")
    before = contents(folder)
    other = run(folder, *WARM, "--seed", "7", "--init_from", "outputs/other")
    assert_refused(other, EXIT_CONFIGURATION_MISMATCH, "that run started from 'outputs/trained'")
    none = run(folder, *WARM, "--seed", "7")
    assert_refused(none, EXIT_CONFIGURATION_MISMATCH, "Give the --init_from of the first start")
    assert contents(folder) == before


def test_a_start_beside_the_checkpoint_of_another_run_is_refused(
    standard: Path, tmp_path: Path
) -> None:
    folder = copy_of(standard, tmp_path)
    run(folder, *WARM, action=raise_at(STEP, 3, signal.SIGTERM))
    latest = f"{CHECKPOINTS}/checkpoint_latest.pth"
    for more in ((), ("--resume_from", latest)):
        ended = run(folder, *WARM, "--init_from", "outputs/trained", *more)
        words = "that run did not start from a trained model", "Drop --init_from"
        assert_refused(ended, EXIT_CONFIGURATION_MISMATCH, *words)
    with pytest.raises(UsageError, match="allow_change = 'init_digest' has no effect"):
        parse_flags((*WARM, "--allow_change", "init_digest")).resolved()


def test_its_own_checkpoint_may_be_named(stopped: Path, tmp_path: Path) -> None:
    folder = copy_of(stopped, tmp_path)
    latest = f"{CHECKPOINTS}/checkpoint_latest.pth"
    assert "1 epochs and 3 batches" in finish(folder, *WARM, *START, "--resume_from", latest)


def test_the_same_weights_are_the_same_start_wherever_they_are() -> None:
    config = parse_flags((*WARM, "--init_from", "a", "--init_digest", "ab" * 32)).resolved()
    check_start({"init_from": "b", "init_digest": "ab" * 32}, config, "checkpoint")
    with pytest.raises(ConfigurationMismatchError):
        check_start({"init_from": "a", "init_digest": "cd" * 32}, config, "checkpoint")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--model_type", "hamiltonian"), "model_type standard, and this one is of hamiltonian"),
        (("--hidden_dim", "32"), "hidden_dim 16 there, 32 here"),
        (("--num_layers", "3"), "num_layers 2 there, 3 here"),
        (("--num_energy_points", "13"), "12 from -9 to -6.5 eV; those of the records are 13"),
        (("--energy_min", "-9", "--energy_max", "-7"), "those of the records are 12 from -9 to -7"),
        (("--eta", "0.01"), "belong to eta = 0 eV; that of the records is 0.01"),
        (("--init_from", "exact:kordas2025"), "is a parameter set, which has no weights"),
        (("--init_digest", "ab" * 32), "the weights of init_from = 'outputs/trained' have the"),
        (("--model_name", "trained"), "where the results of this training go"),
        (("--init_from", "None", "--init_digest", "ab" * 32), "no effect without init_from"),
        (("--init_digest", "abc"), "a SHA-256 of 64 hexadecimal digits"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(
    standard: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(standard)
    typed = (*TINY, "--num_epochs", "1", "--init_from", "outputs/trained", *flags)
    with pytest.raises(UsageError) as caught, Run(parse_flags(typed).resolved()) as one:
        one.prepare()
    assert words in str(caught.value)


def test_records_with_another_zero_of_the_energy_are_refused(
    standard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy_of(standard, tmp_path))
    dw.generate("absolute.h5", num_samples=20, seq_length=4, num_energy_points=12)
    dataset = read_dataset("absolute.h5")
    dataset.energy_reference[:] = -5.0
    write_dataset(Path("shifted.h5"), dataset)
    typed = (*SMALL_MODEL, "--data", "shifted.h5", "--init_from", "outputs/trained")
    words = r"counted from -5 eV \(energy_reference\)"
    with pytest.raises(UsageError, match=words), Run(parse_flags(typed).resolved()) as one:
        one.prepare()


def test_other_settings_that_differ_are_told(standard: Path, tmp_path: Path) -> None:
    folder = copy_of(standard, tmp_path)
    told = finish(
        folder, *TINY, "--num_epochs", "1", "--dropout", "0.2", "--init_from", "outputs/trained"
    )
    assert "unlike the model that this one starts from: dropout 0.1 there, 0.2 here" in told
    assert "its scores are too good" in told
