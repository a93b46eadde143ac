"""``dnawire ensemble``: conductance of many geometries of one duplex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.folder import ResultPlace
from dnawire.api.geometries import EnsembleSettings
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cli._results import finish


@dataclass(frozen=True)
class ResolvedConditions(AskedConditions):
    """Contacts and energies; what is not given is taken from the training of the model."""

    # Models of all atoms know T at all energies.
    conductance_from_grid: ClassVar[bool] = False  # type: ignore[misc]


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class EnsembleFlags(EnsembleSettings):
    """Predict the conductance of many geometries of one duplex, and its distribution.

    The geometries are thermal fluctuations of a sequence, those of files, or frames of a simulation
    (dnawire ensemble MODEL topology.pdb --trajectory run.xtc). After Ctrl+C, or a
    signal that asks for a stop, the geometries that are computed are written.
    """

    model: tyro.conf.Positional[str]
    """A model of the type atomistic: output folder of a training run, or pretrained:xtb."""

    duplex: tyro.conf.Positional[tuple[str, ...]]
    """A sequence, written as for `dnawire predict`; or files of structures, which have a suffix,
    e.g. frames.pdb: all of one duplex, one or more geometries each."""

    conditions: ResolvedConditions = field(default_factory=ResolvedConditions)

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Predict all geometries, print tables, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A sequence, file, contact or energy is impossible, the model cannot be used, all geometries
        fail, or the results cannot be written.
    """
    flags = parse(EnsembleFlags, arguments, "ensemble")
    flags.messages.configure()
    from dnawire.api.ensemble_result import Ensemble, required_fermi_energy
    from dnawire.api.geometries import listed
    from dnawire.inference import load_predictor

    words = listed(flags.duplex, flags)
    required_fermi_energy(flags.conditions)
    predictor = load_predictor(flags.model, flags.device)
    ensemble = Ensemble.prepared(words, flags, predictor, flags.conditions)
    return finish(ensemble, flags.results, flags.messages)
