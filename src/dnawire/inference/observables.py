"""What junctions do at a bias, at temperatures, with probes and with disorder, by any predictor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.data.random import named_generator
from dnawire.errors import InvalidContactError, UsageError
from dnawire.inference.coherent import CoherentRemarks
from dnawire.inference.conductance import AtEquilibrium, carrier_window
from dnawire.inference.remarks import Remark
from dnawire.junction import Contact, Duplex, Junction
from dnawire.predictors import Predictor
from dnawire.scalars import checked_text
from dnawire.transport import (
    BlockJunctions,
    CurrentVoltage,
    DephasedJunctions,
    LinearResponse,
    StaticDisorder,
    coherent_conductance_quanta,
    current_voltage,
    linear_response,
    thermal_probe_response,
    voltage_probe_response,
)

Doubles = NDArray[np.float64]
Probes = Literal["dephasing", "voltage", "voltage_temperature"]

SAMPLES_AT_ONCE: Final = 250
"""Draws of disorder that share a stream of random numbers: memory stays bounded."""


def current_of(
    predictor: Predictor,
    junction: Junction,
    voltages: Float[Doubles, " V"],
    at: AtEquilibrium,
    division: float,
) -> tuple[CurrentVoltage, tuple[Remark, ...]]:
    """Current and differential conductance of one junction; see `current_voltage`.

    Parameters
    ----------
    predictor
        It must know T at all energies with eta = 0.
    junction
        The duplex between its contacts.
    voltages
        In V.
    at
        The contacts without a bias.
    division
        Share of the voltage that drops at the left contact.

    Returns
    -------
    tuple
        The curve, (1, V, 1), and what is not to be trusted of it at zero bias.

    Raises
    ------
    UsageError
        The predictor does not know T, or a value is impossible.
    """
    level, kelvin = at
    potentials = np.concatenate((level + division * voltages, level - (1 - division) * voltages))
    window = carrier_window(np.append(potentials, level), kelvin)
    transmitting = predictor.transmitting(junction, *window)
    found = current_voltage(transmitting, voltages, kelvin, fermi_energy=level, division=division)
    remarks = CoherentRemarks(predictor, junction, window, 0.0)
    return found, remarks.general + remarks.at(at)


def response_of(
    predictor: Predictor,
    junction: Junction,
    fermi_energies: Float[Doubles, " F"],
    temperatures: Float[Doubles, " K"],
) -> tuple[LinearResponse, CoherentRemarks]:
    """Conductance, Seebeck coefficient and heat conductance; see `linear_response`.

    Parameters
    ----------
    predictor, junction
        See `current_of`.
    fermi_energies
        In eV.
    temperatures
        In K.

    Returns
    -------
    tuple
        The response, (1, F, K), and what is not to be trusted of it.

    Raises
    ------
    UsageError
        See `current_of`.
    """
    window = carrier_window(fermi_energies, float(temperatures.max()))
    transmitting = predictor.transmitting(junction, *window)
    found = linear_response(transmitting, fermi_energies, temperatures)
    return found, CoherentRemarks(predictor, junction, window, 0.0)


class DephasedConductance(NamedTuple):
    """Conductance of one junction with P couplings of probes, in G0."""

    total: Float[Doubles, " P"]
    coherent: Float[Doubles, " P"]
    """Part of carriers that meet no probe."""

    @property
    def incoherent(self) -> Float[Doubles, " P"]:
        """Part of carriers that leave through a probe and come back."""
        return np.maximum(self.total - self.coherent, 0.0)


def dephased_conductance(
    ladder: BlockJunctions,
    sites: Float[Doubles, "L 2"],
    couplings: Float[Doubles, " P"],
    probes: Probes,
    at: AtEquilibrium,
) -> DephasedConductance:
    """Conductance with probes of many couplings.

    Parameters
    ----------
    ladder
        One junction.
    sites
        1 where a base has a probe, 0 elsewhere; see `probe_sites`.
    couplings
        Of every probe in eV; 0 is the conductance without probes.
    probes
        What the probes carry none of.
    at
        The contacts.

    Raises
    ------
    UsageError
        If the Fermi energy or the temperature is impossible.
    NotConvergedError
        If the transmission with dephasing probes is rounding.
    """
    found = [
        _dephased(DephasedJunctions.of(ladder, coupling * sites), probes, at)
        for coupling in couplings.tolist()
    ]
    return DephasedConductance(*np.array(found).T)


def log10_conductance_with_probes(
    probed: DephasedJunctions, probes: Probes, at: AtEquilibrium
) -> Float[Doubles, " B"]:
    """log10 of the conductance in G0 of junctions, all of them with probes, or none.

    Raises
    ------
    UsageError, NotConvergedError
        See `dephased_conductance`.
    """
    found: Doubles
    if not probed.probes.any():
        found = linear_response(probed.junctions, *at).log10_conductance_quanta[:, 0, 0]
    elif probes == "voltage":
        with np.errstate(divide="ignore"):
            found = np.log10(voltage_probe_response(probed, *at).conductance_quanta[:, 0, 0])
    else:
        response = linear_response if probes == "dephasing" else thermal_probe_response
        found = response(probed, *at).log10_conductance_quanta[:, 0, 0]
    return found


def probe_sites(duplex: Duplex, text: str | None) -> Float[Doubles, "L 2"]:
    """Bases of a duplex that have a probe, in ladder layout: 1, and 0 elsewhere.

    Parameters
    ----------
    duplex
        The molecule.
    text
        ``STRAND:POSITION``, several separated by commas; None takes all bases.

    Raises
    ------
    UsageError
        A site has a coupling of its own, or its base is missing.
    InvalidContactError
        The text is malformed, or a position lies outside the duplex; it speaks of a probe site.
    """
    if text is None:
        return duplex.mask.astype(np.float64)
    if "=" in checked_text("probe_sites", text, "upper:1,upper:2"):
        raise UsageError(
            f"probe_sites = {text!r} holds couplings",
            "Name the bases alone, e.g. upper:1,upper:2; all probes have the same coupling.",
        )
    try:
        sites = Contact.parse(text, 1.0).ladder_gamma(duplex.length)
    except InvalidContactError as error:
        raise InvalidContactError(
            error.problem.replace("contact", "probe site", 1),
            "Name bases of the duplex as STRAND:POSITION, counted from 0 at the 5' end or from -1 "
            "at the 3' end, e.g. upper:1,lower:-1.",
        ) from error
    if (sites > duplex.mask).any():
        raise UsageError(
            f"probe_sites = {text!r}: one of these bases of '{duplex.text}' is missing",
            "Name bases that are present.",
        )
    return sites


def disordered_conductance(
    ladder: BlockJunctions,
    duplex: Duplex,
    disorder: StaticDisorder,
    samples: int,
    seed: int,
    at: AtEquilibrium,
) -> Iterator[Float[Doubles, " n"]]:
    """Yield log10 of the conductance in G0 of draws of a junction, some at a time.

    A draw depends on the seed, the duplex and its number alone.

    Parameters
    ----------
    ladder
        One junction without disorder.
    duplex
        Its molecule.
    disorder
        What is drawn.
    samples, seed
        Number of draws, and seed of their random numbers.
    at
        The contacts.

    Raises
    ------
    UsageError
        If the Fermi energy or the temperature is impossible.
    """
    for number, start in enumerate(range(0, samples, SAMPLES_AT_ONCE)):
        generator = named_generator(seed, "disorder", duplex.text, number)
        drawn = disorder.draw(ladder, SAMPLES_AT_ONCE, generator)
        found = linear_response(drawn, *at).log10_conductance_quanta[:, 0, 0]
        yield found[: samples - start]


def clean_conductance(
    predictor: Predictor, junction: Junction, at: AtEquilibrium
) -> tuple[float, tuple[Remark, ...]]:
    """log10 of the conductance in G0 of a junction as it is, and what is not to be trusted of it.

    Raises
    ------
    UsageError
        See `current_of`.
    """
    found, remarks = response_of(
        predictor, junction, np.array([at.fermi_energy]), np.array([at.temperature])
    )
    return float(found.log10_conductance_quanta[0, 0, 0]), remarks.general + remarks.at(at)


def _dephased(probed: DephasedJunctions, probes: Probes, at: AtEquilibrium) -> tuple[float, float]:
    if not probed.probes.any():
        alone = linear_response(probed.junctions, *at).conductance_quanta
        return float(alone[0, 0, 0]), float(alone[0, 0, 0])
    total = 10.0 ** log10_conductance_with_probes(probed, probes, at)
    return float(total[0]), float(coherent_conductance_quanta(probed, *at)[0, 0, 0])
