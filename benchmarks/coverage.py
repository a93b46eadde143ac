"""Whether the intervals of ensembles hold what they promise: every number of docs/uncertainty.md.

Run ``python benchmarks/coverage.py``: five seeds of each model learn from 800 records of 4 to 8
base pairs for 30 epochs, some minutes on one core; a quarter of these calibrates intervals of 90 %.
These are counted on fresh records, of no duplex that was in the file, up to twice the longest
length. Runs have checkpoints: the same command goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

import numpy as np

import dnawire as dw
from dnawire.data import TransportDataset
from dnawire.data.random import named_generator
from dnawire.inference import HeldOut, find_members, held_out, held_out_records
from dnawire.predictors import Calibration, MembersPredictor, conformal_quantile
from dnawire.quantities import BY_COLUMN

ROOT: Final = Path(__file__).parents[1]
MODELS: Final = ("hamiltonian", "standard")
SEEDS: Final = (1, 2, 3, 4, 5)
FRESH: Final = ((4, 8), (8, 8), (12, 12), (16, 16))
DRAWS: Final = 200
CALIBRATING: Final = 200
WANTED: Final = 0.9


def main() -> None:
    """Train, calibrate, count, and print three tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "outputs/coverage")
    parser.add_argument("--quick", action="store_true", help="few records: only shows that it runs")
    arguments = parser.parse_args()
    folder = arguments.output
    number, epochs, fresh = (120, 2, 60) if arguments.quick else (800, 30, 600)
    path = folder / "records.h5"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        dw.generate(path, num_samples=number, seq_length=8, min_length=4, seed=1)
    known = set(dw.read(path).keys)
    rows, repeated, others = [], [], []
    for model in MODELS:
        predictor, calibration = ensemble(folder, model, path, epochs)
        for low, high in FRESH:
            found = asked(predictor, unknown(low, high, fresh, known))
            rows += counted(model, f"{low} to {high}" if low < high else f"{high}", found,
                            calibration)  # fmt: skip
            if low < high and not arguments.quick:
                repeated += redrawn(model, found)
        others += alternatives(folder / model, predictor, fresh, known)
    print("| model | length | quantity | duplexes | coverage | median half-width | median error |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(rows))
    print("\n| model | quantity | mean coverage | 5 % of the draws below | 5 % above |")
    print("|---|---|---|---|---|")
    print("\n".join(repeated))
    print(
        "\n| model | members | half-width | coverage of T, 4 to 8 | 16 | mean half-width, 4 to 8 |"
    )
    print("|---|---|---|---|---|---|")
    print("\n".join(others))


def ensemble(
    folder: Path, model: str, records: Path, epochs: int
) -> tuple[MembersPredictor, Calibration]:
    """Train the members, and calibrate them on their test records."""
    for seed in SEEDS:
        run = dw.train(
            data=records,
            model_type=model,
            num_epochs=epochs,
            test_fraction=0.25,
            seed=seed,
            model_name=f"{model}-{seed}",
            output_dir=folder / model,
            checkpoint_dir=folder / "checkpoints" / f"{model}-{seed}",
        )
        assert run.is_complete
    calibration = dw.calibrate(folder / model, coverage=WANTED, overwrite=True).calibration
    predictor = dw.load(folder / model).predictor
    assert isinstance(predictor, MembersPredictor)
    return predictor, calibration


def unknown(shortest: int, longest: int, number: int, known: set[str]) -> TransportDataset:
    """Fresh records of duplexes that were not in the file."""
    records = dw.generate(num_samples=number, seq_length=longest, min_length=shortest, seed=2)
    return records.select([row for row, key in enumerate(records.keys) if key not in known])


def asked(predictor: MembersPredictor, records: TransportDataset) -> HeldOut:
    """What the members say of records."""
    *_, found = held_out(predictor, records)
    assert isinstance(found, HeldOut)
    return found


def counted(model: str, length: str, found: HeldOut, calibration: Calibration) -> list[str]:
    """Rows of the first table: coverage by the calibration on the test records of the runs."""
    shares = found.coverage(calibration)
    number = len(set(found.dataset.keys))
    return [
        f"| `{model}` | {length} | {BY_COLUMN[name].scale_label} | {number} | {shares[name]:.1%} "
        f"| {np.median(calibration.half_width(name, one.deviation)):#.2g} "
        f"| {np.median(one.errors):#.2g} |"
        for name, one in found.spectra.items()
    ]


def alternatives(
    folder: Path, predictor: MembersPredictor, fresh: int, known: set[str]
) -> list[str]:
    """Rows of the third table: fewer members, and other units of the errors of T."""
    rows = []
    records = held_out_records(find_members(str(folder)) or sys.exit("no members"))
    ends = [unknown(low, high, fresh, known) for low, high in (FRESH[0], FRESH[-1])]
    for number in (2, 3, 5):
        some = MembersPredictor(folder.name, predictor.members[:number])
        own, near, far = (
            asked(some, one).spectra["log10_transmission"] for one in (records, *ends)
        )
        typical = float(np.median(own.deviation))
        units = {"factor x std": (1.0, 0.0)}
        if number == len(SEEDS):
            units |= {"factor x (std + median std)": (1.0, typical), "one for all": (0.0, 1.0)}
        for name, (slope, floor) in units.items():
            own_units, near_units, far_units = (
                slope * one.deviation + floor for one in (own, near, far)
            )
            factor = conformal_quantile(own.errors / own_units, own.groups, WANTED)
            shares = [
                (one.errors <= factor * unit).mean()
                for one, unit in ((near, near_units), (far, far_units))
            ]
            rows.append(
                f"| `{folder.name}` | {number} | {name} | {shares[0]:.1%} | {shares[1]:.1%} "
                f"| {(factor * near_units).mean():#.2g} |"
            )
    return rows


def redrawn(model: str, found: HeldOut) -> list[str]:
    """Rows of the second table: other duplexes calibrate, and all others are counted."""
    rows = []
    for name, one in found.spectra.items():
        number = int(one.groups.max()) + 1
        shares = []
        for draw in range(DRAWS):
            order = named_generator(draw, "calibrating").permutation(number)
            is_calibrating = (order < CALIBRATING)[one.groups]
            own, others = one.rows(is_calibrating), one.rows(~is_calibrating)
            factor = conformal_quantile(own.scores, own.groups, WANTED)
            counts = np.bincount(others.groups)
            hits = np.bincount(others.groups, weights=others.scores <= factor)
            shares.append((hits[counts > 0] / counts[counts > 0]).mean())
        low, high = np.quantile(shares, (0.05, 0.95))
        label = BY_COLUMN[name].scale_label
        rows.append(f"| `{model}` | {label} | {np.mean(shares):.1%} | {low:.1%} | {high:.1%} |")
    return rows


if __name__ == "__main__":
    main()
