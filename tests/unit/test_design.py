"""``dnawire design``: the nearest sequences are found, the rules hold, the same seed repeats."""

from __future__ import annotations

import csv
import itertools
import logging
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import TrainingProcess
from inference_kit import ENERGIES, save

import dnawire as dw
from dnawire.api.conditions import KeywordConditions
from dnawire.api.design import Design
from dnawire.api.design_question import DesignQuestion
from dnawire.cli import main
from dnawire.data import named_generator
from dnawire.errors import (
    EXIT_FINISHED,
    EXIT_INTERRUPTED,
    EXIT_STOPPED,
    InvalidContactError,
    NotFoundError,
    UnusableFileError,
    UsageError,
)
from dnawire.inference import Rules, SequenceSpace
from dnawire.junction import BASES, Duplex, Junction, reverse_complement

EXACT = "exact:kordas2025"
MODEL = dw.load(EXACT)
FERMI: dict[str, Any] = {"fermi_energy": -7.1}
WANTED: dict[str, Any] = {"target": "log10_transmission", "value": -4.0}
VALUE: dict[str, Any] = WANTED | FERMI
CONTRAST: dict[str, Any] = {"target": "energy_contrast", "energy_on": -7.6, "energy_off": -8.0}
SPECTRUM: dict[str, Any] = {
    "target": "transmission_spectrum",
    "spectrum": ([-8.4, -8.0, -7.6], [1e-3, 1e-5, 1e-4]),
}
"""A target of which no work is shared."""
ACROSS: dict[str, Any] = {"left": "upper:0", "right": "lower:0"}
WITHOUT_H = "standard"


def log10_transmission(texts: list[str], energy: float) -> np.ndarray:
    contacts = MODEL.conditions.contacts
    assert contacts is not None
    junctions = [Junction(Duplex.parse(text), *contacts) for text in texts]
    records = MODEL.predictor.predict(junctions, [energy])
    return np.array([float(one.log10_transmission[0]) for one in records])


def random_sequences(length: int, number: int, seed: int) -> list[str]:
    codes = SequenceSpace(length, Rules()).draw(named_generator(seed, "test"), number)
    return ["".join(BASES[code] for code in row) for row in codes.tolist()]


def objectives(design: dw.Design) -> list[float]:
    return [row.values[design.objective] for row in design]


def test_hidden_8_mers_are_met() -> None:
    """All 65,536 are computed: nothing can be nearer, random draws included."""
    hidden = random_sequences(8, 3, seed=5)
    for value in log10_transmission(hidden, -7.1):
        found = dw.design(MODEL, length=8, **(VALUE | {"value": float(value)}))
        assert found.is_exhaustive
        assert found.found.evaluations == 4**8
        assert found[0].values["distance"] < 1e-9


def test_an_exhaustive_ranking_is_the_sorted_list() -> None:
    found = dw.design(MODEL, length=4, top=7, **VALUE)
    texts = ["".join(letters) for letters in itertools.product(BASES, repeat=4)]
    distances = abs(log10_transmission(texts, -7.1) + 4.0)
    order = np.argsort(distances, kind="stable")[:7]
    assert found.sequences == [texts[row] for row in order]
    assert objectives(found) == pytest.approx(distances[order].tolist(), abs=1e-9)


@pytest.mark.parametrize("target", [VALUE, CONTRAST], ids=["value", "contrast"])
def test_no_target_is_missed_by_more_than_by_random_draws(target: dict[str, Any]) -> None:
    """Where work is shared a million sequences cost what thousands of draws do."""
    for seed in range(2):
        design = dw.design(MODEL, length=12, evaluations=1000, seed=seed, **target)
        assert not design.is_exhaustive
        assert 2**19 < design.found.evaluations <= design.num_steps < 4**12
        texts = random_sequences(12, 1000, seed)
        if target is VALUE:
            assert objectives(design)[0] < abs(log10_transmission(texts, -7.1) + 4.0).min()
        else:
            on, off = (log10_transmission(texts, energy) for energy in (-7.6, -8.0))
            assert objectives(design)[0] > (on - off).max()


def test_an_evolution_is_better_than_random_draws() -> None:
    """On average over seeds, with as many evaluations, where no work is shared."""
    evolved, drawn = [], []
    for seed in range(3):
        design = dw.design(MODEL, length=12, evaluations=1000, seed=seed, **SPECTRUM)
        assert design.found.evaluations == 1000
        evolved.append(objectives(design)[0])
        drawn.append(dw.design(MODEL, length=12, evaluations=1000, seed=seed + 9, **SPECTRUM))
    draws = [
        design.measured(SequenceSpace(12, Rules()).draw(named_generator(7, "test", seed), 1000))[1]
        for seed, design in enumerate(drawn)
    ]
    assert np.mean(evolved) < np.mean([one.min() for one in draws])


def test_a_hidden_12_mer_is_among_all() -> None:
    """No more than the default allows: nothing can be nearer."""
    asked = KeywordConditions.of({"fermi_energy": -7.1})
    for length, is_exhaustive in ((12, True), (13, False)):
        question = DesignQuestion.of({"length": length, **WANTED})
        design = Design.prepared(question, MODEL.predictor, asked)
        assert design.is_exhaustive == is_exhaustive
        assert (design.num_steps == 4**length) == is_exhaustive


def test_evolution_finds_a_hidden_spectrum() -> None:
    energies = np.linspace(-8.5, -7.0, 40)
    hidden = dw.predict("GATTACAG", MODEL, energies=energies)
    wanted = energies, hidden.transmission
    found = dw.design(
        MODEL, target="transmission_spectrum", spectrum=wanted, length=8, evaluations=6000, seed=1
    )
    assert not found.is_exhaustive
    assert found.sequences[0] == "GATTACAG"
    assert found[0].values["distance"] < 1e-9


def test_the_distance_of_a_spectrum_is_the_mean_over_its_window() -> None:
    energies = np.array([-8.4, -8.0, -7.6, -7.2])
    wanted = energies, np.array([1e-3, 1e-5, 1e-4, 1e-2])
    found = dw.design(
        MODEL, target="transmission_spectrum", spectrum=wanted, pattern="ACGT", window_max=-7.6
    )
    values = [log10_transmission(["ACGT"], energy)[0] for energy in energies[:3]]
    mean = np.abs(np.array(values) - [-3.0, -5.0, -4.0]).mean()
    assert found[0].values["distance"] == pytest.approx(mean, abs=1e-9)


def test_the_same_seed_repeats_bit_for_bit_and_another_does_not() -> None:
    search = {"length": (8, 11), "evaluations": 1500, "top": 20, "gc_max": 0.6, **SPECTRUM}
    one, two, other = (dw.design(MODEL, seed=seed, **search) for seed in (3, 3, 4))
    assert one.found == two.found
    assert one.progress == two.progress
    assert one.found != other.found


def test_rules_hold_for_all_that_is_found_and_nothing_is_found_twice() -> None:
    found = dw.design(
        MODEL, length=(10, 14), pattern="GC*GC", gc_min=0.4, gc_max=0.6, max_run=2,
        max_palindrome=4, forbidden=("GATC", "CAG"), evaluations=1200, top=1200, **SPECTRUM,
    )  # fmt: skip
    texts = found.sequences
    assert len(set(texts)) == len(texts) == 1200
    assert {len(text) for text in texts} == {10, 11, 12, 13, 14}
    for text in texts:
        assert text[:2] == text[-2:] == "GC"
        assert 0.4 <= sum(base in "GC" for base in text) / len(text) <= 0.6
        assert not any(base * 3 in text for base in BASES)
        assert not any(word in text for word in ("GATC", "CAG", "CTG"))
        sixes = [text[start : start + 6] for start in range(len(text) - 5)]
        assert not any(one == reverse_complement(one) for one in sixes)
    assert objectives(found) == sorted(objectives(found))


@pytest.mark.parametrize("evaluations", [4**5, 400], ids=["all", "evolution"])
def test_both_writings_of_a_junction_count_once_if_asked(evaluations: int) -> None:
    flags = {"length": 5, "evaluations": evaluations, "top": 1000, **SPECTRUM}
    found = dw.design(MODEL, unique=True, **flags, **ACROSS)
    assert "are the same junction" in "\n".join(found.heading)
    texts = set(found.sequences)
    assert all(text <= reverse_complement(text) for text in texts)
    assert found.found.evaluations == min(4**5 // 2, evaluations)
    others = found.table()["same_junction"][1]
    assert list(others) == [reverse_complement(text) for text in found.sequences]
    both = dw.design(MODEL, unique=True, **flags)
    assert "are different junctions" in "\n".join(both.heading)
    assert both.found.evaluations == evaluations


def test_the_contrast_of_energies_is_that_of_the_spectra() -> None:
    found = dw.design(MODEL, length=4, floor=-6.0, **CONTRAST)
    for row in found[:3]:
        on, off = (log10_transmission([row.text], energy)[0] for energy in (-7.6, -8.0))
        assert row.values["log10_transmission_on"] == pytest.approx(on, abs=1e-9)
        assert row.values["log10_transmission_off"] == pytest.approx(off, abs=1e-9)
        floored = max(on, -6.0) - max(off, -6.0)
        assert row.values["contrast"] == pytest.approx(floored, abs=1e-9)
    swapped = CONTRAST | {"energy_on": -8.0, "energy_off": -7.6}
    values = dw.design(MODEL, pattern="ACGT", **swapped)[0].values
    forth = dw.design(MODEL, pattern="ACGT", **CONTRAST)[0].values
    assert values["contrast"] == pytest.approx(-forth["contrast"], abs=1e-9)


@pytest.mark.parametrize("quantity", ["transmission", "conductance"])
def test_the_contrast_of_a_mismatch_is_that_of_predictions(quantity: str) -> None:
    target = "mismatch_contrast" if quantity == "transmission" else "mismatch_conductance_contrast"
    asked: dict[str, Any] = {"target": target, "mismatch": "1:GT", "pattern": "ANG", **FERMI}
    found = dw.design(MODEL, **asked)
    assert found.sequences == ["AGG"]
    match, mismatch = dw.predict(["AGG", "AGG/CTT"], MODEL, **FERMI)
    summaries = [one.summary.at_fermi_energy for one in (match, mismatch)]
    values = [
        one.log10_transmission
        if quantity == "transmission"
        else np.log10(one.conductance.conductance_quanta)
        for one in summaries
        if one is not None
    ]
    row = found[0].values
    assert row[f"log10_{quantity}"] == pytest.approx(values[0], abs=1e-9)
    assert row[f"mismatch_log10_{quantity}"] == pytest.approx(values[1], abs=1e-9)
    assert row["contrast"] == pytest.approx(values[0] - values[1], abs=1e-9)


def test_the_conductance_is_that_of_predict() -> None:
    flags = {"target": "log10_conductance", "value": -3.0, "temperature": 200.0, **FERMI}
    found = dw.design(MODEL, length=2, **flags)
    assert found.found.evaluations == 16
    predicted = dw.predict(found.sequences, MODEL, temperature=200.0, **FERMI)
    for row, one in zip(found, predicted, strict=True):
        quanta = one.conductance().conductance_quanta
        assert row.values["log10_conductance"] == pytest.approx(np.log10(quanta), abs=1e-9)


def test_models_without_a_hamiltonian_know_their_grid(tmp_path: Path) -> None:
    folder = save(tmp_path / "run", WITHOUT_H)
    energy = float(ENERGIES[3])
    found = dw.design(folder, length=3, **(VALUE | {"fermi_energy": energy}))
    predicted = dw.predict(found.sequences[0], folder).log10_transmission[3]
    value = found[0].values["log10_transmission"]
    assert value == pytest.approx(float(predicted), abs=1e-5)
    with pytest.raises(UsageError, match="knows T at the energies of its grid only"):
        dw.design(folder, length=3, target="log10_conductance", value=-3.0, fermi_energy=energy)


def test_the_command_writes_what_the_call_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = tmp_path / "wanted.tsv"
    wanted.write_text("# mine\nE\tT\tnote\n-8.0\t1e-5\ta\n-7.75\t1e-4\tc\n-7.5\t1e-3\tb\n")
    words = ["design", EXACT, "--target", "transmission_spectrum", "--spectrum", str(wanted)]
    words += ["--length", "3", "4", "--evaluations", "100", "--top", "5", "--seed", "7"]
    assert main([*words, "--output", str(tmp_path / "out")]) == EXIT_FINISHED
    found = dw.design(
        EXACT, target="transmission_spectrum", spectrum=wanted, length=(3, 4), evaluations=100,
        top=5, seed=7,
    )  # fmt: skip
    tables = {
        path.name: list(csv.DictReader(path.read_text().splitlines()))
        for path in (tmp_path / "out").glob("*.csv")
    }
    assert {path.name for path in (tmp_path / "out").iterdir()} - tables.keys() == {
        "design.png", "design.svg",
    }  # fmt: skip
    assert [row["sequence"] for row in tables["ranking.csv"]] == found.sequences
    assert [float(row["distance"]) for row in tables["ranking.csv"]] == objectives(found)
    assert tables["progress.csv"][-1]["evaluations"] == "100"
    assert float(tables["progress.csv"][-1]["distance_decades"]) == objectives(found)[0]
    assert {row["sequence"] for row in tables["design.csv"]} == set(found.sequences[:3])
    assert [float(row["log10_transmission"]) for row in tables["wanted.csv"]] == [-5.0, -4.0, -3.0]
    settings = {row["setting"]: row["value"] for row in tables["settings.csv"]}
    assert settings | {
        "model": EXACT, "seed": "7", "length": "3 4", "evaluations": "100", "computed": "100",
        "spectrum": str(wanted), "search": "evolution", "complete": "True",
    } == settings  # fmt: skip
    assert set(settings) >= {one for one in dw.design.__signature__.parameters} - {  # type: ignore[attr-defined]
        "device", "left", "right", "gamma_left", "gamma_right", "energies",
    }  # fmt: skip
    shown = capsys.readouterr().out
    assert "320 of 3 to 4 base pairs" in shown
    assert "evolution: more than the 100 that may be computed, seed 7" in shown
    assert found.save(tmp_path / "saved") == tmp_path / "saved"
    for name in tables:
        assert (tmp_path / "saved" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()
    assert "GATTACA" not in repr(found)
    assert found.sequences[0] in repr(found)
    assert "<table>" in found._repr_html_()
    assert list(found.to_dataframe()["sequence"]) == found.sequences


def stopped(words: tuple[str, ...]) -> int:
    """The command, which gets a signal, the first word, as soon as it tells a contrast."""

    class Sender(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if " sequences, contrast " in record.getMessage():
                logging.getLogger("dnawire").removeHandler(self)
                os.kill(os.getpid(), signal.Signals[words[0]])

    logging.getLogger("dnawire").addHandler(Sender())
    return main(list(words[1:]))


@pytest.mark.parametrize(
    ("name", "code"), [("SIGINT", EXIT_INTERRUPTED), ("SIGTERM", EXIT_STOPPED)]
)
def test_a_stop_writes_what_was_found(name: str, code: int, tmp_path: Path) -> None:
    words = ["design", EXACT, "--target", "energy_contrast", "--energy_on", "-7.6"]
    words += ["--energy_off", "-8", "--length", "20", "-v", "--output", "out"]
    ended = TrainingProcess(tmp_path, name, *words, command=stopped).end()
    assert ended.exit_code == code
    assert "; these results are written" in ended.messages
    found = list(csv.DictReader((tmp_path / "out" / "ranking.csv").read_text().splitlines()))
    assert len(found) == 10
    settings = (tmp_path / "out" / "settings.csv").read_text()
    assert "\ncomplete,False\n" in settings


def test_a_search_ends_where_nothing_is_new() -> None:
    """One sequence of two is left, which is found in the end; the budget is larger."""
    found = dw.design(MODEL, length=2, evaluations=15, unique=True, **SPECTRUM, **ACROSS)
    assert found.found.evaluations == 10
    assert found.found.is_exhausted
    assert "nothing was found that had not been computed" in repr(found)


@pytest.mark.parametrize(
    ("keywords", "problem"),
    [
        ({}, "no target is given"),
        ({"target": "dos"}, "target = 'dos' is not known"),
        ({**VALUE, "value": None}, "log10_transmission needs value"),
        ({**VALUE, "energy_on": -7.0}, "energy_on has no effect on log10_transmission"),
        ({**VALUE, "floor": -9.0}, "floor has no effect"),
        ({**VALUE, "fermi_energy": None}, "needs the Fermi energy"),
        ({**VALUE, "value": -400.0}, "value = -400"),
        ({**CONTRAST, "energy_off": None}, "energy_contrast needs energy_off"),
        ({**CONTRAST, "energy_off": -7.6}, "are both -7.6 eV"),
        ({**CONTRAST, "energy_off": -3.0}, "-3 eV lies outside the energies"),
        ({**VALUE, "length": ()}, "length of the sequences is not given"),
        ({**VALUE, "length": (8, 7)}, "is no range"),
        ({**VALUE, "length": (6, 7, 8)}, "is no range"),
        ({**VALUE, "length": 501}, "length = 501"),
        ({**VALUE, "pattern": "ACGT"}, "length and pattern are both given"),
        ({**VALUE, "gc_min": 0.6, "gc_max": 0.5}, "gc_min = 0.6 is above"),
        ({**VALUE, "gc_max": 40}, "gc_max = 40"),
        ({**VALUE, "max_run": 0}, "max_run = 0"),
        ({**VALUE, "max_palindrome": 10}, "max_palindrome = 10"),
        ({**VALUE, "forbidden": "NN"}, "no sequence keeps all of the rules"),
        ({**VALUE, "evaluations": 1}, "evaluations = 1"),
        ({**VALUE, "top": 0}, "top = 0"),
        ({**VALUE, "seed": -1}, "seed = -1"),
        ({**VALUE, "unique": 1}, "unique = 1"),
        ({"target": "transmission_spectrum", "spectrum": 3.0}, "is no table"),
        ({"target": "transmission_spectrum", "spectrum": ([1.0], [1, 2])}, "has energies of shape"),
        ({"target": "transmission_spectrum", "spectrum": (["a"], [1])}, "holds what is no number"),
        (
            {"target": "transmission_spectrum", "spectrum": ([-8.0], [0.1]), "window_min": -7.0},
            "no energy of the given spectrum lies in the window from -7 to inf eV",
        ),
    ],
)
def test_impossible_questions_are_refused(keywords: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        dw.design(MODEL, **({"length": 4} | keywords))


def test_a_contact_outside_is_refused() -> None:
    with pytest.raises(InvalidContactError, match="lies outside a duplex of 3 base pairs"):
        dw.design(MODEL, length=(3, 5), left="upper:3", **VALUE)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "it is empty"),
        ("energy_eV,T\n-8,1e-3\n-8.5,1e-4\n", "its energies do not increase"),
        ("energy_eV,T\n", "its energies do not increase"),
        ("energy_eV,T\n-8,0\n", "T is 0, and must be above zero"),
        ("energy_eV,T\n-8\n", "line 2 has 1 columns instead of 2"),
        ("energy_eV,T\n-8,x\n", "line 2: 'x' is not a number"),
        ("energy_eV,T,transmission\n-8,1,1\n", "2 of its columns are called transmission"),
        ("energy_eV,dos\n-8,1\n", "0 of its columns are called transmission"),
        ("\0", "zero bytes"),
    ],
)
def test_a_table_that_is_no_spectrum_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "wanted.csv"
    path.write_text(content)
    with pytest.raises(UnusableFileError, match=problem):
        dw.design(MODEL, target="transmission_spectrum", spectrum=str(path), length=3)


def test_a_table_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        dw.design(MODEL, target="transmission_spectrum", spectrum=tmp_path / "no.csv", length=3)
