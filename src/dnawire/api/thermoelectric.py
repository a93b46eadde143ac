"""``dnawire.thermoelectric``: conductance, Seebeck coefficient and heat conductance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, Unpack

import numpy as np
from numpy.typing import NDArray

from dnawire.api.keywords import keyword_parameters, takes
from dnawire.api.model import Model
from dnawire.api.observation import Column, Observation, Page, numbers_of, page_name
from dnawire.api.questions import (
    ThermoelectricKeywords,
    ThermoelectricQuestion,
)
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.wanted import DuplexLike
from dnawire.inference import AtEquilibrium, CoherentRemarks, Remark, response_of
from dnawire.transport import LinearResponse

if TYPE_CHECKING:
    from dnawire.plots import Table

_MICROVOLTS: Final = 1e6


class _Place(NamedTuple):
    """A row of the table: a junction, a temperature, a Fermi energy."""

    junction: int
    temperature: int
    energy: int
    choice: str


class ThermoelectricScan(Observation[ThermoelectricQuestion, LinearResponse]):
    """Linear response of some junctions, at F Fermi energies and K temperatures.

    ZT counts the heat of electrons alone: it is an upper bound.
    """

    below: ClassVar[str] = "thermoelectric"
    members: ClassVar[re.Pattern[str]] = RESULT_NAMES[below]
    title: ClassVar[str] = "Linear response"

    @cached_property
    def fermi_energies(self) -> NDArray[np.float64]:
        """In eV, (F,); the one that was asked for is among them."""
        asked = self.question
        scan = np.linspace(*asked.scan, asked.num_fermi_energies)
        return scan if asked.fermi_energy is None else np.union1d(scan, [asked.fermi_energy])

    @property
    def temperatures(self) -> NDArray[np.float64]:
        """In K, (K,)."""
        return np.array(self.question.temperatures, np.float64)

    @property
    def conductance(self) -> NDArray[np.float64]:
        """G in S, (junctions, F, K)."""
        return np.concatenate([one.conductance for one in self.answers])

    @property
    def conductance_quanta(self) -> NDArray[np.float64]:
        """G in G0 = 2e^2/h, (junctions, F, K)."""
        return np.concatenate([one.conductance_quanta for one in self.answers])

    @property
    def seebeck(self) -> NDArray[np.float64]:
        """Seebeck coefficient in microvolt per kelvin, (junctions, F, K); positive for holes."""
        return _MICROVOLTS * np.concatenate([one.seebeck for one in self.answers])

    @property
    def thermal_conductance(self) -> NDArray[np.float64]:
        """Heat conductance of the electrons in W/K, (junctions, F, K)."""
        return np.concatenate([one.thermal_conductance for one in self.answers])

    @property
    def figure_of_merit(self) -> NDArray[np.float64]:
        """ZT with the heat of electrons alone, (junctions, F, K)."""
        return np.concatenate([one.figure_of_merit for one in self.answers])

    @property
    def power_factor(self) -> NDArray[np.float64]:
        """S^2 G in W/K^2, (junctions, F, K)."""
        return (self.seebeck / _MICROVOLTS) ** 2 * self.conductance

    def steps(self) -> Iterator[None]:
        """Compute one junction after the other."""
        for junction in self.junctions:
            found, remarks = response_of(
                self.predictor, junction, self.fermi_energies, self.temperatures
            )
            self.answers.append(found)
            rows = tuple(self._said_of(remarks, at) for at in self._conditions_of(found))
            self.row_remarks.append(rows)
            self.remarks.append(tuple(dict.fromkeys(one for row in rows for one in row)))
            yield

    @property
    def conditions(self) -> list[str]:
        """Lines that say for what was asked."""
        asked, (low, high) = self.question, self.question.scan
        own = "" if asked.fermi_energy is None else f", and {asked.fermi_energy:g} eV"
        return [
            f"E_F           {asked.num_fermi_energies} from {low:g} to {high:g} eV{own}",
            f"temperatures  {self._kelvins}",
            "response      linear, eta 0 eV, coherent; kappa and ZT of the electrons alone",
        ]

    def columns(self) -> list[Column]:
        """The Fermi energy that was asked for, and that of the largest power factor."""
        places = list(self._places())
        at = tuple(np.array([(one.junction, one.energy, one.temperature) for one in places]).T)
        energies, kelvins = self.fermi_energies[at[1]], self.temperatures[at[2]]
        values = (
            ("G (G0)", "conductance_quanta", "", ".3e", self.conductance_quanta),
            ("G (S)", "conductance", "S", ".3e", self.conductance),
            ("S (uV/K)", "seebeck", "uV per K", "+.1f", self.seebeck),
            ("kappa_el (W/K)", "thermal_conductance", "W per K", ".2e", self.thermal_conductance),
            ("ZT_el", "figure_of_merit", "", ".3g", self.figure_of_merit),
            ("S^2 G (W/K^2)", "power_factor", "W per K^2", ".2e", self.power_factor),
        )
        return [
            numbers_of(one.junction for one in places),
            Column("T (K)", "temperature", "K", "g", kelvins.tolist()),
            Column("E_F (eV)", "fermi_energy", "eV", ".4f", energies.tolist()),
            Column("which is", "choice", "", "", [one.choice for one in places]),
            *(
                Column(head, name, unit, form, array[at].tolist())
                for head, name, unit, form, array in values
            ),
        ]

    def table(self) -> Table:
        """All Fermi energies and temperatures of each junction."""
        levels, kelvins = len(self.fermi_energies), len(self.temperatures)
        grid = np.tile(np.repeat(self.fermi_energies, kelvins), len(self))
        return {
            **self._repeated(levels * kelvins),
            "fermi_energy": ("eV", grid),
            "temperature": ("K", np.tile(self.temperatures, levels * len(self))),
            "conductance_quanta": ("", self.conductance_quanta.ravel()),
            "conductance": ("S", self.conductance.ravel()),
            "seebeck": ("uV per K", self.seebeck.ravel()),
            "thermal_conductance": ("W per K", self.thermal_conductance.ravel()),
            "figure_of_merit": ("", self.figure_of_merit.ravel()),
            "power_factor": ("W per K^2", self.power_factor.ravel()),
        }

    def pages(self) -> Iterator[Page]:
        """One junction on each."""
        from dnawire.plots import thermoelectric_figure

        for number, junction in enumerate(self.junctions):
            one = self[number]
            figure = thermoelectric_figure(
                junction.duplex,
                (self.fermi_energies, self.temperatures),
                (
                    one.conductance_quanta[0],
                    one.seebeck[0],
                    one.thermal_conductance[0],
                    one.figure_of_merit[0],
                ),
                f"{self.title} by {self.predictor.name}",
                one._footer(self._kelvins),
                self.question.fermi_energy,
            )
            name = page_name(number + 1, junction.duplex) if len(self) > 1 else ""
            yield Page(name, figure, one.table())

    @property
    def _kelvins(self) -> str:
        return f"{', '.join(f'{one:g}' for one in self.temperatures.tolist())} K"

    def _places(self) -> Iterator[_Place]:
        for row, response in enumerate(self.answers):
            yield from (one._replace(junction=row) for one in self._places_of(response))

    def _places_of(self, response: LinearResponse) -> Iterator[_Place]:
        """Rows of one junction."""
        asked = self.question.fermi_energy
        power = np.nan_to_num(response.seebeck**2 * response.conductance)[0]
        for column in range(len(self.temperatures)):
            if asked is not None:
                at = int(np.searchsorted(self.fermi_energies, asked))
                yield _Place(0, column, at, "asked")
            yield _Place(0, column, int(power[:, column].argmax()), "largest S^2 G")

    def _conditions_of(self, response: LinearResponse) -> Iterator[AtEquilibrium]:
        for one in self._places_of(response):
            level, kelvin = self.fermi_energies[one.energy], self.temperatures[one.temperature]
            yield AtEquilibrium(float(level), float(kelvin))

    @staticmethod
    def _said_of(remarks: CoherentRemarks, at: AtEquilibrium) -> tuple[Remark, ...]:
        where = f"at {at.temperature:g} K and {at.fermi_energy:.4f} eV"
        own = (Remark(word, f"{where}: {sentence}") for word, sentence in remarks.at(at))
        return (*remarks.general, *own)


@takes(keyword_parameters(ThermoelectricKeywords, ThermoelectricQuestion))
def thermoelectric(
    sequences: DuplexLike | Iterable[DuplexLike] | Path,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **keywords: Unpack[ThermoelectricKeywords],
) -> ThermoelectricScan:
    """Compute G, Seebeck coefficient, electronic heat conductance and ZT over the Fermi energy.

    In linear response (doi:10.1063/1.4971167), every resonance resolved. Nothing is written to
    disk.

    Parameters
    ----------
    sequences
        One or many; see `dnawire.predict`.
    model
        See `dnawire.load`: what knows T at all energies, exactly.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **keywords
        ``fermi_energy``, and ``fermi_min`` and ``fermi_max`` of a scan of ``num_fermi_energies``,
        in eV; without these the scan is half an eV to each side of the Fermi energy.
        ``temperatures`` in K, one or several. Contacts as in `dnawire.predict`.

    Returns
    -------
    ThermoelectricScan
        Of each sequence, at all Fermi energies and temperatures.

    Raises
    ------
    DnawireError
        A sequence, contact, value or keyword is impossible, or the model cannot be used.
    """
    return ThermoelectricScan.of(sequences, model, device, ThermoelectricQuestion.of(keywords))
