"""The front door in Python: numbers of the commands, our errors, nothing on disk unasked."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inference_kit import ENERGIES, LEFT, RIGHT, save

import dnawire as dw
from dnawire.api.result import Result
from dnawire.api.train import _resuming_call
from dnawire.cli import main
from dnawire.config import TrainConfig
from dnawire.errors import (
    EXIT_STOPPED,
    DnawireError,
    InvalidContactError,
    InvalidDuplexError,
    MissingDependencyError,
    NotFoundError,
    NotWritableError,
    UsageError,
)

EXACT = "exact:kordas2025"
DOOR: Any = dw
"""The same without types, for calls that are wrong."""
FERMI = -7.1


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_prediction_is_that_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--left_contact", "upper:1=0.2", "--fermi_energy", str(FERMI), "--temperature", "77"]
    assert main(["predict", EXACT, "ACGT", "gg/C_", *flags, "--output", "command"]) == 0
    printed = capsys.readouterr().out
    found = dw.predict(
        ["ACGT", "gg/C_"], EXACT, left="upper:1=0.2", fermi_energy=FERMI, temperature=77
    )
    assert found.save("python") == Path("python")
    files = {path.name: path.read_bytes() for path in Path("command").iterdir()}
    assert len(files) == 16
    assert {path.name: path.read_bytes() for path in Path("python").iterdir()} == files
    assert str(found).startswith(printed.rstrip())
    first, second = rows(Path("command/summary.csv"))
    for one, row in zip(found, (first, second), strict=True):
        assert one.conductance().siemens == float(row["conductance_S"])
        assert one.status == row["status"]
    frame = found.to_dataframe()
    assert list(frame.columns) == list(first)
    assert frame["max_transmission"].tolist() == [
        float(one["max_transmission"]) for one in (first, second)
    ]


def test_spectra_are_those_of_the_predictor_in_plain_units() -> None:
    one = dw.predict("ACGT/A_GT", EXACT, left=LEFT, right="upper:-1=0.2", eta=0.01)
    junction = dw.Junction("ACGT/A_GT", LEFT, RIGHT)
    assert one.junction == junction
    (record,) = dw.load(EXACT).predictor.predict([junction], eta=0.01)
    np.testing.assert_array_equal(one.transmission, record.transmission)
    np.testing.assert_allclose(np.log10(one.transmission), one.log10_transmission, atol=1e-12)
    np.testing.assert_allclose(10.0**one.log10_dos, one.dos)
    np.testing.assert_allclose(one.ldos.sum(axis=0), one.dos)
    np.testing.assert_allclose(10.0**one.log10_ldos, one.ldos)
    assert one.ldos.shape == (len(junction.duplex.sites), len(one.energies))
    np.testing.assert_array_equal(one.hamiltonian, dw.load(EXACT).hamiltonian("ACGT/A_GT"))
    assert one.resonances.shape == (7,)
    assert one.certificate is None
    frame = one.to_dataframe()
    assert frame["energy_eV"].tolist() == one.energies.tolist()
    assert frame["dos_per_eV"].tolist() == one.dos.tolist()


def test_nothing_is_written_unless_asked(tmp_path: Path) -> None:
    one = dw.predict("AC", EXACT, fermi_energy=FERMI)
    repr(one), one._repr_html_(), one.to_dataframe(), one.plot(), one.plot_hamiltonian()
    dw.screen(EXACT, length=1)._repr_html_()
    dw.generate(num_samples=2, seq_length=2)
    assert list(tmp_path.iterdir()) == []
    assert one.save() == Path("predictions/exact-kordas2025/1")
    with pytest.raises(NotWritableError, match="holds earlier results"):
        one.save("predictions/exact-kordas2025/1")
    assert one.save("predictions/exact-kordas2025/1", overwrite=True).is_dir()


def test_remedies_name_keywords_and_leave_the_flags_of_commands() -> None:
    with pytest.raises(DnawireError) as caught:
        dw.predict("GG", "exact:none.toml")
    assert "`dnawire parameters NAME --template FILE`" in caught.value.remedy
    with pytest.raises(UsageError) as caught_:
        dw.predict("NNNNNNNN", EXACT)
    assert "dnawire screen MODEL --pattern" in caught_.value.remedy
    with pytest.raises(UsageError) as caught_:
        dw.series("GC", EXACT)
    assert caught_.value.remedy == "Give it in eV with fermi_energy."


def test_one_rule_for_the_fermi_energy() -> None:
    """It is one of the energies, where a command has some; observables warn, and know no end."""
    for model in ("pretrained:xtb", EXACT):
        for ask in (dw.predict, dw.scan, dw.compare):
            models: Any = [model, model] if ask is dw.compare else model
            with pytest.raises(
                UsageError, match=r"(?s)outside the energies.*energy_min and energy_max"
            ):
                ask("ACGT", models, fermi_energy=-3.0)
        for energy in (-5.0, 30.0):
            curves = dw.iv("AC", model, fermi_energy=energy, num_voltages=2)
            assert any("lies outside of" in one for one in curves.warnings)
            response = dw.thermoelectric("AC", model, fermi_energy=energy, num_fermi_energies=2)
            assert any("lies outside of" in one for one in response.warnings)


def test_a_list_gives_a_list() -> None:
    model = dw.load(EXACT)
    found = model.predict(one for one in ("A", "AC", dw.Duplex("ACG")))
    assert [one.junction.length for one in found] == [1, 2, 3]
    assert isinstance(found[1:], dw.Predictions)
    assert isinstance(found[-1], dw.Prediction)
    assert isinstance(model.predict(["A"]), dw.Predictions)
    assert isinstance(model.predict(dw.Duplex("A")), dw.Prediction)
    assert found[0].transmission.tolist() == model.predict("A").transmission.tolist()


def test_junctions_bring_their_contacts() -> None:
    junctions = [dw.Junction("ACGT", "upper:0=0.1", f"lower:{end}=0.3") for end in (0, 1)]
    found = dw.predict(junctions, EXACT)
    assert [one.junction for one in found] == junctions
    assert "contacts      of each junction" in str(found)
    alone = dw.predict("ACGT", EXACT, left="upper:0", right="lower:1=0.3")
    np.testing.assert_array_equal(found[1].transmission, alone.transmission)
    with pytest.raises(UsageError, match="left_contact has no effect on junctions"):
        dw.predict(junctions, EXACT, left="upper:0")
    with pytest.raises(UsageError, match="is no sequence beside others"):
        dw.predict([junctions[0], "ACGT"], EXACT)


def test_texts_are_duplexes_and_contacts() -> None:
    assert dw.Duplex("acgt") == dw.Duplex.parse("ACGT") == dw.Duplex("ACGT", "ACGT")
    assert dw.Duplex("ACGT/A_GT") == dw.Duplex("ACGT", "A_GT")
    assert dw.Contact("upper:0=0.1,lower:-1=0.2") == LEFT + dw.Contact.at("lower", -1, 0.2)
    assert str(dw.Junction("AC", "upper:0=0.1", "upper:-1=0.2")) == "AC [upper:0=0.1 | upper:1=0.2]"
    with pytest.raises(InvalidDuplexError, match="letter '/'"):
        dw.Duplex("AC/GT", "AC")
    with pytest.raises(InvalidContactError, match="has no coupling"):
        dw.Contact("upper:0")


def test_the_conductance_of_other_conditions() -> None:
    one = dw.predict("ACGT", EXACT)
    with pytest.raises(UsageError, match="needs the Fermi energy"):
        one.conductance()
    asked = dw.predict("ACGT", EXACT, fermi_energy=FERMI, temperature=77)
    for temperature in (77, 300):
        assert (
            one.conductance(FERMI, temperature)
            == dw.predict("ACGT", EXACT, fermi_energy=FERMI, temperature=temperature).conductance()
        )
    assert asked.conductance() == one.conductance(fermi_energy=FERMI, temperature=77)
    assert asked.conductance(temperature=300) == one.conductance(FERMI)
    for wrong in ({"temperature": -1}, {"fermi_energy": "x"}, {"fermi_energy": -3.0}):
        with pytest.raises(UsageError):
            asked.conductance(**wrong)


def test_what_a_model_does_not_know_is_refused(tmp_path: Path) -> None:
    run = save(tmp_path / "run", "standard")
    one = dw.predict("ACG", run, fermi_energy=FERMI)
    for name in ("hamiltonian", "resonances", "ldos"):
        with pytest.raises(UsageError):
            getattr(one, name)
    with pytest.raises(UsageError, match="conductance_from_grid=True"):
        one.conductance()
    grid = dw.predict("ACG", run, fermi_energy=FERMI, conductance_from_grid=True)
    assert grid.conductance().conductance_quanta > 0.0
    assert "unresolved_conductance" in grid.status
    assert any("orders of magnitude" in sentence for sentence in grid.warnings)
    with pytest.raises(UsageError, match="and at no others"):
        dw.predict("ACG", run, energy_max=-7.0)
    assert dw.predict("ACG", run, energies=ENERGIES).energies.tolist() == ENERGIES.tolist()


def test_any_grid_of_energies_is_taken() -> None:
    one = dw.predict("AC", EXACT, energies=[-8, -7.4, -7.1])
    assert one.energies.tolist() == [-8.0, -7.4, -7.1]
    same = DOOR.predict("AC", EXACT, energy_min=-8, energy_max=-7, num_energy_points=np.int64(3))
    assert same.energies.tolist() == [-8.0, -7.5, -7.0]


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"fermi_enrgy": 1.0}, "keyword 'fermi_enrgy'.*Did you mean 'fermi_energy'"),
        ({"colour": "red"}, "unknown keyword 'colour'.*It takes sequences, model, device, left"),
        ({"left": "upper:0", "left_contact": "upper:1"}, "left and left_contact are one"),
        ({"left": 3}, "left = 3 is no contact"),
        ({"left": "uper:0"}, "'uper' is not a strand"),
        ({"gamma_left": -1.0}, "gamma_left = -1.0 is not allowed: it must be 0 or from"),
        ({"gamma_left": "big"}, "gamma_left = 'big' is not allowed"),
        ({"temperature": True}, "temperature = True is not allowed"),
        ({"fermi_energy": "-7.1"}, "fermi_energy = '-7.1' is not allowed: it must be one number"),
        ({"num_energy_points": 2.5}, "num_energy_points = 2.5 is not a whole number"),
        ({"conductance_from_grid": "no"}, "conductance_from_grid = 'no' is not allowed"),
        ({"energies": [-7.0, -8.0]}, "the energies are not a grid"),
        ({"energies": "all"}, "the energies are no numbers: 'all'"),
        ({"energies": [-7.0]}, "energies of length 1 are no grid.*Give at least two"),
        ({"energies": [-7.0, 1e9]}, "energies = 1000000000.0 is not allowed"),
        ({"energies": [-8.0, -7.0], "energy_max": -6.0}, "energies and energy_max are both given"),
        ({"fermi_energy": -3.0}, "outside the energies"),
        ({"device": "cuda"}, "Exact spectra need the CPU"),
    ],
)  # fmt: skip
def test_a_wrong_keyword_is_our_error(keywords: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        dw.predict("ACGT", EXACT, **keywords)
    assert re.search(words, str(caught.value), re.DOTALL)
    assert "Remedy: " in str(caught.value)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: DOOR.predict("ACGT"), UsageError, "missing a required argument: 'model'"),
        (lambda: DOOR.predict([], EXACT), UsageError, "no sequence to be asked for"),
        (lambda: DOOR.predict([3], EXACT), UsageError, "3 is no sequence"),
        (lambda: DOOR.predict("ACGU", EXACT), InvalidDuplexError, "base of RNA"),
        (lambda: DOOR.predict("acnxt", EXACT), InvalidDuplexError, "upper strand 'acnxt'"),
        (lambda: DOOR.predict("ACNT/ARX", EXACT), InvalidDuplexError, "lower strand 'ARX'"),
        (lambda: DOOR.predict("ACNT/AR", EXACT), InvalidDuplexError, "upper 'ACNT' has 4"),
        (lambda: DOOR.predict("AC.T", EXACT), InvalidDuplexError, "a missing base is written _"),
        (
            lambda: DOOR.predict("mine.fasta", EXACT),
            UsageError,
            "is a file, and no sequence\n  Remedy: Give its sequences as pathlib.Path(",
        ),
        (
            lambda: DOOR.predict(["x.cif.gz"], EXACT),
            UsageError,
            "Remedy: Give its atoms to dw.ensemble",
        ),
        (
            lambda: DOOR.predict("GCG", EXACT).conductance(-7.1, [77, 300]),
            UsageError,
            "takes one number\n  Remedy: Give one number, or ask dw.thermoelectric for several",
        ),
        (lambda: DOOR.load("kordas2025"), NotFoundError, "Did you mean 'exact:kordas2025'"),
        (lambda: DOOR.load(DOOR.load(EXACT), device="cpu"), UsageError, "loaded already"),
        (lambda: DOOR.screen(EXACT), UsageError, "nothing to be screened"),
        (
            lambda: DOOR.screen(EXACT, length=2, sequences=["AC"]),
            UsageError,
            "length and sequences",
        ),
        (lambda: DOOR.screen(EXACT, length=2.5), UsageError, "length = 2.5 is not a whole number"),
        (lambda: DOOR.screen(EXACT, length=2, rank_by="T"), UsageError, "rank_by = 'T'"),
        (lambda: DOOR.screen(EXACT, length=2, lowest="yes"), UsageError, "lowest = 'yes'"),
        (lambda: DOOR.screen(EXACT, sequences=[]), UsageError, "no sequence"),
        (lambda: DOOR.screen(EXACT, sequences="none.txt"), NotFoundError, "none.txt"),
        (lambda: DOOR.generate(num_sample=3), UsageError, "Did you mean 'num_samples'"),
        (lambda: DOOR.generate(num_samples="many"), UsageError, "num_samples = 'many'"),
        (lambda: DOOR.generate("no/where.h5"), NotWritableError, "does not exist"),
        (lambda: DOOR.train(num_epoch=3), UsageError, "Did you mean 'num_epochs'"),
        (lambda: DOOR.train(config="none.yaml"), NotFoundError, "none.yaml"),
        (lambda: DOOR.read("none.h5"), NotFoundError, "none.h5"),
    ],
)
def test_wrong_calls_are_our_errors(
    call: Callable[[], object],
    error: type[DnawireError],
    words: str,
) -> None:
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
    assert caught.value.remedy


def test_a_prediction_shows_itself_in_a_notebook(tmp_path: Path) -> None:
    run = save(tmp_path / "<b>bold", "hamiltonian")
    one = dw.predict("ACGT", run, fermi_energy=FERMI)
    html = one._repr_html_()
    assert "&lt;b&gt;bold" in html
    assert "<b>" not in html
    assert html.count("<tr>") == 2
    assert not re.search(r"(src|href)=\"(?!data:)", html)
    assert "data:image/png;base64,iVBOR" in html
    many = dw.predict(["A"] * 60, EXACT)
    assert many._repr_html_().count("<tr>") == 51
    assert "10 more" in many._repr_html_()
    assert "10 more" in repr(many)
    with pytest.raises(UsageError, match="60 junctions in one figure"):
        many.plot()
    assert one.plot()._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
    assert str(dw.load(run)).startswith("model         <b>bold")
    assert "&lt;b&gt;bold" in dw.load(run)._repr_html_()


def test_without_pandas_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependencyError, match=r"pip install pandas"):
        dw.predict("AC", EXACT).to_dataframe()


def test_many_predictions_and_screenings_are_results_like_others(tmp_path: Path) -> None:
    predictions = dw.predict(["AC", "GGT"], EXACT, fermi_energy=FERMI)
    screening = dw.screen(EXACT, length=2)
    for found, folder, steps in ((predictions, "predictions", 2), (screening, "screenings", 1)):
        assert isinstance(found, Result)
        assert (found.name, found.below, found.num_steps) == (EXACT, folder, steps)
        assert found.to_dataframe().shape == (len(found), len(found.table()))
        names = {path.name for path in found.save(tmp_path / folder).iterdir()}
        assert all(found.members.fullmatch(name) for name in names)
    assert "6 more; the table has all of them" in screening._repr_html_()


def test_a_screening_is_that_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--length", "3", "--top", "5", "--fermi_energy", str(FERMI), "--lowest"]
    assert main(["screen", EXACT, *flags, "--output", "command"]) == 0
    printed = capsys.readouterr().out
    found = dw.screen(EXACT, length=3, top=5, fermi_energy=FERMI, lowest=True)
    found.save("python")
    for path in Path("command").iterdir():
        assert (Path("python") / path.name).read_bytes() == path.read_bytes(), path.name
    assert str(found) == printed.rstrip()
    ranking = rows(Path("command/ranking.csv"))
    assert found.sequences == [row["sequence"] for row in ranking]
    assert found.to_dataframe()["log10_transmission"].tolist() == [
        float(row["log10_transmission"]) for row in ranking
    ]
    assert len(found) == 5
    assert found[0].text == found.sequences[0]
    assert found._repr_html_().count("<tr>") == 6


def test_given_sequences_are_screened() -> None:
    listed = ["ACGT", "GGGG", "AC"]
    Path("list.txt").write_text("\n".join(listed))
    as_list = dw.load(EXACT).screen(sequences=[dw.Duplex("ACGT"), *listed[1:]])
    as_file = dw.screen(EXACT, sequences="list.txt")
    assert [row.values for row in as_list] == [row.values for row in as_file]
    assert sorted(as_list.sequences) == sorted(listed)
    assert as_list.num_candidates == 3


def test_generated_records_are_those_of_the_command() -> None:
    flags = "--num_samples 3 --seq_length 4 --seed 7 --left_contact upper:1=0.2"
    assert main(["generate", "command.h5", *flags.split()]) == 0
    settings: dict[str, Any] = {"num_samples": np.int64(3), "seq_length": 4, "seed": 7}
    dataset = dw.generate("python.h5", **settings, left=dw.Contact("upper:1=0.2"))
    assert Path("python.h5").read_bytes() == Path("command.h5").read_bytes()
    assert dataset.digest == dw.read("command.h5").digest
    with pytest.raises(NotWritableError):
        dw.generate("python.h5", **settings)
    dw.generate("python.h5", **settings, overwrite=True)


def test_a_keyword_wins_over_the_file_of_settings() -> None:
    Path("settings.yaml").write_text("validation_fraction: 0.5\ntest_fraction: 0.3\n")
    with pytest.raises(UsageError, match=r"validation_fraction = 0\.9 and test_fraction = 0\.3"):
        dw.train(config="settings.yaml", validation_fraction=0.9)


def test_a_training_that_stopped_says_so() -> None:
    run = dw.Training(TrainConfig.from_flat({"checkpoint_frequency": 5}), EXIT_STOPPED)
    assert not run.is_complete
    assert run.scores == []
    assert "stopped, the same call goes on" in str(run)
    assert "<table>" not in run._repr_html_()
    assert dw.Training(TrainConfig(), EXIT_STOPPED).checkpoint_dir is None


def test_the_call_that_resumes_does_not_start_over() -> None:
    given = {"num_epochs": 3, "fresh": True, "checkpoint_dir": "here"}
    checkpoint = TrainConfig.from_flat(given).checkpoint
    assert _resuming_call("a.yaml", given, checkpoint) == (
        "dnawire.train(config='a.yaml', num_epochs=3, fresh=False, checkpoint_dir='here')"
    )
    given = {"resume_from": "there/checkpoint_best.pth"}
    checkpoint = TrainConfig.from_flat(given).checkpoint
    assert _resuming_call(None, given, checkpoint) == (
        "dnawire.train(resume_from=None, checkpoint_dir='there')"
    )
