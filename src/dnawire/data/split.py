"""Splitting records into training, validation and test, duplex by duplex."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dnawire.data.dataset import TransportDataset
from dnawire.data.random import named_generator
from dnawire.errors import NotFoundError, TooFewRecordsError, UnusableDataFileError, UsageError
from dnawire.files.text import NotTextError, read_text

logger = logging.getLogger(__name__)

PARTS: Final = ("train", "validation", "test")
_SUM_TOLERANCE: Final = 1e-9
_LARGEST_FILE: Final = 2**30
"""Bytes above which a file is not read as a split."""


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
    def from_json(cls, text: str, identifiers: Sequence[str], origin: str) -> Splits:
        """Read a split.

        Parameters
        ----------
        text
            Written by `to_json`, or with identifiers in the place of record numbers.
        identifiers
            Those of the records that are split.
        origin
            Name of the file for error messages.

        Returns
        -------
        Splits
            The same split.

        Raises
        ------
        UnusableDataFileError
            If the text is not a split of these records; names the part and the entry.
        """
        try:
            values = json.loads(text)
            parts = {part: list(values[part]) for part in PARTS}
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise _unusable(origin, f"it is not JSON with lists {', '.join(PARTS)}") from error
        number = _numbering(parts, identifiers)
        numbers = {
            part: [_number(origin, part, one, number) for one in parts[part]] for part in PARTS
        }
        arrays = [np.sort(np.array(numbers[part], dtype=np.int64)) for part in PARTS]
        for part, array in zip(PARTS, arrays, strict=True):
            if array.size == 0:
                raise _unusable(origin, f"{part} is empty")
        found, counts = np.unique(np.concatenate(arrays), return_counts=True)
        for twice in found[counts > 1].tolist():
            name = identifiers[twice]
            raise _unusable(origin, f"record {twice} ('{name}') is in it twice")
        return cls(*arrays)

    @property
    def digest(self) -> str:
        """SHA-256 of the record numbers of the parts."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def leaks(self, dataset: TransportDataset) -> list[str]:
        """Canonical keys of the duplexes that are on two sides, in alphabetical order."""
        keys = dataset.keys
        sides = [{keys[row] for row in getattr(self, part).tolist()} for part in PARTS]
        return sorted(set().union(*(one & other for one, other in combinations(sides, 2))))


def read_splits(path: Path, dataset: TransportDataset, *, allow_leak: bool) -> Splits:
    """Read a file that says which records train, validate and test.

    Records that it does not name are skipped, which is logged.

    Parameters
    ----------
    path
        File like the ``splits.json`` of a run, with record numbers or identifiers.
    dataset
        The records.
    allow_leak
        Whether a duplex may be on two sides, in whichever writing and with whichever contacts.

    Returns
    -------
    Splits
        The split.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UnusableDataFileError
        If it is not a split of these records.
    UsageError
        If a duplex is on two sides and may not be; names it.
    """
    if not path.exists():
        raise NotFoundError(f"{path}: no such file.", "check the path of the file of splits.")
    try:
        text = read_text(path, largest=_LARGEST_FILE)
    except (OSError, NotTextError) as error:
        raise _unusable(str(path), f"it cannot be read ({error})") from error
    splits = Splits.from_json(text, dataset.identifiers.tolist(), str(path))
    leaks = splits.leaks(dataset)
    if leaks and not allow_leak:
        raise UsageError(
            f"{path}: {len(leaks)} duplexes are on two sides, for example {leaks[0]}, in whichever "
            "writing and with whichever contacts: the scores would tell what was learned by heart.",
            "move all records of a duplex to one side, or accept this with --allow_leak.",
        )
    if leaks:
        logger.warning("%d duplexes are on two sides of the split, as was allowed", len(leaks))
    left_out = len(dataset) - sum(len(getattr(splits, part)) for part in PARTS)
    if left_out:
        logger.warning("%s: %d records are in no part and not used", path, left_out)
    return splits


def _numbering(
    parts: Mapping[str, Sequence[object]], identifiers: Sequence[str]
) -> dict[object, int]:
    """Record of every entry that may stand in a part; -1 for an identifier of several records."""
    if not any(isinstance(one, str) for part in parts.values() for one in part):
        return {number: number for number in range(len(identifiers))}
    number: dict[object, int] = {}
    for row, name in enumerate(identifiers):
        number[name] = -1 if name in number else row
    return number


def _number(origin: str, part: str, entry: object, number: Mapping[object, int]) -> int:
    found = number.get(entry) if type(entry) in (int, str) else None
    if found is None:
        kind = "identifier" if any(isinstance(key, str) for key in number) else "number"
        raise _unusable(origin, f"{part} names {entry!r}, which is the {kind} of no record")
    if found < 0:
        raise _unusable(origin, f"{part} names {entry!r}, the identifier of several records")
    return found


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


def _unusable(origin: str, problem: str) -> UnusableDataFileError:
    return UnusableDataFileError(
        f"{origin}: {problem}.",
        "give lists train, validation and test of record numbers from 0 or of identifiers, like "
        "the splits.json of a run on the same records.",
    )
