"""Self-check of checkpoints: trains, interrupts, resumes and verifies, in plain sight.

``python test_checkpoint.py`` takes about half a minute, works in a temporary folder, and ends with
exit code 0 if every check holds and 1 at the first that does not. It does what a user does: it
starts ``python main.py``, presses Ctrl+C, kills, and repeats the command.
"""

from __future__ import annotations

import csv
import json
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

try:
    import torch
except ModuleNotFoundError:
    sys.exit("torch is not installed for this Python: `make train`, then `. .venv/bin/activate`")

MAIN: Final = Path(__file__).resolve().with_name("main.py")
NUM_EPOCHS: Final = 40
SETTINGS: Final = (
    f"--num_epochs {NUM_EPOCHS} --num_samples 300 --seq_length 6 --num_energy_points 20 "
    "--hidden_dim 32 --num_layers 2 --checkpoint_dir ./checkpoints --checkpoint_frequency 5 "
    "--checkpoint_seconds 3600"
)
FILES: Final = ("checkpoint_latest.pth", "training_progress.json", "training_status.txt")
KEYS: Final = (
    "model_state_dict",
    "optimizer_state_dict",
    "epoch",
    "train_losses",
    "val_losses",
    "args",
    "energy_grid",
    "timestamp",
)
STATUS: Final = re.compile(
    r"Epoch: (\d+)\nTrain Loss: \d+\.\d{4}\nVal Loss: \d+\.\d{4}\n"
    r"Last Update: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n"
)
CLOCK: Final = frozenset({"timestamp", "seconds", "epoch_seconds"})
"""What may differ between a run that was interrupted and one that was not."""


class CheckFailedError(Exception):
    """Something is not as it should be."""


class Training:
    """One start of the training command in a folder.

    Parameters
    ----------
    folder
        Working directory.
    quietly
        Whether the command and its end are not worth a line.
    """

    def __init__(self, folder: Path, *, quietly: bool = False) -> None:
        self.messages = ""
        flags = [*shlex.split(SETTINGS), "--verbose"]
        if not quietly:
            print(f"  $ python main.py {shlex.join(flags)}")
        self._process = subprocess.Popen(
            [sys.executable, str(MAIN), *flags], cwd=folder, stderr=subprocess.PIPE, text=True
        )

    def wait_for(self, text: str) -> bool:
        """Read messages until one holds the text; whether there is one."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.messages += line
            if text in line:
                return True
        return False

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait for the end and return the exit code, negative for the signal that killed it."""
        self.wait_for("\0")
        return self._process.wait()

    def expect_end(self, exit_code: int, claim: str) -> None:
        """Wait for the end and check the exit code."""
        found = self.end()
        check(found == exit_code, claim, f"it is {found}; the last messages are\n{self.tail()}")

    def tail(self) -> str:
        """Return the last messages."""
        return "\n".join(f"    | {line}" for line in self.messages.splitlines()[-12:])


def main() -> int:
    """Run all checks and return the exit code."""
    # A shell that starts this in the background lets it, and so all it starts, ignore Ctrl+C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="dnawire-check-") as name:
        interrupted, peaceful = Path(name) / "interrupted", Path(name) / "peaceful"
        interrupted.mkdir()
        peaceful.mkdir()
        try:
            interrupt(interrupted)
            resume(interrupted, peaceful)
        except CheckFailedError as failure:
            print(f"  FAILED  {failure}")
            return 1
    print("All checks hold.")
    return 0


def resume(interrupted: Path, peaceful: Path) -> None:
    """Resume, kill, resume, and compare with a run that trains in peace at the same time."""
    reference = Training(peaceful, quietly=True)
    try:
        kill(interrupted)
        finish(interrupted)
        compare(interrupted, peaceful, reference)
    finally:
        reference.send(signal.SIGKILL)
        reference.end()


def interrupt(folder: Path) -> None:
    """Start a run, interrupt it with Ctrl+C once there is a checkpoint, and look at its files."""
    print("1. Start a short training and interrupt it with Ctrl+C after the first checkpoint")
    training = Training(folder)
    saved = training.wait_for("checkpoint saved")
    check(saved, "a checkpoint is saved", f"the last messages are\n{training.tail()}")
    training.send(signal.SIGINT)
    training.expect_end(130, "the exit code is 130")
    check("resume with: " in training.messages, "the run says how to resume it", training.tail())
    verify_files(folder / "checkpoints")


def kill(folder: Path) -> None:
    """Resume the run and kill it after its next checkpoint."""
    print("2. Resume with the same command and kill it with kill -9 after its next checkpoint")
    before = load(folder)
    training = Training(folder)
    saved = training.wait_for("checkpoint_latest.pth, ")
    training.send(signal.SIGKILL)
    training.expect_end(-signal.SIGKILL, "the run is killed")
    verify_resumed(training, before)
    check(saved, "a checkpoint is saved", f"the last messages are\n{training.tail()}")
    after = load(folder)
    check(after["epoch"] > before["epoch"], "the latest checkpoint is good and further on")


def finish(folder: Path) -> None:
    """Resume the run and let it finish."""
    print("3. Resume with the same command and let it finish")
    before = load(folder)
    training = Training(folder)
    training.expect_end(0, "the exit code is 0")
    verify_resumed(training, before)
    epochs = [int(number) for number in re.findall(r"^epoch +(\d+)/", training.messages, re.M)]
    expected = list(range(before["epoch"] + 1, NUM_EPOCHS + 1))
    check(epochs == expected, "the missing epochs are trained, each once", f"trained: {epochs}")
    verify_files(folder / "checkpoints")
    check(load(folder)["epoch"] == NUM_EPOCHS, f"all {NUM_EPOCHS} epochs are done")


def compare(folder: Path, peaceful: Path, reference: Training) -> None:
    """Compare the run with one that was never interrupted."""
    print("4. Compare with the same training, never interrupted")
    reference.expect_end(0, "the exit code is 0")
    ours, theirs = load(folder), load(peaceful)
    for name in (*KEYS, "resume"):
        if name not in CLOCK:
            different = find_difference(ours[name], theirs[name], name)
            check(not different, f"{name} is equal to the last bit", f"{different} differs")
    results = [path / "outputs" / "standard" for path in (folder, peaceful)]
    weights, others = ((path / "model" / "model.safetensors").read_bytes() for path in results)
    check(weights == others, "the trained models are the same, byte by byte")
    metrics, others_metrics = (read_metrics(path / "metrics.csv") for path in results)
    check(metrics == others_metrics, "metrics.csv tells the same story")


def verify_files(directory: Path) -> None:
    """Check the three files of a checkpoint folder, and that they agree."""
    for name in FILES:
        check((directory / name).is_file(), f"{name} is there")
    content = load(directory.parent)
    missing = [key for key in KEYS if key not in content]
    check(not missing, "the checkpoint is complete", f"missing: {missing}")
    progress = json.loads((directory / FILES[1]).read_text())
    described = ("epoch", "train_loss", "val_loss", "timestamp", "args")
    missing = [key for key in described if key not in progress]
    check(not missing, f"{FILES[1]} is complete", f"missing: {missing}")
    text = (directory / FILES[2]).read_text()
    status = STATUS.match(text)
    if status is None:
        raise CheckFailedError(f"{FILES[2]} has the described form: it is\n{text}")
    epochs = (content["epoch"], progress["epoch"], int(status[1]))
    check(len(set(epochs)) == 1, f"all three tell the same epoch, {epochs[0]}", f"{epochs}")


def verify_resumed(training: Training, before: dict[str, Any]) -> None:
    """Check that a start went on where the checkpoint before it was taken."""
    where = f"{before['epoch']} epochs and {before['resume']['state']['run']['batch']} batches"
    claim = f"it goes on where the checkpoint was taken: {where} are done"
    check(f"{where} are done" in training.messages, claim, training.tail())


def load(folder: Path) -> dict[str, Any]:
    """Load the latest checkpoint with nothing but PyTorch, and no code from the file."""
    path = folder / "checkpoints" / FILES[0]
    try:
        return dict(torch.load(path, weights_only=True))
    except Exception as error:
        # Whatever a damaged file makes the reader raise, the file is what is wrong.
        raise CheckFailedError(f"{path.name} can be loaded: {error!r}") from error


def find_difference(one: Any, other: Any, place: str) -> str:  # noqa: ANN401
    """Return the place of the first difference between nested values, empty if there is none."""
    if type(one) is not type(other) or keys_of(one) != keys_of(other):
        return place
    if isinstance(one, torch.Tensor):
        return "" if one.dtype == other.dtype and torch.equal(one, other) else place
    keys = keys_of(one)
    if keys is None:
        return "" if one == other else place
    parts = (find_difference(one[key], other[key], f"{place}/{key}") for key in keys)
    return next(filter(None, parts), "")


def keys_of(value: object) -> list[str | int] | None:
    """Return the keys of a dictionary, but for those of the clock, or of a list."""
    if isinstance(value, dict):
        return [key for key in value if key not in CLOCK]
    return list(range(len(value))) if isinstance(value, list | tuple) else None


def read_metrics(path: Path) -> list[dict[str, str]]:
    """Read the rows of ``metrics.csv`` without the time they took."""
    with path.open(newline="") as file:
        return [
            {name: value for name, value in row.items() if name not in CLOCK}
            for row in csv.DictReader(file)
        ]


def check(holds: bool, claim: str, otherwise: str = "") -> None:
    """Print a claim that holds; raise `CheckFailedError` for one that does not."""
    if not holds:
        raise CheckFailedError(f"{claim}: no; {otherwise}" if otherwise else claim)
    print(f"  ok      {claim}")


if __name__ == "__main__":
    sys.exit(main())
