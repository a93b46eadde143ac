"""Processes of the real training command, which can be signaled, killed and resumed."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import shlex
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import torch
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_post_hook

from dnawire.checkpoint import CheckpointStore, SaveInterval
from dnawire.cli import main
from dnawire.cli.train import parse_flags
from dnawire.cluster import signals
from dnawire.config import declaration, model_types
from dnawire.doctor.storage import file_system
from dnawire.errors import EXIT_FINISHED, EXIT_PROBLEM_FOUND
from dnawire.models import TransportModel
from dnawire.runs import Run, train
from dnawire.runs.checkpointing import CheckpointCallback
from dnawire.training.state import RunState

_RECORDS = "--num_samples 60 --seq_length 4 --num_energy_points 12"
_SMALL = "--hidden_dim 16 --num_layers 2 --num_heads 2 --batch_size 8 --dropout 0.1"
FEW_RECORDS: Final = tuple(_RECORDS.split())
SMALL_MODEL: Final = tuple(_SMALL.split())
TINY: Final = (*FEW_RECORDS, *SMALL_MODEL)
STEPS_PER_EPOCH: Final = 7
MODELS: Final = tuple(name for name in model_types() if declaration(name).target == "spectra")
"""Types of models that generated records can train."""
CHECKPOINTS: Final = "checkpoints"

START: Final = "b"
"""The command is about to begin."""
STEP: Final = "s"
"""An optimizer step was taken; the schedule and the counters do not know of it yet."""
VALIDATION: Final = "v"
"""A validation batch is about to be computed."""
FILE: Final = "f"
"""A file of the checkpoint folder is about to be opened, linked, renamed or removed."""


class Action(Protocol):
    """Called in the process at every moment, with the number of such moments so far."""

    def __call__(self, moment: str, count: int, /) -> None: ...


class Command(Protocol):
    """What a process does with its flags; the result is the exit code."""

    def __call__(self, flags: tuple[str, ...], /) -> int: ...


def real_command(flags: tuple[str, ...]) -> int:
    """What ``python main.py`` does."""
    return main(["train", *flags])


def without_figures(flags: tuple[str, ...]) -> int:
    """The real command but for the figures, which take far longer than the training.

    It catches no error: for processes that are expected to finish.
    """
    return drawing(flags, no_figures)


def no_figures(folder: Path) -> None:
    """Draw nothing."""


def drawing(flags: tuple[str, ...], draw: Callable[[Path], None]) -> int:
    """Train, and draw by the given function in the place of the figures."""
    parsed = parse_flags(flags)
    parsed.messages.configure()
    return train(parsed.resolved(), shlex.join(sys.argv), draw)


def any_command(words: tuple[str, ...]) -> int:
    """What ``dnawire`` does with words of which the first is the name of a command."""
    return main(list(words))


def fit(
    flags: tuple[str, ...],
    schedule: Callable[[RunState], SaveInterval],
    store: type[CheckpointStore] = CheckpointStore,
) -> int:
    """Train to the end, but for the schedule of saves, and return how many there were."""
    with prepared(flags) as (run, callback):
        state, folder = run.trainer.state, store(callback.store.directory, callback.lock)
        run.callback = replace(callback, schedule=schedule(state), store=folder)
        assert run.fit()
        found = folder.load_latest()
    return 0 if found is None else found.counter


@contextmanager
def prepared(flags: tuple[str, ...]) -> Iterator[tuple[Run, CheckpointCallback]]:
    """A run with checkpoints that is about to begin, and its callback."""
    with Run(parse_flags(flags).resolved()) as run:
        run.prepare()
        assert isinstance(run.callback, CheckpointCallback)
        yield run, run.callback


def _do_nothing(moment: str, count: int) -> None:
    """Let the process go on."""


class Ended(NamedTuple):
    """How a process ended."""

    exit_code: int
    """Negative for the signal that killed it."""
    messages: str
    """Standard output and standard error stream."""


class TrainingProcess:
    """A process that runs one training command in a folder of its own.

    Parameters
    ----------
    folder
        Working directory; made if missing. Relative paths keep the settings of two runs equal.
    flags
        What follows ``python main.py``.
    action
        What the process does to itself, e.g. ``partial(raise_at, STEP, 3, signal.SIGTERM)``.
    command
        What is done with the flags; its result is the exit code.
    """

    def __init__(
        self,
        folder: Path,
        *flags: str,
        action: Action = _do_nothing,
        command: Command = real_command,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / f"messages-{next(_numbers)}.txt"
        self._log.touch()
        self._moments, writer = _server().Pipe(duplex=False)
        self._process = _server().Process(
            target=_train, args=(folder, flags, writer, self._log, action, command), daemon=True
        )
        self._process.start()
        writer.close()

    @property
    def pid(self) -> int:
        """Number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def wait_for(self, moment: str, count: int = 1) -> None:
        """Wait for the next ``count`` moments of this kind."""
        while count:
            found = os.read(self._moments.fileno(), 1).decode()
            assert found, f"the process ended early: {self.end()}"
            count -= found == moment

    def wait_or_end(self, moment: str, count: int) -> None:
        """Wait for the next ``count`` moments of this kind, or for the end."""
        while count and (found := os.read(self._moments.fileno(), 1)):
            count -= found.decode() == moment

    def send(self, number: signal.Signals) -> bool:
        """Send a signal, which may come too late; return whether it did not."""
        assert self._process.pid is not None
        if not self._process.is_alive():
            return False
        try:
            os.kill(self._process.pid, number)
        except ProcessLookupError:
            return False
        return True

    @property
    def sentinel(self) -> int:
        """What becomes ready when the process has ended."""
        return self._process.sentinel

    def end(self) -> Ended:
        """Wait for the end."""
        self._process.join()
        self._moments.close()
        assert self._process.exitcode is not None
        return Ended(self._process.exitcode, self._log.read_text())

    def forget(self) -> None:
        """Remove the messages, when there are many processes."""
        self._log.unlink()


def wait_for_any(processes: list[TrainingProcess]) -> list[TrainingProcess]:
    """Wait until processes have ended, and return them."""
    ended = wait([process.sentinel for process in processes])
    return [process for process in processes if process.sentinel in ended]


def run(folder: Path, *flags: str, action: Action = _do_nothing) -> Ended:
    """Train in a process from its start to its end; see `TrainingProcess`."""
    return TrainingProcess(folder, *flags, action=action).end()


def assert_refused(ended: Ended, exit_code: int, *words: str) -> None:
    """Fail unless a process ended with one clear message and a remedy that say these words."""
    assert ended.exit_code == exit_code, ended.messages
    assert ended.messages.count("dnawire: error: ") == 1, ended.messages
    assert ended.messages.count("\n  Remedy: ") == 1, ended.messages
    assert "Traceback" not in ended.messages
    for word in words:
        assert word in ended.messages, ended.messages


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the messages of processes and the locks, which count starts."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock" and not path.name.startswith("messages-")
    }


def finish(folder: Path, *flags: str, action: Action = _do_nothing) -> str:
    """Train to the end without figures, and return the messages."""
    code, messages = TrainingProcess(folder, *flags, action=action, command=without_figures).end()
    assert code == EXIT_FINISHED, messages
    return messages


def raise_at(moment: str, count: int, *numbers: signal.Signals) -> Action:
    """Return the action of sending signals to oneself once, at the given moment."""
    return _RaiseAt(moment, count, numbers)


def patiently(action: Action) -> Action:
    """Return an action after which a second Ctrl+C counts as one that comes a second later."""
    return _Patiently(action)


class _Patiently(NamedTuple):
    action: Action

    def __call__(self, moment: str, count: int) -> None:
        vars(signals)["SAME_REQUEST_SECONDS"] = 0.0
        self.action(moment, count)


class _RaiseAt(NamedTuple):
    moment: str
    number: int
    signals: tuple[signal.Signals, ...]

    def __call__(self, moment: str, count: int) -> None:
        if (moment, count) == (self.moment, self.number):
            for one in self.signals:
                os.kill(os.getpid(), one)


def fall_silent() -> None:
    """Announce no more moments of this process, which is about to be traced, to its parent."""
    _silent.append(True)


_silent: Final[list[bool]] = []
_FILE_EVENTS: Final = ("open", "os.link", "os.rename", "os.remove")
_numbers: Final = itertools.count()


@cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "preload"])
    paths = [str(Path(__file__).parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    # Threads that wait leave the processor to other processes, which are many.
    waiting = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    with _environment(PYTHONPATH=os.pathsep.join(filter(None, paths)), **waiting):
        forkserver.ensure_running()
    return context


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    saved = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def _train(
    folder: Path,
    flags: tuple[str, ...],
    moments: Connection,
    log: Path,
    action: Action,
    command: Command,
) -> None:
    os.chdir(folder)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # A command that a shell started in the background would ignore it, and so would the processes.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Tests that run in a job of SLURM are not to be stopped or requeued with it.
    for name in [name for name in os.environ if name.startswith("SLURM_")]:
        del os.environ[name]
    sys.argv = ["main.py", *flags]
    _announce_moments(moments, action)
    sys.exit(command(flags))


def _announce_moments(moments: Connection, action: Action) -> None:
    """Tell the parent of every moment, and act on it, by the hooks of Python and PyTorch."""
    counts: Counter[str] = Counter()

    def announce(moment: str) -> None:
        counts[moment] += 1
        if not _silent:
            os.write(moments.fileno(), moment.encode())
        action(moment, counts[moment])

    def before_forward(module: torch.nn.Module, _: object) -> None:
        if isinstance(module, TransportModel) and not module.training:
            announce(VALIDATION)

    def before_file_operation(event: str, arguments: tuple[object, ...]) -> None:
        if event in _FILE_EVENTS and CHECKPOINTS in str(arguments[0]):
            announce(FILE)

    sys.addaudithook(before_file_operation)
    register_optimizer_step_post_hook(lambda *_: announce(STEP))
    register_module_forward_pre_hook(before_forward)
    announce(START)


def code_of_doctor(folder: Path) -> int:
    """What a good folder leads to: some systems keep temporary folders in memory."""
    is_in_memory = file_system(folder) in ("tmpfs", "ramfs")
    return EXIT_PROBLEM_FOUND if is_in_memory else EXIT_FINISHED
