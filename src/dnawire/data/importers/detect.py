"""Import of foreign records: recognizes the layout, validates what it read, tells what it took."""

from __future__ import annotations

import logging
import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from dnawire.data._hdf import open_hdf, read_text
from dnawire.data.checks import find_problem
from dnawire.data.dataset import TransportDataset
from dnawire.data.importers import archives, raw
from dnawire.data.importers.calculation import Run
from dnawire.data.importers.homo import GivenHomo, Homo
from dnawire.data.importers.parameters import PARAMETERS_FILE
from dnawire.data.importers.spectra import (
    GivenConditions,
    check_no_conditions,
    is_spectra_file,
    read_spectra,
)
from dnawire.data.importers.structure import ForeignDataError
from dnawire.data.record import TransportRecord
from dnawire.data.store import FORMAT
from dnawire.errors import NotFoundError, UnusableDataFileError, UsageError
from dnawire.scalars import ENERGY

_logger = logging.getLogger(__name__)

EnergyWindow = Literal["common", "homo"]
"""``common``: absolute energies, one window for all; ``homo``: energies counted from the HOMO."""

_SHOWN: Final = 10
"""Records and runs that are told one by one; more only in verbose messages."""


_NOTHING_GIVEN: Final = GivenConditions()


@dataclass
class _Found:
    """Records that can be used, how their HOMO is known, and why the other runs cannot be used."""

    records: list[TransportRecord] = field(default_factory=list)
    homos: list[Homo] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


def import_records(
    path: str | Path,
    window: EnergyWindow,
    *,
    homo: GivenHomo = None,
    skip_unusable: bool = False,
    given: GivenConditions = _NOTHING_GIVEN,
) -> TransportDataset:
    """Read foreign transport calculations.

    Recognized are the G3NAT HDF5 archive, raw G3NAT run folders (one run, or any folder above
    runs), HDF5 files of xTB records with two energy windows, and what `read_spectra` reads.

    Parameters
    ----------
    path
        File or folder.
    window
        ``"homo"``: energies counted from the HOMO of each molecule, eta 0. ``"common"``: one
        absolute window for all molecules, eta 0.005 eV; only xTB records have it.
    homo
        HOMO in eV of the one molecule of a source that does not state it, or ``"middle"`` if every
        energy grid is centered on it.
    skip_unusable
        Whether calculations that cannot be used are skipped, and named in ``source``; otherwise
        they end the import.
    given
        Contacts and eta of a table or of arrays that do not state them.

    Returns
    -------
    TransportDataset
        Validated; LDOS per nucleotide in site order, contacts on whole nucleotides.

    Raises
    ------
    NotFoundError
        If there is nothing under ``path``.
    UnusableDataFileError
        If the layout is unknown or calculations are incomplete or impossible; names all of them.
    UsageError
        If the source does not have the window, is a file of this package already, states what is
        given, or one HOMO is given for several molecules.
    """
    path = Path(path)
    if not os.path.exists(path):
        raise NotFoundError(f"{path}: no such file or folder.", "check the path of the source.")
    if isinstance(homo, int | float) and homo not in ENERGY:
        raise UsageError(f"homo = {homo} eV is not possible.", f"give an energy {ENERGY}.")
    if path.is_file() and is_spectra_file(path):
        return _import_spectra(path, window, homo, given)
    check_no_conditions(path, given)
    found, source = (_import_folder if path.is_dir() else _import_file)(path, window, homo)
    if found.problems:
        _refuse_or_tell(path, found, skip_unusable=skip_unusable)
        source = {**source, "left_out": found.problems}
    _check_given(path, found, homo)
    _tell(found, window)
    source = {**source, "homo": sorted({one.origin for one in found.homos})}
    return TransportDataset.from_records(_distinctly_named(found.records), source)


def _import_spectra(
    path: Path, window: EnergyWindow, homo: GivenHomo, given: GivenConditions
) -> TransportDataset:
    """Records of a table or of arrays; a fault in one ends the import."""
    if window != "common" or homo is not None:
        raise UsageError(
            f"{path}: --window homo and --homo are for calculations on molecules.",
            "leave them out: energies are taken as they are; energy_reference_eV says what they "
            "are counted from.",
        )
    try:
        records = list(read_spectra(path, given))
    except ForeignDataError as error:
        raise _unusable(path, str(error)) from error
    if not records:
        raise _unusable(path, "it has no records")
    dataset = TransportDataset.from_records(
        _distinctly_named(records), {"kind": "spectra", "file": path.absolute().name}
    )
    problem = find_problem(dataset)
    if problem is not None:
        raise _unusable(path, problem)
    return dataset


def _import_folder(
    path: Path, window: EnergyWindow, homo: GivenHomo
) -> tuple[_Found, dict[str, Any]]:
    runs = list(raw.find_runs(path, homo))
    if not runs:
        raise _unusable(path, f"no {PARAMETERS_FILE} lies in it or below")
    _require_homo(path, window)
    source = {"kind": "g3nat-folder", "file": path.absolute().name, "window": window}
    return _collect(runs), source


def _import_file(
    path: Path, window: EnergyWindow, homo: GivenHomo
) -> tuple[_Found, dict[str, Any]]:
    with open_hdf(path) as file:
        if read_text(file, "format") == FORMAT:
            raise UsageError(
                f"{path} is a file of dnawire records already.",
                "use it as it is (--data, read_dataset).",
            )
        if archives.is_xtb(file):
            source = archives.archive_source(file, path, "xtb", window)
            return _collect(archives.find_xtb_runs(file, window, homo)), source
        if archives.is_archive(file):
            _require_homo(path, window)
            source = archives.archive_source(file, path, "g3nat-archive", window)
            return _collect(archives.find_archive_runs(file, homo)), source
    raise _unusable(path, "it has none of the known layouts")


def _collect(runs: Iterable[Run]) -> _Found:
    """Read all runs, whatever is wrong with some of them."""
    found = _Found()
    for name, read in runs:
        try:
            record, homo = read()
        except (ForeignDataError, UnusableDataFileError) as error:
            found.problems[name] = str(getattr(error, "problem", error))
            continue
        except (OSError, RuntimeError, KeyError, MemoryError) as error:
            found.problems[name] = f"it cannot be read ({error})"
            continue
        problem = find_problem(TransportDataset.from_records([record], {}))
        if problem is not None:
            found.problems[name] = problem.removeprefix(f"record 0 ('{record.identifier}'): ")
            continue
        found.records.append(record)
        found.homos.append(homo)
    return found


def _refuse_or_tell(path: Path, found: _Found, *, skip_unusable: bool) -> None:
    lines = [f"{name}: {problem}" for name, problem in found.problems.items()]
    if len(lines) == 1 and not found.records:
        raise _unusable(path, lines[0])
    number, total = len(lines), len(lines) + len(found.records)
    if not (skip_unusable and found.records):
        raise UnusableDataFileError(
            f"{path}: {number} of {total} runs cannot be used:\n  " + "\n  ".join(lines),
            "mend them, or import only the usable ones (--skip_unusable)."
            if found.records
            else "import intact runs.",
        )
    _logger.warning(
        "warning: %s: %d of %d runs are skipped:\n  %s", path, number, total, "\n  ".join(lines)
    )


def _check_given(path: Path, found: _Found, homo: GivenHomo) -> None:
    """Refuse one energy for several molecules, none of which states its own."""
    molecules = {record.junction.duplex.key for record in found.records}
    if isinstance(homo, int | float) and len(molecules) > 1:
        raise UsageError(
            f"{path}: one HOMO ({homo} eV) is given for {len(molecules)} molecules.",
            "import them one by one, each with its own.",
        )


def _tell(found: _Found, window: EnergyWindow) -> None:
    """Say what was taken from where: nothing that was concluded stays unsaid."""
    for number, (record, homo) in enumerate(zip(found.records, found.homos, strict=True)):
        junction = record.junction
        _logger.log(
            logging.INFO if number < _SHOWN else logging.DEBUG,
            "%s: %s, contacts %s | %s eV, %d energies%s",
            record.identifier,
            junction.duplex.text,
            junction.left.text,
            junction.right.text,
            len(record.energies),
            "" if window == "common" else f", HOMO {homo.energy:.6f} eV ({homo.origin})",
        )
    if len(found.records) > _SHOWN:
        _logger.info("... and %d more records (all with -v)", len(found.records) - _SHOWN)
    concluded = sum(not homo.is_stated for homo in found.homos)
    if concluded:
        _logger.warning(
            "warning: the HOMO of %d of %d records is stated nowhere; the middle of their grid was "
            "taken, because the grid is the one that G3NAT writes about it. Give --homo to be sure",
            concluded,
            len(found.homos),
        )
    outside = [one.identifier for one in found.records if window == "homo" and not _spans_zero(one)]
    if outside:
        _logger.warning(
            "warning: the HOMO lies outside of the energies of %d records (%s): is it in eV?",
            len(outside),
            ", ".join(outside[:_SHOWN]),
        )
    for equal in _equal_records(found.records):
        _logger.warning("warning: equal records: %s", ", ".join(equal))


def _spans_zero(record: TransportRecord) -> bool:
    return bool(record.energies[0] <= 0.0 <= record.energies[-1])


def _equal_records(records: list[TransportRecord]) -> list[list[str]]:
    names = defaultdict(list)
    for record in records:
        alone = TransportDataset.from_records([replace(record, identifier="")], {})
        names[alone.content_digest].append(record.identifier)
    return [equal for equal in names.values() if len(equal) > 1]


def _distinctly_named(records: list[TransportRecord]) -> list[TransportRecord]:
    """Number identifiers that are there several times."""
    total = Counter(record.identifier for record in records)
    seen: Counter[str] = Counter()
    named = []
    for record in records:
        seen[record.identifier] += 1
        number = seen[record.identifier]
        is_alone = total[record.identifier] == 1
        named.append(
            record if is_alone else replace(record, identifier=f"{record.identifier}#{number}")
        )
    return named


def _require_homo(path: Path, window: EnergyWindow) -> None:
    if window != "homo":
        raise UsageError(
            f"{path} has no common energy window; every molecule has a grid about its own HOMO.",
            "import it with --window homo.",
        )


def _unusable(path: Path, problem: str) -> UnusableDataFileError:
    return UnusableDataFileError(
        f"{path}: {problem}.",
        "mend what is named, or import an intact G3NAT archive, run folder, file of xTB records, "
        "table or npz file of spectra.",
    )
