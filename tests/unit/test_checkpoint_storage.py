"""A store on storage that is full, forgets its links, goes stale or returns other bytes."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from checkpoint_kit import litter, loaded_step, payload, step_of

from dnawire.checkpoint import (
    CheckpointStore,
    DirectoryLock,
    FileSystem,
    decode,
    load_checkpoint,
    replace_atomically,
    replace_durably,
)
from dnawire.errors import (
    NotSavedError,
    NotWritableError,
)


def test_probe_creates_the_folder_and_leaves_nothing(tmp_path: Path) -> None:
    CheckpointStore(tmp_path / "a" / "b").probe_writable(100_000)
    assert not list((tmp_path / "a" / "b").iterdir())


def test_probe_names_a_file_in_the_way_and_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for directory in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(NotWritableError, match=f"Cannot write checkpoints in {directory}"):
            CheckpointStore(directory).probe_writable()

    class Full(FileSystem):
        def write(self, descriptor: int, data: memoryview) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(NotWritableError, match="No space left") as caught:
        CheckpointStore(tmp_path / "run", fs=Full()).probe_writable()
    assert caught.value.exit_code == 73
    assert not list((tmp_path / "run").iterdir())


def test_storage_without_hard_links_still_keeps_two_generations(tmp_path: Path) -> None:
    class NoLinks(FileSystem):
        def link(self, source: Path, target: Path) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    with DirectoryLock(tmp_path, fs=NoLinks()) as lock:
        store = CheckpointStore(tmp_path, lock, NoLinks())
        for step in (1, 2, 3):
            store.save(payload(step))
    assert loaded_step(tmp_path) == 3
    assert step_of(decode(store.previous.read_bytes())) == 2
    assert not litter(tmp_path)


def test_stale_handle_while_reading_is_tried_again(store: CheckpointStore) -> None:
    store.save(payload(1))
    stale = iter([True, True, False])

    class Stale(FileSystem):
        def read_bytes(self, path: Path) -> bytes:
            if next(stale):
                raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
            return super().read_bytes(path)

    assert step_of(load_checkpoint(store.latest, fs=Stale()).payload) == 1


def test_storage_that_returns_other_bytes_is_caught_before_anything_is_replaced(
    tmp_path: Path,
) -> None:
    class Rotting(FileSystem):
        def read_bytes(self, path: Path) -> bytes:
            data = super().read_bytes(path)
            return data[:-1] + b"!" if path.suffix == ".tmp" and "latest" in path.name else data

    with DirectoryLock(tmp_path) as lock:
        CheckpointStore(tmp_path, lock).save(payload(1))
        with pytest.raises(NotSavedError, match="other bytes than written") as caught:
            CheckpointStore(tmp_path, lock, Rotting()).save(payload(2))
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.exit_code == 74
    assert loaded_step(tmp_path) == 1


@pytest.mark.parametrize("write", [replace_atomically, replace_durably])
def test_short_writes_are_continued_and_a_refused_permit_changes_nothing(
    tmp_path: Path, write: Callable[..., None]
) -> None:
    class Short(FileSystem):
        def write(self, descriptor: int, data: memoryview) -> int:
            return super().write(descriptor, data[:3])

    path = tmp_path / "training_status.txt"
    write(path, b"Epoch: 45", fs=Short())
    assert path.read_bytes() == b"Epoch: 45"

    def refuse() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(path, b"Epoch: 46", permit=refuse)
    assert path.read_bytes() == b"Epoch: 45"
    assert os.listdir(tmp_path) == [path.name]
