"""What the tests of the checkpoint package share: states, tampered storage, processes."""

from __future__ import annotations

import io
import json
import os
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from dnawire.checkpoint import CheckpointStore, DirectoryLock, FileSystem
from dnawire.checkpoint.format import _seal
from dnawire.errors import DnawireError

ELSEWHERE = {"host": "elsewhere", "boot": "another boot", "job": "", "cluster": ""}
OPERATIONS = tuple(name for name in vars(FileSystem) if not name.startswith("_"))

Around = Callable[[str, tuple[Any, ...], Callable[[], Any]], Any]


def payload(step: int) -> dict[str, Any]:
    """Return a training state of which every part tells the step."""
    return {
        "model_state_dict": {"weight": torch.full((8, 3), float(step))},
        "optimizer_state_dict": {"state": {0: {"step": torch.tensor(float(step))}}},
        "epoch": step,
        "train_losses": [1.0 / (n + 1) for n in range(3)],
        "val_losses": [float("nan"), 0.5],
        "args": {"model": "standard", "num_epochs": 100, "note": None, "wide": (1, 2)},
        "energy_grid": torch.linspace(-3, 3, 7, dtype=torch.float64),
        "timestamp": 1703123456.789,
        "resume": {"state": {"random": 2**127 + step}},
    }


def step_of(content: dict[str, Any]) -> int:
    """Return the step of a training state, of which no part may tell another one."""
    step = content["epoch"]
    assert torch.equal(content["model_state_dict"]["weight"], torch.full((8, 3), float(step)))
    assert content["optimizer_state_dict"]["state"][0]["step"].item() == step
    assert content["resume"]["state"]["random"] == 2**127 + step
    return int(step)


def loaded_step(directory: Path) -> int:
    """Return the step that a run in this folder would resume from."""
    found = CheckpointStore(directory).load_latest()
    assert found is not None
    return step_of(found.payload)


def sealed(content: object) -> bytes:
    """Return a file with a good seal around a content that may be anything."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return resealed(buffer.getvalue())


def resealed(archive: bytes, counter: int = 1) -> bytes:
    """Return an archive with a good seal."""
    buffer = io.BytesIO(archive)
    _seal(buffer, counter)
    return buffer.getvalue()


class TappedFileSystem(FileSystem):
    """The real file system with a function around every operation."""

    def __init__(self, around: Around) -> None:
        self.around = around


def _tapped(name: str) -> Callable[..., Any]:
    operation = getattr(FileSystem, name)

    def tapped(self: TappedFileSystem, *arguments: Any) -> Any:  # noqa: ANN401
        return self.around(name, arguments, lambda: operation(self, *arguments))

    return tapped


for _name in OPERATIONS:
    setattr(TappedFileSystem, _name, _tapped(_name))


def count_operations(action: Callable[[FileSystem], object]) -> list[str]:
    """Return the names of the operations that an action performs."""
    names: list[str] = []

    def note(name: str, arguments: tuple[Any, ...], proceed: Callable[[], Any]) -> Any:  # noqa: ANN401
        names.append(name)
        return proceed()

    action(TappedFileSystem(note))
    return names


def fork(process: Callable[[], int | None]) -> int:
    """Run a function in a child process; its exit code is the result or that of its error."""
    with warnings.catch_warnings():
        # Idle threads of numerical libraries do not matter to children that use none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        return child
    code = 99
    try:
        code = process() or 0
    except DnawireError as error:
        code = error.exit_code
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def wait(child: int) -> int:
    """Return the exit code of a child, negative for the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die_owning(directory: Path) -> None:
    """Leave a folder behind as an owner that was killed does."""

    def process() -> int:
        DirectoryLock(directory).acquire()
        return 0

    assert wait(fork(process)) == 0


def litter(directory: Path) -> list[str]:
    """Return the names in a folder that a run at rest does not leave there."""
    known = ("checkpoint_latest.pth", "checkpoint_previous.pth", "checkpoint_best.pth")
    return [
        name for name in os.listdir(directory) if name not in known and not name.endswith(".lock")
    ]


def lock_file(directory: Path) -> Path:
    """Return the one lock file of a folder."""
    (path,) = directory.glob("run-*.lock")
    return path


def rewrite(path: Path, **changes: object) -> None:
    """Change the record of an owner."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def make_stale(path: Path) -> None:
    """Let an owner look like one on another host that was not heard of for long."""
    rewrite(path, **ELSEWHERE)
    os.utime(path, (0, 0))
