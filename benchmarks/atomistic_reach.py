"""How far `pretrained:xtb` reaches beyond its training: long duplexes and other geometries.

Run ``python benchmarks/atomistic_reach.py --page docs/atomistic.md``: errors on duplexes of 10 to
16 base pairs by length, energy and kind of base, and how the certificate ranks errors on
mismatches, stretched helices and fiber A-DNA as well. An hour on one core; what is computed is
kept, duplex by duplex.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from learning import tables
from learning.atomistic import MEV, Result, XtbRecords, level_errors
from learning.measures import LARGE_TRANSMISSION
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import spearmanr

from dnawire.constants import HARTREE_EV
from dnawire.data import read_dataset
from dnawire.data.atomistic import read_atomistic
from dnawire.electronic import Basis, converge
from dnawire.inference import load_predictor
from dnawire.junction import Duplex
from dnawire.models.atomistic.predictor import AtomisticPredictor
from dnawire.plots.style import new_figure, style
from dnawire.structures import AtomicStructure, build_duplex, helix_of, load_helix

ROOT: Final = Path(__file__).parents[1]
MODEL: Final = "pretrained:xtb"
ENERGIES: Final = np.round(np.linspace(-12.2, -9.7, 251), 9)
ETA: Final = 0.005
GAMMA: Final = 0.1
BINS: Final = np.linspace(-12.2, -9.7, 11)
MISMATCHES: Final = (
    "GATC/GTTC", "ATCG/CTAT", "CATG/CTTG", "GACC/GCTC", "CACG/CCTG", "ATCA/TCAT",
    "ACTTG/CTAGT", "GACCA/TTGTC", "TTCAG/CTTAA", "GCTAC/GTTGC", "AACGT/ACCTT", "CGTCA/TCACG",
)  # fmt: skip
"""Pairs of pyrimidines: never seen, and small enough for the helix."""
STRETCHED: Final = ("GATC", "CAGT", "GGCA", "ATAC", "CGTA", "TTGC")
RISES: Final = (3.2, 3.5)
"""Angstrom; 3.38 in the training."""
A_FORM: Final = ("GATC", "GGCA", "TTGC")

Doubles = NDArray[np.float64]


def main() -> None:
    """Compute, print, draw and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--long", type=Path, default=ROOT / "examples/data/xtb_10_16.h5")
    parser.add_argument("--output", type=Path, default=ROOT / "outputs/atomistic_reach")
    parser.add_argument("--page", type=Path, help="page whose tables are replaced")
    parser.add_argument("--figure", type=Path, help="picture of the errors, a PNG")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    predictor = load_predictor(MODEL)
    assert isinstance(predictor, AtomisticPredictor)
    rows = [
        *long_duplexes(predictor, arguments.long, arguments.output),
        *other_geometries(predictor, arguments.output),
    ]
    found = {
        "long duplexes": by_length([row for row in rows if row["kind"] == "long"]),
        "reach": by_kind(rows),
    }
    for name, table in found.items():
        print(f"\n{name}\n\n{table}")
    if arguments.page is not None:
        tables.insert(arguments.page, found)
    if arguments.figure is not None:
        errors_figure(rows).savefig(arguments.figure, dpi=150)


def long_duplexes(predictor: AtomisticPredictor, path: Path, output: Path) -> Iterator[Result]:
    """Errors on the records of a file, duplex by duplex."""
    columns = read_atomistic(path)
    assert columns is not None
    records = XtbRecords(read_dataset(path), columns)
    for number, text in enumerate(map(str, columns.texts)):
        kept = output / f"long-{number}.json"
        if not kept.is_file():
            row = _long_duplex(predictor, records, number, text)
            kept.write_text(json.dumps(row), encoding="utf-8")
            print(f"{text}: {row['transmission']:.3f} decades", flush=True)
        yield json.loads(kept.read_text("utf-8"))


def _long_duplex(
    predictor: AtomisticPredictor, records: XtbRecords, number: int, text: str
) -> Result:
    charged = predictor.charged(build_duplex(Duplex.parse(text)))
    levels = level_errors(charged.junctions, records.columns, number)
    potentials = charged.shell_potentials - records.columns.shell_potentials(number)
    transmission, dos, wanted = [], [], []
    for row in records.records_of([number]).tolist():
        record = records.dataset[row]
        contacts = record.junction.gamma_left, record.junction.gamma_right
        found = np.log10(charged.totals(contacts, record.energies, record.eta))
        transmission.append(abs(found[0] - record.log10_transmission))
        dos.append(abs(found[1] - record.spectra["log10_dos"]))
        wanted.append(record.log10_transmission)
    return {
        "kind": "long",
        "duplex": text,
        "length": len(text.split("/")[0]),
        "certificate": charged.certificate(),
        "potentials": _rms_mev(potentials),
        "levels": float(abs(levels).mean() * MEV),
        **_spectral(np.stack(transmission), np.stack(dos), np.stack(wanted)),
        "by_energy": np.nanmean(_binned(np.stack(transmission)), 0).tolist(),
        "by_base": _by_base(charged.structure, potentials),
    }


def other_geometries(predictor: AtomisticPredictor, output: Path) -> Iterator[Result]:
    """Errors on mismatches, other rises and fiber A-DNA, against self-consistent charges."""
    fiber = load_helix()
    cases = [("mismatch", text, fiber) for text in MISMATCHES]
    for rise in RISES:
        cases += [(f"rise {rise:g}", text, replace(fiber, rise=rise)) for text in STRETCHED]
    cases += [("A-DNA", text, helix_of("a")) for text in A_FORM]
    for kind, text, helix in cases:
        kept = output / f"{kind}-{text.replace('/', '-')}.json"
        if not kept.is_file():
            structure = build_duplex(Duplex.parse(text), helix)
            row = {"kind": kind, **_against_scf(predictor, structure)}
            kept.write_text(json.dumps(row), encoding="utf-8")
            print(f"{kind} {text}: {row['transmission']:.3f} decades", flush=True)
        yield json.loads(kept.read_text("utf-8"))


def _against_scf(predictor: AtomisticPredictor, structure: AtomicStructure) -> Result:
    charged = predictor.charged(structure)
    true = converge(structure, predictor.solvent)
    started = converge(structure, predictor.solvent, charged.shell_charges)
    length = structure.duplex.length
    left, right = np.zeros((2, length, 2))
    left[0, 0] = right[-1, 0] = GAMMA
    exact = charged.with_charges(true.shell_charges)
    wanted, found = (np.log10(one.totals((left, right), ENERGIES, ETA)) for one in (exact, charged))
    levels = charged.junctions.system.energies - true.levels
    window = (true.levels > ENERGIES[0]) & (true.levels < ENERGIES[-1])
    return {
        "duplex": structure.duplex.text,
        "length": length,
        "certificate": charged.certificate(),
        "potentials": _rms_mev(charged.shell_potentials - true.shell_potentials),
        "levels": float(abs(levels[window]).mean() * MEV),
        "iterations": [true.iterations, started.iterations],
        **_spectral(abs(found[:1] - wanted[:1]), abs(found[1:] - wanted[1:]), wanted[:1]),
    }


def _rms_mev(potentials: Doubles) -> float:
    return float(np.sqrt(np.mean(potentials**2)) * HARTREE_EV * MEV)


def _spectral(transmission: Doubles, dos: Doubles, wanted: Doubles) -> dict[str, float]:
    large = transmission[wanted > np.log10(LARGE_TRANSMISSION)]
    return {
        "transmission": float(np.nanmean(transmission)),
        "large_transmission": float(large.mean()) if len(large) else np.nan,
        "dos": float(dos.mean()),
    }


def _binned(values: Doubles) -> Doubles:
    """Means over bins of energy, (records, bins)."""
    bins = np.clip(np.searchsorted(BINS, ENERGIES, side="right") - 1, 0, len(BINS) - 2)
    return np.stack([np.nanmean(values[:, bins == one], 1) for one in range(len(BINS) - 1)], 1)


def _by_base(structure: AtomicStructure, potentials: Doubles) -> dict[str, float]:
    """Root mean square error of the potentials of the shells of every kind of base, meV."""
    atoms = Basis.of(structure).shell_atom
    letters = np.array(list(structure.duplex.upper + structure.duplex.lower))
    bases = letters[structure.nucleotides[atoms]]
    return {base: _rms_mev(potentials[bases == base]) for base in "ACGT" if base in bases}


def by_length(rows: Sequence[Result]) -> str:
    """Errors by length."""
    lines = []
    for length in sorted({row["length"] for row in rows}):
        own = [row for row in rows if row["length"] == length]
        lines.append([str(length), str(len(own)), *_cells(own)])
    heads = [
        "log10 T",
        "log10 T where T > 1e-3",
        "log10 DOS",
        "levels (meV)",
        "potentials (meV rms)",
    ]
    return tables.markdown(["base pairs", "duplexes", *heads], lines)


def _cells(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    names = ("transmission", "large_transmission", "dos", "levels", "potentials")
    means = [[row[name] for row in rows if not np.isnan(row[name])] for name in names]
    return [f"{np.mean(values):.3f}" if values else "-" for values in means]


def by_kind(rows: Sequence[Result]) -> str:
    """Errors, certificate and its rank correlations by what is unusual."""
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    lines = [[kind, *_kind_cells([row for row in rows if row["kind"] == kind])] for kind in kinds]
    lines.append(["all", *_kind_cells(rows)])
    heads = ["certificate (meV)", "potentials (meV rms)", "levels (meV)", "log10 T"]
    ranks = ["rank correlation with potentials", "levels", "log10 T"]
    iterations = "SCF iterations from typical / predicted charges"
    return tables.markdown(["duplexes", "number", *heads, *ranks, iterations], lines)


def _kind_cells(rows: Sequence[Result]) -> list[str]:
    names = ("certificate", "potentials", "levels", "transmission")
    values = {name: [row[name] for row in rows] for name in names}
    ranks = [spearmanr(values["certificate"], values[name]).statistic for name in names[1:]]
    iterations = [row["iterations"] for row in rows if "iterations" in row]
    both = " / ".join(f"{mean:.0f}" for mean in np.mean(iterations, 0)) if iterations else "-"
    means = [f"{np.mean(values[name]):.{3 if name == 'transmission' else 1}f}" for name in names]
    return [str(len(rows)), *means, *(f"{rank:.2f}" for rank in ranks), both]


def errors_figure(rows: Sequence[Result]) -> Figure:
    """Errors by energy and by kind of base, and errors against the certificate."""
    long = [row for row in rows if row["kind"] == "long"]
    with style():
        figure = new_figure(11.0, 3.4)
        by_energy, by_base, ranked = figure.subplots(1, 3)
        middles = (BINS[1:] + BINS[:-1]) / 2
        by_energy.bar(middles, np.nanmean([row["by_energy"] for row in long], 0), 0.22)
        by_energy.set(xlabel="Energy (eV)", ylabel="Mean |error of log$_{10}$ T| (decades)")
        by_energy.set_title("10 to 16 base pairs")
        means = [
            np.mean([row["by_base"][base] for row in long if base in row["by_base"]])
            for base in "ACGT"
        ]
        by_base.bar(list("ACGT"), means)
        by_base.set(xlabel="Base", ylabel="Error of potentials (meV rms)")
        _scatter(ranked, rows)
    return figure


def _scatter(ax: Axes, rows: Sequence[Result]) -> None:
    for kind in dict.fromkeys(row["kind"] for row in rows):
        own = [row for row in rows if row["kind"] == kind]
        x, y = ([row[name] for row in own] for name in ("certificate", "levels"))
        ax.plot(x, y, "o", ms=4, label=kind)
    ax.set(xscale="log", yscale="log", xlabel="Certificate (meV)", ylabel="Error of levels (meV)")
    ax.legend()


if __name__ == "__main__":
    main()
