"""Storms over a run: processes that are killed or signaled at instants drawn from a seed."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import select
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from harness import (
    CHECKPOINTS,
    FILE,
    START,
    STEP,
    VALIDATION,
    TrainingProcess,
    finish,
    raise_at,
    without_figures,
)
from outcome import CLOCK, assert_identical, outcome, parts_of

from dnawire.checkpoint import CheckpointStore, load_checkpoint
from dnawire.cli.train import parse_flags
from dnawire.errors import EXIT_FINISHED, EXIT_INTERRUPTED, EXIT_STOPPED
from dnawire.runs.preparation import build_trainer, prepare_data, prepare_dataset
from dnawire.training.callback import Callback

GENERATIONS: Final = ("checkpoint_latest.pth", "checkpoint_previous.pth", "checkpoint_best.pth")
LARGEST_LIGHT_FILE: Final = 20_000
"""Bytes of a lock or of a progress file, of which a folder holds a few."""

INTERVALS: Final = (
    ("--checkpoint_frequency", "1"),
    ("--checkpoint_frequency", "1000", "--checkpoint_seconds", "0.02"),
)


SHARE_OF_KILLS_AT_FILES: Final = 0.6


class Place(NamedTuple):
    """How far a checkpoint is: epochs and batches of the next one."""

    epoch: int
    batch: int


@dataclass
class Tally:
    """What a storm has done so far."""

    kind: str
    model: str
    events: int = 0
    processes: int = 0
    in_save: int = 0
    largest_share: float = 0.0
    """Largest size of the folder, in checkpoints."""
    last: Place | None = None
    """Where the last kill has left the run."""
    start: float = field(default_factory=time.monotonic)

    def summary(self) -> str:
        """One line for the report."""
        return (
            f"storm: {self.model}, {self.events} {self.kind}, {self.processes} processes, "
            f"{time.monotonic() - self.start:.0f} s, {self.in_save} in mid-save, "
            f"folder at most {self.largest_share:.2f} checkpoints"
        )


class Moment(NamedTuple):
    """An instant of a process: so many moments of a kind, and then a delay in seconds."""

    kind: str
    number: int
    delay: float

    def await_in(self, process: TrainingProcess) -> None:
        """Return at the instant, or when the process has ended before."""
        process.wait_or_end(self.kind, self.number)
        # Only a delay makes the instant random: moments are announced always from the same place.
        select.select([], [], [], self.delay)


def kill_instant(draw: random.Random) -> Moment:
    """Draw an instant at a start or some steps later."""
    if draw.random() < 0.15:
        return Moment(START, 1, draw.uniform(0.0, 0.3))
    return Moment(STEP, draw.randint(1, 7), draw.uniform(0.0, 0.006))


def place_of(directory: Path) -> Place:
    """Place of the latest checkpoint, which must be a good one."""
    found = CheckpointStore(directory).load_latest()
    if found is None:
        return Place(0, 0)
    # A process that ends in its first save may leave the best alone.
    written = [name for name in GENERATIONS if (directory / name).exists()]
    assert found.path.name == written[0]
    assert not found.rejected or written == [GENERATIONS[2]]
    run = found.payload["resume"]["state"]["run"]
    assert found.payload["epoch"] == run["epoch"] == len(found.payload["train_losses"])
    return Place(run["epoch"], run["batch"])


def assert_progress_is_whole(directory: Path) -> None:
    """Fail if a program could not read the progress."""
    path = directory / "training_progress.json"
    if path.exists():
        json.loads(path.read_text())


def bytes_in(directory: Path) -> dict[int, int]:
    """Size of every file of a folder by its number, so that a second name adds nothing."""
    sizes = {}
    for name in os.listdir(directory) if directory.is_dir() else ():
        try:
            status = os.stat(directory / name)
        except FileNotFoundError:
            continue
        sizes[status.st_ino] = status.st_size
    return sizes


def share_of(directory: Path) -> float:
    """Size of the folder of checkpoints, in units of its largest checkpoint."""
    sizes = [size for size in bytes_in(directory).values() if size > LARGEST_LIGHT_FILE]
    return sum(sizes) / max(sizes, default=1)


@contextmanager
def observed(directory: Path, tally: Tally) -> Iterator[None]:
    """Look at the size of a folder over and over again."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.01):
            tally.largest_share = max(tally.largest_share, share_of(directory))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
    assert tally.largest_share <= len(GENERATIONS) + 1, tally


def kill_storm(folder: Path, model: str, flags: Sequence[str], kills: int) -> Tally:
    """Kill one run at random instants and compare its end with that of a run in peace.

    The flags must ask for so many epochs that no process comes to the end.
    """
    draw, tally = random.Random(f"{model} {kills}"), Tally("kills", model)
    killed, place = folder / "killed", Place(0, 0)
    with observed(killed / CHECKPOINTS, tally):
        while tally.events < kills:
            own_flags = (*flags, *draw.choice(INTERVALS))
            if draw.random() < SHARE_OF_KILLS_AT_FILES:
                # From outside, the short time in which a file is half written is hit too rarely.
                action = raise_at(FILE, draw.randint(1, 70), signal.SIGKILL)
                process = TrainingProcess(
                    killed, *own_flags, action=action, command=without_figures
                )
            else:
                process = TrainingProcess(killed, *own_flags, command=without_figures)
                kill_instant(draw).await_in(process)
                process.send(signal.SIGKILL)
            now = after_kill(process, killed / CHECKPOINTS, tally)
            assert now >= place
            place = now
    tally.last = place
    for name in ("killed", "peace"):
        finish(folder / name, *flags, "--checkpoint_frequency", "100")
    ends = [outcome(folder / name, model) for name in ("killed", "peace")]
    for end in ends:
        # The best tells the interval of the process that saved it.
        for interval in ("checkpoint_frequency", "checkpoint_seconds"):
            del end["best"]["args"][interval]
    assert_identical(*ends)
    return tally


def after_kill(process: TrainingProcess, directory: Path, tally: Tally) -> Place:
    """Look at what a process leaves behind; return the place of its checkpoint."""
    code, messages = process.end()
    assert code == -signal.SIGKILL, messages
    process.forget()
    tally.processes += 1
    tally.events += 1
    tally.in_save += any(directory.glob(".checkpoint_*.tmp"))
    tally.largest_share = max(tally.largest_share, share_of(directory))
    assert_progress_is_whole(directory)
    return place_of(directory)


SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)


def signal_instant(draw: random.Random) -> Moment:
    """Draw an instant at a start, in a step, in validation or in a save."""
    kind = draw.choices((START, STEP, VALIDATION, FILE), (2, 5, 2, 3))[0]
    if kind == START:
        return Moment(START, 1, draw.uniform(0.0, 0.3))
    most = {STEP: 10, VALIDATION: 2, FILE: 60}[kind]
    return Moment(kind, draw.randint(1, most), draw.uniform(0.0, 0.004))


def signal_storm(folder: Path, model: str, flags: Sequence[str], signals: int) -> Tally:
    """Signal runs at random instants; every state that they save lies on the way of one in peace.

    A run that comes to its end is compared as a whole, and the next one starts.
    """
    draw, tally = random.Random(f"{model} {signals}"), Tally("signals", model)
    finish(folder / "peace", *flags)
    peace = outcome(folder / "peace", model)
    assert TrainingProcess(folder / "way", *flags, command=record_way).end().exit_code == 0
    way = dict(json.loads((folder / "way" / WAY).read_text()))
    stormy = folder / "stormy"
    with observed(stormy / CHECKPOINTS, tally):
        while tally.events < signals:
            code = signal_one(stormy, flags, draw, tally)
            assert_on_the_way(stormy / CHECKPOINTS, way)
            if code == EXIT_FINISHED:
                assert_identical(outcome(stormy, model), peace)
                shutil.rmtree(stormy)
    return tally


def signal_one(folder: Path, flags: Sequence[str], draw: random.Random, tally: Tally) -> int:
    """Live until the end that one to four signals bring about; return the exit code."""
    instant, count = signal_instant(draw), draw.choice((1, 1, 1, 2, 2, 4))
    process = TrainingProcess(folder, *flags, command=interruptible, action=StepsAfterRequest())
    instant.await_in(process)
    sent = []
    for _ in range(count):
        sent.append(draw.choice(SIGNALS))
        tally.events += process.send(sent[-1])
        select.select([], [], [], draw.choice((0.0, draw.uniform(0.0, 0.01))))
    code, messages = process.end()
    process.forget()
    tally.processes += 1
    tally.in_save += instant.kind == FILE
    deaths = {-number for number in sent if number != signal.SIGINT}
    assert code in {EXIT_FINISHED, EXIT_STOPPED, EXIT_INTERRUPTED} | deaths, (code, sent, messages)
    if code in deaths:
        # Before the handlers are installed, and when they are gone because all is saved.
        is_alone = len(sent) == 1 and instant.kind != START
        assert ENDED.search(messages) or not is_alone, messages
    elif code == EXIT_STOPPED:
        assert "stopped by SIG" in messages, messages
    assert_progress_is_whole(folder / CHECKPOINTS)
    return code


class StepsAfterRequest:
    """Ends a process with another exit code at the second step after a signal was noted."""

    def __init__(self) -> None:
        self.steps = 0

    def __call__(self, moment: str, count: int) -> None:
        request = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
        if moment == STEP and request is not None and request.is_signaled:
            self.steps += 1
            if self.steps > 1:
                os._exit(TOO_LATE)


ENDED: Final = re.compile(r"stopped by SIG|results: ")
"""What a process says when it has saved all."""

TOO_LATE: Final = 99
"""Exit code of a process that took two steps after it was asked to stop."""


def interruptible(flags: tuple[str, ...]) -> int:
    """The real command but for figures and messages of a Ctrl+C."""
    try:
        code = without_figures(flags)
        # A signal that comes after the command is no concern of it.
        os._exit(code)
    except KeyboardInterrupt:
        os._exit(EXIT_INTERRUPTED)


WAY: Final = "way.json"


def record_way(flags: tuple[str, ...]) -> int:
    """Train in peace and write the digest of the state at every boundary."""
    config = parse_flags(flags).resolved()
    torch.set_num_threads(config.runtime.num_threads)
    cpu = torch.device("cpu")
    trainer = build_trainer(config, prepare_data(config, prepare_dataset(config), cpu), cpu)
    way: list[tuple[str, str]] = []

    class Record(Callback):
        def after_batch(self) -> bool:
            way.append(
                (key_of(trainer.state.state_dict()), digest_of(trainer.registry().snapshot()))
            )
            return False

        def after_epoch(self, record: object) -> bool:
            return self.after_batch()

    record = Record()
    record.after_batch()
    assert trainer.fit(config.optimization.num_epochs, record)
    # Within validation the state stays as it is, so the same key always has the same digest.
    assert len(set(way)) == len(dict(way))
    Path(WAY).write_text(json.dumps(way))
    return 0


def assert_on_the_way(directory: Path, way: dict[str, str]) -> None:
    """Fail unless every checkpoint of a folder holds a state that a run in peace has been in."""
    for path in (directory / name for name in GENERATIONS):
        if path.exists():
            state = parts_of(load_checkpoint(path).payload)
            assert way[key_of(state["run"])] == digest_of(state), path


def key_of(state: Mapping[str, Any]) -> str:
    """The step boundary of a saved state of a run as text."""
    return f"{state['epoch']} {state['batch']}"


def digest_of(value: Any) -> str:  # noqa: ANN401
    """SHA-256 of a nested value but for the clock."""
    digest = hashlib.sha256()
    for part in _parts(value):
        digest.update(part)
    return digest.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:  # noqa: ANN401
    if isinstance(value, dict):
        for key in sorted(value.keys() - CLOCK, key=str):
            yield f"{key}:".encode()
            yield from _parts(value[key])
    elif isinstance(value, list | tuple):
        yield f"{len(value)},".encode()
        for item in value:
            yield from _parts(item)
    elif isinstance(value, torch.Tensor):
        yield value.contiguous().numpy().tobytes()
    else:
        # The shortest text that gives the same float back tells its every bit.
        yield repr(value).encode()
