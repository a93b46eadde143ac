"""``dnawire.dephasing``: conductance with probes that break the phase of carriers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Unpack

import numpy as np
from numpy.typing import NDArray

from dnawire.api.keywords import keyword_parameters, takes
from dnawire.api.model import Model
from dnawire.api.observation import (
    Column,
    Observation,
    Page,
    in_pages,
    numbers_of,
)
from dnawire.api.questions import DephasingKeywords, DephasingQuestion
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.wanted import DuplexLike
from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.inference import (
    AtEquilibrium,
    CoherentRemarks,
    DephasedConductance,
    Remark,
    carrier_window,
    dephased_conductance,
    junction_remarks,
    probe_sites,
    vanishing_remarks,
)

if TYPE_CHECKING:
    from dnawire.junction import Junction
    from dnawire.plots import Table

_NAMES: Final = {
    "dephasing": "dephasing probes",
    "voltage": "voltage probes",
    "voltage_temperature": "voltage-temperature probes",
}


class DephasingScan(Observation[DephasingQuestion, DephasedConductance]):
    """Conductance of some junctions, the rows of its arrays, with P couplings of probes."""

    below: ClassVar[str] = "dephasing"
    members: ClassVar[re.Pattern[str]] = RESULT_NAMES[below]
    title: ClassVar[str] = "Conductance with probes"

    @property
    def probe_couplings(self) -> NDArray[np.float64]:
        """In eV, (P,)."""
        return np.array(self.question.probe_coupling, np.float64)

    @property
    def conductance_quanta(self) -> NDArray[np.float64]:
        """G in G0 = 2e^2/h, (junctions, P); both spins counted."""
        return np.stack([one.total for one in self.answers])

    @property
    def conductance(self) -> NDArray[np.float64]:
        """G in S, (junctions, P)."""
        return CONDUCTANCE_QUANTUM * self.conductance_quanta

    @property
    def coherent_quanta(self) -> NDArray[np.float64]:
        """Part of G in G0 of carriers that meet no probe, (junctions, P)."""
        return np.stack([one.coherent for one in self.answers])

    @property
    def incoherent_quanta(self) -> NDArray[np.float64]:
        """Part of G in G0 of carriers that leave through a probe and come back, (junctions, P)."""
        return np.stack([one.incoherent for one in self.answers])

    def steps(self) -> Iterator[None]:
        """Compute one junction after the other."""
        asked = self.question
        at = AtEquilibrium(asked.level, asked.temperature)
        for junction in self.junctions:
            sites = probe_sites(junction.duplex, asked.probe_sites)
            ladder = self.predictor.ladder(junction)
            found = dephased_conductance(ladder, sites, self.probe_couplings, asked.probes, at)
            self.answers.append(found)
            rows = tuple(self._said_of(junction, at, found))
            self.row_remarks.append(rows)
            self.remarks.append(tuple(dict.fromkeys(one for row in rows for one in row)))
            yield

    def _said_of(
        self, junction: Junction, at: AtEquilibrium, found: DephasedConductance
    ) -> Iterator[tuple[Remark, ...]]:
        """Remarks on each coupling: without probes transport is coherent."""
        common = tuple(junction_remarks(self.predictor, junction))
        ladder = self.predictor.ladder(junction)
        window = carrier_window(np.array([at.fermi_energy]), at.temperature)
        couplings, totals = self.probe_couplings.tolist(), found.total.tolist()
        for coupling, total in zip(couplings, totals, strict=True):
            if coupling > 0.0:
                yield (*common, *vanishing_remarks(ladder, at.fermi_energy, total))
                continue
            coherent = CoherentRemarks(self.predictor, junction, window, 0.0)
            own = (Remark(word, f"without probes: {said}") for word, said in coherent.at(at))
            yield (*coherent.general, *own)

    @property
    def conditions(self) -> list[str]:
        """Lines that say for what was asked."""
        asked = self.question
        return [
            f"probes        {self._probes}",
            f"conductance   at {asked.temperature:g} K, E_F = {asked.level:g} eV, eta 0 eV",
        ]

    def columns(self) -> list[Column]:
        """All couplings of each junction."""
        number, asked = len(self.probe_couplings), self.question
        rows = np.repeat(np.arange(len(self)), number).tolist()
        couplings = np.tile(self.probe_couplings, len(self)).tolist()
        values = (
            ("G (G0)", "conductance_quanta", "", ".3e", self.conductance_quanta),
            ("G (S)", "conductance", "S", ".3e", self.conductance),
            ("coherent (G0)", "coherent_quanta", "", ".3e", self.coherent_quanta),
            ("incoherent (G0)", "incoherent_quanta", "", ".3e", self.incoherent_quanta),
        )
        return [
            numbers_of(rows),
            Column("", "probes", "", "", [asked.probes] * len(rows)),
            Column("", "probe_sites", "", "", [asked.probe_sites or "all"] * len(rows)),
            Column("", "fermi_energy", "eV", "", [asked.level] * len(rows)),
            Column("", "temperature", "K", "", [asked.temperature] * len(rows)),
            Column("probe coupling (eV)", "probe_coupling", "eV", "g", couplings),
            *(
                Column(head, name, unit, form, array.ravel().tolist())
                for head, name, unit, form, array in values
            ),
        ]

    def table(self) -> Table:
        """The table that is printed, with all digits."""
        return self.summary()

    def pages(self) -> Iterator[Page]:
        """Some junctions on each."""
        from dnawire.plots import dephasing_figure

        asked = self.question
        footer = self._footer(self._probes, thermal=(asked.level, asked.temperature))
        for name, part in in_pages(self):
            figure = dephasing_figure(
                [one.duplex for one in part.junctions],
                part.probe_couplings,
                part.conductance_quanta,
                part.coherent_quanta,
                f"{self.title} by {self.predictor.name}",
                footer,
            )
            yield Page(name, figure, part.table())

    @property
    def _probes(self) -> str:
        asked = self.question
        return f"{_NAMES[asked.probes]} on {asked.probe_sites or 'all bases'}"


@takes(keyword_parameters(DephasingKeywords, DephasingQuestion))
def dephasing(
    sequences: DuplexLike | Iterable[DuplexLike] | Path,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **keywords: Unpack[DephasingKeywords],
) -> DephasingScan:
    """Compute the conductance with Buettiker probes, its coherent and its incoherent part.

    Probes take carriers and give them back without their phase (doi:10.1147/rd.323.0317,
    doi:10.1103/PhysRevB.41.7411). Nothing is written to disk.

    Parameters
    ----------
    sequences
        One or many; see `dnawire.predict`.
    model
        See `dnawire.load`: what knows a Hamiltonian of one orbital per base.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **keywords
        ``fermi_energy`` in eV, which must be given, and ``temperature`` in K. ``probes``:
        dephasing, voltage or voltage_temperature. ``probe_coupling`` in eV, one or several.
        ``probe_sites``: bases with a probe, e.g. ``"upper:1,lower:0"``; None takes all. Contacts as
        in `dnawire.predict`.

    Returns
    -------
    DephasingScan
        A row for each sequence, a column for each coupling.

    Raises
    ------
    DnawireError
        A sequence, contact, value or keyword is impossible, or the model cannot be used.
    """
    return DephasingScan.of(sequences, model, device, DephasingQuestion.of(keywords))
