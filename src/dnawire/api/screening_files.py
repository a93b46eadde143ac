"""Files of a screening: the ranking, the distribution, and if asked for the values of all."""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dnawire import plots
from dnawire.files.durable import replacing
from dnawire.inference import status

if TYPE_CHECKING:
    from dnawire.api.screening import Screening
    from dnawire.inference import Screened

SCORES: Final = "scores.csv"
"""The values of all sequences."""

MEMBERS: Final = re.compile(r"(ranking|scores|distribution)\.csv|distribution\.(png|svg)")
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


def saved_scores(
    pieces: Iterable[Screened], path: Path, names: Mapping[str, str]
) -> Generator[Screened]:
    """Write the values of all sequences, in their order; the file appears when it is complete.

    Their names, by their texts, are written beside them if there are any.
    """
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        waiting: list[tuple[int, list[object]]] = []
        for number, piece in enumerate(pieces):
            if number == 0:
                head = ["name", "sequence"] if names else ["sequence"]
                writer.writerow([*head, *piece.values, "status"])
            words = {remarks: status(remarks) for remarks in set(piece.remarks)}
            columns = (values.tolist() for values in piece.values.values())
            statuses = (words[remarks] for remarks in piece.remarks)
            named = [[names.get(text, "") for text in piece.texts]] if names else []
            rows = map(list, zip(*named, piece.texts, *columns, statuses, strict=True))
            waiting += zip(piece.rows.tolist(), rows, strict=True)
            if piece.is_in_order:
                writer.writerows(row for _, row in sorted(waiting, key=itemgetter(0)))
                waiting = []
            yield piece
        writer.writerows(row for _, row in sorted(waiting, key=itemgetter(0)))
