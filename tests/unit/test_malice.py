"""No file runs code, takes the memory, hangs the program or ends it with a traceback."""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import malice
import pytest
from checkpoint_kit import fork, litter, loaded_step, payload, wait
from malice import Maker

from dnawire.checkpoint import CheckpointStore, DirectoryLock, load_checkpoint
from dnawire.config import read_settings
from dnawire.data import Splits, import_records, read_dataset
from dnawire.errors import (
    EXIT_LOCKED,
    EXIT_NOT_FOUND,
    EXIT_UNUSABLE_FILE,
    EXIT_USAGE,
    DnawireError,
    UnusableDataFileError,
    UsageError,
)
from dnawire.models import load_model
from dnawire.monitor.progress_file import UnreadableError, read_progress
from dnawire.runs.outputs import OutputFolder
from dnawire.tightbinding import parse_parameters

MEMORY = 2**30
"""Bytes that a process may take beyond what it starts with."""
SECONDS = 20
"""Time of the processor that a process may take."""
BLOCKED = 600
"""Seconds after which a process that takes no time of the processor counts as blocked."""
REFUSALS = {EXIT_UNUSABLE_FILE, EXIT_NOT_FOUND, EXIT_USAGE}


def confined(folder: Path, process: Callable[[], object]) -> int:
    """Run in a process with little memory and time; return its exit code."""

    def start() -> int:
        os.chdir(folder)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(BLOCKED)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, resource.RLIM_INFINITY))
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, resource.RLIM_INFINITY))
        process()
        return 0

    return wait(fork(start))


def assert_refused(
    folder: Path, files: dict[str, Maker], name: str, process: Callable[[], object]
) -> None:
    """Fail unless each file is refused by an error of ours, in time, and nothing ran."""
    for kind, make in files.items():
        place = folder / kind.replace(" ", "-")
        (place / name).parent.mkdir(parents=True)
        make(place / name)
        assert confined(place, process) in REFUSALS, kind
        assert not list(folder.rglob("canary")), kind


def test_there_are_many() -> None:
    kinds = (malice.CHECKPOINTS, malice.SETTINGS, malice.TABLES, malice.LOCKS, malice.PROGRESS)
    more = (malice.DESCRIPTIONS, malice.WEIGHTS, malice.RECORDS)
    assert sum(map(len, (*kinds, *more))) >= 100


def test_the_corpus_would_go_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    armed = ("builtins.exec", "old builtins", "posix.system", "instance", "object", "stack global")
    for name in (*armed, "getattr"):
        with contextlib.suppress(Exception):
            pickle.loads(malice.GADGETS[name])
        (tmp_path / "canary").unlink()


def test_checkpoints_that_are_asked_for(tmp_path: Path) -> None:
    assert_refused(
        tmp_path, malice.CHECKPOINTS, "given.pth", lambda: load_checkpoint(Path("given.pth"))
    )


def test_checkpoints_that_are_found_fall_back(tmp_path: Path) -> None:
    def resume() -> None:
        assert loaded_step(Path("run")) == 1
        with DirectoryLock(Path("run")) as lock:
            CheckpointStore(Path("run"), lock).save(payload(2))

    for kind, make in malice.CHECKPOINTS.items():
        place = tmp_path / kind.replace(" ", "-")
        with DirectoryLock(place / "run") as lock:
            CheckpointStore(place / "run", lock).save(payload(1))
        (place / "run/checkpoint_latest.pth").rename(place / "run/checkpoint_previous.pth")
        make(place / "run/checkpoint_latest.pth")
        # A folder cannot be replaced by a file, and that is said.
        assert confined(place, resume) == (74 if kind == "folder" else 0), kind
        assert kind == "folder" or loaded_step(place / "run") == 2
        assert not litter(place / "run"), kind
        assert not list(tmp_path.rglob("canary")), kind


@pytest.mark.parametrize(
    ("name", "files"), [("a.yaml", malice.SETTINGS), ("a.toml", malice.TABLES)]
)
def test_settings(tmp_path: Path, name: str, files: dict[str, Maker]) -> None:
    assert_refused(tmp_path, files, name, lambda: read_settings(Path(name)))


def test_records(tmp_path: Path) -> None:
    assert_refused(tmp_path, malice.RECORDS, "a.h5", lambda: read_dataset("a.h5"))


def test_records_that_are_imported(tmp_path: Path) -> None:
    def process() -> None:
        with contextlib.suppress(UsageError):
            import_records("a.h5", "homo")
        raise UnusableDataFileError("known as a file of ours", "read it")

    assert_refused(tmp_path, malice.RECORDS, "a.h5", process)


def test_what_names_another_file_is_refused_by_its_name(tmp_path: Path) -> None:
    told = {
        "linked pipe": "/other is a link to another file",
        "stored outside": "/duplex/letters keeps its values in another file",
        "virtual": "/duplex/letters is a virtual dataset",
        "virtual without end": "/duplex/letters is a virtual dataset",
        "said chunk": "/transmission/values declares (4,) values, more than the file holds",
        "said a little": "/transmission/values declares (16777216,) values, more than the",
    }
    for kind, words in told.items():
        (tmp_path / kind).mkdir()
        malice.RECORDS[kind](tmp_path / kind / "a.h5")
        with pytest.raises(UnusableDataFileError) as caught:
            read_dataset(tmp_path / kind / "a.h5")
        assert words in str(caught.value)


def test_descriptions_of_models(tmp_path: Path) -> None:
    def make_beside(make: Maker) -> Maker:
        def both(path: Path) -> None:
            make(path)
            path.with_name("model.safetensors").write_bytes(b"")

        return both

    files = {kind: make_beside(make) for kind, make in malice.DESCRIPTIONS.items()}
    assert_refused(tmp_path, files, "config.json", lambda: load_model(Path()))


def test_weights_of_models(tmp_path: Path) -> None:
    def make_beside(make: Maker) -> Maker:
        def both(path: Path) -> None:
            make(path)
            path.with_name("config.json").write_bytes(malice.specification())

        return both

    files = {kind: make_beside(make) for kind, make in malice.WEIGHTS.items()}
    assert_refused(tmp_path, files, "model.safetensors", lambda: load_model(Path()))


def test_lock_files(tmp_path: Path) -> None:
    """A lock file that says nothing is that of an unknown owner, until it is old."""

    def acquire() -> None:
        with DirectoryLock(Path("run")):
            pass

    for kind, make in malice.LOCKS.items():
        place = tmp_path / kind.replace(" ", "-")
        (place / "run").mkdir(parents=True)
        make(place / "run/run-000001.lock")
        assert confined(place, acquire) in (0, EXIT_LOCKED, 73), kind
        assert not list(tmp_path.rglob("canary")), kind


def test_progress_files(tmp_path: Path) -> None:
    def read() -> None:
        with contextlib.suppress(UnreadableError):
            read_progress(Path())

    for kind, make in malice.PROGRESS.items():
        place = tmp_path / kind.replace(" ", "-")
        place.mkdir()
        make(place / "training_progress.json")
        assert confined(place, read) == 0, kind


def test_the_name_of_a_run(tmp_path: Path) -> None:
    def claim() -> None:
        with OutputFolder(Path()).writing():
            OutputFolder(Path()).claim("mine")

    for kind, make in malice.PROGRESS.items():
        place = tmp_path / kind.replace(" ", "-")
        place.mkdir()
        make(place / "run.json")
        assert confined(place, claim) in (0, 73), kind


@pytest.mark.parametrize(
    "read",
    [lambda text: Splits.from_json(text, ["a"], "x"), lambda text: parse_parameters(text, "x")],
)
@pytest.mark.parametrize(
    "text", ["[" * malice.DEEP, "a = " + "[" * malice.DEEP, "\x00", "9" * 9999]
)
def test_texts(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(UnusableDataFileError):
        read(text)


def test_errors_of_ours_are_what_the_corpus_is_held_against(tmp_path: Path) -> None:
    def ours() -> None:
        raise DnawireError("problem", "remedy")

    def theirs() -> None:
        raise RecursionError

    assert confined(tmp_path, ours) in REFUSALS
    assert confined(tmp_path, theirs) not in REFUSALS
