"""Loss of power at every instant, on storage that promises no more than POSIX does.

What was written and not synchronized may be there, missing, cut short or zeros. What was done to
names since the folder was last synchronized may be there in any selection.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from checkpoint_kit import payload, step_of

from dnawire.checkpoint import CheckpointStore, DirectoryLock, FileSystem, load_checkpoint
from dnawire.checkpoint.names import BEST
from dnawire.errors import DnawireError
from dnawire.files.durable import make_directory_durably

FOLDER = Path("/scratch/run")

Names = dict[Path, int | None]


@dataclass
class Instant:
    """What storage may hold if the power is lost now."""

    safe: int
    """Step that the last successful save promised."""
    safe_best: int
    """Step that the last successful save of the best promised."""
    durable: Names
    pending: tuple[Names, ...]
    contents: dict[int, bytes]
    synchronized: frozenset[int]


@dataclass
class MemoryFileSystem(FileSystem):
    """Storage in memory that remembers what is not yet stable."""

    names: Names = field(default_factory=dict)
    contents: dict[int, bytes] = field(default_factory=dict)
    durable: Names = field(default_factory=dict)
    pending: list[Names] = field(default_factory=list)
    synchronized: set[int] = field(default_factory=set)
    instants: list[Instant] = field(default_factory=list)
    safe: int = 0
    safe_best: int = 0
    old: frozenset[int] = frozenset()

    def _change(self, names: Names) -> None:
        self.names.update(names)
        self.pending.append(names)
        self._note()

    def _note(self) -> None:
        self.instants.append(
            Instant(
                self.safe,
                self.safe_best,
                dict(self.durable),
                tuple(self.pending),
                dict(self.contents),
                frozenset(self.synchronized),
            )
        )

    def _number(self, path: Path) -> int:
        number = self.names.get(path)
        if number is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return number

    def is_directory(self, path: Path) -> bool:
        return path in FOLDER.parents or path == FOLDER

    def list_names(self, path: Path) -> list[str]:
        return sorted(p.name for p, number in self.names.items() if number is not None)

    def open_exclusive(self, path: Path) -> int:
        if self.names.get(path) is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        number = max(self.contents, default=0) + 1
        self.contents[number] = b""
        self._change({path: number})
        return number

    def write(self, descriptor: int, data: memoryview) -> int:
        self.contents[descriptor] += bytes(data[:4000])
        self.synchronized.discard(descriptor)
        self._note()
        return len(data[:4000])

    def fsync(self, descriptor: int) -> None:
        self.synchronized.add(descriptor)
        self._note()

    def close(self, descriptor: int) -> None:
        self._note()

    def read_bytes(self, path: Path) -> bytes:
        return self.contents[self._number(path)]

    def replace(self, source: Path, target: Path) -> None:
        number = self._number(source)
        self._change({target: number} if source == target else {target: number, source: None})

    def link(self, source: Path, target: Path) -> None:
        self._change({target: self._number(source)})

    def unlink(self, path: Path) -> None:
        self._number(path)
        self._change({path: None})

    def modified(self, path: Path) -> float:
        """What was there before the loss of power is from before the boot."""
        return 0.0 if self._number(path) in self.old else time.monotonic()

    def fsync_directory(self, path: Path) -> None:
        for names in self.pending:
            self.durable.update(names)
        self.pending.clear()
        self._note()


class ForgetsFiles(MemoryFileSystem):
    """Storage on which the synchronization of files was forgotten."""

    def fsync(self, descriptor: int) -> None:
        self._note()


class ForgetsFolders(MemoryFileSystem):
    """Storage on which the synchronization of folders was forgotten."""

    def fsync_directory(self, path: Path) -> None:
        self._note()


class RemovesFirst(MemoryFileSystem):
    """Storage on which replacing is done by removing and creating."""

    def replace(self, source: Path, target: Path) -> None:
        if self.names.get(target) is not None:
            self.unlink(target)
        super().replace(source, target)


def spoiled(content: bytes) -> Iterator[bytes]:
    """Yield what may be found of a content that was not synchronized."""
    yield b""
    yield content[: len(content) // 2]
    yield bytes(len(content))
    yield content[:1000] + bytes(max(len(content) - 1000, 0))
    yield content


def after_power_loss(instant: Instant) -> Iterator[dict[Path, bytes]]:
    """Yield every folder that may be found; of long lists of changes, each prefix and each one."""
    changes = instant.pending
    few = len(changes) <= 6
    numbers = range(len(changes))
    selections: Iterator[tuple[int, ...]] = (
        itertools.chain.from_iterable(itertools.combinations(numbers, k) for k in range(7))
        if few
        else iter([*(tuple(range(k)) for k in range(len(changes) + 1)), *((n,) for n in numbers)])
    )
    for selection in selections:
        names = dict(instant.durable)
        for position in selection:
            names.update(changes[position])
        found = {path: number for path, number in names.items() if number is not None}
        for variant in range(5):
            yield {
                path: instant.contents[number]
                if number in instant.synchronized
                else list(spoiled(instant.contents[number]))[variant]
                for path, number in found.items()
            }


def storage_with(files: dict[Path, bytes]) -> MemoryFileSystem:
    """Return stable storage; names with equal contents are names of one file, as links are."""
    numbers = {data: number for number, data in enumerate(files.values())}
    names: Names = {path: numbers[data] for path, data in files.items()}
    return MemoryFileSystem(
        names=names,
        contents={number: data for data, number in numbers.items()},
        durable=dict(names),
        synchronized=set(numbers.values()),
        old=frozenset(numbers.values()),
    )


def recovers(files: dict[Path, bytes], safe: int, safe_best: int) -> bool:
    """Whether latest and best are sound and not older than promised."""
    fs = storage_with(files)
    try:
        found = CheckpointStore(FOLDER, fs=fs).load_latest()
        step = 0 if found is None else step_of(found.payload)
        has_best = FOLDER / BEST in files
        best = step_of(load_checkpoint(FOLDER / BEST, fs=fs).payload) if has_best else 0
    except DnawireError:
        return False
    return step >= safe and best >= safe_best


def run(fs: MemoryFileSystem, steps: Iterable[int]) -> None:
    with DirectoryLock(FOLDER, fs=fs) as lock:
        store = CheckpointStore(FOLDER, lock, fs)
        for step in steps:
            store.save(payload(step))
            fs.safe = step
            fs._note()
            store.save_best(payload(step))
            fs.safe_best = step
            fs._note()


Found = tuple[dict[Path, bytes], int, int]


def states_after_power_loss(fs: MemoryFileSystem) -> list[Found]:
    """Return the different folders of checkpoints that may be found, with what was promised."""
    seen = {}
    for instant in fs.instants:
        for files in after_power_loss(instant):
            visible = {path: data for path, data in files.items() if path.suffix == ".pth"}
            promised = instant.safe, instant.safe_best
            seen[frozenset(visible.items()), promised] = (visible, *promised)
    return list(seen.values())


def test_no_loss_of_power_loses_what_was_promised_nor_does_a_second_one() -> None:
    fs = MemoryFileSystem()
    run(fs, (1, 2, 3, 4))
    first = states_after_power_loss(fs)
    assert len(first) > 12
    for files, safe, safe_best in first:
        assert recovers(files, safe, safe_best)
        again = storage_with(files)
        again.safe, again.safe_best = safe, safe_best
        run(again, (5,))
        second = states_after_power_loss(again)
        assert len(second) > 3
        assert all(recovers(*found) for found in second)


def torn(content: bytes, draw: random.Random) -> bytes:
    """Return a content that was not synchronized: cut anywhere, each block written or zeros."""
    kept = content[: draw.randint(0, len(content))] if draw.random() < 0.5 else content
    share = draw.random()
    blocks = (kept[start : start + 512] for start in range(0, len(kept), 512))
    return b"".join(b if draw.random() < share else bytes(len(b)) for b in blocks)


def booted_anew(path: Path, content: bytes) -> bytes:
    """Return a file as the next boot of the host sees it: owners are those of the boot before."""
    if path.suffix != ".lock":
        return content
    return json.dumps(json.loads(content) | {"boot": "an earlier one"}).encode()


def after_a_random_loss(instant: Instant, draw: random.Random) -> dict[Path, bytes]:
    """Return all files that are found, those of dead processes included."""
    names = dict(instant.durable)
    share = draw.random()
    for change in instant.pending:
        if draw.random() < share:
            names.update(change)
    numbers = {number for number in names.values() if number is not None}
    contents = {
        number: content if number in instant.synchronized else torn(content, draw)
        for number, content in instant.contents.items()
        if number in numbers
    }
    return {p: booted_anew(p, contents[n]) for p, n in names.items() if n is not None}


@pytest.mark.parametrize("losses", [500, pytest.param(12_000, marks=pytest.mark.slow)])
def test_one_loss_of_power_after_the_other_costs_no_promised_state(losses: int) -> None:
    draw = random.Random(0)
    fs, step, found = MemoryFileSystem(), 0, set()
    for _ in range(losses):
        run(fs, (step + 1, step + 2))
        instant = draw.choice(fs.instants)
        files = after_a_random_loss(instant, draw)
        assert recovers(files, instant.safe, instant.safe_best)
        found.add(frozenset((path.suffix, content) for path, content in files.items()))
        fs = storage_with(files)
        fs.safe, fs.safe_best = instant.safe, instant.safe_best
        resumed = CheckpointStore(FOLDER, fs=fs).load_latest()
        step = 0 if resumed is None else step_of(resumed.payload)
    assert step > losses / 4
    assert len(found) > 0.8 * losses


@pytest.mark.parametrize("worse", [ForgetsFiles, ForgetsFolders, RemovesFirst])
def test_the_model_finds_a_protection_that_is_missing(worse: type[MemoryFileSystem]) -> None:
    fs = worse()
    run(fs, (1, 2, 3, 4))
    assert not all(recovers(*found) for found in states_after_power_loss(fs))


def test_new_folders_are_synchronized_into_their_parents(tmp_path: Path) -> None:
    done: list[tuple[str, Path]] = []

    class Recorder(FileSystem):
        def make_directory(self, path: Path) -> None:
            super().make_directory(path)
            done.append(("make", path))

        def fsync_directory(self, path: Path) -> None:
            super().fsync_directory(path)
            done.append(("sync", path))

    deep = tmp_path / "a" / "b"
    make_directory_durably(deep, Recorder())
    assert done == [
        ("make", tmp_path / "a"),
        ("sync", tmp_path),
        ("make", deep),
        ("sync", tmp_path / "a"),
    ]


class Folders(FileSystem):
    """The real file system, which knows the folders that are not yet stable."""

    def __init__(self) -> None:
        self.changed: set[Path] = set()

    def replace(self, source: Path, target: Path) -> None:
        super().replace(source, target)
        self.changed |= {source.parent, target.parent}

    def make_directory(self, path: Path) -> None:
        super().make_directory(path)
        self.changed.add(path.parent)

    def fsync_directory(self, path: Path) -> None:
        super().fsync_directory(path)
        self.changed.discard(path)


def test_what_is_archived_is_stable_on_both_sides(tmp_path: Path) -> None:
    fs = Folders()
    with DirectoryLock(tmp_path) as lock:
        store = CheckpointStore(tmp_path, lock, fs)
        store.save(payload(1))
        assert store.archive() is not None
    assert fs.changed == set()


def test_the_lock_file_is_whole_before_it_has_its_name() -> None:
    class Watching(MemoryFileSystem):
        whole: bool = False

        def link(self, source: Path, target: Path) -> None:
            self.whole = self._number(source) in self.synchronized
            super().link(source, target)

    fs = Watching()
    DirectoryLock(FOLDER, fs=fs).acquire()
    assert fs.whole


def test_memory_storage_reads_back_what_real_storage_would() -> None:
    fs = MemoryFileSystem()
    run(fs, (1, 2, 3, 4))
    assert step_of(load_checkpoint(FOLDER / "checkpoint_previous.pth", fs=fs).payload) == 3
