"""How well charges, levels and all-atom spectra are predicted, duplex by duplex."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.constants import HARTREE_EV
from dnawire.data import TransportDataset, read_dataset
from dnawire.data.atomistic import AtomisticColumns
from dnawire.electronic import AtomicJunctions
from dnawire.electronic.scf import num_occupied
from dnawire.junction import Duplex
from dnawire.models.atomistic.model import AtomisticModel
from dnawire.models.atomistic.transport import ChargedDuplex
from dnawire.transport import PoleExpansion

from .measures import LARGE_TRANSMISSION

Doubles = NDArray[np.float64]
Result = dict[str, Any]

MEV = 1e3
MEANS = 25
"""meV; width of the intervals over which spectra are averaged."""
_MARGIN = 0.1
"""eV beyond the window, for spectra that are shifted."""


@dataclass(frozen=True, eq=False)
class XtbRecords:
    """Records of a file with their atomistic columns."""

    dataset: TransportDataset
    columns: AtomisticColumns

    def records_of(self, duplexes: Sequence[int]) -> NDArray[np.int64]:
        """Numbers of the records of some duplexes."""
        return np.flatnonzero(np.isin(self.columns.duplex, duplexes))


class Errors(NamedTuple):
    """Absolute errors of one duplex, over its records."""

    transmission: Doubles
    dos: Doubles
    large: NDArray[np.bool_]
    """Where T is above 1e-3."""
    means: Doubles
    """Of log10 of the mean T over intervals of 25 meV."""


def evaluate(
    model: AtomisticModel, records: XtbRecords, duplexes: Sequence[int]
) -> Iterator[Result]:
    """Errors of every duplex: levels, potentials, spectra with and without a common shift."""
    for duplex in duplexes:
        charged = model.charged(Duplex.parse(str(records.columns.texts[duplex])))
        potentials = charged.shell_potentials - records.columns.shell_potentials(duplex)
        yield {
            "certificate_mev": charged.certificate(),
            "potentials_mev": float(np.sqrt(np.mean(potentials**2)) * HARTREE_EV * MEV),
            **errors_of(charged.junctions, records, duplex),
        }


def errors_of(junctions: AtomicJunctions, records: XtbRecords, duplex: int) -> Result:
    """Errors of one duplex: levels, spectra with and without a common shift."""
    text = str(records.columns.texts[duplex])
    levels = level_errors(junctions, records.columns, duplex)
    shift = float(levels.mean())
    return {
        "duplex": text,
        "length": len(text.split("/")[0]),
        "levels_mev": float(abs(levels).mean() * MEV),
        "shift_mev": shift * MEV,
        **_spectral_errors(junctions, records, duplex, {"": 0.0, "_shifted": shift}),
    }


def evaluate_spectra(model: AtomisticModel, path: Path) -> Iterator[Result]:
    """Errors of the records of a file that has no charges."""
    charged: dict[str, ChargedDuplex] = {}
    for record in read_dataset(path):
        junction = record.junction
        if junction.duplex.text not in charged:
            charged = {junction.duplex.text: model.charged(junction.duplex)}
        contacts = junction.gamma_left, junction.gamma_right
        poles = charged[junction.duplex.text].poles(contacts, record.energies)
        transmission = np.log10(poles.transmission(record.energies, record.eta))
        dos = np.log10(poles.local_dos(record.energies, record.eta)[0])
        errors = abs(transmission - record.log10_transmission)
        large = errors[record.log10_transmission > np.log10(LARGE_TRANSMISSION)]
        yield {
            "duplex": junction.duplex.text,
            "transmission": float(errors.mean()),
            "large_transmission": float(large.mean()) if len(large) else np.nan,
            "dos": float(abs(dos - record.spectra["log10_dos"]).mean()),
        }


def level_errors(junctions: AtomicJunctions, columns: AtomisticColumns, duplex: int) -> Doubles:
    """Predicted less true levels in the window, eV; counted from the HOMO."""
    true, energies = columns.levels[duplex], junctions.system.energies
    occupied = num_occupied(junctions.basis.structure)
    first = occupied - 1 - int(columns.homo_index[duplex])
    errors: Doubles = energies[first : first + len(true)] - true
    return errors


def _spectral_errors(
    junctions: AtomicJunctions, records: XtbRecords, duplex: int, shifts: Mapping[str, float]
) -> dict[str, float]:
    """Errors of spectra at energies that are shifted, so that common shifts of levels vanish."""
    parts: dict[str, list[Errors]] = {name: [] for name in shifts}
    for row in records.records_of([duplex]).tolist():
        record, means = records.dataset[row], records.columns.means[MEANS]
        window = record.energies[0] - _MARGIN, record.energies[-1] + _MARGIN
        system = junctions.contacted(record.junction.gamma_left, record.junction.gamma_right)
        poles = PoleExpansion.of(system, *window)
        for name, shift in shifts.items():
            energies = record.energies + shift
            transmission = np.log10(poles.transmission(energies, record.eta))
            dos = np.log10(poles.local_dos(energies, record.eta)[0])
            averaged = np.log10(poles.mean_transmission(means.edges + shift))
            errors = Errors(
                abs(transmission - record.log10_transmission),
                abs(dos - record.spectra["log10_dos"]),
                record.log10_transmission > np.log10(LARGE_TRANSMISSION),
                abs(averaged - means.log10_transmission[row]),
            )
            parts[name].append(errors)
    found: dict[str, float] = {}
    for name, some in parts.items():
        joined = Errors(*(np.concatenate(values) for values in zip(*some, strict=True)))
        found |= _summary(joined, name)
    return found


def _summary(errors: Errors, suffix: str) -> Mapping[str, float]:
    """Sums and counts, so that duplexes can be added up."""
    large = errors.transmission[errors.large]
    return {
        f"transmission{suffix}": float(errors.transmission.mean()),
        f"means{suffix}": float(errors.means.mean()),
        f"dos{suffix}": float(errors.dos.mean()),
        f"large_transmission{suffix}": float(large.mean()) if len(large) else np.nan,
    }
