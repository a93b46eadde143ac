"""Figures: what is drawn, with which units, and that files repeat to the byte."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from inference_kit import junction
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from dnawire import plots
from dnawire.data import TransportRecord
from dnawire.errors import NotFoundError, NotWritableError, UnusableDataFileError
from dnawire.inference import load_predictor
from dnawire.junction import Duplex
from dnawire.plots.parity import Pair
from dnawire.quantities import SCORED

FOOTER = plots.footer(
    ("upper:0=0.1", "upper:-1=0.2"),
    energy_reference=0.0,
    eta=0.01,
    parameters="kordas2025",
    thermal=(-7.1, 300.0),
)
UNIT = re.compile(r"\((eV|1/eV|meV|decades|dimensionless|count)\)$")
WITHOUT_UNIT = {"", "Epoch", "Base"}
DUPLEX = Duplex.parse("GCA/T_C")


def record(text: str = "ACGT") -> TransportRecord:
    (found,) = load_predictor("exact:kordas2025").predict([junction(text)])
    return found


def hamiltonian(duplex: Duplex = DUPLEX) -> NDArray[np.float64]:
    found = load_predictor("exact:kordas2025").hamiltonian(duplex)
    assert found is not None
    return found


def metrics(num_epochs: int = 6) -> dict[str, NDArray[np.float64]]:
    epochs = np.arange(1.0, num_epochs + 1)
    losses = np.abs(epochs - 4.0) + 0.5
    return {
        "epoch": epochs,
        "train_loss": 1.0 / epochs,
        "val_loss": losses,
        "val_transmission_mae": losses / 2,
        "val_dos_mae": losses / 4,
    }


def comparison(predicted: TransportRecord, reference: TransportRecord, title: str) -> Figure:
    compared = plots.Comparison(predicted, reference)
    return plots.comparison_figure(compared, compared.errors(), title, FOOTER)


def new_axes() -> Axes:
    return Figure().subplots()


def line(ax: Axes, label: str) -> NDArray[np.float64]:
    (found,) = (one for one in ax.lines if one.get_label() == label)
    return np.asarray(found.get_xydata())


def parity() -> Figure:
    values = np.linspace(-3.0, 1.0, 20)
    return plots.parity_figure(pairs((values, values + 0.1), (values, values - 0.1)), FOOTER)


def pairs(transmission: Pair, dos: Pair) -> dict[str, Pair]:
    return {"transmission": transmission, "dos": dos}


def difference() -> Figure:
    return plots.hamiltonian_comparison_figure(hamiltonian(), 1.1 * hamiltonian(), DUPLEX, FOOTER)


FIGURES: dict[str, Callable[[], Figure]] = {
    "one": lambda: plots.spectra_figure([record()], "Title", FOOTER, -7.1),
    "several": lambda: plots.spectra_figure([record(), record("GGGG")], "Title", FOOTER),
    "comparison": lambda: comparison(record(), record("GGGG"), "Best"),
    "parity": parity,
    "training": lambda: plots.training_figure(metrics(), [2], FOOTER),
    "hamiltonian": lambda: plots.hamiltonian_figure(hamiltonian(), DUPLEX, "H", FOOTER),
    "difference": difference,
    "ldos": lambda: plots.ldos_figure(record(DUPLEX.text), "LDOS", FOOTER),
    "distribution": lambda: plots.distribution_figure(
        (np.array([-1.0, 0.0]), np.array([3, 4])), "mean (decades)", -0.5, "Screened", FOOTER
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_has_its_unit(name: str) -> None:
    figure = FIGURES[name]()
    labels = {label for ax in figure.axes for label in (ax.get_xlabel(), ax.get_ylabel())}
    assert len(labels - WITHOUT_UNIT) >= 1
    for label in labels - WITHOUT_UNIT:
        assert UNIT.search(label), label
    for ax in figure.axes:
        assert ax.get_ylabel() or ax.get_xlabel()


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_says_under_which_conditions_it_holds(name: str) -> None:
    text = FIGURES[name]().get_supxlabel().replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ")
    assert text == (
        "contacts upper:0=0.1 | upper:-1=0.2 eV; energies absolute; eta 0.01 eV; "
        "parameter set kordas2025; E_F \N{MINUS SIGN}7.1 eV, 300 K"
    )


def test_both_strands_are_named_in_legends_and_titles() -> None:
    upper, lower = "ACGT" * 10, "ACGA" * 10
    both = record(f"{upper}/{lower}")
    figure = plots.spectra_figure([both, record()], "Title", FOOTER)
    (text, _) = (one.get_text() for one in figure.legends[0].get_texts())
    assert re.fullmatch("ACGT.*….*ACGT\n/ACGA.*….*ACGA", text)
    title = plots.spectra_figure([both], "Title", FOOTER).get_suptitle()
    assert re.fullmatch("Title: ACGT.*….*ACGT/ACGA.*….*ACGA", title)


def test_predicted_and_reference_spectra_are_drawn() -> None:
    predicted, reference = record("ACGT"), record("GGGG")
    for quantity in SCORED:
        ax = new_axes()
        assert plots.plot_spectrum(ax, predicted, quantity, reference=reference) is ax
        for label, one in (("predicted", predicted), ("reference", reference)):
            expected = np.column_stack([one.energies, one.spectra[quantity.column]])
            np.testing.assert_array_equal(line(ax, label), expected)
        ticks = [one.get_text() for one in ax.get_yticklabels()]
        assert len(ticks) >= 2
        assert all(re.fullmatch("10⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", one) for one in ticks)
        assert ax.lines[0].get_label() == "reference"


def test_a_transmission_that_underflows_is_drawn() -> None:
    long = record("AC" * 150)
    assert not long.transmission.all()
    ax = plots.plot_spectrum(new_axes(), long, SCORED[0])
    drawn = line(ax, "predicted")[:, 1]
    assert np.isfinite(drawn).all()
    assert drawn.min() < -324.0


def test_where_the_transmission_vanishes_there_is_no_line() -> None:
    broken = record("A_C/G_T")
    assert not broken.transmission.any()
    ax = plots.plot_spectrum(new_axes(), broken, SCORED[0])
    assert ax.texts[0].get_text() == "zero at all energies"
    assert np.isnan(line(ax, "predicted")[:, 1]).all()
    with plots.style():
        comparison(broken, broken, "Disconnected").draw_without_rendering()


def test_energies_that_are_not_absolute_are_labeled_so() -> None:
    ax = plots.plot_spectrum(new_axes(), record(), SCORED[0])
    assert ax.get_xlabel() == "Energy (eV)"
    for reference in (-7.1, np.nan):
        counted = replace(record(), energy_reference=reference)
        label = plots.plot_spectrum(new_axes(), counted, SCORED[0]).get_xlabel()
        assert label == "Energy above the reference (eV)"


def test_the_error_of_a_comparison_is_in_decades() -> None:
    one = record()
    higher = {"log10_transmission": one.log10_transmission + 1.0}
    other = replace(one, spectra={**one.spectra, **higher})
    figure = comparison(one, other, "Best test record")
    legends = [ax.get_legend() for ax in figure.axes]
    texts = [text.get_text() for legend in legends if legend for text in legend.get_texts()]
    assert texts[1] == "predicted, mean error 1.0 decades"
    assert texts[3] == "predicted, mean error 0.0 decades"
    assert figure.get_suptitle() == "Best test record: ACGT"


def test_parity_says_how_good_it_is() -> None:
    reference = np.array([0.0, 1.0, 2.0, -np.inf, 3.0])
    predicted = np.array([0.5, 1.0, 1.5, 0.0, np.nan])
    ax = plots.plot_parity(new_axes(), reference, predicted, SCORED[0])
    (text,) = ax.texts
    assert text.get_text() == "MAE 0.33 decades\n$R^2 = 0.7500$"
    assert ax.get_xlim() == ax.get_ylim()
    equality = line(ax, "y = x")
    np.testing.assert_array_equal(equality[:, 0], equality[:, 1])


@pytest.mark.parametrize("values", [np.array([]), np.array([-np.inf]), np.array([2.0])])
def test_parity_of_almost_nothing(values: NDArray[np.float64]) -> None:
    figure = plots.parity_figure(pairs((values, values), (values, values)), FOOTER)
    with plots.style():
        figure.draw_without_rendering()


def test_the_cells_of_a_parity_figure_count_every_pair() -> None:
    values = np.random.default_rng(0).normal(size=500)
    shown = pairs((values, values + 0.1), (values, values))
    table = plots.parity_table(plots.parity_figure(shown, FOOTER), shown)
    counts, names = np.asarray(table["count"][1]), np.asarray(table["quantity"][1])
    assert counts[names == "log10_transmission"].sum() == counts[names == "log10_dos"].sum() == 500


def test_best_epoch_and_restarts_are_marked() -> None:
    ax = plots.plot_losses(new_axes(), metrics(), [0, 2, 2, 6])
    np.testing.assert_array_equal(line(ax, "best: epoch 4, 0.5"), [[4.0, 0.5]])
    places = [np.unique(np.asarray(one.get_xdata())) for one in ax.lines]
    assert [float(place[0]) for place in places if len(place) == 1] == [4.0, 0.5, 2.5]
    assert "2 restarts" in [one.get_label() for one in ax.lines]
    assert ax.get_yscale() == "log"
    errors = plots.plot_errors(new_axes(), metrics())
    np.testing.assert_array_equal(line(errors, "transmission")[:, 1], metrics()["val_loss"] / 2)
    assert errors.get_ylabel() == "Mean absolute error (decades)"


def masked(image: AxesImage) -> np.ma.MaskedArray[Any, Any]:
    return np.ma.asarray(image.get_array())


def test_on_site_energies_and_hoppings_have_scales_of_their_own() -> None:
    matrix = hamiltonian()
    ax = plots.plot_hamiltonian(new_axes(), matrix, DUPLEX)
    onsite, hopping = [masked(image) for image in ax.images]
    mean = np.diag(matrix).mean()
    np.testing.assert_allclose(onsite.compressed(), 1e3 * (np.diag(matrix) - mean))
    band = np.abs(np.subtract.outer(*[[0, 0, 1, 2, 2]] * 2)) <= 1
    expected = 1e3 * matrix[band & ~np.eye(5, dtype=bool)]
    np.testing.assert_allclose(hopping.compressed(), expected)
    limits = [image.get_clim()[1] or 0.0 for image in ax.images]
    assert limits[0] >= np.abs(onsite).max() > 2 * limits[1] >= 2 * np.abs(hopping).max()
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "G upper:0", "C lower:2", "C upper:1", "A upper:2", "T lower:0",
    ]  # fmt: skip
    numbers = {text.get_position(): text.get_text() for text in ax.texts}
    assert len(numbers) == band.sum()
    assert numbers[(2, 0)] == "151"
    assert numbers[(0, 0)] == f"{1e3 * (matrix[0, 0] - mean):.0f}"


@pytest.mark.parametrize("length", [1, 9, 20, 40])
def test_hamiltonians_of_any_length_are_drawn(length: int) -> None:
    duplex = Duplex.parse("GATC" * (length // 4) + "GATC"[: length % 4])
    figure = plots.hamiltonian_figure(hamiltonian(duplex), duplex, "H", FOOTER)
    with plots.style():
        figure.draw_without_rendering()
    ax = figure.axes[0]
    assert bool(ax.texts) == (length <= 8)
    labels = [tick.get_text() for tick in ax.get_xticklabels()]
    assert len(labels) == len(set(labels)) <= 32
    assert labels[0] == "G upper:0"


def test_a_vanishing_hamiltonian_is_drawn() -> None:
    single = Duplex.parse("G/_")
    for matrix in (np.zeros((1, 1)), np.ones((1, 1))):
        figure = plots.hamiltonian_comparison_figure(matrix, np.zeros((1, 1)), single, FOOTER)
        with plots.style():
            figure.draw_without_rendering()


def test_the_difference_is_predicted_minus_true_in_mev() -> None:
    matrix = hamiltonian()
    predicted = matrix.copy()
    predicted[0, 0] += 0.002
    ax = plots.plot_difference(new_axes(), predicted, matrix, DUPLEX)
    assert {text.get_text() for text in ax.texts} == {"2", "0"}
    figure = plots.hamiltonian_comparison_figure(predicted, matrix, DUPLEX, FOOTER)
    assert "rms 0.4" in figure.axes[2].get_title(loc="left")


def test_each_element_of_a_hamiltonian_is_listed_once() -> None:
    matrix = hamiltonian()
    table = plots.hamiltonian_table(DUPLEX, predicted=matrix, true=2 * matrix)
    rows, columns = (table[name][1] for name in ("row", "column"))
    elements = dict(zip(zip(rows, columns, strict=True), table["predicted"][1], strict=True))
    assert len(elements) == len(rows) == 5 + 6
    assert elements["G upper:0", "G upper:0"] == matrix[0, 0]
    assert elements["G upper:0", "C lower:2"] == matrix[0, 1]
    assert ("G upper:0", "A upper:2") not in elements
    assert [unit for unit, _ in table.values()] == ["", "", "eV", "eV"]
    np.testing.assert_array_equal(table["true"][1], 2 * np.asarray(table["predicted"][1]))


def test_the_same_figure_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = []
    for name in ("a", "b"):
        figure = plots.spectra_figure([record()], "Title", FOOTER, -7.1)
        paths.append(
            plots.save_figure(figure, tmp_path / name / "x.y", plots.spectra_table([record()]))
        )
    assert [path.name for path in paths[0]] == ["x.y.png", "x.y.svg", "x.y.csv"]
    assert paths[0] == plots.figure_paths(tmp_path / "a" / "x.y")
    for first, second in zip(*paths, strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_a_table_has_names_units_and_exact_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    plots.save_table(path, {"energy": ("eV", np.array([0.1, 1 / 3])), "name": ("", ["a,b", "c"])})
    rows = list(csv.reader(path.read_text().splitlines()))
    assert rows[0] == ["energy_eV", "name"]
    assert [float(row[0]) for row in rows[1:]] == [0.1, 1 / 3]
    assert rows[1][1] == "a,b"


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritableError, match="file"):
        plots.save_figure(Figure(), tmp_path / "file" / "x", {})
    with pytest.raises(NotWritableError, match="missing"):
        plots.save_table(tmp_path / "missing" / "x.csv", {})


def test_settings_of_the_user_are_neither_used_nor_changed() -> None:
    with mpl.rc_context({"axes.grid": False, "font.size": 30.0}):
        before = dict(mpl.rcParams)
        figure = plots.training_figure(metrics(), [], FOOTER)
        assert dict(mpl.rcParams) == before
    assert float(figure.axes[0].xaxis.label.get_fontsize()) < 12


def test_no_window_manager_is_asked_for() -> None:
    code = "import sys, dnawire.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


CSV_HEAD = "epoch,train_loss,val_loss,val_transmission_mae,val_dos_mae,seconds\n"


def test_metrics_are_read_by_name(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(CSV_HEAD + ",,,decades,decades,s\n1,5,4,3,2,9\n2,1,nan,3,2,9\n")
    found = plots.read_metrics(path)
    assert set(found) == set(metrics())
    np.testing.assert_array_equal(found["val_loss"], [4.0, np.nan])
    np.testing.assert_array_equal(found["epoch"], [1.0, 2.0])
    plots.training_figure(found, [], FOOTER)
    units = "epoch,train_loss,val_loss,val_transmission_mae_decades,val_dos_mae_decades\n"
    path.write_text(units + "1,5,4,3,2\n2,1,nan,3,2\n")
    np.testing.assert_equal(plots.read_metrics(path), found)


@pytest.mark.parametrize(
    "text",
    ["", CSV_HEAD, CSV_HEAD + "units\n", "epoch\n\n1\n", CSV_HEAD + "\n1,2,3\n1,2,3,4\n",
     CSV_HEAD + ",,,,,\n1,2,x,4,5,6\n", CSV_HEAD + ",,,,,\n1,2\n"],
)  # fmt: skip
def test_damaged_metrics_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(text)
    with pytest.raises(UnusableDataFileError, match=r"metrics\.csv"):
        plots.read_metrics(path)


def test_restarts_are_all_starts_but_the_first(tmp_path: Path) -> None:
    path = tmp_path / "starts.jsonl"
    path.write_text('{"epoch": 0}\n{"epoch": 3, "host": "a"}\n{"epoch": 3}\n')
    assert plots.read_restarts(path) == [3, 3]


@pytest.mark.parametrize("text", ["{}\n", "[1]\n", "{\n", '{"epoch": null}\n'])
def test_damaged_starts_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "starts.jsonl"
    path.write_text(text)
    with pytest.raises(UnusableDataFileError, match=r"starts\.jsonl"):
        plots.read_restarts(path)
    with pytest.raises(NotFoundError, match="missing"):
        plots.read_restarts(tmp_path / "missing")
