"""Files of a screening: the ranking, the distribution, and if asked for the values of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dnawire import plots
from dnawire.data.parquet import parquet_rows
from dnawire.files.durable import replacing
from dnawire.inference import score_columns, scores_head

if TYPE_CHECKING:
    from dnawire.api.screening import Screening
    from dnawire.inference import Shard

SCORES: Final = "scores.csv"
"""The values of all sequences."""

PARQUET: Final = "scores.parquet"
"""The same."""

_RANKING, _DISTRIBUTION = "ranking.csv", "distribution"


def write_screening(folder: Path, screening: Screening) -> None:
    """Write the ranking and the distribution.

    Raises
    ------
    NotWritableError
        The system refuses.
    """
    plots.save_table(folder / _RANKING, screening.table())
    table = plots.distribution_table(screening.distribution.binned())
    plots.save_figure(screening.plot(), folder / _DISTRIBUTION, table)


@contextmanager
def scores_file(path: Path, *, named: bool) -> Iterator[Callable[[Shard], None]]:
    """Context that gives what adds a shard to the table of all sequences.

    The file appears when it is complete; ``named`` tables have a column of names.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        begun = False

        def add(shard: Shard) -> None:
            nonlocal begun
            if shard.names and not begun:
                file.write(scores_head(shard.names, named=named))
                begun = True
            file.write(shard.scores)

        yield add


@contextmanager
def scores_parquet(path: Path, *, named: bool) -> Iterator[Callable[[Shard], None]]:
    """Context that gives what adds a shard to the same table as Parquet; see `scores_file`."""
    with replacing(path) as temporary, ExitStack() as stack:
        rows: Callable[[bytes], None] | None = None

        def add(shard: Shard) -> None:
            nonlocal rows
            if shard.names and rows is None:
                columns = score_columns(shard.names, named=named)
                rows = stack.enter_context(parquet_rows(temporary, columns))
            if rows is not None:
                rows(shard.scores)

        yield add
