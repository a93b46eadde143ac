"""How well the models learn, beside predictors without a network: every number of docs/accuracy.md.

Run ``python benchmarks/accuracy.py`` (``make accuracy``): both models on records of each parameter
set and of the xTB file, extrapolation to longer duplexes, and ablations; three seeds each, about
ten minutes on one idle core. Results are kept one by one in the output folder: the same command
goes on where it was interrupted, and computes again only what other settings would change.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from learning import experiments, figures, tables
from learning.experiments import MODELS, Bench, Result
from learning.runs import set_up_torch

from dnawire.plots import save_figure

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Compute, print and write the chosen parts."""
    arguments = parse()
    sizes = {"num_samples": 60, "num_energy_points": 30, "hidden_dim": 16, "num_layers": 1}
    quick = {"num_epochs": 2, **sizes}
    bench = Bench(
        folder=arguments.output,
        xtb=arguments.xtb,
        seeds=tuple(arguments.seeds),
        changes=quick if arguments.quick else {},
        fresh=10 if arguments.quick else 200,
        say=partial(print, flush=True),
    )
    set_up_torch()
    found: dict[str, str] = {}
    for part in arguments.parts:
        rows = []
        for row in getattr(experiments, part)(bench):
            rows.append(row)
        tables.write_csv(bench.folder / f"{part}.csv", rows)
        found |= WRITERS[part](bench.folder, rows)
    for name, table in found.items():
        print(f"\n{name}\n\n{table}")
    if arguments.page is not None:
        tables.insert(arguments.page, found)
        for figure in bench.folder.glob("accuracy_*.png"):
            shutil.copy(figure, arguments.page.parent / "images")


def parse() -> argparse.Namespace:
    """Flags."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--parts", nargs="+", choices=WRITERS, default=list(WRITERS), metavar="PART",
        help=f"what to compute: {', '.join(WRITERS)} (default: all)",
    )  # fmt: skip
    parser.add_argument("--output", type=Path, default=ROOT / "outputs/accuracy")
    parser.add_argument("--xtb", type=Path, default=ROOT / "examples/data/xtb_mini.h5")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--page", type=Path, help="page whose tables and figures are replaced")
    parser.add_argument(
        "--quick", action="store_true", help="tiny models, 2 epochs: only shows that it runs"
    )
    return parser.parse_args()


def write_reference(folder: Path, rows: list[Result]) -> dict[str, str]:
    """Figure of the errors, and tables by kind of data."""
    save_figure(
        figures.errors_figure(rows), folder / "accuracy_errors", figures.errors_columns(rows)
    )
    names = tables.data_names(rows)
    return {
        **{f"reference {data}": tables.reference_table(rows, data) for data in names},
        "agreement": tables.agreement_table(rows),
        "elements": tables.element_table(rows),
    }


def write_extrapolation(folder: Path, rows: list[Result]) -> dict[str, str]:
    """Figure and tables by length."""
    columns = figures.extrapolation_columns(rows)
    save_figure(figures.extrapolation_figure(rows), folder / "accuracy_extrapolation", columns)
    return {
        "extrapolation transmission": tables.extrapolation_table(rows, "transmission"),
        "extrapolation dos": tables.extrapolation_table(rows, "dos"),
        "beta": tables.beta_table(rows),
    }


def write_ablation(folder: Path, rows: list[Result]) -> dict[str, str]:
    """Tables by model."""
    del folder
    return {f"ablation {model}": tables.ablation_table(rows, model) for model in MODELS}


WRITERS: dict[str, Callable[[Path, list[Result]], dict[str, str]]] = {
    "reference": write_reference,
    "extrapolation": write_extrapolation,
    "ablation": write_ablation,
}

if __name__ == "__main__":
    main()
