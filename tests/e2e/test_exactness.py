"""A run that is resumed from any step of it ends with the same bits, whatever the settings are.

There are no loader workers to vary: the records are in memory, and a batch is gathered in the loop.
"""

from __future__ import annotations

import itertools
import json
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from harness import CHECKPOINTS, MODELS, STEP, TINY, TrainingProcess, finish, fit, raise_at, run
from outcome import assert_identical, outcome, parts_of, without_clock
from test_observer import start_again_and_again, stop_at_every_step

from dnawire.checkpoint import CheckpointStore, SaveInterval, encode, load_checkpoint
from dnawire.checkpoint.store import SavedCheckpoint
from dnawire.cli.train import parse_flags
from dnawire.errors import EXIT_FINISHED, EXIT_STOPPED
from dnawire.runs.checkpointing import restore
from dnawire.runs.preparation import (
    build_trainer,
    initial_model,
    prepare_data,
    prepare_dataset,
)
from dnawire.runs.torch_setup import set_up_torch
from dnawire.training.callback import Callback
from dnawire.training.distributed import SingleProcess
from dnawire.training.state import EpochRecord, RunState

OPTIMIZERS: Final = ("adamw", "adam", "sgd", "rmsprop")
SCHEDULES: Final = ("cosine", "constant", "plateau", "one-cycle")
CHOICES: Final = {
    "dropout": ("0.0", "0.2"),
    "ema_decay": ("0.0", "0.8"),
    "accumulate_batches": ("1", "2"),
    "model_type": MODELS,
    "num_threads": ("1", "2"),
}
MIXES: Final = ((1, 1), (2, 2), (1, 2), (2, 1), (3, 3))
"""For each choice, which bits of the numbers of optimizer and schedule decide it.

Sums of bits of both are an orthogonal array: of any two settings, all pairs of values occur.
"""

EPOCHS: Final = 3
RECORDS: Final = "--num_samples 40 --seq_length 4 --min_length 3 --num_energy_points 9"
MODEL: Final = "--hidden_dim 16 --num_layers 2 --num_heads 2 --batch_size 8"
COURSE: Final = (
    f"--num_epochs {EPOCHS} --warmup_epochs 1 --learning_rate 0.005 --plateau_patience 0"
)


ONE_EPOCH: Final = "--seq_length 4 --num_energy_points 9 --hidden_dim 16 --num_epochs 1"


def combinations() -> list[dict[str, str]]:
    rows = []
    for first, second in itertools.product(range(4), range(4)):
        row = {"optimizer": OPTIMIZERS[first], "schedule": SCHEDULES[second]}
        for (name, values), (one, other) in zip(CHOICES.items(), MIXES, strict=True):
            parity = ((first & one).bit_count() + (second & other).bit_count()) % 2
            row[name] = values[parity]
        rows.append(row)
    return rows


def test_all_pairs_of_settings_occur() -> None:
    values = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES, **CHOICES}
    for one, other in itertools.combinations(values, 2):
        met = {(row[one], row[other]) for row in combinations()}
        assert met == set(itertools.product(values[one], values[other])), (one, other)


class _Album(CheckpointStore):
    """Keeps a copy of every latest checkpoint."""

    def save(self, payload: Any) -> SavedCheckpoint:  # noqa: ANN401
        saved = super().save(payload)
        folder = self.directory / "album"
        folder.mkdir(exist_ok=True)
        shutil.copy(saved.path, folder / f"{len(list(folder.iterdir())):04d}.pth")
        return saved


def always_due(_: RunState) -> SaveInterval:
    return SaveInterval(1, 1e-9, max_share=1e9)


@dataclass
class _OnePlaceOn(Callback):
    """Stops where there is a state of its own again: validation changes nothing."""

    state: RunState

    def __post_init__(self) -> None:
        self.start = place_of(self.state)

    def after_batch(self) -> bool:
        return place_of(self.state) != self.start

    def after_epoch(self, record: EpochRecord) -> bool:
        return self.after_batch()


def place_of(state: RunState) -> tuple[int, int]:
    return state.epoch, state.batch


def resume_everywhere(flags: tuple[str, ...]) -> int:
    """Save at every boundary; go on from each to the next one, and from the middle to the end."""
    config = parse_flags(flags).resolved()
    fit(flags, always_due, _Album)
    device = set_up_torch(config.runtime, SingleProcess())
    data = prepare_data(config, prepare_dataset(config), device)
    saved: dict[tuple[int, int], Any] = {}
    for file in (config.checkpoint.directory / "album").iterdir():
        payload = load_checkpoint(file).payload
        counters = payload["resume"]["state"]["run"]
        saved[counters["epoch"], counters["batch"]] = payload
    places = sorted(saved)

    def go_on(here: tuple[int, int], there: tuple[int, int]) -> None:
        trainer = build_trainer(config, data, device, model=initial_model(config, data))
        registry = trainer.registry()
        restore(registry, saved[here])
        callback = Callback() if there == places[-1] else _OnePlaceOn(trainer.state)
        trainer.fit(config.optimization.num_epochs, callback)
        found, wanted = registry.snapshot(), parts_of(saved[there])
        assert_identical(without_clock(found), without_clock(wanted), place=f"{here} -> {there}")

    for here, there in itertools.pairwise(places):
        go_on(here, there)
    go_on(places[len(places) // 2], places[-1])
    Path("places.json").write_text(json.dumps(places))
    return 0


@pytest.mark.parametrize("row", combinations(), ids=lambda row: " ".join(row.values()))
def test_resumed_at_any_step_it_ends_the_same(tmp_path: Path, row: dict[str, str]) -> None:
    settings = (word for name, value in row.items() for word in (f"--{name}", value))
    flags = (*RECORDS.split(), *MODEL.split(), *COURSE.split(), *settings)
    flags = (*flags, "--checkpoint_dir", CHECKPOINTS)
    code, messages = TrainingProcess(tmp_path, *flags, command=resume_everywhere).end()
    assert code == 0, messages
    places = json.loads((tmp_path / "places.json").read_text())
    steps = 5 if row["accumulate_batches"] == "1" else 3
    assert len(places) == EPOCHS * (steps + 1)


@pytest.mark.parametrize(
    ("batch_size", "batches"), [("2", 24), pytest.param("1", 200, marks=pytest.mark.slow)]
)
def test_many_resumes_within_one_epoch(tmp_path: Path, batch_size: str, batches: int) -> None:
    flags = tuple(ONE_EPOCH.split())
    records = str(round(int(batch_size) * batches / 0.8) + 2)
    flags = (*flags, "--num_samples", records, "--batch_size", batch_size)
    flags = (*flags, "--checkpoint_dir", CHECKPOINTS)
    code, messages = TrainingProcess(
        tmp_path / "resumed", *flags, action=stop_at_every_step, command=start_again_and_again
    ).end()
    assert code == EXIT_FINISHED, messages
    (line,) = (line for line in messages.splitlines() if line.startswith("stops: "))
    assert int(line.removeprefix("stops: ")) >= batches
    finish(tmp_path / "peace", *flags)
    assert_identical(*(outcome(tmp_path / name, "standard") for name in ("resumed", "peace")))


def test_another_environment_is_named(tmp_path: Path) -> None:
    """The number of threads really differs; versions and the device are changed in the file."""
    flags = (*TINY, "--num_epochs", "2", "--checkpoint_dir", CHECKPOINTS)
    stopped = run(tmp_path, *flags, action=raise_at(STEP, 3, signal.SIGTERM))
    assert stopped.exit_code == EXIT_STOPPED
    told = "not bit-exact, the environment differs"
    path = tmp_path / CHECKPOINTS / "checkpoint_latest.pth"
    payload = load_checkpoint(path).payload
    for key in ("format_version", "manifest"):
        del payload[key]
    elsewhere: dict[str, Any] = {"torch": "2.9.0", "numpy": "1.26.4", "devices": ["NVIDIA H100"]}
    elsewhere |= {"dnawire": "0.0.1", "cpu": "nehalem"}
    payload["resume"]["environment"] |= elsewhere
    path.write_bytes(encode(payload, counter=9))
    threads = ("--num_threads", "2", "--allow_change", "num_threads")
    messages = finish(tmp_path, *flags, *threads)
    for name, value in elsewhere.items():
        assert f"{told}: {name}: {value} ->" in messages
    assert f"{told}: threads: 1 -> 2" in messages
    assert messages.count(told) == 6
