"""Why a prediction is not to be trusted: as a word in tables, as a sentence in warnings."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from dnawire.inference.conductance import NARROW
from dnawire.inference.summary import AtFermiEnergy, Summary
from dnawire.junction import Junction
from dnawire.predictors import MembersPredictor, Predictor
from dnawire.predictors.shortfalls import POOR_MODEL

_LARGEST_CERTIFICATE: Final = 25.0
"""meV; the mean of models of five duplexes, which err by 0.1 decades of T."""
_NOTABLE_SHARE: Final = 0.1
_NOTABLE_DECADES: Final = math.log10(2.0)
_GOOD: Final = "ok"
_SINGLY: Final = 10
"""Sequences that are warned of one by one; of more, warnings are counted."""


class Remark(NamedTuple):
    """One reason."""

    word: str
    """In the column ``status`` of tables."""
    sentence: str
    """In a warning."""


DISCONNECTED: Final = Remark("disconnected", "the contacts are not connected, T = 0")

UNDERFLOW: Final = Remark(
    "underflow",
    "G is below 1e-307 G0, the smallest number that there is: a zero stands for it, although the "
    "contacts are connected",
)
_SMALLEST_LOG10: Final = math.log10(sys.float_info.min)


def status(remarks: Iterable[Remark]) -> str:
    """Words of the remarks, each once; ``ok`` if there is none."""
    return " ".join(dict.fromkeys(remark.word for remark in remarks)) or _GOOD


def counted(remarks: Iterable[tuple[str, Iterable[Remark]]], total: str) -> list[str]:
    """Say of many sequences how often each word applies, with the sentence of an example.

    Parameters
    ----------
    remarks
        Texts of sequences and what is said of them.
    total
        What they are, in words, for example ``100 ranked``.
    """
    examples: dict[str, tuple[str, str]] = {}
    counts: Counter[str] = Counter()
    for text, own in remarks:
        found = list(own)
        counts.update({remark.word for remark in found})
        for remark in found:
            examples.setdefault(remark.word, (text, remark.sentence))
    return [
        f"{counts[word]} of the {total}: {word}, e.g. {text}: {sentence}"
        for word, (text, sentence) in examples.items()
    ]


def said_of_several(
    common: Sequence[Remark], own: Sequence[tuple[str, Sequence[Remark]]]
) -> list[str]:
    """Say what holds for several sequences: what all share once; of many, how often.

    Parameters
    ----------
    common
        What holds for the model.
    own
        Text of each sequence, and what holds for it.
    """
    shared = set.intersection(*(set(one) for _, one in own)) if len(own) > 1 else set()
    said = [remark.sentence for remark in (*common, *sorted(shared))]
    rest = [(text, sorted(set(one) - shared)) for text, one in own]
    if len(own) > _SINGLY:
        return said + counted(rest, f"{len(own)} sequences")
    return said + [f"{text}: {one.sentence}" for text, remarks in rest for one in remarks]


def model_remarks(predictor: Predictor) -> Iterator[Remark]:
    """What holds for everything that it predicts."""
    for shortfall in predictor.conditions.shortfalls:
        yield Remark(POOR_MODEL, f"the model is no better than a baseline: {shortfall}")


def conductance_remarks(predictor: Predictor) -> Iterator[Remark]:
    """What holds for every conductance that is taken from its spectra."""
    if not predictor.knows_all_energies:
        yield Remark(
            "unresolved_conductance",
            "this model knows T at the energies of its grid only: resonances between them are "
            "missing, and a conductance may be wrong by orders of magnitude",
        )


def junction_remarks(predictor: Predictor, junction: Junction) -> Iterator[Remark]:
    """What can be said of a junction before it is predicted.

    It depends on the length, the contacts and the kinds of base pairs, not on their order.
    """
    for respect in predictor.out_of_domain(junction):
        yield Remark("out_of_domain", f"unlike all training records: {respect}")
    calibration = predictor.calibration if isinstance(predictor, MembersPredictor) else None
    if calibration is not None:
        low, high = calibration.lengths
        if not low <= junction.length <= high:
            yield Remark(
                "uncalibrated",
                f"its intervals were calibrated on {low} to {high} base pairs, and promise nothing "
                f"for {junction.length}",
            )
    duplex = junction.duplex
    pairs = zip(duplex.upper, reversed(duplex.lower), strict=True)
    found = {"".join(sorted(one)) for one in pairs}
    unlisted = sorted(predictor.conditions.unlisted_pairs & found)
    if unlisted:
        yield Remark(
            "unlisted_coupling",
            f"{predictor.conditions.parameters} lists no coupling within the "
            f"pair{'s' if len(unlisted) > 1 else ''} {', '.join(map('-'.join, unlisted))}, which "
            "is taken as 0",
        )
    yield from _contact_remarks(junction)


def _contact_remarks(junction: Junction) -> Iterator[Remark]:
    """What contacts mean that are not at different pairs."""
    shared, pair = junction.shared_bases, junction.shared_pair
    if shared:
        yield Remark(
            "shared_contact",
            f"both contacts are on {', '.join(shared)}: part of T passes no other base",
        )
    elif pair is not None and junction.length > 1:
        yield Remark(
            "one_pair",
            f"both contacts are on base pair {pair}: T crosses it, and the helix is a side group",
        )


def summary_remarks(summary: Summary) -> Iterator[Remark]:
    """What its numbers tell."""
    if math.isnan(summary.max_energy):
        yield DISCONNECTED
        return
    yield from certificate_remarks(summary.certificate, summary.spectra.junction)
    if summary.at_fermi_energy is not None:
        yield from fermi_remarks(summary.at_fermi_energy)


def certificate_remarks(certificate: float | None, junction: Junction) -> Iterator[Remark]:
    """What the error bar of a junction tells, in meV; None if the predictor has none."""
    if certificate is not None and certificate > _LARGEST_CERTIFICATE:
        yield Remark(
            "uncertain_charges",
            f"the certificate is {certificate:.0f} meV: such charges gave T that was wrong "
            "by a tenth of a decade and more; dnawire ensemble --scf_steps 1 mends them",
        )
    if certificate is not None and math.isnan(certificate):
        yield Remark(
            "no_certificate",
            f"{junction.length} base pairs are too many to diagonalize all orbitals: there is "
            "neither a certificate nor an LDOS",
        )


def fermi_remarks(at_fermi: AtFermiEnergy) -> Iterator[Remark]:
    """What the numbers at a Fermi energy and a temperature tell; nothing without a conductance."""
    if math.isnan(at_fermi.conductance.conductance_quanta):
        return
    if math.isnan(at_fermi.level_distance):
        yield Remark(
            "unknown_levels",
            "levels are not known one by one: there is no level nearest to E_F, and nothing tells "
            "whether G passes through levels at which any dephasing ends coherence",
        )
    if at_fermi.unseen_share > _NOTABLE_SHARE:
        yield Remark(
            "narrow_window",
            "an open channel outside the energies could add up to "
            f"{at_fermi.conductance.unseen_quanta:.1e} G0; widen them with --energy_min and "
            "--energy_max",
        )
    if abs(at_fermi.absorbed_decades) > _NOTABLE_DECADES:
        relation = "below" if at_fermi.absorbed_decades > 0.0 else "above"
        yield Remark(
            "broadened_conductance",
            f"eta puts G {abs(at_fermi.absorbed_decades):.2f} decades {relation} that of "
            "coherent transport, which --eta 0 gives: it broadens levels, and absorbs carriers",
        )
    if at_fermi.is_fragile:
        yield Remark(
            "fragile_conductance",
            f"G means little: {at_fermi.narrow_share:.0%} of it passes through levels narrower "
            f"than {1e3 * NARROW:g} meV, where any dephasing ends coherence; T(E_F) alone would "
            f"give 1e{at_fermi.log10_transmission:.1f} G0, and the nearest level is "
            f"{at_fermi.level_distance:+.3f} eV from E_F",
        )


def underflow_remarks(at_fermi: AtFermiEnergy) -> Iterator[Remark]:
    """What is to be said where a conductance is told as a plain number."""
    if -math.inf < at_fermi.conductance.log10_conductance_quanta < _SMALLEST_LOG10:
        yield UNDERFLOW


def prediction_remarks(predictor: Predictor, summary: Summary) -> Iterator[Remark]:
    """What is to be said of one predicted junction, beside what holds for the model."""
    yield from junction_remarks(predictor, summary.spectra.junction)
    yield from summary_remarks(summary)
    at_fermi = summary.at_fermi_energy
    if at_fermi is not None:
        yield from underflow_remarks(at_fermi)
    if at_fermi is not None and not math.isnan(at_fermi.conductance.conductance_quanta):
        yield from conductance_remarks(predictor)
