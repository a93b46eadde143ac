"""The values of all screened sequences as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from operator import itemgetter

from dnawire.inference.remarks import status
from dnawire.inference.screen import Screened


def scores_head(names: Sequence[str]) -> bytes:
    """First line of the table, of the names of quantities."""
    return ",".join(["sequence", *names, "status"]).encode() + b"\n"


def scores_table(pieces: Iterable[Screened]) -> bytes:
    """Lines of the table of some pieces, in the order of the candidates."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    waiting: list[tuple[int, list[object]]] = []
    for piece in pieces:
        words = [status(remarks) for remarks in piece.remarks.different]
        columns = (values.tolist() for values in piece.values.values())
        statuses = (words[number] for number in piece.remarks.which.tolist())
        rows = map(list, zip(piece.texts, *columns, statuses, strict=True))
        waiting += zip(piece.rows.tolist(), rows, strict=True)
        if piece.is_in_order:
            writer.writerows(row for _, row in sorted(waiting, key=itemgetter(0)))
            waiting = []
    writer.writerows(row for _, row in sorted(waiting, key=itemgetter(0)))
    return file.getvalue().encode()
