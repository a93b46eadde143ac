"""The store: generations, which of them is taken, and what is said about those that are not."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoint_kit import TappedFileSystem, litter, loaded_step, payload, resealed, sealed, step_of

from dnawire.checkpoint import (
    CheckpointStore,
    DirectoryLock,
    FileSystem,
    decode,
    encode,
    load_checkpoint,
)
from dnawire.checkpoint.format import NewerCheckpointError
from dnawire.errors import (
    NotFoundError,
    NotReadableError,
    NotSavedError,
    NotWritableError,
    UnusableCheckpointError,
)
from dnawire.files.filesystem import LARGEST_FILE


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def test_empty_and_missing_folders_hold_no_checkpoint(
    store: CheckpointStore, tmp_path: Path
) -> None:
    assert store.load_latest() is None
    assert CheckpointStore(tmp_path / "nowhere").load_latest() is None


def test_latest_becomes_previous(store: CheckpointStore) -> None:
    for step in range(1, 5):
        saved = store.save(payload(step))
        assert saved.path == store.latest
        assert saved.bytes == store.latest.stat().st_size
        assert saved.seconds > 0.0
    assert step_of(torch.load(store.latest, weights_only=True)) == 4
    assert step_of(torch.load(store.previous, weights_only=True)) == 3
    assert store.latest.stat().st_ino != store.previous.stat().st_ino
    assert not litter(store.directory)


def test_best_is_a_checkpoint_of_its_own(store: CheckpointStore) -> None:
    store.save(payload(1))
    assert store.save_best(payload(7)).path == store.best
    assert step_of(load_checkpoint(store.best).payload) == 7
    assert loaded_step(store.directory) == 1


def test_damaged_latest_falls_back_and_says_so(store: CheckpointStore) -> None:
    store.save(payload(1))
    store.save(payload(2))
    flip(store.latest)
    loaded = store.load_latest()
    assert loaded is not None
    assert loaded.path == store.previous
    assert step_of(loaded.payload) == 1
    assert [(item.path, "corrupted" in item.reason) for item in loaded.rejected] == [
        (store.latest, True)
    ]


def test_sealed_content_that_is_no_state_falls_back_too(store: CheckpointStore) -> None:
    store.save(payload(1))
    store.save(payload(2))
    store.latest.write_bytes(resealed(torch_archive({"foreign": 1}), counter=9))
    loaded = store.load_latest()
    assert loaded is not None
    assert loaded.path == store.previous
    assert "lacks format_version" in loaded.rejected[0].reason


def torch_archive(content: object) -> bytes:
    data = sealed(content)
    return data[: data.rindex(b"PK\x05\x06") + 20] + b"\x00\x00"


def test_damaged_latest_never_takes_the_place_of_a_good_previous(store: CheckpointStore) -> None:
    for step in (1, 2):
        store.save(payload(step))
    flip(store.latest)
    store.save(payload(3))
    assert step_of(decode(store.previous.read_bytes())) == 1
    assert loaded_step(store.directory) == 3


def test_older_copy_in_the_place_of_the_latest_neither_wins_nor_pushes_out(
    store: CheckpointStore,
) -> None:
    for step in (1, 2, 3):
        store.save(payload(step))
    shutil.copy(store.latest, store.directory / "newest.pth")
    old = encode(payload(1), counter=1)
    os.replace(store.directory / "newest.pth", store.previous)
    store.latest.write_bytes(old)
    loaded = store.load_latest()
    assert loaded is not None
    assert step_of(loaded.payload) == 3
    assert loaded.rejected[0].path == store.latest
    assert loaded.rejected[0].reason == "save 1 is older than save 3"
    store.save(payload(4))
    assert step_of(decode(store.previous.read_bytes())) == 3


def test_both_damaged_is_an_error_and_never_a_fresh_start(store: CheckpointStore) -> None:
    store.save(payload(1))
    store.save(payload(2))
    flip(store.latest)
    store.previous.write_bytes(b"")
    with pytest.raises(UnusableCheckpointError) as caught:
        store.load_latest()
    message = str(caught.value)
    assert message.startswith("Failed to load checkpoint")
    assert f"{store.latest}: its SHA-256 digest does not match" in message
    assert f"{store.previous}: the file is empty" in message
    assert caught.value.exit_code == 65


def test_best_alone_is_resumed_loudly_and_never_overlooked(store: CheckpointStore) -> None:
    store.save_best(payload(3))
    loaded = store.load_latest()
    assert loaded is not None
    assert (step_of(loaded.payload), loaded.path) == (3, store.best)
    assert [path for path, _ in loaded.rejected] == [store.latest, store.previous]
    assert all("is missing" in reason for _, reason in loaded.rejected)
    store.save(payload(4))
    assert loaded_step(store.directory) == 4
    store.latest.unlink()
    flip(store.best)
    with pytest.raises(UnusableCheckpointError, match="SHA-256"):
        store.load_latest()


@pytest.mark.parametrize("content", [b"", resealed(torch_archive({"foreign": 1}), counter=9)])
def test_best_stands_in_for_the_only_generation(store: CheckpointStore, content: bytes) -> None:
    store.save_best(payload(1))
    store.save(payload(2))
    store.latest.write_bytes(content)
    loaded = store.load_latest()
    assert loaded is not None
    assert (step_of(loaded.payload), loaded.path) == (1, store.best)
    assert [path for path, _ in loaded.rejected] == [store.latest, store.previous]
    asked = load_checkpoint(store.latest, allow_fallback=True)
    assert (asked.path, asked.rejected) == (store.best, loaded.rejected)
    store.save(payload(3))
    assert loaded_step(store.directory) == 3


def test_best_does_not_stand_in_for_two_damaged_generations(store: CheckpointStore) -> None:
    store.save_best(payload(1))
    for step in (2, 3):
        store.save(payload(step))
    for path in (store.latest, store.previous):
        flip(path)
    for load in (store.load_latest, lambda: load_checkpoint(store.latest, allow_fallback=True)):
        with pytest.raises(UnusableCheckpointError):
            load()


def test_missing_latest_is_told(store: CheckpointStore) -> None:
    for step in (1, 2):
        store.save(payload(step))
    store.latest.unlink()
    loaded = store.load_latest()
    assert loaded is not None
    assert step_of(loaded.payload) == 1
    assert loaded.rejected == ((store.latest, "it is missing; checkpoint_previous.pth stands in"),)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_forbidden_file_is_no_damaged_one(store: CheckpointStore, number: int) -> None:
    for step in (1, 2):
        store.save(payload(step))

    class Forbidden(FileSystem):
        def read_bytes(self, path: Path) -> bytes:
            if path == store.latest:
                raise OSError(number, os.strerror(number), str(path))
            return super().read_bytes(path)

    loads: tuple[Callable[[], object], ...] = (
        lambda: CheckpointStore(store.directory, fs=Forbidden()).load_latest(),
        lambda: load_checkpoint(store.latest, allow_fallback=True, fs=Forbidden()),
    )
    for load in loads:
        with pytest.raises(
            NotReadableError, match=f"^Cannot read checkpoint {store.latest}: "
        ) as e:
            load()
        assert "permissions" in e.value.remedy
        assert e.value.exit_code == 74
    with DirectoryLock(store.directory / "other") as lock:
        forbidden = CheckpointStore(store.directory, lock, Forbidden())
        with pytest.raises(NotSavedError):
            forbidden.save(payload(3))
    assert loaded_step(store.directory) == 2


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_latest_that_is_no_file_is_damage(
    store: CheckpointStore, make: Callable[[Path], None]
) -> None:
    make(store.latest)
    with pytest.raises(UnusableCheckpointError, match="not a regular file"):
        store.load_latest()


def test_file_of_impossible_size_is_refused_unread(store: CheckpointStore) -> None:
    with store.latest.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(UnusableCheckpointError, match="too large"):
        store.load_latest()


def test_content_and_not_time_decides(store: CheckpointStore) -> None:
    for step in (1, 2):
        store.save(payload(step))
    for times in ((0, 9**9), (9**9, 0), (5, 5)):
        os.utime(store.latest, (times[0], times[0]))
        os.utime(store.previous, (times[1], times[1]))
        assert loaded_step(store.directory) == 2


def test_content_decides_in_copies_too(store: CheckpointStore, tmp_path: Path) -> None:
    for step in (1, 2, 3):
        store.save(payload(step))
    for number, names in enumerate(itertools.permutations((store.latest, store.previous))):
        copies = tmp_path / f"copy {number}"
        copies.mkdir()
        for age, path in enumerate(names):
            copy = Path(shutil.copy(path, copies))
            os.utime(copy, (age * 86_400, age * 86_400))
        assert loaded_step(copies) == 3


def test_counter_goes_on_in_another_process(tmp_path: Path) -> None:
    for step in range(1, 6):
        with DirectoryLock(tmp_path) as lock:
            store = CheckpointStore(tmp_path, lock)
            store.save(payload(step))
            loaded = store.load_latest()
            assert loaded is not None
            assert loaded.counter == step


def newer_format(store: CheckpointStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("dnawire.checkpoint.format.FORMAT_VERSION", 2)
        store.save(payload(2))


def test_newer_format_is_neither_passed_over_nor_overwritten(
    store: CheckpointStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save(payload(1))
    newer_format(store, monkeypatch)
    before = store.latest.read_bytes()
    with pytest.raises(NewerCheckpointError, match="install a newer version"):
        store.load_latest()
    with pytest.raises(NewerCheckpointError):
        load_checkpoint(store.latest, allow_fallback=True)
    with pytest.raises(NewerCheckpointError):
        store.save(payload(3))
    assert store.latest.read_bytes() == before
    assert not litter(store.directory)


def test_explicit_path(store: CheckpointStore) -> None:
    for step in (1, 2):
        store.save(payload(step))
    assert step_of(load_checkpoint(store.previous).payload) == 1
    assert step_of(load_checkpoint(store.directory).payload) == 2
    flip(store.latest)
    with pytest.raises(UnusableCheckpointError, match=f"^Failed to load checkpoint {store.latest}"):
        load_checkpoint(store.latest)
    loaded = load_checkpoint(store.latest, allow_fallback=True)
    assert step_of(loaded.payload) == 1
    assert loaded.rejected[0].path == store.latest


def test_missing_explicit_path_names_what_is_there(store: CheckpointStore) -> None:
    store.save(payload(1))
    for fallback in (False, True):
        with pytest.raises(NotFoundError, match=r"^Checkpoint not found: .*missing\.pth") as caught:
            load_checkpoint(store.directory / "missing.pth", allow_fallback=fallback)
        assert "the folder holds checkpoint_latest.pth" in caught.value.remedy
        assert caught.value.exit_code == 66
    with pytest.raises(NotFoundError, match="Checkpoint not found"):
        load_checkpoint(store.latest / "below")
    store.latest.unlink()
    with pytest.raises(NotFoundError, match="the folder holds no checkpoint"):
        load_checkpoint(store.directory)


def test_fallback_needs_something_to_fall_back_to(store: CheckpointStore) -> None:
    store.save(payload(1))
    flip(store.latest)
    with pytest.raises(UnusableCheckpointError):
        load_checkpoint(store.latest, allow_fallback=True)


def test_archive_moves_and_never_deletes(store: CheckpointStore) -> None:
    assert store.archive() is None
    folders = []
    for step in (1, 3):
        store.save(payload(step))
        store.save(payload(step + 1))
        store.save_best(payload(step))
        (store.directory / "training_status.txt").write_text(str(step))
        (store.directory / "notes.txt").write_text("mine")
        folder = store.archive(also=("training_status.txt", "training_progress.json"))
        assert folder is not None
        folders.append(folder)
        assert store.load_latest() is None
    assert len(set(folders)) == 2
    for folder, step in zip(folders, (1, 3), strict=True):
        assert loaded_step(folder) == step + 1
        assert step_of(decode((folder / "checkpoint_previous.pth").read_bytes())) == step
        assert (folder / "training_status.txt").read_text() == str(step)
    assert (store.directory / "notes.txt").read_text() == "mine"


def test_archive_cut_short_leaves_the_old_run_as_it_was(store: CheckpointStore) -> None:
    for step in (1, 2):
        store.save(payload(step))
    moved: list[Path] = []

    def once(name: str, arguments: tuple[Any, ...], proceed: Callable[[], Any]) -> Any:  # noqa: ANN401
        if name == "replace":
            if moved:
                raise OSError(errno.EIO, "injected")
            moved.append(arguments[0])
        return proceed()

    with DirectoryLock(store.directory / "other") as lock:
        failing = CheckpointStore(store.directory, lock, TappedFileSystem(once))
        with pytest.raises(NotWritableError, match="injected"):
            failing.archive()
    assert moved == [store.previous]
    assert loaded_step(store.directory) == 2


def test_store_without_lock_only_reads(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    for write in (store.save, store.save_best):
        with pytest.raises(RuntimeError, match="read only"):
            write(payload(1))
    assert not list(tmp_path.iterdir())
