"""A run is resumed with the settings it was started with, or says which one differs."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any, Final

import pytest
from harness import (
    CHECKPOINTS,
    FEW_RECORDS,
    SMALL_MODEL,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    assert_refused,
    contents,
    finish,
    raise_at,
    run,
)
from outcome import metrics

from dnawire.checkpoint import encode, load_checkpoint
from dnawire.cli import main
from dnawire.cli.train import parse_flags
from dnawire.config import GuardClass, TrainConfig, guard_classes
from dnawire.errors import (
    EXIT_CONFIGURATION_MISMATCH,
    EXIT_FINISHED,
    EXIT_STOPPED,
    EXIT_USAGE,
    ConfigurationMismatchError,
)
from dnawire.runs.resume import check_settings

LENGTH = ("--num_epochs", "6", "--checkpoint_dir", CHECKPOINTS)
FLAGS = (*TINY, *LENGTH)
STOP = raise_at(STEP, 2 * STEPS_PER_EPOCH + 3, signal.SIGTERM)

CHANGED: dict[str, Any] = {
    "parameters": "roche-voityuk",
    "num_samples": 61,
    "seq_length": 5,
    "min_length": 3,
    "num_energy_points": 13,
    "energy_min": -8.5,
    "energy_max": -6.0,
    "missing_fraction": 0.2,
    "left_contact": "lower:0",
    "right_contact": "lower:-1",
    "gamma_left": 0.2,
    "gamma_right": 0.2,
    "eta": 0.01,
    "validation_fraction": 0.2,
    "test_fraction": 0.2,
    "split_seed": 43,
    "model_type": "hamiltonian",
    "hidden_dim": 18,
    "num_layers": 3,
    "num_heads": 4,
    "dropout": 0.2,
    "batch_size": 9,
    "num_epochs": 7,
    "learning_rate": 2e-3,
    "accumulate_batches": 2,
    "optimizer": "adam",
    "weight_decay": 0.0,
    "momentum": 0.5,
    "ema_decay": 0.99,
    "schedule": "constant",
    "warmup_epochs": 4,
    "final_learning_rate_fraction": 0.5,
    "plateau_factor": 0.25,
    "plateau_patience": 3,
    "gradient_clip": 2.0,
    "rollback_rate_factor": 0.25,
    "transmission_weight": 2.0,
    "dos_weight": 2.0,
    "ldos_weight": 2.0,
    "huber_delta": 2.0,
    "resonance_width": 0.2,
    "seed": 43,
    "device": "cuda",
    "num_threads": 2,
}
"""Another value for every setting of `standard` that must match, but for `init_digest`, which no
flag allows to change: see tests/e2e/test_warm_start.py."""

OWN: Final = {"solvent": "vacuum", "level_weight": 0.5}
"""Another value for every setting that `atomistic` alone has."""

OTHER = {
    "data": "records.h5",
    "init_from": "outputs/trained",
    "splits": "splits.json",
    "output_dir": "elsewhere",
    "model_name": "mine",
    "checkpoint_frequency": 3,
    "checkpoint_seconds": 5.0,
    "checkpoint_dir": "elsewhere",
    "resume_from": "elsewhere/checkpoint_latest.pth",
    "allow_fallback": True,
    "allow_change": ("seed",),
    "time_limit": "2:00:00",
    "stop_margin": 5.0,
    "requeue": "never",
    "max_rollbacks": 5,
    "tensorboard": True,
}
"""Another value for every setting that need not match, but for `fresh`, which resumes nothing, and
`allow_leak`, which has no effect alone."""
DONE: Final = {"epoch": 2, "resume": {"state": {"run": {"step": 14}}}}
"""Of a checkpoint: two epochs of seven steps."""


def config_of(**changes: Any) -> TrainConfig:  # noqa: ANN401
    window = ("--energy_min", "-8.0", "--energy_max", "-6.5")
    records = () if "data" in changes else (*FEW_RECORDS, *window)
    plain = parse_flags((*SMALL_MODEL, *LENGTH, *records)).resolved().flat()
    return TrainConfig.from_flat(plain | changes)


def names_of(guard: GuardClass) -> set[str]:
    return {name for name, found in guard_classes().items() if found is guard}


def test_every_setting_is_tried_here() -> None:
    assert {*CHANGED, *OWN, "init_digest"} == names_of(GuardClass.MUST_MATCH)
    free = names_of(GuardClass.MAY_CHANGE) | names_of(GuardClass.IGNORED)
    assert set(OTHER) == free - {"fresh", "allow_leak"}


@pytest.mark.parametrize("name", [*CHANGED, *OWN])
def test_a_changed_setting_is_named_with_its_old_and_its_new_value(name: str) -> None:
    common = {"model_type": "atomistic", "data": Path("records.h5")} if name in OWN else {}
    other = {**common, name: (CHANGED | OWN)[name]}
    saved, changed = config_of(**common), config_of(**other)
    old, new = saved.flat()[name], changed.flat()[name]
    assert old != new
    with pytest.raises(ConfigurationMismatchError) as caught:
        check_settings({"args": saved.flat(), **DONE}, changed)
    row = [line for line in str(caught.value).splitlines() if line.split("|")[0].strip() == name]
    assert len(row) == 1
    assert [part.strip() for part in row[0].split("|")[1:]] == [repr(old), repr(new)]
    assert f"--allow_change {name}" in caught.value.remedy
    assert caught.value.exit_code == EXIT_CONFIGURATION_MISMATCH
    allowed = config_of(**other, allow_change=(name,))
    check_settings({"args": saved.flat(), **DONE}, allowed)


@pytest.mark.parametrize("name", OTHER)
def test_any_other_setting_may_change(name: str) -> None:
    check_settings(
        {"args": config_of().flat(), **DONE},
        config_of(**{name: OTHER[name]}),
    )


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run that was stopped in its third epoch."""
    folder = tmp_path_factory.mktemp("stopped")
    assert run(folder, *FLAGS, action=STOP).exit_code == EXIT_STOPPED
    return folder


def copy_of(stopped: Path, folder: Path) -> Path:
    shutil.copytree(stopped, folder, dirs_exist_ok=True)
    return folder


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--hidden_dim", "32"), ("hidden_dim | 16    | 32",)),
        (("--seed", "7", "--num_heads", "4"), ("seed      | 42    | 7", "num_heads | 2     | 4")),
        (
            ("--num_epochs", "8"),
            ("num_epochs | 6     | 8", "its course would", "--schedule constant --learning_rate"),
        ),
    ],
)
def test_the_real_command_refuses_and_touches_nothing(
    tmp_path: Path, stopped: Path, flags: tuple[str, ...], words: tuple[str, ...]
) -> None:
    folder = copy_of(stopped, tmp_path)
    before = contents(folder)
    assert_refused(run(folder, *FLAGS, *flags), EXIT_CONFIGURATION_MISMATCH, *words)
    assert contents(folder) == before


def test_other_records_are_refused_though_their_file_may_move(tmp_path: Path) -> None:
    for name, seed in (("mine", "1"), ("other", "2")):
        path = tmp_path / f"{name}.h5"
        assert main(["generate", str(path), *FEW_RECORDS, "--seed", seed, "-q"]) == EXIT_FINISHED
    flags = (*SMALL_MODEL, "--num_epochs", "3", "--checkpoint_dir", CHECKPOINTS)
    run(tmp_path, *flags, "--data", "mine.h5", action=raise_at(STEP, 3, signal.SIGTERM))
    other = run(tmp_path, *flags, "--data", "other.h5")
    assert_refused(other, EXIT_CONFIGURATION_MISMATCH, "the records differ")
    (tmp_path / "mine.h5").rename(tmp_path / "moved.h5")
    messages = finish(tmp_path, *flags, "--data", "moved.h5")
    assert "0 epochs and 3 batches are done" in messages


def test_a_run_goes_on_with_its_generated_records_in_a_file(tmp_path: Path, stopped: Path) -> None:
    folder = copy_of(stopped, tmp_path)
    assert main(["generate", str(folder / "same.h5"), *FEW_RECORDS, "-q"]) == EXIT_FINISHED
    messages = finish(folder, *SMALL_MODEL, *LENGTH, "--data", "same.h5")
    assert "changed: data: None -> 'same.h5'" in messages
    assert "not bit-exact" not in messages
    finish(copy_of(stopped, tmp_path / "usual"), *FLAGS)
    both = (
        load_checkpoint(place / CHECKPOINTS).payload["manifest"]["tensors"]
        for place in (folder, tmp_path / "usual")
    )
    assert len({str(tensors) for tensors in both}) == 1


def test_generated_spectra_that_differ_in_their_last_digits_are_told(
    tmp_path: Path, stopped: Path
) -> None:
    folder = copy_of(stopped, tmp_path)
    path = folder / CHECKPOINTS / "checkpoint_latest.pth"
    payload = load_checkpoint(path).payload
    payload["resume"]["data_digest"] = "0" * 64
    path.write_bytes(encode(without_seal(payload), counter=100))
    messages = finish(folder, *FLAGS)
    assert "not bit-exact, the generated spectra differ" in messages
    assert "2 epochs and 3 batches are done" in messages


def without_seal(payload: dict[str, Any]) -> dict[str, Any]:
    return {key: payload[key] for key in payload if key not in ("format_version", "manifest")}


def test_an_allowed_change_takes_effect(tmp_path: Path, stopped: Path) -> None:
    folder = copy_of(stopped, tmp_path)
    flags = (*FLAGS, "--learning_rate", "5e-3", "--weight_decay", "0.5")
    messages = finish(folder, *flags, "--allow_change", "learning_rate", "weight_decay")
    assert "changed: learning_rate: 0.001 -> 0.005" in messages
    finish(copy_of(stopped, tmp_path / "usual"), *FLAGS)
    rates, usual = rates_of(folder), rates_of(tmp_path / "usual")
    assert rates[:2] == usual[:2]
    assert rates[2:] == pytest.approx([5 * rate for rate in usual[2:]])
    content = load_checkpoint(folder / CHECKPOINTS).payload["optimizer_state_dict"]
    assert content["param_groups"][0]["weight_decay"] == 0.5


def rates_of(folder: Path) -> list[float]:
    rows = metrics(folder / "outputs/standard/metrics.csv")
    return [float(row["learning_rate"]) for row in rows]


def test_records_may_change_with_the_seed_they_come_from(tmp_path: Path, stopped: Path) -> None:
    folder = copy_of(stopped, tmp_path)
    messages = finish(folder, *FLAGS, "--seed", "7", "--allow_change", "seed")
    assert "changed: seed: 42 -> 7" in messages


@pytest.mark.parametrize(("name", "value"), [("hidden_dim", "32"), ("num_energy_points", "20")])
def test_an_allowed_change_that_cannot_work_is_refused_without_a_traceback(
    tmp_path: Path, stopped: Path, name: str, value: str
) -> None:
    folder = copy_of(stopped, tmp_path)
    before = contents(folder)
    ended = run(folder, *FLAGS, f"--{name}", value, "--allow_change", name)
    words = ("does not fit the settings", "size mismatch")
    assert_refused(ended, EXIT_CONFIGURATION_MISMATCH, *words)
    assert contents(folder) == before


def test_more_epochs_are_refused_with_cosine_and_allowed_with_constant(tmp_path: Path) -> None:
    flags = (*TINY, "--checkpoint_dir", CHECKPOINTS, "--schedule", "constant")
    finish(tmp_path, *flags, "--num_epochs", "3")
    messages = finish(tmp_path, *flags, "--num_epochs", "5")
    assert "changed: num_epochs: 3 -> 5" in messages
    assert "the result is that of one long run" in messages
    assert "results of another run" not in messages
    finish(tmp_path / "at once", *flags, "--num_epochs", "5")
    both = (
        load_checkpoint(folder / CHECKPOINTS).payload["manifest"]["tensors"]
        for folder in (tmp_path, tmp_path / "at once")
    )
    assert len({str(tensors) for tensors in both}) == 1
    fewer = run(tmp_path, *flags, "--num_epochs", "4")
    words = ("num_epochs = 4", "5 epochs are done")
    assert_refused(fewer, EXIT_CONFIGURATION_MISMATCH, *words)


@pytest.mark.parametrize("name", ["sed", "checkpoint_frequency"])
def test_a_wrong_name_to_allow_is_refused(tmp_path: Path, name: str) -> None:
    ended = run(tmp_path, *FLAGS, "--allow_change", name)
    assert_refused(ended, EXIT_USAGE, f"allow_change = '{name}'")
    assert not (tmp_path / CHECKPOINTS).exists()
