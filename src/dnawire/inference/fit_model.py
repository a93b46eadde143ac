"""Conductances of many junctions, and their derivatives, as functions of what is fitted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from dnawire.inference.conductance import AtEquilibrium
from dnawire.inference.observables import (
    Probes,
    log10_conductance_with_probes,
    probe_sites,
)
from dnawire.junction import Junction
from dnawire.predictors import Predictor
from dnawire.transport import (
    BlockJunctions,
    DenseJunctions,
    DephasedJunctions,
    ProbedDerivatives,
    probed_conductance_derivatives,
)

Doubles = NDArray[np.float64]
FermiReference = Literal["absolute", "homo"]
Values = Mapping[str, float]
"""By the names of `PARAMETER_KINDS` but ``gamma``, which is both others."""

_LOWEST: Final = -1000.0
"""Decades below which a conductance counts as that: steps of a fit stay finite."""
_AWAY: Final = 10.0
"""eV below all others at which a missing orbital is put, where it is not the HOMO."""


class _Change(NamedTuple):
    """What a parameter changes: of H (B, N, N), of couplings (B, N) to left, right and probes."""

    hamiltonian: Doubles
    left: Doubles
    right: Doubles
    probes: Doubles


@dataclass(frozen=True, eq=False)
class _Group:
    """Junctions of one length at one temperature.

    Parameters
    ----------
    rows
        Which of all junctions they are, (B,).
    diagonal, step, present
        Blocks of H in eV and which orbitals there are, see `BlockJunctions.of`.
    left, right
        Couplings in ratio to the strongest one of the contact, (B, L, 2).
    sites
        1 where a base has a probe, (B, L, 2).
    temperature
        In K.
    """

    rows: Int[NDArray[np.int64], " B"]
    diagonal: Float[Doubles, "B L 2 2"]
    step: Float[Doubles, "B L-1 2 2"]
    present: NDArray[np.bool_]
    left: Float[Doubles, "B L 2"]
    right: Float[Doubles, "B L 2"]
    sites: Float[Doubles, "B L 2"]
    temperature: float

    @classmethod
    def of(
        cls, rows: list[int], ladders: Sequence[BlockJunctions], sites: Doubles, temperature: float
    ) -> _Group:
        system = [one.system for one in ladders]
        return cls(
            rows=np.array(rows),
            diagonal=np.concatenate([one.diagonal for one in system]),
            step=np.concatenate([one.step for one in system]),
            present=np.concatenate([one.present for one in system]),
            left=np.concatenate([_ratios(one.gamma_left) for one in ladders]),
            right=np.concatenate([_ratios(one.gamma_right) for one in ladders]),
            sites=sites,
            temperature=temperature,
        )

    def probed(self, values: Values, reference: FermiReference) -> DephasedJunctions:
        """Junctions and probes at some values; the Fermi energy is on the scale of their H."""
        junctions = self._junctions(values, np.zeros(len(self.rows)))
        if reference == "homo":
            junctions = self._junctions(values, highest_levels(junctions)[0])
        return DephasedJunctions.of(junctions, values["probe_coupling"] * self.sites)

    def _junctions(self, values: Values, zero: Float[Doubles, " B"]) -> BlockJunctions:
        """Junctions whose energies are counted from some zeros in eV."""
        scale, shift = values["hopping_scale"], values["hopping_shift"]
        diagonal, step = (scale * one + shift * np.sign(one) for one in (self.diagonal, self.step))
        onsite = np.einsum("blii->bli", self.diagonal) - zero[:, None, None]
        np.einsum("blii->bli", diagonal)[:] = np.where(self.present, onsite, 0.0)
        left, right = values["gamma_left"] * self.left, values["gamma_right"] * self.right
        return BlockJunctions.of(diagonal, step, left, right, mask=self.present)

    def change(self, name: str) -> _Change:
        """What changes with a parameter other than Fermi energy and prefactor."""
        batch, size = len(self.rows), self.left[0].size
        found = dict.fromkeys(("gamma_left", "gamma_right", "probe_coupling"), np.zeros(size))
        own = {"gamma_left": self.left, "gamma_right": self.right, "probe_coupling": self.sites}
        hamiltonian = np.zeros((batch, size, size))
        if name in own:
            found[name] = own[name].reshape(batch, size)
        else:
            hoppings = self._hoppings()
            hamiltonian = hoppings if name == "hopping_scale" else np.sign(hoppings)
        return _Change(hamiltonian, *found.values())

    def as_it_is(self) -> BlockJunctions:
        """Junctions with the H of the predictor, and couplings of 1 eV."""
        return BlockJunctions.of(self.diagonal, self.step, self.left, self.right, mask=self.present)

    def _hoppings(self) -> Doubles:
        """H without its on-site energies, (B, N, N)."""
        matrix = self.as_it_is().dense().hamiltonian.copy()
        np.einsum("bii->bi", matrix)[:] = 0.0
        return matrix


class ConductanceModel:
    """log10 of the conductances of some junctions.

    Parameters
    ----------
    predictor
        It must know a Hamiltonian of one orbital per base.
    junctions
        Ratios of the couplings within a contact are kept; the strongest one is the parameter.
    temperatures
        Of each junction in K.
    probes
        What probes carry none of.
    probe_bases
        Bases with a probe, see `probe_sites`; None for all.
    reference
        What the Fermi energy is counted from: zero, or the highest level of each junction.

    Raises
    ------
    UsageError
        The predictor knows no such Hamiltonian.
    """

    def __init__(
        self,
        predictor: Predictor,
        junctions: Sequence[Junction],
        temperatures: Float[Doubles, " R"],
        probes: Probes,
        probe_bases: str | None,
        reference: FermiReference,
    ) -> None:
        self._size = len(junctions)
        self._probes = probes
        self._reference = reference
        self._groups = list(_grouped(predictor, junctions, temperatures, probe_bases))

    def homos(self) -> Float[Doubles, " R"]:
        """Highest levels of the duplexes in eV, whatever is fitted."""
        found = np.empty(self._size)
        for group in self._groups:
            found[group.rows] = highest_levels(group.as_it_is())[0]
        return found

    def log10_conductance(self, values: Values) -> Float[Doubles, " R"]:
        """log10 of G in G0, not below -1000.

        Raises
        ------
        NotConvergedError
            See `dephased_conductance`.
        """
        found = np.empty(self._size)
        for group in self._groups:
            probed = group.probed(values, self._reference)
            at = AtEquilibrium(values["fermi_energy"], group.temperature)
            found[group.rows] = log10_conductance_with_probes(probed, self._probes, at)
        return np.maximum(found, _LOWEST) + math.log10(values["prefactor"])

    def derivatives(self, values: Values, names: Sequence[str]) -> Float[Doubles, "R P"]:
        """Derivatives of log10 G by parameters, in one over the unit of each.

        Raises
        ------
        NotConvergedError
            See `dephased_conductance`.
        """
        found = np.zeros((self._size, len(names)))
        for group in self._groups:
            found[group.rows] = self._of_group(group, values, names)
        return found

    def _of_group(self, group: _Group, values: Values, names: Sequence[str]) -> Doubles:
        probed = group.probed(values, self._reference)
        level, kelvin = values["fermi_energy"], group.temperature
        by = probed_conductance_derivatives(
            probed, self._probes, fermi_energy=level, temperature=kelvin
        )
        slopes = np.zeros((len(group.rows), len(names)))
        for column, name in enumerate(names):
            if name == "prefactor":
                slopes[:, column] = by.value / values[name]
            elif name == "fermi_energy":
                slopes[:, column] = by.by_energy
            else:
                slopes[:, column] = self._slope(probed, by, group.change(name))
        conducts = by.value[:, None] > 0.0
        return slopes / np.where(conducts, by.value[:, None] * math.log(10.0), np.inf)

    def _slope(self, probed: DephasedJunctions, by: ProbedDerivatives, change: _Change) -> Doubles:
        """Derivatives of G in G0, (B,)."""
        found: Doubles = (by.by_hamiltonian * change.hamiltonian).sum((1, 2))
        found += (by.by_gamma_left * change.left + by.by_gamma_right * change.right).sum(1)
        found += np.nansum(by.by_probes * change.probes, 1)
        if self._reference == "homo":
            # The zero of the energy moves with the highest level.
            states = highest_levels(probed.junctions)[1]
            found += by.by_energy * np.einsum("bi,bij,bj->b", states, change.hamiltonian, states)
        return found


def _grouped(
    predictor: Predictor,
    junctions: Sequence[Junction],
    temperatures: Doubles,
    probe_bases: str | None,
) -> Iterator[_Group]:
    keys = [
        (one.length, kelvin) for one, kelvin in zip(junctions, temperatures.tolist(), strict=True)
    ]
    for key in dict.fromkeys(keys):
        rows = [row for row, one in enumerate(keys) if one == key]
        some = [junctions[row] for row in rows]
        sites = np.stack([probe_sites(one.duplex, probe_bases) for one in some])
        yield _Group.of(rows, [predictor.ladder(one) for one in some], sites, key[1])


def _ratios(gamma: Doubles) -> Doubles:
    """Couplings of a contact in units of its strongest one, which `Junction` has above 0."""
    found: Doubles = gamma / gamma.max()
    return found


def highest_levels(
    junctions: BlockJunctions | DenseJunctions,
) -> tuple[Float[Doubles, " B"], Float[Doubles, "B N"]]:
    """Highest levels of H in eV, whatever the contacts, and their states."""
    dense = junctions.dense()
    matrix = dense.hamiltonian.copy()
    onsite = np.einsum("bii->bi", matrix)
    onsite[~dense.present] = np.where(dense.present, onsite, np.inf).min() - _AWAY
    levels, states = np.linalg.eigh(matrix)
    return levels[:, -1], states[..., -1]
