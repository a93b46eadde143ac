"""``dnawire.ensemble``: conductance of many geometries of one duplex, and its distribution."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from dnawire.api.conditions import ConditionKeywords, KeywordConditions
from dnawire.api.ensemble_result import Ensemble, required_fermi_energy
from dnawire.api.geometries import EnsembleSettings, listed
from dnawire.api.keywords import takes
from dnawire.api.model import GEOMETRY_CONDITIONS, Model, load
from dnawire.cluster import signals
from dnawire.scalars import checked_path

if TYPE_CHECKING:
    from dnawire.api.geometries import GeometriesLike


class EnsembleInterrupted(KeyboardInterrupt):
    """Ctrl+C; what was computed is not lost.

    Parameters
    ----------
    ensemble
        The geometries that are computed.
    """

    def __init__(self, ensemble: Ensemble) -> None:
        done, asked = len(ensemble.outcomes), ensemble.num_geometries
        super().__init__(f"{done} of {asked} geometries are computed: sys.last_value.ensemble")
        self.ensemble = ensemble


@takes(GEOMETRY_CONDITIONS)
def ensemble(
    duplex: GeometriesLike,
    model: Model | Path | str,
    *,
    frames: int | str | None = None,
    seed: int | None = None,
    scf_steps: int = 1,
    check: int = 0,
    trajectory: Path | str | None = None,
    device: str = "auto",
    **conditions: Unpack[ConditionKeywords],
) -> Ensemble:
    """Predict the conductance of many geometries of one duplex. Nothing is written to disk.

    Parameters
    ----------
    duplex
        A sequence or a `Duplex`, whose geometries are thermal fluctuations; one or more files of
        structures (texts with a suffix or paths), whose models are the geometries; or structures,
        e.g. ``dw.structure("frames.pdb")``.
    model
        A model of the type atomistic; see `dnawire.load`.
    frames, seed
        Number of the geometries of a sequence, and the seed of their draws; None takes 20 and 42.
        For files ``frames`` is a range ``"first:last:step"`` of the frames of the trajectory, or of
        the models of each file, numbered from 1; None takes all.
    scf_steps
        Steps from the predicted charges, which were learned on ideal helices, towards
        self-consistent ones; 0 takes them as predicted.
    check
        Number of the first geometries that are computed self-consistently too, for comparison.
    trajectory
        Frames of a simulation (.xtc, .trr, .dcd), which are the geometries and are read one at a
        time; ``duplex`` is the file that names their atoms (.pdb, .cif, .gro, .psf, .prmtop).
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **conditions
        Those of `dnawire.predict`; ``fermi_energy`` must be given.

    Returns
    -------
    Ensemble
        A geometry that fails is told with its reason, and left out of the statistics.

    Raises
    ------
    DnawireError
        A sequence, file, contact, energy or keyword is impossible, the model cannot be used, or all
        geometries fail.
    KeyboardInterrupt
        Ctrl+C; its attribute ``ensemble`` has the geometries that are computed.
    """
    path = None if trajectory is None else checked_path("trajectory", trajectory)
    settings = EnsembleSettings(frames, seed, scf_steps, check, path)
    asked = KeywordConditions.of(conditions)
    given = listed(duplex, settings)
    required_fermi_energy(asked)
    found = Ensemble.prepared(given, settings, load(model, device).predictor, asked)
    return _completed(found)


def _completed(found: Ensemble) -> Ensemble:
    try:
        with signals.keyboard_interrupts():
            found.completed()
    except KeyboardInterrupt as interrupt:
        if not found.answers:
            raise
        raise EnsembleInterrupted(found) from interrupt
    return found
