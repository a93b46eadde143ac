"""Several processes of one run, started by ``torchrun`` or ``srun``, on `torch.distributed`.

Every process computes a part of every batch, and the gradients are summed. Nothing but numbers and
text is sent: no objects, which would have to be unpickled.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Final, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from dnawire.checkpoint import StateRegistry
from dnawire.cluster import Request, StopRequest
from dnawire.errors import (
    EXIT_INTERRUPTED,
    DnawireError,
    LostProcessError,
    ProcessesDisagreeError,
    UsageError,
)
from dnawire.graphs import Batch
from dnawire.operators.device import named_device
from dnawire.training.callback import Callback
from dnawire.training.distributed.group import ProcessGroup, SingleProcess
from dnawire.training.distributed.local_batch import Bucket, ShardedBucket
from dnawire.training.distributed.synchronized import SynchronizedCallback, SynchronizedStop
from dnawire.training.loss import Loss

TIMEOUT: Final = timedelta(minutes=10)
"""Longest time that one process waits for another, which can be suspended or cut off."""

_VARIABLES: Final = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
_REMEDY: Final = (
    "Start with torchrun, or set RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT; "
    "a run of one process needs none of them."
)
_FAILED_UNEXPECTEDLY: Final = 1


class Rank(NamedTuple):
    """Which of how many processes this one is."""

    rank: int
    world_size: int
    local_rank: int
    """Its number among those of the same host."""


class TorchProcessGroup:
    """A process group of `torch.distributed`, which is initialized.

    Parameters
    ----------
    rank
        Which of its processes this one is.
    """

    def __init__(self, rank: Rank) -> None:
        self.rank = rank.rank
        self.size = rank.world_size
        self._local_rank = rank.local_rank
        self._stop = SynchronizedStop(StopRequest(), self.all_reduce_max)

    def bucket(self, batch: Batch, loss: Loss) -> Bucket:
        """Records of which this process computes a part of every batch."""
        return ShardedBucket(batch, loss, self.rank, self.size)

    def all_reduce(self, gradients: Sequence[Tensor], value: float) -> float:
        """Replace gradients by their sums over all processes, and return the sum of ``value``."""
        with _connection_errors():
            pending = [dist.all_reduce(gradient, async_op=True) for gradient in gradients]
            total = self._gather(torch.tensor([value], dtype=torch.float64)).sum().item()
            for reduction in pending:
                reduction.wait()
        return total

    def sum(self, values: Tensor) -> Tensor:
        """Sum of float64 values over all processes, in the order of their ranks."""
        with _connection_errors():
            return self._gather(values).sum(0)

    def device(self, name: str) -> torch.device:
        """The device of that name; cuda takes the GPU of this process.

        Raises
        ------
        UsageError
            If the processes would share one GPU, or there is none.
        """
        if name.startswith("cuda:"):
            raise UsageError(
                f"device = {name!r}, but {self.size} processes need a GPU each",
                "Give --device cuda: each process takes the GPU of its local rank.",
            )
        return named_device(f"cuda:{self._local_rank}" if name == "cuda" else name)

    def synchronized_stop(self, stop: StopRequest) -> Request:
        """Requests to stop that reach any of the processes."""
        self._stop = SynchronizedStop(stop, self.all_reduce_max)
        return self._stop

    def synchronized(self, callback: Callback, digest: Callable[[], str]) -> Callback:
        """Callback by which all processes decide alike; the digests of their weights are equal."""
        return SynchronizedCallback(callback, self._stop, self, digest)

    def broadcast(self, registry: StateRegistry) -> None:
        """Put all processes into the state of rank 0."""
        if self.rank == 0:
            buffer = io.BytesIO()
            torch.save(registry.snapshot(), buffer)
            self._broadcast_bytes(buffer.getvalue())
        else:
            received = io.BytesIO(self._broadcast_bytes(b""))
            registry.restore(torch.load(received, map_location="cpu", weights_only=True))

    def all_reduce_max(self, value: int) -> int:
        """The largest of the values that the processes give."""
        return max(self._gather_numbers(value))

    def _broadcast_bytes(self, data: bytes) -> bytes:
        """What rank 0 gives."""
        size = self._gather_numbers(len(data))[0]
        content = torch.empty(size, dtype=torch.uint8)
        if self.rank == 0:
            content = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        with _connection_errors():
            dist.broadcast(content, src=0)
        return content.numpy().tobytes()

    def verify_equal(self, what: str, digest: str) -> None:
        """Refuse to go on unless all processes have the same digest.

        Raises
        ------
        ProcessesDisagreeError
            If they differ.
        """
        number = int(hashlib.sha256(digest.encode()).hexdigest()[:15], 16)
        numbers = self._gather_numbers(number)
        different = [rank for rank, other in enumerate(numbers) if other != numbers[0]]
        if different:
            raise ProcessesDisagreeError(
                f"{what} of process {different[0]} are not those of process 0",
                "Use hosts of one kind with the same software and files. What was saved stays.",
            )

    @contextmanager
    def synchronized_errors(self) -> Iterator[None]:
        """Context at whose end all processes learn whether one of them has failed.

        Raises
        ------
        SystemExit
            With the exit code of the first process that failed, which alone raises its error.
        """
        try:
            yield
        except LostProcessError:
            raise
        except BaseException as error:
            with suppress(LostProcessError):
                self._exit_if_another_failed(_exit_code(error))
            raise
        self._exit_if_another_failed(0)

    def _exit_if_another_failed(self, code: int) -> None:
        codes = self._gather_numbers(code)
        failed = [rank for rank, other in enumerate(codes) if other]
        if failed and failed[0] != self.rank:
            raise SystemExit(codes[failed[0]])

    def _gather_numbers(self, number: int) -> list[int]:
        """What each process gives, by rank."""
        with _connection_errors():
            return [int(one) for one in self._gather(torch.tensor([number])).flatten().tolist()]

    def _gather(self, values: Tensor) -> Tensor:
        found = [torch.empty_like(values) for _ in range(self.size)]
        dist.all_gather(found, values)
        return torch.stack(found)


def _exit_code(error: BaseException) -> int:
    if isinstance(error, DnawireError):
        return error.exit_code
    return EXIT_INTERRUPTED if isinstance(error, KeyboardInterrupt) else _FAILED_UNEXPECTEDLY


@contextmanager
def join_process_group() -> Iterator[ProcessGroup]:
    """Context in which this run has a process group; it may be that of a single process.

    Raises
    ------
    UsageError
        If the environment says only in part which processes there are.
    LostProcessError
        If they do not find each other.
    """
    rank = rank_from_environment()
    if rank is None:
        yield SingleProcess()
        return
    # Without a GPU there is no NCCL to ask for.
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    with _connection_errors():
        dist.init_process_group(
            backend, rank=rank.rank, world_size=rank.world_size, timeout=TIMEOUT
        )
    try:
        yield TorchProcessGroup(rank)
    finally:
        dist.destroy_process_group()


def rank_from_environment() -> Rank | None:
    """Which process of how many this is; None for the only one.

    Raises
    ------
    UsageError
        If the environment is incomplete or impossible.
    """
    given = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    if not given.keys() & {"RANK", "WORLD_SIZE", "LOCAL_RANK"}:
        return None
    missing = [name for name in _VARIABLES if name not in given]
    if missing:
        raise UsageError(
            f"{', '.join(given)} set in the environment, but not {', '.join(missing)}", _REMEDY
        )
    numbers = [given[name] for name in _VARIABLES if name != "MASTER_ADDR"]
    if not all(number.isdecimal() for number in numbers):
        raise UsageError(f"not all numbers in the environment: {given}", _REMEDY)
    rank = Rank(*(int(given[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")))
    if rank.rank >= rank.world_size:
        raise UsageError(
            f"RANK={rank.rank} in the environment is not below WORLD_SIZE={rank.world_size}",
            _REMEDY,
        )
    return None if rank.world_size == 1 else rank


@contextmanager
def _connection_errors() -> Iterator[None]:
    """Context in which a broken connection becomes a `LostProcessError`."""
    try:
        yield
    except RuntimeError as error:
        raise LostProcessError(
            f"another process of this run has ended or cannot be reached: {error}",
            "Look for its message above. The same command goes on from the last checkpoint.",
        ) from error
