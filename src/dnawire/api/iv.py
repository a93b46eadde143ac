"""``dnawire.iv``: current and differential conductance at a bias."""

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
from dnawire.api.questions import CurrentKeywords, CurrentQuestion
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.wanted import DuplexLike
from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.inference import AtEquilibrium, current_of
from dnawire.transport import CurrentVoltage

if TYPE_CHECKING:
    from dnawire.plots import Table

_MAX_BIAS: Final = 1.0
_NUMBER: Final = 101
_SHOWN: Final = 5


class IVCurves(Observation[CurrentQuestion, CurrentVoltage]):
    """Current-voltage curves of some junctions, the rows of its arrays, at V voltages."""

    below: ClassVar[str] = "iv"
    members: ClassVar[re.Pattern[str]] = RESULT_NAMES[below]
    title: ClassVar[str] = "Current and differential conductance"

    @property
    def voltages(self) -> NDArray[np.float64]:
        """In V, (V,); above zero they raise the electrons of the left contact."""
        asked = self.question
        if asked.voltages:
            return np.array(asked.voltages, np.float64)
        bias = _MAX_BIAS if asked.max_bias is None else asked.max_bias
        return np.linspace(-bias, bias, asked.num_voltages or _NUMBER)

    @property
    def current(self) -> NDArray[np.float64]:
        """In A, (junctions, V); both spins counted."""
        return np.stack([one.current[0, :, 0] for one in self.answers])

    @property
    def differential_conductance(self) -> NDArray[np.float64]:
        """dI/dV in S, (junctions, V)."""
        return np.stack([one.differential_conductance[0, :, 0] for one in self.answers])

    @property
    def differential_conductance_quanta(self) -> NDArray[np.float64]:
        """dI/dV in G0 = 2e^2/h, (junctions, V)."""
        return self.differential_conductance / CONDUCTANCE_QUANTUM

    def steps(self) -> Iterator[None]:
        """Compute one curve after the other."""
        asked = self.question
        at = AtEquilibrium(asked.level, asked.temperature)
        for junction in self.junctions:
            found, remarks = current_of(self.predictor, junction, self.voltages, at, asked.division)
            self.answers.append(found)
            self.remarks.append(remarks)
            yield

    @property
    def conditions(self) -> list[str]:
        """Lines that say for what was asked."""
        asked, volts = self.question, self.voltages
        return [
            f"bias          {len(volts)} voltages from {volts.min():g} to {volts.max():g} V, "
            f"{asked.division:g} of it at the left contact",
            f"current       at {asked.temperature:g} K, E_F = {asked.level:g} eV, eta 0 eV, "
            "coherent, rigid levels",
        ]

    def columns(self) -> list[Column]:
        """Some of the voltages of each junction."""
        last = len(self.voltages) - 1
        shown = np.unique(np.linspace(0, last, _SHOWN).round().astype(int))
        rows = np.repeat(np.arange(len(self)), len(shown))
        places = rows, np.tile(shown, len(self))
        asked = self.question
        return [
            numbers_of(rows.tolist()),
            Column("", "fermi_energy", "eV", "", [asked.level] * len(rows)),
            Column("", "temperature", "K", "", [asked.temperature] * len(rows)),
            Column("", "division", "", "", [asked.division] * len(rows)),
            Column("V (V)", "voltage", "V", "+.3f", self.voltages[places[1]].tolist()),
            Column("I (A)", "current", "A", "+.3e", self.current[places].tolist()),
            Column(
                "dI/dV (G0)",
                "differential_conductance_quanta",
                "",
                ".3e",
                self.differential_conductance_quanta[places].tolist(),
            ),
            Column(
                "dI/dV (S)",
                "differential_conductance",
                "S",
                ".3e",
                self.differential_conductance[places].tolist(),
            ),
        ]

    def table(self) -> Table:
        """All voltages of each junction."""
        number = len(self.voltages)
        return {
            **self._repeated(number),
            "voltage": ("V", np.tile(self.voltages, len(self))),
            "current": ("A", self.current.ravel()),
            "differential_conductance_quanta": ("", self.differential_conductance_quanta.ravel()),
            "differential_conductance": ("S", self.differential_conductance.ravel()),
        }

    def pages(self) -> Iterator[Page]:
        """Curves of some junctions on each."""
        from dnawire.plots import current_figure

        asked = self.question
        footer = self._footer(
            f"{asked.division:g} of the voltage at the left contact",
            thermal=(asked.level, asked.temperature),
        )
        for name, part in in_pages(self):
            duplexes = [one.duplex for one in part.junctions]
            curves = part.voltages, part.current, part.differential_conductance_quanta
            title = f"{self.title} by {self.predictor.name}"
            yield Page(name, current_figure(duplexes, *curves, title, footer), part.table())


@takes(keyword_parameters(CurrentKeywords, CurrentQuestion))
def iv(
    sequences: DuplexLike | Iterable[DuplexLike] | Path,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **keywords: Unpack[CurrentKeywords],
) -> IVCurves:
    """Compute current-voltage curves and dI/dV, every resonance resolved.

    Coherent carriers without interaction through levels that keep their distance from the potential
    inside the molecule (doi:10.1103/PhysRevLett.68.2512). Nothing is written to disk.

    Parameters
    ----------
    sequences
        One or many; see `dnawire.predict`.
    model
        See `dnawire.load`: what knows T at all energies, exactly.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **keywords
        ``fermi_energy`` in eV, which must be given, and ``temperature`` in K. ``voltages`` in V, or
        ``max_bias`` (V) and ``num_voltages``. ``division``: share of the voltage that drops at the
        left contact. Contacts as in `dnawire.predict`.

    Returns
    -------
    IVCurves
        A row for each sequence.

    Raises
    ------
    DnawireError
        A sequence, contact, value or keyword is impossible, or the model cannot be used.
    """
    return IVCurves.of(sequences, model, device, CurrentQuestion.of(keywords))
