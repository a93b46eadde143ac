"""Splitting records into training, validation and test, duplex by duplex."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dnawire.data.dataset import TransportDataset
from dnawire.data.random import named_generator
from dnawire.errors import TooFewRecordsError, UnusableDataFileError, UsageError

PARTS: Final = ("train", "validation", "test")
_SUM_TOLERANCE: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Splits:
    """Record numbers of the three parts, int64, increasing.

    Parameters
    ----------
    train, validation, test
        Disjoint and not empty.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]

    def to_json(self) -> str:
        """Text that `from_json` reads back."""
        return json.dumps({part: getattr(self, part).tolist() for part in PARTS})

    @classmethod
    def from_json(cls, text: str) -> Splits:
        """Read a split.

        Parameters
        ----------
        text
            Written by `to_json`.

        Returns
        -------
        Splits
            The same split.

        Raises
        ------
        UnusableDataFileError
            If the text is not a split, or its parts are empty or overlap.
        """
        try:
            values = json.loads(text)
            parts = [np.array(values[part], dtype=np.int64) for part in PARTS]
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise _unusable(f"it is not JSON with lists {', '.join(PARTS)}") from error
        if any(part.ndim != 1 or part.size == 0 or part.min() < 0 for part in parts):
            raise _unusable("a part is empty or holds a negative number")
        joined = np.concatenate(parts)
        if len(np.unique(joined)) != len(joined):
            raise _unusable("a record is in it twice")
        return cls(*parts)


def split_dataset(
    dataset: TransportDataset, fractions: tuple[float, float, float], seed: int
) -> Splits:
    """Split records so that no molecule is on two sides.

    Records are grouped by canonical duplex key: a duplex, its reverse complement writing and all
    its contact variants go together. The split depends on the set of duplexes, the fractions and
    the seed alone, not on the order of the records.

    Parameters
    ----------
    dataset
        Records of at least three different duplexes.
    fractions
        Of the duplexes, for training, validation and test; positive, with sum 1.
    seed
        Seed of the split.

    Returns
    -------
    Splits
        No part is empty.

    Raises
    ------
    UsageError
        If the fractions are impossible.
    TooFewRecordsError
        If there are fewer than three different duplexes.
    """
    if min(fractions) <= 0 or abs(sum(fractions) - 1) > _SUM_TOLERANCE:
        raise UsageError(
            f"split fractions {fractions} are not positive with sum 1.",
            "use, for example, 0.8 for training, 0.1 for validation and 0.1 for test.",
        )
    keys = sorted(set(dataset.keys))
    if len(keys) < len(PARTS):
        raise TooFewRecordsError(
            f"{len(dataset)} records hold {len(keys)} different duplexes; a split into training, "
            f"validation and test needs {len(PARTS)}.",
            "add records of other duplexes.",
        )
    held_out = [max(1, round(fraction * len(keys))) for fraction in fractions[1:]]
    while sum(held_out) >= len(keys):
        held_out[int(np.argmax(held_out))] -= 1
    order = named_generator(seed, "split").permutation(len(keys))
    part_of_key = np.zeros(len(keys), dtype=np.int64)
    part_of_key[order[: held_out[0]]] = 1
    part_of_key[order[held_out[0] : sum(held_out)]] = 2
    number = {key: index for index, key in enumerate(keys)}
    part = part_of_key[[number[key] for key in dataset.keys]]
    return Splits(*(np.flatnonzero(part == index) for index in range(len(PARTS))))


def _unusable(problem: str) -> UnusableDataFileError:
    return UnusableDataFileError(
        f"the saved split cannot be used: {problem}.", "delete it; it is made again from its seed."
    )
