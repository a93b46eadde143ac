"""A former owner that still runs writes nothing more, wherever it was stopped."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from checkpoint_kit import (
    Around,
    TappedFileSystem,
    count_operations,
    fork,
    litter,
    loaded_step,
    lock_file,
    make_stale,
    payload,
    rewrite,
    wait,
)

from dnawire.checkpoint import (
    CheckpointStore,
    DirectoryLock,
    FileSystem,
    advisory,
    replace_atomically,
)
from dnawire.checkpoint.lock import BEAT_SECONDS
from dnawire.errors import LockedError

Save = Callable[[CheckpointStore, int], object]
Operation = Callable[[], Any]
Storage = Callable[[Around], FileSystem]


def save_latest(store: CheckpointStore, step: int) -> object:
    return store.save(payload(step))


def save_best(store: CheckpointStore, step: int) -> object:
    return store.save_best(payload(step))


def with_links(around: Around) -> FileSystem:
    return TappedFileSystem(around)


def without_links(around: Around) -> FileSystem:
    """Storage that knows no hard links."""

    def around_all_but_links(name: str, arguments: tuple[Any, ...], proceed: Operation) -> Any:  # noqa: ANN401
        def refuse() -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        return around(name, arguments, refuse if name == "link" else proceed)

    return TappedFileSystem(around_all_but_links)


def save_and_tell(
    directory: Path, save: Save, index: int, storage: Storage, told: int, go: int
) -> int:
    """Save twice; stop before an operation of the second save until told to go on."""
    count = iter(range(10**6))
    watching: list[bool] = []

    def pause(name: str, arguments: tuple[Any, ...], proceed: Operation) -> Any:  # noqa: ANN401
        if watching and next(count) == index:
            os.write(told, b"!")
            os.read(go, 1)
        return proceed()

    fs = storage(pause)
    lock = DirectoryLock(directory, fs=fs)
    lock.acquire()
    store = CheckpointStore(directory, lock, fs)
    save(store, 1)
    # The kernel lock would tell that this process lives; across hosts it may not.
    advisory._forget_in_child()
    watching.append(True)
    save(store, 2)
    return 0


def operations_of_a_save(directory: Path, save: Save, storage: Storage) -> list[str]:
    """Names of the operations of a second save."""
    names: list[str] = []

    def note(name: str, arguments: tuple[Any, ...], proceed: Operation) -> Any:  # noqa: ANN401
        names.append(name)
        return proceed()

    fs = storage(note)
    with DirectoryLock(directory) as lock:
        store = CheckpointStore(directory, lock, fs)
        save(store, 1)
        names.clear()
        save(store, 2)
    return names


@pytest.mark.parametrize("storage", [with_links, without_links])
@pytest.mark.parametrize("save", [save_latest, save_best])
def test_former_owner_stopped_anywhere_in_a_save_writes_nothing_more(
    tmp_path: Path, save: Save, storage: Storage
) -> None:
    names = operations_of_a_save(tmp_path / "count", save, storage)
    last_rename = len(names) - 1 - names[::-1].index("replace")
    for index in range(last_rename + 1):
        directory = tmp_path / str(index)
        told, go = os.pipe(), os.pipe()
        child = fork(lambda: save_and_tell(directory, save, index, storage, told[1], go[0]))  # noqa: B023
        assert os.read(told[0], 1) == b"!"
        make_stale(lock_file(directory))
        with DirectoryLock(directory) as lock:
            store = CheckpointStore(directory, lock)
            store.save(payload(7))
            store.save(payload(8))
            store.save_best(payload(8))
            before = {path: path.read_bytes() for path in directory.iterdir()}
            os.write(go[1], b"!")
            assert wait(child) == 76, names[index]
            assert {path: path.read_bytes() for path in directory.iterdir()} == before
            assert lock.still_owned()
        assert loaded_step(directory) == 8
        for descriptor in (*told, *go):
            os.close(descriptor)


def test_former_owner_does_not_even_begin_a_save(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path) as lock:
        rewrite(lock_file(tmp_path), token="another")
        store = CheckpointStore(tmp_path, lock)

        def save(fs: FileSystem) -> None:
            with pytest.raises(LockedError):
                CheckpointStore(tmp_path, lock, fs).save(payload(1))

        assert not count_operations(save)
        assert store.load_latest() is None
        assert not litter(tmp_path)


def test_former_owner_writes_no_progress_and_stops_at_its_heartbeat(tmp_path: Path) -> None:
    time = [0.0]
    lock = DirectoryLock(tmp_path, clock=lambda: time[0])
    lock.acquire()
    advisory._forget_in_child()
    status = tmp_path / "training_status.txt"
    replace_atomically(status, b"mine", permit=lock.check)
    make_stale(lock_file(tmp_path))
    with DirectoryLock(tmp_path):
        with pytest.raises(LockedError, match=r"does not own .* its newest owner is process"):
            replace_atomically(status, b"late", permit=lock.check)
        assert status.read_bytes() == b"mine"
        lock.beat()
        time[0] += BEAT_SECONDS
        with pytest.raises(LockedError):
            lock.beat()
        lock.release()
        assert lock_file(tmp_path).name == "run-000002.lock"
