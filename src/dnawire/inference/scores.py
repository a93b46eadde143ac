"""The values of all screened sequences as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from dnawire.data.parquet import Kind
from dnawire.inference.remarks import status
from dnawire.inference.screen import Screened


def score_columns(quantities: Sequence[str], *, named: bool) -> dict[str, Kind]:
    """Columns of the table; ``named`` ones have one of the names of sequences."""
    texts: dict[str, Kind] = {"name": "text", "sequence": "text"} if named else {"sequence": "text"}
    return {**texts, **dict.fromkeys(quantities, "number"), "status": "word"}


def scores_head(quantities: Sequence[str], *, named: bool) -> bytes:
    """First line of the table."""
    return ",".join(score_columns(quantities, named=named)).encode() + b"\n"


def scores_table(pieces: Iterable[Screened], names: Mapping[str, str]) -> bytes:
    """Lines of the table of some pieces, in the order of the candidates.

    Parameters
    ----------
    pieces
        Values of sequences.
    names
        Names of the sequences by their texts; without any there is no column of them.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    waiting: list[tuple[int, list[object]]] = []
    for piece in pieces:
        words = [status(remarks) for remarks in piece.remarks.different]
        columns = (values.tolist() for values in piece.values.values())
        statuses = (words[number] for number in piece.remarks.which.tolist())
        named = [[names.get(text, "") for text in piece.texts]] if names else []
        rows = map(list, zip(*named, piece.texts, *columns, statuses, strict=True))
        waiting += zip(piece.rows.tolist(), rows, strict=True)
        if piece.is_in_order:
            writer.writerows(row for _, row in sorted(waiting, key=itemgetter(0)))
            waiting = []
    writer.writerows(row for _, row in sorted(waiting, key=itemgetter(0)))
    return file.getvalue().encode()
