"""What GFN1-xTB says of charge in DNA: the figures of docs/atomistic_physics.md.

Run ``python benchmarks/atomistic_physics.py --folder docs/images``: HOMO by composition and where
it lives, from the records of the package; decay with length, by `pretrained:xtb`; and the one
record of density functional theory that is public. Minutes on one core; numbers are printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.stats import spearmanr

from dnawire.data import TransportDataset, read_dataset
from dnawire.data.atomistic import AtomisticColumns, read_atomistic
from dnawire.data.importers import import_records
from dnawire.inference import load_predictor
from dnawire.junction import Duplex
from dnawire.models.atomistic.predictor import AtomisticPredictor
from dnawire.plots.style import new_figure, style
from dnawire.structures import build_duplex

ROOT: Final = Path(__file__).parents[1]
RECORDS: Final = ROOT / "examples/data/xtb_4_8.h5"
AAAC: Final = ROOT / "tests/data/aaac/aaac_example.h5"
ENERGIES: Final = np.round(np.linspace(-12.2, -9.7, 251), 9)
ETA: Final = 0.005
GAP: Final = -10.0
"""eV; between the highest occupied and the lowest empty levels of all duplexes."""
LENGTHS: Final = (4, 6, 8, 10, 12, 14)
RISE: Final = 3.38
SERIES: Final = {"poly-G": "G", "poly-A": "A", "alternating GC": "GC", "alternating AT": "AT"}

Doubles = NDArray[np.float64]


def main() -> None:
    """Print numbers and draw figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="folder of the figures")
    folder = parser.parse_args().folder
    dataset, columns = read_dataset(RECORDS), read_atomistic(RECORDS)
    assert columns is not None
    predictor = load_predictor("pretrained:xtb")
    assert isinstance(predictor, AtomisticPredictor)
    with style():
        figure = new_figure(11.0, 3.6)
        left, right = figure.subplots(1, 2)
        levels_by_composition(left, columns)
        where_levels_live(right, predictor)
        figure.savefig(folder / "atomistic_levels.png", dpi=150)
        figure = new_figure(11.0, 3.6)
        left, right = figure.subplots(1, 2)
        decay(left, predictor)
        composition_and_transmission(right, dataset)
        figure.savefig(folder / "atomistic_transport.png", dpi=150)
        figure = new_figure(11.0, 3.6)
        density_functional_theory(figure.subplots(1, 2), predictor)
        figure.savefig(folder / "atomistic_aaac.png", dpi=150)


def levels_by_composition(ax: Axes, columns: AtomisticColumns) -> None:
    """HOMO of all duplexes by their content."""
    texts = [str(text).partition("/")[0] for text in columns.texts]
    homo = np.array([columns.levels[n][int(columns.homo_index[n])] for n in range(len(texts))])
    fraction = np.array([sum(base in "GC" for base in text) / len(text) for text in texts])
    mixed = (fraction > 0.0) & (fraction < 1.0)
    kinds = {"A and T only": fraction == 0.0, "mixed": mixed, "G and C only": fraction == 1.0}
    for name, chosen in kinds.items():
        if chosen.any():
            print(f"HOMO, {name}: {homo[chosen].mean():.3f} eV ({int(chosen.sum())} duplexes)")
    rank = spearmanr(fraction, homo).statistic
    print(f"rank correlation of GC fraction and HOMO: {rank:.2f}")
    ax.plot(fraction, homo, "o", ms=4)
    ax.set(xlabel="GC fraction", ylabel="HOMO (eV)", title="Highest occupied level of 4 to 8 bp")


def where_levels_live(ax: Axes, predictor: AtomisticPredictor, text: str = "GATTACAC") -> None:
    """Share of every kind of base, of sugars and of phosphates in the levels near the HOMO."""
    structure = build_duplex(Duplex.parse(text))
    junctions = predictor.charged(structure).junctions
    letters = structure.duplex.upper + structure.duplex.lower
    parts = np.array(
        [
            _part(name, letters[nucleotide])
            for name, nucleotide in zip(structure.names, structure.nucleotides, strict=True)
        ]
    )[junctions.basis.orbital_atom]
    energies, vectors = junctions.system.energies, junctions.system.vectors
    chosen = (energies > ENERGIES[0]) & (energies < ENERGIES[-1])
    bottom = np.zeros(int(chosen.sum()))
    for part in ("G", "A", "C", "T", "sugar", "phosphate"):
        share = (vectors[parts == part][:, chosen] ** 2).sum(0)
        ax.bar(energies[chosen], share, 0.015, bottom=bottom, label=part)
        bottom += share
        print(f"{text}, share of {part} in the HOMO: {share[-1]:.2f}, in all: {share.mean():.2f}")
    ax.set(xlabel="Level (eV)", ylabel="Share", title=f"Where the levels of {text} live")
    ax.set_ylim(0.0, 1.3)
    ax.legend(ncols=3, loc="upper right")


def _part(name: str, letter: str) -> str:
    if name in {"P", "OP1", "OP2", "O5'", "O3'", "HO5'", "HO3'"}:
        return "phosphate"
    return "sugar" if name.endswith(("'", "''")) else letter


def decay(ax: Axes, predictor: AtomisticPredictor) -> None:
    """T in the gap by length."""
    for name, unit in SERIES.items():
        values = []
        for length in LENGTHS:
            duplex = Duplex.parse((unit * length)[:length])
            left, right = np.zeros((2, length, 2))
            left[0, 0] = right[-1, 0] = 0.1
            charged = predictor.charged(build_duplex(duplex))
            transmission, _ = charged.totals((left, right), np.array([GAP]), ETA)
            values.append(np.log10(transmission[0]))
        slope = np.polyfit(np.array(LENGTHS) * RISE, np.array(values) * np.log(10.0), 1)[0]
        print(f"{name}: T({GAP} eV) falls by {-slope:.2f} per Angstrom")
        ax.plot(LENGTHS, values, "o-", ms=4, label=f"{name}, {-slope:.2f} / A")
    ax.set(xlabel="Base pairs", ylabel=f"log$_{{10}}$ T at {GAP} eV", title="Decay with length")
    ax.legend()


def composition_and_transmission(ax: Axes, dataset: TransportDataset) -> None:
    """Transmission of holes, averaged over the occupied part of the window, by content."""
    below = dataset.energies < -10.4
    fractions, values, lengths = [], [], []
    for number in range(len(dataset)):
        record = dataset[number]
        text = record.junction.duplex.upper
        if record.junction.gamma_left[0, 0] != 0.1 or not record.junction.gamma_right[-1, 0]:
            continue
        fractions.append(sum(base in "GC" for base in text) / len(text))
        lengths.append(len(text))
        values.append(np.log10((10.0 ** record.log10_transmission[below]).mean()))
    for length in sorted(set(lengths)):
        own = np.array(lengths) == length
        x, y = np.array(fractions)[own], np.array(values)[own]
        rank = spearmanr(x, y).statistic
        print(f"{length} bp: rank correlation of GC fraction and mean T {rank:+.2f}")
        ax.plot(x, y, "o", ms=4, label=f"{length} bp")
    ax.set(xlabel="GC fraction", ylabel="log$_{10}$ of the mean T of holes", title="GC against AT")
    ax.legend(ncols=2)


def density_functional_theory(axes: NDArray[np.object_], predictor: AtomisticPredictor) -> None:
    """T and DOS of AAAC by B3LYP and by GFN1-xTB, both counted from the HOMO."""
    (record,) = import_records(AAAC, "homo")
    charged = predictor.charged(build_duplex(record.junction.duplex))
    homo = charged.junctions.system.energies[charged.num_occupied - 1]
    energies = record.energies + homo
    poles = charged.poles((record.junction.gamma_left, record.junction.gamma_right), energies)
    found = (
        np.log10(poles.transmission(energies, 0.0)),
        np.log10(poles.local_dos(energies, 0.0)[0]),
    )
    wanted = record.log10_transmission, record.spectra["log10_dos"]
    for ax, name, one, other in zip(axes, ("T", "DOS (1/eV)"), found, wanted, strict=True):
        correlation = np.corrcoef(_smooth(one), _smooth(other))[0, 1]
        error = np.sqrt(np.mean((_smooth(one) - _smooth(other)) ** 2))
        print(
            f"aaac, log10 {name}: correlation {correlation:.2f}, apart by {error:.2f} decades rms"
        )
        ax.plot(record.energies, other, label="B3LYP/6-31G(d,p)")
        ax.plot(record.energies, one, label="GFN1-xTB")
        ax.set(xlabel="E - E(HOMO) (eV)", ylabel=f"log$_{{10}}$ {name}")
        ax.legend()


def _smooth(logarithms: Doubles, width: int = 5) -> Doubles:
    """Logarithm of means over 50 meV."""
    kernel = np.ones(width) / width
    return np.log10(np.convolve(10.0**logarithms, kernel, mode="valid"))


if __name__ == "__main__":
    main()
