"""Processes that end at every instant and storage that fails at every operation."""

from __future__ import annotations

import errno
import json
import os
import random
import select
import signal
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from checkpoint_kit import (
    TappedFileSystem,
    count_operations,
    die_owning,
    fork,
    litter,
    loaded_step,
    payload,
    step_of,
    wait,
)

from dnawire.checkpoint import (
    CheckpointStore,
    DirectoryLock,
    FileSystem,
    load_checkpoint,
    replace_atomically,
)
from dnawire.errors import NotSavedError

Action = Callable[[Path, FileSystem], None]


def save_twice(directory: Path, fs: FileSystem) -> None:
    with DirectoryLock(directory, fs=fs) as lock:
        store = CheckpointStore(directory, lock, fs)
        store.save(payload(3))
        store.save_best(payload(3))
        store.save(payload(4))


def start_of_two_generations(directory: Path) -> None:
    with DirectoryLock(directory) as lock:
        store = CheckpointStore(directory, lock)
        store.save(payload(1))
        store.save(payload(2))


def bytes_on_disk(directory: Path) -> int:
    sizes = {entry.stat().st_ino: entry.stat().st_size for entry in os.scandir(directory)}
    return sum(sizes.values())


def save_forever(directory: Path, acknowledge: int) -> int:
    with DirectoryLock(directory) as lock:
        store = CheckpointStore(directory, lock)
        found = store.load_latest()
        step = 0 if found is None else step_of(found.payload)
        while True:
            step += 1
            store.save(payload(step))
            os.write(acknowledge, struct.pack("q", step))


def test_kill_storm_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    draw = random.Random(0)
    safe = size = 0
    for _ in range(40):
        reader, writer = os.pipe()
        child = fork(lambda: save_forever(tmp_path, writer))  # noqa: B023
        os.close(writer)
        for _ in range(draw.randrange(1, 4)):
            safe = struct.unpack("q", os.read(reader, 8))[0]
        select.select([], [], [], draw.uniform(0.0, 0.008))
        os.kill(child, signal.SIGKILL)
        assert wait(child) == -signal.SIGKILL
        while acknowledged := os.read(reader, 8):
            safe = struct.unpack("q", acknowledged)[0]
        os.close(reader)
        found = CheckpointStore(tmp_path).load_latest()
        assert found is not None
        assert not found.rejected
        assert step_of(found.payload) in (safe, safe + 1)
        size = size or (tmp_path / "checkpoint_latest.pth").stat().st_size
        assert bytes_on_disk(tmp_path) < 3 * size + 2000
    with DirectoryLock(tmp_path):
        assert not litter(tmp_path)
        assert len(list(tmp_path.glob("*.lock"))) == 1


@pytest.mark.parametrize("when", ["before", "half", "after"])
def test_kill_at_every_operation_leaves_old_or_new(tmp_path: Path, when: str) -> None:
    start_of_two_generations(tmp_path / "count")
    names = count_operations(lambda fs: save_twice(tmp_path / "count", fs))
    assert len(names) > 60
    steps = []
    for index in (n for n, name in enumerate(names) if when != "half" or name == "write"):
        directory = tmp_path / str(index)
        start_of_two_generations(directory)
        assert wait(fork(lambda: die_at(directory, index, when))) == 9  # noqa: B023
        steps.append(loaded_step(directory))
        with DirectoryLock(directory) as lock:
            assert not litter(directory)
            CheckpointStore(directory, lock).save(payload(5))
        assert loaded_step(directory) == 5
    assert steps == sorted(steps)
    assert set(steps) == {2, 3, 4}


def die_at(directory: Path, index: int, when: str) -> int:
    count = iter(range(10**6))

    def die(name: str, arguments: tuple[Any, ...], proceed: Callable[[], Any]) -> Any:  # noqa: ANN401
        if next(count) != index:
            return proceed()
        if when == "half" and name == "write":
            os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
        try:
            if when == "after":
                proceed()
        finally:
            os._exit(9)

    save_twice(directory, TappedFileSystem(die))
    return 0


class Fault:
    """Makes one operation fail, having done its work or not."""

    def __init__(self, index: int, number: int, when: str) -> None:
        self.left = index
        self.number = number
        self.when = when
        self.name = ""

    def __call__(self, name: str, arguments: tuple[Any, ...], proceed: Callable[[], Any]) -> Any:  # noqa: ANN401
        self.left -= 1
        if self.left != -1:
            return proceed()
        self.name = name
        if self.when == "half" and name == "write":
            os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
        elif self.when == "after" or name == "close":
            # A descriptor is gone even when closing it reports a failure.
            proceed()
        raise OSError(self.number, os.strerror(self.number))


ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.ESTALE)


@pytest.mark.parametrize("when", ["before", "after", "half"])
@pytest.mark.parametrize("number", ERRORS, ids=lambda number: errno.errorcode[number])
def test_failing_storage_keeps_the_last_good_state_and_leaves_no_litter(
    tmp_path: Path, number: int, when: str
) -> None:
    outcomes = set()
    with DirectoryLock(tmp_path) as lock:
        honest = CheckpointStore(tmp_path, lock)
        honest.save(payload(1))
        step = 2
        honest.save(payload(step))
        count = TappedFileSystem(lambda name, arguments, proceed: proceed())
        names = count_operations(lambda fs: save_through(tmp_path, lock, fs, 2))
        assert len(names) > 8
        for index in range(len(names)):
            fault = Fault(index, number, when)
            count.around = fault
            try:
                CheckpointStore(tmp_path, lock, count).save(payload(step + 1))
            except NotSavedError:
                outcomes.add("refused")
                assert loaded_step(tmp_path) in (step, step + 1)
            else:
                outcomes.add("saved")
                assert loaded_step(tmp_path) == step + 1
            assert fault.name == "unlink" or not litter(tmp_path), fault.name
            honest.save(payload(step + 2))
            step += 2
            assert loaded_step(tmp_path) == step
            assert not litter(tmp_path)
    assert outcomes == {"refused", "saved"}


def save_through(directory: Path, lock: DirectoryLock, fs: FileSystem, step: int) -> None:
    CheckpointStore(directory, lock, fs).save(payload(step))


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOENT, errno.ESTALE])
@pytest.mark.parametrize("operation", ["replace", "link"])
def test_network_storage_that_reports_a_success_as_failure_is_seen_through(
    tmp_path: Path, operation: str, number: int
) -> None:
    number = errno.EEXIST if operation == "link" else number

    def lie(name: str, arguments: tuple[Any, ...], proceed: Callable[[], Any]) -> Any:  # noqa: ANN401
        result = proceed()
        if name == operation:
            raise OSError(number, os.strerror(number))
        return result

    fs = TappedFileSystem(lie)
    with DirectoryLock(tmp_path, fs=fs) as lock:
        assert lock.generation == 1
        store = CheckpointStore(tmp_path, lock, fs)
        for step in (1, 2, 3):
            store.save(payload(step))
            assert loaded_step(tmp_path) == step
        assert step_of(load_checkpoint(store.previous).payload) == 2
        assert not litter(tmp_path)


@pytest.mark.parametrize("number", ERRORS, ids=lambda number: errno.errorcode[number])
def test_failing_storage_at_the_start_blocks_no_later_start(tmp_path: Path, number: int) -> None:
    def own(fs: FileSystem) -> None:
        with DirectoryLock(tmp_path / "run", fs=fs):
            pass

    total = len(count_operations(own))
    for index in range(total):
        fault = Fault(index, number, "before")
        code = wait(fork(lambda: own(TappedFileSystem(fault))))  # noqa: B023
        assert code in (0, 73)
        with DirectoryLock(tmp_path / "run"):
            assert not litter(tmp_path / "run")


def test_readers_racing_a_writer_never_see_a_part(tmp_path: Path) -> None:
    status = tmp_path / "training_progress.json"
    reader, writer = os.pipe()

    def write() -> int:
        with DirectoryLock(tmp_path) as lock:
            store = CheckpointStore(tmp_path, lock)
            for step in range(1, 10**9):
                text = json.dumps({"epoch": step, "args": "x" * 3000})
                replace_atomically(status, text.encode(), permit=lock.check)
                store.save(payload(step))
                if step == 2:
                    os.write(writer, b"!")
        return 0

    child = fork(write)
    os.read(reader, 1)
    seen_status = seen_step = 0
    try:
        for _ in range(400):
            epoch = json.loads(status.read_bytes())["epoch"]
            step = step_of(load_checkpoint(tmp_path / "checkpoint_latest.pth").payload)
            assert epoch >= seen_status
            assert step >= seen_step
            seen_status, seen_step = epoch, step
    finally:
        os.kill(child, signal.SIGKILL)
        ended = wait(child)
    assert ended == -signal.SIGKILL
    os.close(reader)
    os.close(writer)


def test_what_could_not_be_removed_is_removed_by_the_next_save(tmp_path: Path) -> None:
    def fail(name: str, arguments: tuple[Any, ...], proceed: Callable[[], Any]) -> Any:  # noqa: ANN401
        if name in ("fsync", "unlink"):
            raise OSError(errno.EIO, "injected")
        return proceed()

    with DirectoryLock(tmp_path) as lock:
        starting = ".run-000002.lock.123-0123456789abcdef-7.tmp"
        (tmp_path / starting).write_text("")
        with pytest.raises(NotSavedError, match="injected"):
            CheckpointStore(tmp_path, lock, TappedFileSystem(fail)).save(payload(1))
        assert len(litter(tmp_path)) == 2
        CheckpointStore(tmp_path, lock).save(payload(1))
        assert litter(tmp_path) == [starting]


def test_leftovers_of_dead_processes_go_and_other_files_stay(tmp_path: Path) -> None:
    die_owning(tmp_path)
    names = [".checkpoint_latest.pth.123-0123456789abcdef-7.tmp", ".hidden", "other.tmp"]
    for name in names:
        (tmp_path / name).write_text("")
    with DirectoryLock(tmp_path):
        assert sorted(litter(tmp_path)) == sorted(names[1:])
