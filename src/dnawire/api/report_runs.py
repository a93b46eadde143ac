"""What a report says of training runs: tables, figures and warnings, from their folders alone."""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dnawire.api.compare_runs import RunComparison
from dnawire.api.run_folder import RunFolder
from dnawire.config import settings
from dnawire.config.settings import to_plain
from dnawire.errors import UnusableDataFileError
from dnawire.files.text import read_text
from dnawire.junction import Contact, Junction
from dnawire.plots import FinishedRun, svg
from dnawire.predictors.shortfalls import POOR_MODEL
from dnawire.quantities import SCORED, column_name
from dnawire.reports import ExplorerStart, PagePicture, PageSection, PageTable
from dnawire.reports.explorer import LONGEST
from dnawire.tightbinding import load_parameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_logger = logging.getLogger(__name__)

_NOTHING: Final = "-"
_PIXELS_PER_INCH: Final = 96
_VERSIONS: Final = ("dnawire", "python", "torch", "numpy", "scipy", "numba", "kernels")
_MACHINE: Final = ("machine", "cpu", "cpu capability", "devices", "threads", "processes")
_FIGURES: Final = {
    "loss": ("Learning curves", "Loss and validation errors by epoch; restarts are marked"),
    "parity": ("Parity", "Predicted against reference values of all test records"),
    "spectra_best": ("Spectra", "Predicted and reference spectra of the best test record"),
    "spectra_median": ("Spectra", "Predicted and reference spectra of the median test record"),
    "spectra_worst": ("Spectra", "Predicted and reference spectra of the worst test record"),
    "hamiltonian": ("Hamiltonian", "Hamiltonian of the median test record"),
    "ldos": ("Local density of states", "LDOS of the median test record"),
}
"""Section and description of every figure."""


def warnings_of(comparison: RunComparison) -> list[str]:
    """What is not to be trusted of single runs, in sentences."""
    pairs = zip(comparison.names, comparison.runs, strict=True)
    return [
        f"{name}: {run.status.replace(POOR_MODEL, 'no better than without training')}"
        for name, run in pairs
        if run.status != "ok"
    ]


class RunPages:
    """Sections on some runs, which are side by side in each.

    Parameters
    ----------
    comparison
        The runs.
    """

    def __init__(self, comparison: RunComparison) -> None:
        self._comparison = comparison
        self._named = dict(zip(comparison.names, comparison.runs, strict=True))

    @property
    def parameters(self) -> list[str]:
        """Names of the parameter sets that hold the records, each once."""
        found = (one.parameters for one in self._finished.values() if one is not None)
        return list(dict.fromkeys(one for one in found if one is not None))

    def start(self, usual: ExplorerStart) -> ExplorerStart:
        """Begin with the median test record of the first run, where its numbers are known."""
        for run in self._finished.values():
            if run is not None and run.parameters is not None:
                junction = run.record("median").junction
                if junction.length <= LONGEST:
                    return _start_at(junction, ExplorerStart.of(load_parameters(run.parameters)))
        return usual

    def sections(self) -> list[PageSection]:
        """Draw and write everything."""
        # Tables first: a file that is damaged is told before anything is drawn.
        tables = [
            PageSection("Provenance", tables=[self._provenance(), *self._settings()]),
            PageSection("Scores", tables=[self._summary(), self._scores()]),
        ]
        drawn = {name: self._drawn(name) for name in self._named}
        titles = dict.fromkeys(title for title, _ in _FIGURES.values())
        return [
            *tables,
            *self._curves(),
            *(self._pictures(title, drawn) for title in titles),
            PageSection(
                "Junction",
                "The median test record: what stacks, what pairs, and where the contacts are.",
                rows=[[self._junction(name) for name in self._named]],
            ),
        ]

    @cached_property
    def _finished(self) -> dict[str, FinishedRun | None]:
        """Runs that are complete, and None for the others."""
        found: dict[str, FinishedRun | None] = {}
        for name, run in self._named.items():
            found[name] = None if run.scores is None else FinishedRun(run.path)
        return found

    def _provenance(self) -> PageTable:
        facts = {name: _facts(run) for name, run in self._named.items()}
        names = dict.fromkeys(fact for one in facts.values() for fact in one)
        rows = [[fact, *(one.get(fact, _NOTHING) for one in facts.values())] for fact in names]
        return PageTable("Where the numbers come from", ["", *facts], rows)

    def _settings(self) -> list[PageTable]:
        runs = list(self._named.values())
        rows = [
            [name, _shown(one.default), *(_shown(run.settings.get(name)) for run in runs)]
            for name, one in settings().items()
            if any(run.settings.get(name, one.default) != to_plain(one.default) for run in runs)
        ]
        caption = "Settings that differ from the defaults"
        return [PageTable(caption, ["setting", "default", *self._named], rows)] if rows else []

    def _summary(self) -> PageTable:
        head, *rows = self._comparison.rows
        return PageTable("Runs", head, rows)

    def _scores(self) -> PageTable:
        """Errors on the test set of every run and of its baselines."""
        columns: dict[str, Mapping[str, str]] = {}
        for name, run in self._named.items():
            table = _test_errors(run)
            for one in SCORED:
                head = one.error_label if len(self._named) == 1 else f"{name}: {one.error_label}"
                columns[head] = {who: row[one.name] for who, row in table.items()}
        who = list(dict.fromkeys(one for column in columns.values() for one in column))
        rows = [[one, *(column.get(one, _NOTHING) for column in columns.values())] for one in who]
        return PageTable(
            "Errors on the test set, beside predictors that need no training",
            ["predictor", *columns],
            rows,
        )

    def _drawn(self, name: str) -> dict[str, PagePicture]:
        """Pictures of one run by the names of their figures."""
        finished = self._finished[name]
        if finished is None:
            return self._curves_so_far(name)
        _logger.info("drawing %s", name)
        figures = {one.name: one.figure for one in finished.figures()}
        ldos = finished.ldos_figure()
        figures |= {} if ldos is None else {"ldos": ldos}
        return {key: _picture(one, f"{_FIGURES[key][1]}: {name}") for key, one in figures.items()}

    def _curves_so_far(self, name: str) -> dict[str, PagePicture]:
        from dnawire.plots import read_restarts, training_figure

        run = self._named[name]
        if run.metrics is None:
            return {}
        restarts = read_restarts(run.path / "starts.jsonl")
        figure = training_figure(run.metrics, restarts, run.status)
        return {"loss": _picture(figure, f"{_FIGURES['loss'][1]}: {name}")}

    def _curves(self) -> list[PageSection]:
        """Learning curves of several runs in one figure."""
        if len(self._named) < 2 or not any(run.epochs for run in self._named.values()):
            return []
        picture = _picture(self._comparison.plot(), "Validation losses and errors of all runs")
        return [PageSection("All runs", rows=[[picture]])]

    def _pictures(self, title: str, drawn: Mapping[str, Mapping[str, PagePicture]]) -> PageSection:
        rows = [
            [one.get(key) or PagePicture(self._reason(name)) for name, one in drawn.items()]
            for key, (section, _) in _FIGURES.items()
            if section == title
        ]
        return PageSection(title, rows=rows if len(drawn) > 1 else [list(chain(*rows))])

    def _reason(self, name: str) -> str:
        """Why a run has no such picture."""
        if self._finished[name] is None:
            return f"{name}: {self._named[name].status}"
        return f"{name}: its model knows no Hamiltonian"

    def _junction(self, name: str) -> PagePicture:
        finished = self._finished[name]
        if finished is None:
            return PagePicture(f"{name}: {self._named[name].status}")
        junction = finished.record("median").junction
        duplex = junction.duplex
        return PagePicture(
            f"Ladder of {junction}",
            f"{name}: {junction}",
            junction={
                "sequence": f"{duplex.upper}/{duplex.lower}",
                "left": junction.left.text,
                "right": junction.right.text,
            },
        )


def _facts(run: RunFolder) -> dict[str, str]:
    """What is known of the origin of a run."""
    folder = run.path
    environment = _json(folder / "environment.json") or {}
    split = _json(folder / "splits.json") or {}
    provenance = (_json(folder / "model" / "config.json") or {}).get("provenance", {})
    source = provenance.get("source", {})
    facts = {
        "folder": str(folder),
        "run id": run.run_id,
        "model": run.settings["model_type"],
        "status": run.status,
        "records": _records(run),
        "source of the records": _listed(source, [one for one in source if one != "verification"]),
        "verification": source.get("verification", ""),
        "digest of the test records": run.test_digest() or "",
        "split": ", ".join(f"{part} {len(rows)}" for part, rows in split.items()),
        "versions": _listed(environment, _VERSIONS),
        "machine": _listed(environment, _MACHINE),
        **_starts(folder / "starts.jsonl"),
    }
    return {name: str(value) for name, value in facts.items() if value}


def _records(run: RunFolder) -> str:
    asked = run.settings
    if asked.get("data") is not None:
        return str(asked["data"])
    return (
        f"{asked['num_samples']} generated with {asked['parameters']}, "
        f"{asked['seq_length']} base pairs"
    )


def _starts(path: Path) -> dict[str, Any]:
    """When, where and how a run was started."""
    starts = _parsed(path, lambda text: [json.loads(line) for line in text.splitlines()]) or []
    if not starts:
        return {}
    lines = [
        f"{one.get('time', '')} on {one.get('host', '')} at epoch {one['epoch']}" for one in starts
    ]
    return {"starts": "; ".join(lines), "command": starts[-1].get("command", "")}


def _test_errors(run: RunFolder) -> dict[str, dict[str, str]]:
    """Rows of ``scores.csv``: the model, then its baselines; errors by quantity, as text."""
    columns = {one.name: column_name(f"{one.name}_mae", one.scale_unit) for one in SCORED}

    def read(text: str) -> dict[str, dict[str, str]]:
        own, *baselines = csv.DictReader(text.splitlines())
        named = {"the model": own, **{one["predictor"]: one for one in baselines}}
        return {
            who: {name: f"{float(row[column]):.4f}" for name, column in columns.items()}
            for who, row in named.items()
        }

    return {} if run.scores is None else _parsed(run.path / "scores.csv", read)


def _json(path: Path) -> Any:  # noqa: ANN401
    """Content of a JSON file; None if there is none."""
    return _parsed(path, json.loads)


def _parsed(path: Path, read: Callable[[str], Any]) -> Any:  # noqa: ANN401
    if not path.is_file():
        return None
    try:
        return read(read_text(path))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnusableDataFileError(
            f"{path}: {error!r}.", "repeat the command of the run: it writes the file again."
        ) from error


def _listed(values: Mapping[str, Any], names: Sequence[str]) -> str:
    return ", ".join(
        f"{name} {_shown(values[name])}" for name in names if values.get(name) not in (None, [])
    )


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return _NOTHING if value is None else str(value)


def _picture(figure: Figure, alt: str) -> PagePicture:
    width = round(_PIXELS_PER_INCH * figure.get_figwidth())
    return PagePicture(alt, alt, svg(figure), width)


def _start_at(junction: Junction, usual: ExplorerStart) -> ExplorerStart:
    """A junction; couplings that are all the same go to the slider."""
    gammas = {
        one.gamma for contact in (junction.left, junction.right) for one in contact.attachments
    }
    is_common = len(gammas) == 1

    def text(contact: Contact) -> str:
        places = ",".join(one.place for one in contact.attachments)
        return places if is_common else contact.text

    return ExplorerStart(
        parameters=usual.parameters,
        sequence=junction.duplex.text,
        left=text(junction.left),
        right=text(junction.right),
        gamma=min(gammas) if is_common else usual.gamma,
        fermi_energy=usual.fermi_energy,
    )
