"""A few training records, and how well the exact spectra of tables of the bases fit them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, Self

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from dnawire.graphs import Batch
from dnawire.graphs.schema import JunctionBatch
from dnawire.junction import MISSING_CODE, NUM_BASES, STACKING
from dnawire.junction.edges import EDGE_KINDS, EDGES
from dnawire.operators import assemble, energy_weights
from dnawire.operators.transport import block_totals

_FEWEST_RECORDS: Final = 4
_DELTA: Final = 0.1
"""Error, relative to the spread of its quantity, at which the loss turns linear."""
_SMALLEST_SPREAD: Final = 1e-3
_LARGEST_ERROR: Final = 1e3
_VALUES_AT_ONCE: Final = 2**18


class Tables:
    """Tables of the bases as one vector: on-site energies, then hoppings by kind and bases."""

    SHAPE: Final = len(EDGE_KINDS), NUM_BASES, NUM_BASES
    SIZE: Final = NUM_BASES + math.prod(SHAPE)

    @staticmethod
    def join(onsite: Float[Tensor, " 4"], hopping: Float[Tensor, "4 4 4"]) -> Float[Tensor, " K"]:
        """One vector."""
        return torch.cat((onsite, hopping.flatten()))

    @classmethod
    def split(cls, tables: Float[Tensor, " K"]) -> tuple[Tensor, Tensor]:
        """On-site energies (4,) and hoppings (4, 4, 4); all but stacking is symmetric."""
        hopping = tables[NUM_BASES:].view(cls.SHAPE).clone()
        others = [kind for kind in range(len(EDGE_KINDS)) if kind != STACKING]
        upper = hopping[others].triu()
        hopping[others] = upper + upper.triu(1).mT
        return tables[:NUM_BASES].clone(), hopping

    @staticmethod
    def place(kind: int, start: Tensor, end: Tensor) -> Tensor:
        """Where in the vector the hopping of two bases stands."""
        if kind != STACKING:
            start, end = torch.minimum(start, end), torch.maximum(start, end)
        return NUM_BASES * (1 + NUM_BASES * kind + start) + end


class _Group(NamedTuple):
    """Records of one length."""

    junctions: JunctionBatch
    targets: Float[Tensor, "B 2 E"]
    sites: Int[Tensor, "B L 2"]
    """Place in the tables of each site."""
    edges: tuple[Int[Tensor, "B n"], ...]
    """Place of each edge, row after row of `EDGES`."""

    @classmethod
    def of(cls, batch: Batch, every: int) -> Self:
        """Take every so many energies."""
        base = batch.junctions.base.clamp_max(NUM_BASES - 1)
        transmission, dos = batch.spectra.log10_transmission, batch.spectra.log10_dos
        spectra = transmission, torch.full_like(transmission, torch.nan) if dos is None else dos
        edges = tuple(Tables.place(edge.kind, *edge.ends(base)) for edge in EDGES)
        targets = torch.stack([one[:, ::every] for one in spectra], dim=1)
        return cls(batch.junctions, targets, base, edges)

    @property
    def occurring(self) -> Int[Tensor, " n"]:
        """Places in the tables of all sites and edges that exist."""
        present = self.junctions.base != MISSING_CODE
        known = [torch.stack(edge.ends(present)).all(dim=0) for edge in EDGES]
        found = [place[exist] for place, exist in zip(self.edges, known, strict=True)]
        places: Tensor = torch.cat((self.sites[present], *found)).unique()
        return places

    def predict(
        self, tables: Float[Tensor, "k K"], energies: Float[Tensor, " E"], eta: float
    ) -> Float[Tensor, "k B 2 E"]:
        """log10 T and log10 DOS of each set of tables, exactly."""
        count, size = len(tables), len(self.sites)
        junctions = JunctionBatch(
            *(one.expand(count, *one.shape).flatten(0, 1) for one in self.junctions)
        )
        offsets = tables.shape[1] * torch.arange(count)[:, None]
        nothing = tables.new_zeros(Tables.SHAPE)
        diagonal, step = assemble(
            tables.flatten(),
            nothing[0, 0],
            nothing,
            junctions.base,
            junctions.present,
            tables.new_ones(count * size),
            (offsets + self.sites.flatten()).flatten(),
            torch.cat([(offsets + one.flatten()).flatten() for one in self.edges]),
        )
        left, right = junctions.gamma_left, junctions.gamma_right
        found = block_totals(diagonal, step, left, right, energies, mask=junctions.present, eta=eta)
        return torch.stack(tuple(found), dim=1).view(count, *self.targets.shape)


def evenly(training: Sequence[Batch], number: int) -> list[Batch]:
    """Take so many records, or all if there are fewer, evenly from all; on the CPU."""
    total, chosen, first = sum(map(len, training)), [], 0
    number = min(number, total)
    rows = (torch.arange(number) * total) // number
    for batch in training:
        inside = rows[(rows >= first) & (rows < first + len(batch))] - first
        first += len(batch)
        if len(inside):
            chosen.append(batch.select(inside).to(torch.device("cpu")))
    return chosen


@dataclass(frozen=True, eq=False)
class Sample:
    """Some records at some energies.

    Parameters
    ----------
    groups
        Records by length.
    energies
        In eV.
    eta
        Imaginary part of the energy in eV.
    steepness
        Resonance width over the spacing of the energies; see the loss.
    """

    groups: tuple[_Group, ...]
    energies: Float[Tensor, " E"]
    eta: float
    steepness: float

    @classmethod
    def of(
        cls,
        training: Sequence[Batch],
        energies: Float[Tensor, " E"],
        eta: float,
        resonance_width: float,
        most_pairs: int,
        most_energies: int,
    ) -> Self:
        """Take records evenly, of so many base pairs in all, and energies evenly."""
        mean_length = sum(b.junctions.base.shape[1] * len(b) for b in training) / sum(
            map(len, training)
        )
        chosen = evenly(training, max(_FEWEST_RECORDS, int(most_pairs / mean_length)))
        every = -(-len(energies) // most_energies)
        groups = [_Group.of(batch, every) for batch in chosen]
        chosen_energies = energies[::every]
        width = float(chosen_energies[-1] - chosen_energies[0])
        steepness = resonance_width * (len(chosen_energies) - 1) / (width or 1.0)
        return cls(tuple(groups), chosen_energies, eta, steepness)

    @property
    def num_records(self) -> int:
        """Number of records."""
        return sum(len(group.sites) for group in self.groups)

    @cached_property
    def occurring(self) -> Int[Tensor, " n"]:
        """Places in the tables of all that occurs in the records."""
        places: Tensor = torch.cat([group.occurring for group in self.groups]).unique()
        return places

    @property
    def occurring_bases(self) -> Bool[Tensor, " 4"]:
        """Which bases occur."""
        return torch.isin(torch.arange(NUM_BASES), self.occurring)

    def residuals(self, tables: Float[Tensor, "k K"]) -> Float[Tensor, "k values"]:
        """Errors of each set of tables over the spread of their quantity; 0 if unknown."""
        size = max(1, _VALUES_AT_ONCE // len(self._shares))
        return torch.cat([self._residuals(part) for part in tables.split(size)])

    def losses(self, tables: Float[Tensor, "k K"]) -> Float[Tensor, " k"]:
        """Robust loss of each set of tables."""
        size = max(1, _VALUES_AT_ONCE // len(self._shares))
        return torch.cat([self.reduced(self._residuals(part)) for part in tables.split(size)])

    def reduced(self, residuals: Float[Tensor, "*k values"]) -> Float[Tensor, "*k"]:
        """Weighted sum of the Huber losses of residuals."""
        nothing = torch.zeros_like(residuals)
        loss = torch.nn.functional.huber_loss(residuals, nothing, reduction="none", delta=_DELTA)
        return loss @ self._shares / _DELTA

    def errors(self, tables: Float[Tensor, " K"]) -> tuple[float, float]:
        """Mean absolute errors of log10 T and log10 DOS in decades."""
        residual = self._residuals(tables[None])[0].view_as(self._targets)
        return self._by_quantity(residual * self._spread)

    @property
    def trivial_errors(self) -> tuple[float, float]:
        """Those of the mean of the records at each energy."""
        return self._by_quantity(self._deviations)

    def _by_quantity(self, errors: Float[Tensor, "N 2 E"]) -> tuple[float, float]:
        known = torch.where(self._targets.isfinite(), errors.abs(), torch.nan)
        transmission, dos = known.nanmean((0, 2)).tolist()
        return transmission, dos

    def _residuals(self, tables: Float[Tensor, "k K"]) -> Float[Tensor, "k values"]:
        found = [group.predict(tables, self.energies, self.eta) for group in self.groups]
        errors = (torch.cat(found, dim=1) - self._targets) / self._spread
        known = torch.where(self._targets.isfinite(), errors, 0.0)
        return known.nan_to_num(_LARGEST_ERROR).clamp(-_LARGEST_ERROR, _LARGEST_ERROR).flatten(1)

    @cached_property
    def _targets(self) -> Float[Tensor, "N 2 E"]:
        return torch.cat([group.targets for group in self.groups])

    @cached_property
    def _deviations(self) -> Float[Tensor, "N 2 E"]:
        known = torch.where(self._targets.isfinite(), self._targets, torch.nan)
        return (known - known.nanmean(0)).nan_to_num(0.0)

    @cached_property
    def _spread(self) -> Float[Tensor, "2 1"]:
        spread: Tensor = self._deviations.square().mean((0, 2)).sqrt()
        return spread.clamp_min(_SMALLEST_SPREAD)[:, None]

    @cached_property
    def weights(self) -> Float[Tensor, " values"]:
        """Weights of the residuals, 1 in the mean of each quantity."""
        return len(self._shares) / len(self._spread) * self._shares

    @cached_property
    def _shares(self) -> Float[Tensor, " values"]:
        """Weights of the residuals in the loss, 1 in the sum of each quantity."""
        weights = energy_weights(self._targets, self.steepness)
        total = weights.sum((0, 2), keepdim=True).clamp_min(torch.finfo(weights.dtype).tiny)
        return (weights / total).flatten()
