"""``dnawire.calibrate``: intervals of an ensemble from the errors on records held out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from dnawire.api.calibrate_options import CalibrateOptions
from dnawire.api.keywords import takes
from dnawire.api.tables import aligned, html_lines, html_table
from dnawire.data import TransportDataset, read_dataset, read_splits
from dnawire.errors import NotWritableError, TooFewRecordsError, UsageError
from dnawire.files.durable import replace_atomically
from dnawire.inference import (
    MEMBERS,
    HeldOut,
    Members,
    check_answerable,
    digest_of_model,
    find_members,
    held_out,
    held_out_records,
    load_predictor,
    other_theory,
)
from dnawire.predictors import CALIBRATION, Calibration, MembersPredictor
from dnawire.quantities import BY_COLUMN
from dnawire.scalars import checked_path

_FOLDS: Final = 5
_FOLD_SEED: Final = 42


@dataclass(eq=False, repr=False)
class Calibrating:
    """Calibration of an ensemble. It prints as a table, and shows itself in a notebook."""

    members: Members
    """Where they are."""
    predictor: MembersPredictor
    """The members."""
    dataset: TransportDataset
    """Records that none of them has learned from."""
    origin: str
    """Where the records come from."""
    options: CalibrateOptions
    """What is wanted."""
    held_out: HeldOut | None = field(default=None)
    """What the members say of the records, when all `steps` are done."""

    @classmethod
    def prepared(cls, name: str, device: str, options: CalibrateOptions) -> Calibrating:
        """Check all that can be checked before the work.

        Raises
        ------
        DnawireError
            The model is no folder of members, it has a calibration, or the records do not fit.
        """
        members = find_members(name)
        if members is None or members.folder is None:
            raise UsageError(
                f"{name} is no folder of members, in which a calibration has its place",
                "Train several runs with one --output_dir, and give that folder"
                + (f" instead of {MEMBERS}..." if members else "")
                + ".",
            )
        path = members.folder / CALIBRATION
        if path.exists() and not options.overwrite:
            raise NotWritableError(f"{path} exists.", "replace it with --overwrite.")
        found = [load_predictor(one, device) for one in members.runs]
        predictor = MembersPredictor(members.label, found)
        dataset, origin = _records(members, options)
        check_answerable(predictor, dataset)
        return cls(members, predictor, dataset, origin, options)

    @property
    def num_steps(self) -> int:
        """How many records there are."""
        return len(self.dataset)

    def steps(self) -> Iterator[None]:
        """Ask the members for one record after the other."""
        for found in held_out(self.predictor, self.dataset):
            if isinstance(found, HeldOut):
                self.held_out = found
            else:
                yield

    @property
    def path(self) -> Path:
        """File of the calibration."""
        assert self.members.folder is not None
        return self.members.folder / CALIBRATION

    @property
    def calibration(self) -> Calibration:
        """What turns spreads into intervals."""
        digest = self.members.digest(digest_of_model)
        return self._found.calibrated(self.options.coverage, digest)

    def write(self) -> None:
        """Write the calibration beside the members, who use it from now on.

        Raises
        ------
        NotWritableError
            The system refuses.
        """
        text = self.calibration.to_json()
        try:
            replace_atomically(self.path, text.encode())
        except OSError as error:
            raise NotWritableError(
                f"{self.path} cannot be written: {error.strerror or error}.",
                "mend the permissions or quota of the folder.",
            ) from error

    @property
    def warnings(self) -> list[str]:
        """In what the records differ from those that the members learned from."""
        return other_theory(self.predictor, self.dataset)

    @property
    def heading(self) -> list[str]:
        """Lines that say who is calibrated, and on what."""
        known = self.calibration
        return [
            f"members       {len(self.predictor.members)} of {self.members.folder}",
            f"records       {known.num_records} of {known.duplexes} duplexes, of "
            f"{known.lengths[0]} to {known.lengths[1]} base pairs, {self.origin}",
            f"intervals     of {known.coverage:.0%}: mean of the members, plus and minus a factor "
            "times their standard deviation",
        ]

    @property
    def rows(self) -> list[list[str]]:
        """The table that is printed: a row for each quantity."""
        known = self.calibration
        try:
            shares = self._found.cross_coverage(known.coverage, _FOLDS, _FOLD_SEED)
        except TooFewRecordsError:
            shares = {}
        head = ["quantity", "factor", "median half-width (decades)", "median error (decades)"]
        rows = [[*head, f"coverage in {_FOLDS} folds of duplexes"]]
        for name, one in self._found.spectra.items():
            half = float(np.median(known.half_width(name, one.deviation)))
            share = f"{shares[name]:.1%}" if name in shares else "too few duplexes"
            cells = [f"{known.factors[name]:.3f}", f"{half:#.3g}", f"{np.median(one.errors):#.3g}"]
            rows.append([BY_COLUMN[name].scale_label, *cells, share])
        return rows

    @property
    def _found(self) -> HeldOut:
        assert self.held_out is not None
        return self.held_out

    def __repr__(self) -> str:
        return "\n".join([*self.heading, "", *aligned(self.rows)])

    def _repr_html_(self) -> str:
        return html_lines(self.heading) + html_table(self.rows)


@takes(())
def calibrate(
    model: Path | str,
    *,
    records: Path | str | None = None,
    splits: Path | str | None = None,
    coverage: float = 0.9,
    overwrite: bool = False,
    device: str = "auto",
) -> Calibrating:
    """Give an ensemble intervals: from its errors on records that no member has learned from.

    Writes ``calibration.json`` into the folder of the members.

    Parameters
    ----------
    model
        Folder that holds the runs.
    records
        File of records that no member has learned from; None takes the test records of the runs,
        which must be the same.
    splits
        Take the test part of this file alone, e.g. ``splits.json`` of a run on the same records.
    coverage
        Share of the values that intervals are to hold.
    overwrite
        Replace an earlier calibration.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.

    Returns
    -------
    Calibrating
        Factors, widths, and the coverage in grouped folds.

    Raises
    ------
    DnawireError
        The model is no folder of members, the records do not fit or are too few, or the file cannot
        be written.
    """
    options = CalibrateOptions(
        records=None if records is None else checked_path("records", records),
        splits=None if splits is None else checked_path("splits", splits),
        coverage=coverage,
        overwrite=overwrite,
    )
    found = Calibrating.prepared(str(checked_path("model", model)), device, options)
    for _ in found.steps():
        pass
    found.write()
    return found


def _records(members: Members, options: CalibrateOptions) -> tuple[TransportDataset, str]:
    """Records that calibrate, and where they come from in words."""
    if options.records is None:
        return held_out_records(members), "the test records of the runs"
    dataset, origin = read_dataset(options.records), f"of {options.records}"
    if options.splits is None:
        return dataset, origin
    parts = read_splits(options.splits, dataset, allow_leak=False)
    return dataset.select(parts.test), f"{origin}, the test part of {options.splits}"
