"""Members of an ensemble: from its name to the runs, and from held-out records to intervals."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from dnawire.data.random import named_generator
from dnawire.errors import NotFoundError, UnusableFileError, UsageError
from dnawire.predictors import CALIBRATION, Calibration, MembersPredictor, conformal_quantile
from dnawire.predictors.calibration import SMALLEST_SPREAD
from dnawire.quantities import scored_in

if TYPE_CHECKING:
    from dnawire.data import TransportDataset, TransportRecord

Doubles = NDArray[np.float64]

MEMBERS: Final = "members:"
"""Prefix of the names of ensembles; their runs follow, separated by commas."""

MODEL_FOLDER: Final = "model"
"""Folder of the trained model in the output folder of a run."""

TEST_RECORDS: Final = "test_reference.h5"
"""Records of a run that nothing was learned from."""

_RUN: Final = "run.json"
_AT_ONCE: Final = 64
"""Records that are predicted together."""


class Members(NamedTuple):
    """Where the members of an ensemble are."""

    label: str
    """Short name."""
    runs: tuple[str, ...]
    """Their names, or folders."""
    folder: Path | None
    """Folder of all of them; None if they are listed."""

    def calibration(self, digest_of: Callable[[str], str]) -> Calibration | None:
        """What turns their spread into intervals; None if there is none.

        Raises
        ------
        UnusableFileError
            It is damaged, or belongs to other members.
        """
        path = self.folder and self.folder / CALIBRATION
        if path is None or not path.exists():
            return None
        found = Calibration.read(path)
        if found.members != self.digest(digest_of):
            raise UnusableFileError(
                f"{path} was made for other members than those of the folder now.",
                "write it again with dnawire calibrate --overwrite, or remove it.",
            )
        return found

    def digest(self, digest_of: Callable[[str], str]) -> str:
        """SHA-256 of the models of all members, in their order."""
        return hashlib.sha256(" ".join(map(digest_of, self.runs)).encode()).hexdigest()


def find_members(name: str) -> Members | None:
    """Members of a name; None if it is no ensemble.

    Parameters
    ----------
    name
        ``members:RUN1,RUN2,...``, or a folder whose folders are runs.

    Raises
    ------
    NotFoundError
        A run in the folder has no model yet.
    UsageError
        A name is given twice, or there is none.
    """
    if name.startswith(MEMBERS):
        listed = tuple(name.removeprefix(MEMBERS).split(","))
        places = {Path(one).resolve() for one in listed}
        if len(places) < len(listed) or not all(listed):
            raise UsageError(
                f"{name}: a member is empty or given twice", "Give each run once, by its folder."
            )
        return Members("+".join(Path(one).name for one in listed), listed, None)
    folder = Path(name)
    if not folder.is_dir() or (folder / MODEL_FOLDER).is_dir():
        return None
    inside = sorted(one for one in folder.iterdir() if one.is_dir())
    runs = [one for one in inside if (one / MODEL_FOLDER).is_dir() or (one / _RUN).is_file()]
    for one in runs:
        if not (one / MODEL_FOLDER).is_dir():
            raise NotFoundError(
                f"the member {one} has no model yet: its run is not complete.",
                "Repeat the command that trains it, or name the others with members:RUN1,RUN2.",
            )
    return Members(folder.resolve().name, tuple(map(str, runs)), folder) if runs else None


def held_out_records(members: Members) -> TransportDataset:
    """Test records of the runs, which no member has learned from.

    Raises
    ------
    NotFoundError
        A run has none.
    UsageError
        Runs have different ones: a member may have learned from those of another one.
    """
    from dnawire.data import read_dataset

    found: list[TransportDataset] = []
    for run in members.runs:
        path = Path(run) / TEST_RECORDS
        if not path.is_file():
            raise NotFoundError(
                f"{path}: no such file.",
                "Give records that no member has learned from with --records.",
            )
        found.append(read_dataset(path))
        if found[-1].content_digest != found[0].content_digest:
            raise UsageError(
                f"the test records of {run} are not those of {members.runs[0]}: one may have "
                "learned from those of the other",
                "Train all members on one file with one split, or give records that none has "
                "learned from with --records.",
            )
    return found[0]


class Spectra(NamedTuple):
    """Means and spreads of one quantity at every energy of some records, and the truth."""

    mean: Float[Doubles, " n"]
    deviation: Float[Doubles, " n"]
    """Standard deviation of the members in decades."""
    truth: Float[Doubles, " n"]
    groups: Int[NDArray[np.int64], " n"]
    """Number of the canonical duplex."""

    @property
    def errors(self) -> Float[Doubles, " n"]:
        """Absolute errors of the mean in decades."""
        return np.abs(self.mean - self.truth)

    @property
    def scores(self) -> Float[Doubles, " n"]:
        """Errors in units of the spread."""
        return self.errors / np.maximum(self.deviation, SMALLEST_SPREAD)

    def rows(self, chosen: NDArray[np.bool_]) -> Spectra:
        """Some of the values."""
        return Spectra(
            self.mean[chosen], self.deviation[chosen], self.truth[chosen], self.groups[chosen]
        )


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What members say of records, by column of `QUANTITIES`, where all values are finite."""

    dataset: TransportDataset
    spectra: Mapping[str, Spectra]

    def calibrated(self, coverage: float, members: str) -> Calibration:
        """Take the half-widths that hold a share of these records; see `conformal_quantile`.

        The score of a value is its error in units of the spread of the members, which grows where
        nothing was learned: so intervals widen there.

        Parameters
        ----------
        coverage
            Between 0 and 1.
        members
            Digest of the members.

        Raises
        ------
        TooFewRecordsError
            If there are too few duplexes.
        """
        lengths = self.dataset.lengths
        return Calibration(
            coverage=coverage,
            factors={
                name: conformal_quantile(one.scores, one.groups, coverage)
                for name, one in self.spectra.items()
            },
            duplexes=len(set(self.dataset.keys)),
            num_records=len(self.dataset),
            lengths=(int(lengths.min()), int(lengths.max())),
            records=self.dataset.content_digest,
            members=members,
        )

    def coverage(self, calibration: Calibration) -> dict[str, float]:
        """Share of the values inside of the intervals, each duplex with the same weight."""
        factors = calibration.factors
        return {name: _share(one, factors[name]) for name, one in self.spectra.items()}

    def cross_coverage(self, coverage: float, folds: int, seed: int) -> dict[str, float]:
        """Share of the values of each fold of duplexes in intervals that the others calibrate.

        Parameters
        ----------
        coverage
            Wanted share.
        folds, seed
            Number of folds, and seed of the order of the duplexes.

        Raises
        ------
        TooFewRecordsError
            If there are too few duplexes in the other folds.
        """
        found = {}
        for name, one in self.spectra.items():
            number = int(one.groups.max()) + 1
            fold = named_generator(seed, "folds").permutation(number) % folds
            of_value = fold[one.groups]
            shares = []
            for this in range(folds):
                others, own = one.rows(of_value != this), one.rows(of_value == this)
                factor = conformal_quantile(others.scores, others.groups, coverage)
                shares.append(_share(own, factor))
            found[name] = float(np.mean(shares))
        return found


def _share(spectra: Spectra, factor: float) -> float:
    """Share of the scores that are no more than a factor, each duplex with the same weight."""
    counts = np.bincount(spectra.groups)
    hits = np.bincount(spectra.groups, weights=spectra.scores <= factor)
    return float((hits[counts > 0] / counts[counts > 0]).mean())


def held_out(predictor: MembersPredictor, dataset: TransportDataset) -> Iterator[int | HeldOut]:
    """Ask all members for records that none has learned from.

    Parameters
    ----------
    predictor
        The members.
    dataset
        The records; see `check_answerable`.

    Yields
    ------
    int or HeldOut
        Numbers of records that are done, then what was found.
    """
    numbers = {key: number for number, key in enumerate(sorted(set(dataset.keys)))}
    found: dict[str, list[Spectra]] = {}
    order = np.lexsort((dataset.lengths, dataset.eta, dataset.grid_index))
    same = np.diff(dataset.grid_index[order]) + np.diff(dataset.eta[order]) == 0
    for group in np.split(order, np.flatnonzero(~same) + 1):
        for start in range(0, len(group), _AT_ONCE):
            rows = group[start : start + _AT_ONCE].tolist()
            references = [dataset[row] for row in rows]
            first = references[0]
            junctions = [one.junction for one in references]
            each = predictor.predict_each(junctions, first.energies, first.eta)
            for row, reference, records in zip(rows, references, zip(*each, strict=True),
                                               strict=True):  # fmt: skip
                _add(found, reference, records, numbers[dataset.keys[row]])
            yield from rows
    yield HeldOut(
        dataset,
        {
            name: Spectra(*(np.concatenate(one) for one in zip(*pieces, strict=True)))
            for name, pieces in found.items()
        },
    )


def _add(
    found: dict[str, list[Spectra]],
    reference: TransportRecord,
    records: Iterable[TransportRecord],
    group: int,
) -> None:
    own = list(records)
    for quantity in scored_in(reference.spectra, *(one.spectra for one in own)):
        values = np.stack([one.spectra[quantity.column] for one in own])
        truth = reference.spectra[quantity.column]
        known = np.isfinite(values).all(0) & np.isfinite(truth)
        values, truth = values[:, known], truth[known]
        numbers = np.full(len(truth), group, np.int64)
        piece = Spectra(values.mean(0), values.std(0, ddof=1), truth, numbers)
        found.setdefault(quantity.column, []).append(piece)
