"""``dnawire series``: families, lengths, what a model without a Hamiltonian knows, files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inference_kit import save

import dnawire as dw
from dnawire.cli import main
from dnawire.errors import (
    EXIT_FINISHED,
    EXIT_USAGE,
    InvalidContactError,
    InvalidDuplexError,
    UsageError,
)
from dnawire.inference import Family, family_lengths, load_predictor, status, vanishing_remarks
from dnawire.junction import Contact, Duplex, Junction

EXACT = "exact:kordas2025"
FERMI = -7.1
DOOR: Any = dw


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.mark.parametrize(
    ("pattern", "length", "text"),
    [
        ("GC", 4, "GCGC"),
        ("(GC)n", 2, "GC"),
        ("a(t)Ng", 5, "ATTTG"),
        ("GG(A)CC", 6, "GGAACC"),
        ("(G)n/(_)n", 3, "GGG/___"),
        ("A(G)n/(T)nT", 3, "AGG/TTT"),
        ("A(T)n / (A)nT", 3, "ATT"),
    ],
)
def test_members_of_a_family(pattern: str, length: int, text: str) -> None:
    assert Family(pattern).member(length).text == text


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "the upper strand is empty"),
        ("A(T)(G)n", "has not one unit in parentheses"),
        ("A(T", "has not one unit in parentheses"),
        ("A()n", "has not one unit in parentheses"),
        ("(GX)n", "letter 'X'"),
        ("(G)n/(C)n/(G)n", "has 3 strands"),
        ("(GG)n/(C)n", "strands of unequal length"),
        ("A(T)n/(AT)n", "strands of unequal length"),
    ],
)
def test_what_is_no_family(pattern: str, problem: str) -> None:
    with pytest.raises(InvalidDuplexError) as caught:
        Family(pattern)
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    ("pattern", "lengths", "expected"),
    [
        ("(GC)n", "2:9", [2, 4, 6, 8]),
        ("(GC)n", "3:8", [4, 6, 8]),
        ("A(TT)nG", "2:9", [4, 6, 8]),
        ("G", "2:8:3", [2, 5, 8]),
        ("G", "8, 2:3,3", [2, 3, 8]),
    ],
)
def test_lengths(pattern: str, lengths: str, expected: list[int]) -> None:
    assert family_lengths(Family(pattern), lengths) == expected


@pytest.mark.parametrize(
    ("pattern", "lengths", "problem"),
    [
        ("(GC)n", "2,3", "no member of the family '(GC)n' has 3 base pairs"),
        ("A(T)nG", "2", "has 2 base pairs"),
        ("(GC)n", "3:3", "has no such member"),
        ("G", "8:2", "has no such member"),
        ("G", "2:8:2:1", "more than three numbers"),
        ("G", "two", "'two' is not a whole number"),
        ("G", "0:3", "lengths = 0 is not allowed"),
        ("G", "2:8:0", "lengths = 0 is not allowed"),
        ("G", "2:9999999", "lengths = 9999999 is not allowed"),
    ],
)
def test_lengths_that_there_are_not(pattern: str, lengths: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        family_lengths(Family(pattern), lengths)
    assert problem in caught.value.problem


def test_values_are_those_of_predictions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"left": "upper:0=0.2", "temperature": 77.0, "fermi_energy": FERMI}
    flags = ["--left_contact", "upper:0=0.2", "--temperature", "77", f"--fermi_energy={FERMI}"]
    command = ["series", EXACT, "A(T)nG", "--lengths", "3:6", *flags]
    assert main([*command, "--output", str(tmp_path / "a")]) == EXIT_FINISHED
    printed, log = capsys.readouterr()
    series = dw.series("A(T)nG", EXACT, lengths=range(3, 7), **given)  # type: ignore[arg-type]
    predicted = dw.predict(["ATG", "ATTG", "ATTTG", "ATTTTG"], EXACT, **given)  # type: ignore[call-overload]
    for position, one in enumerate(predicted):
        at_fermi = one.summary.at_fermi_energy
        assert series.duplexes[position] == one.junction.duplex
        assert series.log10_transmission[position] == at_fermi.log10_transmission
        quanta = 10.0 ** series.log10_conductance[position]
        assert quanta == pytest.approx(at_fermi.conductance.conductance_quanta, rel=1e-12)
    assert f"lengths       4 from 3 to 6 base pairs (3:6), rise {series.rise:g} Angstrom" in printed
    assert series.lines == printed.splitlines()[-2:]
    assert "results: " in log
    written = rows(tmp_path / "a" / "series.csv")
    assert [float(row["log10_transmission"]) for row in written] == list(series.log10_transmission)
    fitted = {row["quantity"]: row for row in rows(tmp_path / "a" / "decay.csv")}
    assert series.decay is not None
    beta = float(fitted["log10_conductance"]["beta_per_base_pair"])
    assert beta == series.decay.tunneling.beta
    per_angstrom = float(fitted["log10_conductance"]["beta_of_length_per_Angstrom"])
    assert per_angstrom == beta / 3.38
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert names == {"series.csv", "series.png", "series.svg", "decay.csv"}
    assert series._repr_html_().startswith("<pre>model")
    shown = [one for one in repr(series).splitlines() if not one.startswith("warning:")]
    assert shown[-6:] == printed.splitlines()[-6:]


def test_a_model_without_a_hamiltonian_has_t_alone(tmp_path: Path) -> None:
    run = save(tmp_path / "mine", "standard")
    series = dw.series("G", run, lengths="3:5", fermi_energy=-7.5)
    assert np.isnan(series.log10_conductance).all()
    assert series.decay is series.decays["log10_transmission"]
    assert list(series.decays) == ["log10_transmission"]
    from_grid = dw.series("G", run, lengths="3:5", fermi_energy=-7.5, conductance_from_grid=True)
    assert np.isfinite(from_grid.log10_conductance).all()
    with pytest.raises(UsageError, match="no Hamiltonian of one orbital per base"):
        dw.series("G", run, fermi_energy=-7.5, probe_coupling=0.01)


def test_what_vanishes_is_told_and_not_fitted() -> None:
    """Nothing flows from one strand to the other where no base of the lower one is left."""
    series = dw.series("A(_)nA", EXACT, lengths="3:6", fermi_energy=FERMI)
    assert np.isneginf(series.log10_transmission).all()
    assert series.decay is None
    assert "not fitted: it needs 3 lengths with G above zero" in series.lines[0]
    assert any(one.startswith("4 lengths without T(E_F)") for one in series.warnings)
    assert any(one.startswith("disconnected at 4 of 4 lengths") for one in series.warnings)
    probed = dw.series("A(_)nA", EXACT, lengths="3", fermi_energy=FERMI, probe_coupling=0.01)
    assert any(one.startswith("disconnected at 1 of 1 lengths") for one in probed.warnings)
    series.plot()


def test_a_conductance_below_all_numbers_is_told_in_decades() -> None:
    """G at 0 K is T, which never underflows in log10."""
    series = dw.series("A", EXACT, lengths="200,250,300", fermi_energy=FERMI, temperature=0.0)
    assert (series.log10_conductance < -308.0).all()
    np.testing.assert_allclose(series.log10_conductance, series.log10_transmission, rtol=1e-9)
    assert series.decay is not None
    probed = dw.series("A(_)nA", EXACT, lengths="300", fermi_energy=FERMI, probe_coupling=0.01)
    assert "disconnected" in probed.warnings[-1]


def test_a_zero_is_told_from_a_number_that_is_too_small() -> None:
    exact: Any = load_predictor(EXACT)
    contacts = Contact.at("upper", 0, 0.1), Contact.at("upper", -1, 0.1)
    long, cut = (Junction(Duplex.parse(text), *contacts) for text in ("A" * 300, "A_A/T_T"))
    said = [vanishing_remarks(exact.ladder(one), FERMI, 0.0) for one in (long, cut)]
    assert [status(one) for one in said] == ["underflow", "disconnected"]
    assert vanishing_remarks(exact.ladder(cut), FERMI, 1e-300) == ()
    plain = dw.predict("A" * 300, EXACT, fermi_energy=FERMI, temperature=0.0)
    assert plain.conductance().conductance_quanta == 0.0
    assert "underflow" in plain.status
    assert "underflow" in dw.iv("A" * 300, EXACT, fermi_energy=FERMI, temperature=0.0,
                                voltages=0.0).rows[1][-1]  # fmt: skip


def test_few_lengths_do_not_tell_the_law() -> None:
    few = dw.series("GC", EXACT, lengths="2:6", fermi_energy=FERMI)
    assert few.decay is not None
    assert few.decay.law == "exponential"
    assert any(one.startswith("3 lengths do not tell whether G decays") for one in few.warnings)
    assert few.decay_table()["law_is_told"][1] == [False, False]


def test_a_growing_conductance_has_no_decay() -> None:
    series = dw.series("GC", EXACT, lengths="2:8", fermi_energy=-7.13, temperature=0.0,
                       left="upper:0=1e-3", right="upper:-1=1e-3")  # fmt: skip
    assert series.decay is not None
    assert not series.decay.is_decaying
    assert any("no larger than twice its error" in one for one in series.warnings)


def test_sequences_of_a_file_are_a_series(tmp_path: Path) -> None:
    file, out = tmp_path / "mine.txt", tmp_path / "out"
    file.write_text("GGGG\nGG\nGGG\n")
    words = ["series", EXACT, "--sequences", str(file), "--fermi_energy", str(FERMI)]
    assert main([*words, "--output", str(out)]) == EXIT_FINISHED
    of_family = dw.series("G", EXACT, lengths="2:4", fermi_energy=FERMI)
    found = dw.series(file, EXACT, fermi_energy=FERMI)
    assert [row["sequence"] for row in rows(out / "series.csv")] == ["GG", "GGG", "GGGG"]
    np.testing.assert_array_equal(found.log10_conductance, of_family.log10_conductance)
    assert f"family        sequences of {file}" in found.heading
    assert dw.series(["GC", "A", "ACG"], EXACT, fermi_energy=FERMI).lengths.tolist() == [1, 2, 3]
    with pytest.raises(UsageError, match="'GC' and 'AC' both have 2 base pairs"):
        dw.series(["GC", "AC"], EXACT, fermi_energy=FERMI)
    with pytest.raises(UsageError, match="lengths = 2:3 has no effect on given sequences"):
        dw.series(file, EXACT, lengths="2:3", fermi_energy=FERMI)
    with pytest.raises(UsageError, match="lengths = 2:20 has no effect on given sequences"):
        dw.series(file, EXACT, lengths="2:20", fermi_energy=FERMI)
    for wrong in ([], ["(GC)n", "--sequences", str(file)]):
        assert main(["series", EXACT, *wrong, "--fermi_energy", str(FERMI)]) == EXIT_USAGE


def test_names_of_records_stand_beside_their_sequences(tmp_path: Path) -> None:
    (tmp_path / "mine.fasta").write_text(">long\nGGG\n>short\nGG\n")
    found = dw.series(tmp_path / "mine.fasta", EXACT, fermi_energy=FERMI)
    assert found.table()["name"] == ("", ["short", "long"])
    assert [row[:3] for row in found.rows] == [
        ["length", "name", "sequence"], ["2", "short", "GG"], ["3", "long", "GGG"],
    ]  # fmt: skip
    assert "name" not in dw.series("G", EXACT, lengths="2:3", fermi_energy=FERMI).table()


@pytest.mark.parametrize(
    ("call", "error", "problem"),
    [
        (lambda: DOOR.series("G", EXACT), UsageError, "Fermi energy is not given"),
        (
            lambda: DOOR.series("G", EXACT, fermi_energy=FERMI, eta=0.01, probe_coupling=0.01),
            UsageError,
            "eta = 0.01 eV absorbs carriers",
        ),
        (
            lambda: DOOR.series("G", EXACT, fermi_energy=FERMI, probe_coupling=-1.0),
            UsageError,
            "probe_coupling = -1.0 is not allowed",
        ),
        (
            lambda: DOOR.series("G", EXACT, fermi_energy=FERMI, right="upper:4"),
            InvalidContactError,
            "outside a duplex of 2 base pairs",
        ),
        (
            lambda: DOOR.series("G", EXACT, fermi_energy=FERMI, right="lower:-1"),
            UsageError,
            "are both on base pair 0 of 20",
        ),
        (lambda: DOOR.series("G", EXACT, lenghts="2:3"), UsageError, "unknown keyword 'lenghts'"),
    ],
)
def test_refusals(call: Any, error: type[Exception], problem: str) -> None:  # noqa: ANN401
    with pytest.raises(error, match=problem):
        call()
