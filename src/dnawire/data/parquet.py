"""Large tables as Parquet: what is read by columns, in less room and time than CSV."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from dnawire.errors import MissingDependencyError

Kind = Literal["text", "word", "number"]
"""What a column holds: texts, texts of which few differ, or numbers of double precision."""

ROWS_PER_GROUP: Final = 2**17
"""Rows that are written, and held in memory, together."""


def check_parquet() -> None:
    """Refuse Parquet where it cannot be written.

    Raises
    ------
    MissingDependencyError
        If pyarrow is not installed.
    """
    try:
        import pyarrow  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "Parquet needs pyarrow, which is not installed",
            "Install it: pip install 'dnawire[parquet]'; or leave --parquet out: the CSV file has "
            "the same numbers.",
        ) from error


@contextmanager
def parquet_rows(path: Path, columns: Mapping[str, Kind]) -> Iterator[Callable[[bytes], None]]:
    """Context that gives what adds lines of CSV to a table, in bounded memory.

    The same lines give the same bytes, however they are divided among calls.

    Parameters
    ----------
    path
        File to write.
    columns
        Names of the columns in their order, and what they hold.

    Raises
    ------
    OSError
        If the system refuses.
    """
    import pyarrow as pa
    from pyarrow import csv
    from pyarrow import parquet as pq

    types = {
        name: pa.float64() if kind == "number" else pa.string() for name, kind in columns.items()
    }
    schema = pa.schema(list(types.items()))
    words = [name for name, kind in columns.items() if kind == "word"]
    reading = csv.ReadOptions(column_names=list(columns), use_threads=False)
    parsing = csv.ParseOptions(newlines_in_values=True)
    # Without words for what is missing, "nan" is a number and an empty text is a text.
    meaning = csv.ConvertOptions(column_types=types, null_values=[])
    waiting: Any = schema.empty_table()
    with pq.ParquetWriter(str(path), schema, compression="zstd", use_dictionary=words) as writer:

        def add(lines: bytes) -> None:
            nonlocal waiting
            if not lines:
                return
            table = csv.read_csv(io.BytesIO(lines), reading, parsing, meaning)
            waiting = pa.concat_tables([waiting, table])
            while waiting.num_rows >= ROWS_PER_GROUP:
                writer.write_table(waiting.slice(0, ROWS_PER_GROUP))
                waiting = waiting.slice(ROWS_PER_GROUP)

        yield add
        if waiting.num_rows:
            writer.write_table(waiting)
