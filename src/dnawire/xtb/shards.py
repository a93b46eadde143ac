"""Shards: one file per duplex, so that a stop at any moment loses no more than one of them."""

from __future__ import annotations

import json
import logging
import math
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Final

from dnawire.data.atomistic import AtomisticColumns, read_atomistic
from dnawire.data.dataset import TransportDataset
from dnawire.data.store import read_dataset, write_dataset
from dnawire.errors import InvalidDuplexError, NotConvergedError, UnusableDataFileError
from dnawire.files.durable import replace_durably
from dnawire.shards import ShardFolder, not_writable
from dnawire.threads import processors
from dnawire.workers import completed
from dnawire.xtb.plan import Results, XtbPlan, compute_duplex

_logger = logging.getLogger(__name__)

_FAILED: Final = ".failed.json"
_COST_EXPONENT: Final = 2.9
"""CPU time of a duplex grows with this power of its length."""
_BYTES_AT_LEAST: Final = 3 * 10**8
_BYTES_PER_SQUARE: Final = 15 * 10**6
"""Memory of a worker per square of the number of base pairs: 40 matrices over all orbitals."""


class Shards(ShardFolder[str]):
    """The shards of a plan in a folder.

    Parameters
    ----------
    plan
        What is to be computed.
    folder
        Folder of the shards; sub-folders divide different conditions. It is created.

    Raises
    ------
    NotWritableError
        If the folder cannot be created.
    """

    def __init__(self, plan: XtbPlan, folder: Path) -> None:
        super().__init__(folder, plan.digest)
        self.plan = plan

    def path(self, piece: str) -> Path:
        """File of a duplex."""
        return self.folder / f"{piece.replace('/', '+')}.h5"

    def failures(self) -> dict[str, str]:
        """Reasons of the duplexes that have none because they failed."""
        return {
            text: json.loads(self._failed(text).read_text("utf-8"))["reason"]
            for text in self.missing(self.plan.duplexes)
            if self._failed(text).exists()
        }

    def compute(self, texts: Sequence[str], executor: Executor) -> Iterator[str]:
        """Compute the shards that are missing; a line tells of each.

        Parameters
        ----------
        texts
            Duplexes of the plan.
        executor
            Any executor of `concurrent.futures`, also one of other machines that see the folder.

        Yields
        ------
        str
            Every duplex that has a new shard, when it has.

        Raises
        ------
        NotWritableError
            If a shard cannot be written.
        """
        todo = self.missing(texts)
        _logger.info("%d of %d duplexes are computed", len(texts) - len(todo), len(texts))
        progress = _Progress(todo)
        for text, message in completed(executor, partial(compute_shard, self), todo):
            progress.tell(text, message)
            if self.path(text).exists():
                yield text

    def compute_one(self, text: str) -> str:
        """Compute a shard; the result is a line for the log, also if the duplex has none.

        Raises
        ------
        NotWritableError
            If it cannot be written.
        """
        started = time.process_time()
        try:
            dataset, columns = compute_duplex(self.plan, text)
        except (NotConvergedError, InvalidDuplexError) as error:
            return self._fail(text, error.problem)
        write_dataset(self.path(text), dataset, overwrite=True, add=columns.write)
        self._failed(text).unlink(missing_ok=True)
        spent = time.process_time() - started
        return f"{len(dataset)} records, HOMO {columns.homo[0]:.3f} eV, {spent:.1f} CPU s"

    def merged(self) -> Results:
        """All records of the plan, in its order.

        Raises
        ------
        NotConvergedError
            If duplexes failed; names them with the reasons.
        UnusableDataFileError
            If a shard is missing, damaged or of other conditions.
        """
        self._check_failures()
        self.check_complete(self.plan.duplexes)
        parts = [self._read(text) for text in self.plan.duplexes]
        records = [record for dataset, _ in parts for record in dataset]
        dataset = TransportDataset.from_records(records, self.plan.source())
        return dataset, AtomisticColumns.joined([columns for _, columns in parts])

    def _check_failures(self) -> None:
        failures = self.failures()
        if failures:
            reasons = "; ".join(f"'{text}': {reason}" for text, reason in failures.items())
            raise NotConvergedError(
                f"{len(failures)} duplexes have no result ({reasons}).",
                "leave them out of the sequences; all others are kept and not computed again.",
            )

    def _read(self, text: str) -> Results:
        path = self.path(text)
        dataset, columns = read_dataset(path), read_atomistic(path)
        expected = [f"{text}/{variant.name}" for variant in self.plan.variants]
        if columns is None or dataset.identifiers.tolist() != expected:
            raise UnusableDataFileError(
                f"{path} does not hold the records of '{text}'.", "remove it, and compute it again."
            )
        return dataset, columns

    def _failed(self, text: str) -> Path:
        return self.path(text).with_suffix(_FAILED)

    def _fail(self, text: str, reason: str) -> str:
        note = json.dumps({"duplex": text, "reason": reason}, indent=1).encode()
        try:
            replace_durably(self._failed(text), note)
        except OSError as error:
            raise not_writable(self._failed(text), error) from error
        return f"failed: {reason}"


def compute_shard(shards: Shards, text: str) -> str:
    """Compute one shard in a worker; see `Shards.compute_one`."""
    return shards.compute_one(text)


def fitting_workers(plan: XtbPlan) -> int:
    """How many processes the processors and the memory of this machine take, at least one."""
    longest = max(len(text.partition("/")[0]) for text in plan.duplexes)
    needed = _BYTES_AT_LEAST + _BYTES_PER_SQUARE * longest**2
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(processors(), len(plan.duplexes), memory * 3 // 4 // needed))


class _Progress:
    """Tells how far the computation is and when it will end."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._left = {text: _cost(text) for text in texts}
        self._total = sum(self._left.values())
        self._count = len(texts)
        self._started = time.monotonic()

    def tell(self, text: str, message: str) -> None:
        """Tell of a duplex that ended."""
        del self._left[text]
        done, rest = self._count - len(self._left), sum(self._left.values())
        seconds = (time.monotonic() - self._started) * rest / (self._total - rest)
        level = logging.WARNING if message.startswith("failed") else logging.INFO
        _logger.log(
            level, "%d/%d %s: %s, %s left", done, self._count, text, message, _duration(seconds)
        )


def _cost(text: str) -> float:
    return math.pow(len(text.partition("/")[0]), _COST_EXPONENT)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min"
