"""Shards of a screening: so many candidates, one file each, and one of the values if asked for.

Whoever merges them gets the same ranking and the same table, whatever computed which.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import dnawire
from dnawire.errors import UnusableDataFileError
from dnawire.files.durable import replace_durably
from dnawire.files.sealed import opened, sealed
from dnawire.inference.candidates import Candidates
from dnawire.inference.question import Question
from dnawire.inference.ranking import Distribution, Ranked, Ranking
from dnawire.inference.remarks import Remark
from dnawire.inference.scores import scores_table
from dnawire.inference.screen import piece_size, screen
from dnawire.predictors import Predictor
from dnawire.shards import ShardFolder, not_writable
from dnawire.threads import processors

_PIECES: Final = 8
"""Pieces of a shard, at least: a tenth of a second for what is fast."""
_MOST_SHARDS: Final = 4096
_SHARDS_PER_WORKER: Final = 8
_TABLE: Final = ".csv"

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ScreeningPlan:
    """All that shapes the results of a screening.

    Parameters
    ----------
    predictor
        What predicts.
    identity
        Digest of the model or parameter set, see `digest_of_model`.
    candidates
        The sequences.
    question
        What is asked of each.
    unique, lowest, top
        See `screen` and `Ranking`.
    with_scores
        Whether the values of all sequences are wanted.
    shard_size
        Candidates of a shard; None chooses.
    """

    predictor: Predictor
    identity: str
    candidates: Candidates
    question: Question
    unique: bool
    lowest: bool
    top: int
    with_scores: bool
    shard_size: int | None = None

    @cached_property
    def size(self) -> int:
        """Candidates of a shard: whole pieces, so that a network sees the same batches."""
        if self.shard_size is not None:
            return self.shard_size
        at_once = piece_size(self.predictor, self.question)
        fewest = -(-self.candidates.count // (_MOST_SHARDS * at_once))
        return max(_PIECES, fewest) * at_once

    @property
    def count(self) -> int:
        """Number of shards."""
        return -(-self.candidates.count // self.size)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the plan but for the length of its ranking: longer ones serve, too."""
        asked = vars(self.question) | {"energies": self.question.energies.tolist()}
        own = self.unique, self.lowest, self.with_scores, self.size
        known = self.identity, self.predictor.name, self.candidates.digest
        named = sorted(self.candidates.names.items())
        plan = repr([dnawire.__version__, *known, sorted(asked.items()), own, named])
        return hashlib.sha256(plan.encode()).hexdigest()

    def rows(self, number: int) -> range:
        """Candidates of a shard."""
        return range(self.candidates.count)[number * self.size : (number + 1) * self.size]


@dataclass
class Shard:
    """What is known of the candidates of one shard."""

    number: int
    ranking: Ranking
    distribution: Distribution = field(default_factory=Distribution)
    names: list[str] = field(default_factory=list)
    """Quantities, in the order of their columns."""
    scores: bytes = b""
    """Rows of the table of all values, without its head; empty if they are not wanted."""


def compute_shard(plan: ScreeningPlan, number: int) -> Shard:
    """Screen the candidates of one shard."""
    rank_by = plan.question.rank_by
    shard = Shard(number, Ranking(rank_by, plan.lowest, plan.top))
    pieces = screen(
        plan.predictor, plan.candidates, plan.question, unique=plan.unique, rows=plan.rows(number)
    )
    tables = []
    for piece in pieces:
        shard.ranking.add(piece)
        shard.distribution.add(piece.values[rank_by])
        shard.names = list(piece.values)
        if plan.with_scores:
            tables.append(piece)
    shard.scores = scores_table(tables, plan.candidates.names)
    return shard


class Shards(ShardFolder[int]):
    """The shards of a plan in a folder.

    Parameters
    ----------
    plan
        What is to be computed.
    folder
        Folder of the shards; sub-folders divide different plans. It is created.

    Raises
    ------
    NotWritableError
        If the folder cannot be created.
    """

    def __init__(self, plan: ScreeningPlan, folder: Path) -> None:
        super().__init__(folder, plan.digest)
        self.plan = plan

    def path(self, piece: int) -> Path:
        """File of a shard."""
        return self.folder / f"{piece:06}.json"

    def outstanding(self, numbers: Iterable[int]) -> list[int]:
        """Those of the shards that are to be computed.

        They are not there, unusable, or their rankings are too short; the last two are told.
        """
        todo, short = [], 0
        for number in numbers:
            shard = self._usable(number)
            is_short = shard is not None and not self._reaches(shard.ranking)
            if shard is None or is_short:
                todo.append(number)
            short += is_short
        if short:
            _logger.warning(
                "warning: %s: %d shards rank fewer than --top %d: they are computed again",
                self.folder,
                short,
                self.plan.top,
            )
        return todo

    def store(self, shard: Shard) -> None:
        """Write a shard.

        Raises
        ------
        NotWritableError
            If it cannot be written.
        """
        path = self.path(shard.number)
        content = _plain(shard) | {"plan": self.plan.digest}
        try:
            if self.plan.with_scores:
                # The table first: a shard is there when its file is.
                replace_durably(path.with_suffix(_TABLE), shard.scores)
            replace_durably(path, sealed(content))
        except OSError as error:
            raise not_writable(path, error) from error

    def read_all(self) -> Iterator[Shard]:
        """All shards in their order.

        Raises
        ------
        UnusableDataFileError
            If one is missing, damaged or of another plan.
        """
        numbers = range(self.plan.count)
        self.check_complete(numbers)
        return map(self._read, numbers)

    def _reaches(self, ranking: Ranking) -> bool:
        """Whether a stored ranking is as long as is asked for, or holds all that there is."""
        return ranking.top >= self.plan.top or len(ranking.rows) < ranking.top

    def _usable(self, number: int) -> Shard | None:
        if not self.path(number).exists():
            return None
        try:
            return self._read(number)
        except UnusableDataFileError as error:
            _logger.warning("warning: %s: it is computed again", error.problem.rstrip("."))
            return None

    def _read(self, number: int) -> Shard:
        path = self.path(number)
        table = path.with_suffix(_TABLE)
        with _naming(path):
            content = opened(path.read_bytes())
            if (content["plan"], content["number"]) != (self.plan.digest, number):
                raise ValueError("it belongs to another screening or shard")
        with _naming(table):
            scores = table.read_bytes() if self.plan.with_scores else b""
            if hashlib.sha256(scores).hexdigest() != content["scores"]:
                raise ValueError(f"it is not the table of {path.name}")
        with _naming(path):
            return _shard(content, scores, self.plan)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Context whose failures are those of a file."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UnusableDataFileError(
            f"{path} is no part of this screening: {reason}.",
            "give the same command again, which computes it again.",
        ) from error


def _plain(shard: Shard) -> dict[str, Any]:
    """A shard as JSON has it; the reasons of remarks are there once."""
    rows = shard.ranking.rows
    different = list(dict.fromkeys(row.remarks for row in rows))
    numbers = {remarks: number for number, remarks in enumerate(different)}
    return {
        "number": shard.number,
        "top": shard.ranking.top,
        "names": shard.names,
        "remarks": different,
        "rows": [
            [row.text, row.flipped_text, list(row.values.values()), numbers[row.remarks]]
            for row in rows
        ],
        "positions": shard.ranking.positions,
        "bins": sorted(shard.distribution.counts.items()),
        "vanishing": shard.distribution.vanishing,
        "scores": hashlib.sha256(shard.scores).hexdigest(),
    }


def _shard(content: dict[str, Any], scores: bytes, plan: ScreeningPlan) -> Shard:
    names = content["names"]
    remarks = [tuple(Remark(*one) for one in some) for some in content["remarks"]]
    rows = [
        Ranked(text, flipped, dict(zip(names, values, strict=True)), remarks[number])
        for text, flipped, values, number in content["rows"]
    ]
    counts = Counter({bin_: count for bin_, count in content["bins"]})
    ranking = Ranking(
        plan.question.rank_by, plan.lowest, content["top"], rows, list(content["positions"])
    )
    distribution = Distribution(counts, content["vanishing"])
    return Shard(content["number"], ranking, distribution, names, scores)


def fitting_workers(num_shards: int) -> int:
    """How many processes are worth their start for so many shards, at least one."""
    return max(1, min(processors(), num_shards // _SHARDS_PER_WORKER))
