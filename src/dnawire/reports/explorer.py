"""All numbers that the explorer needs to compute with tight-binding sets in the page itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dnawire.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from dnawire.junction import EDGE_KINDS, EDGES
from dnawire.predictors.conditions import conditions_of_parameters
from dnawire.tightbinding import ParameterSet
from dnawire.transport.quadrature import PANEL_RULE

_SEQUENCE: Final = "ACGTACGT"
_TEMPERATURE: Final = 300.0

LONGEST: Final = 60
"""Base pairs of the longest duplex that the page computes."""

LONGEST_PROBED: Final = 30
"""The same with probes, with which an energy costs the cube of the length."""


@dataclass(frozen=True)
class ExplorerStart:
    """What the explorer shows at first.

    Parameters
    ----------
    parameters
        Name of the parameter set.
    sequence
        Text of a duplex.
    left, right
        Contacts without couplings, or with couplings of their own; see `Contact.parse`.
    gamma
        Coupling in eV of the contacts that name none.
    fermi_energy
        In eV.
    """

    parameters: str
    sequence: str
    left: str
    right: str
    gamma: float
    fermi_energy: float

    @classmethod
    def of(cls, parameters: ParameterSet) -> ExplorerStart:
        """The contacts that spectra of a set are generated for, and its highest on-site energy."""
        contacts = conditions_of_parameters(parameters).contacts
        assert contacts is not None
        left, right = (one.attachments for one in contacts)
        return cls(
            parameters.name,
            _SEQUENCE,
            ",".join(one.place for one in left),
            ",".join(one.place for one in right),
            left[0].gamma,
            _edge_of(parameters),
        )


def explorer_data(sets: Sequence[ParameterSet], start: ExplorerStart) -> dict[str, Any]:
    """Plain values for the page: parameter sets, the edges of the ladder, the rule of integrals.

    Parameters
    ----------
    sets
        What can be chosen, in this order.
    start
        What is shown at first; its set is one of them.

    Returns
    -------
    dict
        For JSON; energies in eV, the temperature in K.
    """
    return {
        "sets": [_plain(one) for one in sets],
        "start": {**vars(start), "temperature": _TEMPERATURE},
        "edges": [
            {
                "kind": EDGE_KINDS[edge.kind],
                "isStep": int(edge.is_step),
                "start": [edge.start, edge.start_strand],
                "end": [edge.end, edge.end_strand],
                "row": edge.element[0],
                "column": edge.element[1],
            }
            for edge in EDGES
        ],
        "rule": {**PANEL_RULE, "boltzmann": BOLTZMANN_EV},
        "longest": {"none": LONGEST, "dephasing": LONGEST_PROBED, "voltage": LONGEST_PROBED},
        "conductanceQuantum": CONDUCTANCE_QUANTUM,
    }


def _plain(parameters: ParameterSet) -> dict[str, Any]:
    alphabet = parameters.alphabet
    tables = ("onsite", *EDGE_KINDS)
    return {
        "name": parameters.name,
        "label": parameters.label,
        "source": parameters.name if parameters.file is None else parameters.file[0],
        "title": parameters.title,
        "doi": list(parameters.doi),
        "verification": parameters.verification,
        "carrier": parameters.carrier,
        "window": list(parameters.energy_window),
        "fermiEnergy": _edge_of(parameters),
        "letters": alphabet.letters,
        "partners": {
            letter: letter.translate(dict(alphabet.partners)) for letter in alphabet.letters
        },
        **{name: getattr(parameters, name).tolist() for name in tables},
    }


def _edge_of(parameters: ParameterSet) -> float:
    """On-site energy of the base that carriers enter first."""
    known = [parameters.onsite[parameters.alphabet.codes[one]] for one in parameters.alphabet.bases]
    return float(max(known) if parameters.carrier == "hole" else min(known))
