"""Files of a screening: the ranking, the distribution, and if asked for the values of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dnawire import plots
from dnawire.api.result_names import RESULT_NAMES
from dnawire.files.durable import replacing
from dnawire.inference import scores_head

if TYPE_CHECKING:
    from dnawire.api.screening import Screening
    from dnawire.inference import Shard

SCORES: Final = "scores.csv"
"""The values of all sequences."""

MEMBERS: Final = RESULT_NAMES["screen"]
"""Names of all files that can be written."""

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
