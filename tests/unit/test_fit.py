"""``dnawire fit`` and ``dw.fit``: calls, files, refusals."""

from __future__ import annotations

import csv
import errno
import fcntl
import logging
import math
import os
import re
import signal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from harness import TrainingProcess, any_command

import dnawire as dw
from dnawire.api.fit_preparation import FitPreparation
from dnawire.api.fit_question import FitQuestion
from dnawire.api.fit_result import Fit
from dnawire.api.fit_tables import settings_table
from dnawire.cli import main
from dnawire.cli._flags import parse
from dnawire.cli.fit import FitFlags
from dnawire.data import available_measurements, load_measurements
from dnawire.errors import (
    EXIT_FINISHED,
    EXIT_INTERRUPTED,
    EXIT_LOCKED,
    EXIT_STOPPED,
    DnawireError,
    LockedError,
    NotFoundError,
    NotWritableError,
    UnusableDataFileError,
    UsageError,
)
from dnawire.inference import FitSteps, digest_of_model
from dnawire.inference.fitting import Minimum
from dnawire.inference.profiles import End, Profile

EXACT: Final = "exact:kordas2025"
TABLE: Final = """name,sequence,conductance_nS,error_decades,temperature_K
first,GC,30,0.1,300
second,GA,2,0.1,
third,AG,3,0.1,300
"""
ASKED: Final[dict[str, Any]] = {
    "vary": "fermi_energy=-7.1:-6.5",
    "left": "upper:0=0.05",
    "right": "lower:0=0.05",
    "probe_coupling": 0.02,
    "starts": 2,
}


def table_in(folder: Path, text: str = TABLE) -> Path:
    path = folder / "measured.csv"
    path.write_text(text)
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_command_writes_what_the_call_gives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, output = table_in(tmp_path), tmp_path / "out"
    words = ["fit", EXACT, str(path), "--vary", "fermi_energy=-7.1:-6.5", "--starts", "2"]
    words += ["--left_contact", "upper:0=0.05", "--right_contact", "lower:0=0.05"]
    assert main([*words, "--probe_coupling", "0.02", "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    found = dw.fit(path, EXACT, **ASKED)
    assert "\n".join(found.heading) in printed
    assert all(line in printed for line in found.text)
    assert {one.name for one in output.iterdir()} == {
        "parameters.csv", "correlation.csv", "starts.csv", "settings.csv",
        *(f"{stem}.{kind}" for stem in ("residuals", "profiles") for kind in ("png", "svg", "csv")),
    }  # fmt: skip
    [parameter] = rows_of(output / "parameters.csv")
    assert parameter["parameter"] == "fermi_energy"
    assert float(parameter["value"]) == found.values["fermi_energy"]
    assert float(parameter["profile_lower"]) == found.intervals["fermi_energy"][0]
    residuals = rows_of(output / "residuals.csv")
    assert [one["name"] for one in residuals] == ["first", "second", "third"]
    assert [float(one["residual_decades"]) for one in residuals] == found.residuals.tolist()
    assert [one["temperature_K"] for one in residuals] == ["300.0"] * 3
    settings = {one["name"]: one["value"] for one in rows_of(output / "settings.csv")}
    assert settings["seed"] == "42"
    assert settings["bounds_fermi_energy"] == "-7.1:-6.5"
    assert settings["held_probe_coupling"] == "0.02"
    assert len(settings["table_sha256"]) == 64
    assert len(rows_of(output / "starts.csv")) == 2
    assert "fermi_energy" in found._repr_html_()
    assert list(found.to_dataframe()["parameter"]) == ["fermi_energy"]


def test_the_same_seed_gives_the_same_starts_and_another_one_others(tmp_path: Path) -> None:
    path = table_in(tmp_path)
    starts = [
        [one.start.tolist() for one in dw.fit(path, EXACT, **ASKED, seed=seed).solution.minima]
        for seed in (1, 1, 2)
    ]
    assert starts[0] == starts[1]
    assert starts[0][0] == starts[2][0]
    assert starts[0][1] != starts[2][1]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"vary": "gama"}, "there is no parameter 'gama'"),
        ({"vary": []}, "vary names no parameter"),
        ({"vary": ["gamma", "gamma_left"]}, "counts gamma_left twice"),
        ({"vary": ["prefactor", "prefactor"]}, "counts prefactor twice"),
        ({"vary": "fermi_energy=1:0"}, "impossible bounds"),
        ({"vary": "fermi_energy=1"}, "no two bounds"),
        ({"vary": "gamma=0:1"}, "impossible bounds"),
        ({"fermi_energy": -7.0}, "fermi_energy is both fitted and held at -7.0"),
        ({"vary": "gamma"}, "the Fermi energy is neither fitted nor given"),
        ({"vary": ["fermi_energy", "gamma"], "gamma_left": 0.1}, "gamma_left is both fitted"),
        ({"probes": "thermal"}, "probes = 'thermal'"),
        ({"fermi_reference": "lumo"}, "fermi_reference = 'lumo'"),
        ({"confidence": 1.0}, "confidence = 1.0"),
        ({"starts": 0}, "starts = 0"),
        ({"error_decades": 0.0}, "error_decades = 0.0"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    tmp_path: Path, changed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        dw.fit(table_in(tmp_path), EXACT, **(ASKED | changed))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TABLE.replace("GA,2,0.1", "GA,2,"), "line 3: the row has no error"),
        (TABLE.replace("GA,2", "G_A/T_C,2"), "line 3: the contacts are not connected in 'G_A'"),
        (TABLE.replace("name", "Weight"), "does not read its column 'weight'"),
        (TABLE.replace("name", "left_contact"), "does not read its column 'left_contact'"),
        ("sequence,conductance_nS\nGC,1\n", "no scatter tells the errors"),
    ],
)
def test_tables_that_cannot_be_fitted_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DnawireError, match=problem):
        dw.fit(table_in(tmp_path, text), EXACT, **ASKED)


def test_an_error_of_rows_that_have_none_may_be_given(tmp_path: Path) -> None:
    path = table_in(tmp_path, TABLE.replace("GA,2,0.1", "GA,2,"))
    found = dw.fit(path, EXACT, **ASKED, error_decades=0.3)
    assert found.errors.tolist() == pytest.approx([0.1, 0.3, 0.1])


def test_published_tables_are_relative_and_have_a_doi() -> None:
    assert available_measurements() == ("xu2004",)
    table = load_measurements("published:xu2004")
    assert len(table) == 7
    quanta = dict(zip(table.names, table.conductance_quanta.tolist(), strict=True))
    beta = math.log(quanta["no A:T"] / quanta["4 A:T"]) / (4.0 * 3.4)
    assert beta == pytest.approx(0.43, rel=1e-5)
    assert quanta["14 base pairs"] == pytest.approx(8.0 / 14.0, rel=1e-8)
    assert "10.1021/nl0494295" in table.file[0].read_text()
    with pytest.raises(NotFoundError, match="no published table 'xu2005'"):
        load_measurements("published:xu2005")
    with pytest.raises(UsageError, match="are relative, and no prefactor is fitted"):
        dw.fit("published:xu2004", EXACT, **ASKED)


def test_a_table_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        dw.fit(tmp_path / "none.csv", EXACT, **ASKED)


def words_of(folder: Path) -> list[str]:
    words = ["fit", EXACT, str(table_in(folder)), "--vary", "fermi_energy=-7.1:-6.5"]
    words += ["--left_contact", "upper:0=0.05", "--right_contact", "lower:0=0.05"]
    return [*words, "--probe_coupling", "0.02", "--starts", "2", "--output", "out"]


def stopped(words: tuple[str, ...]) -> int:
    """The command, which gets a signal, the first word, in its second step."""

    class Sender(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage().startswith("1 of 3 starts and profiles, about"):
                os.kill(os.getpid(), signal.Signals[words[0]])

    logging.getLogger("dnawire").addHandler(Sender())
    return main(list(words[1:]))


def test_a_stopped_fit_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole, halved = tmp_path / "whole", tmp_path / "halved"
    words = words_of(tmp_path)
    assert TrainingProcess(whole, *words, command=any_command).end().exit_code == EXIT_FINISHED
    stamps = set()
    for name, code in (("SIGINT", EXIT_INTERRUPTED), ("SIGTERM", EXIT_STOPPED)):
        ended = TrainingProcess(halved, name, *words, "-v", command=stopped).end()
        assert ended.exit_code == code
        kept = "stopped: 2 of 3 starts and profiles are computed and kept in out.steps/"
        assert kept in ended.messages
        assert not (halved / "out").exists()
        files = sorted((halved / "out.steps").glob("*/*"))
        assert [one.name for one in files] == ["0000.json", "0001.json"]
        stamps.add(files[0].stat().st_mtime_ns)
    assert len(stamps) == 1
    assert TrainingProcess(halved, *words, command=any_command).end().exit_code == EXIT_FINISHED
    assert not (halved / "out.steps").exists()
    for one in (whole / "out").iterdir():
        assert (halved / "out" / one.name).read_bytes() == one.read_bytes(), one.name


def test_of_two_processes_at_the_same_fit_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = words_of(tmp_path)
    flags = parse(FitFlags, words[1:], "fit")
    prepared = FitPreparation.of(flags.table, EXACT, "auto", flags)
    digest = prepared.digest(f"{digest_of_model(EXACT)} auto")
    with FitSteps(Path("out.steps"), digest).alone():
        assert main(words) == EXIT_LOCKED
    assert "another process is at this very fit" in capsys.readouterr().err
    assert not Path("out").exists()
    assert not Path("out.steps").exists()


def some_steps(folder: Path) -> FitSteps:
    return FitSteps(folder, "a" * 64)


def test_steps_are_removed_before_others_may_compute_them(tmp_path: Path) -> None:
    steps, other = some_steps(tmp_path / "steps"), some_steps(tmp_path / "steps")
    with steps.alone():
        steps(lambda: Minimum(np.array([1.0]), np.array([2.0]), 1.0, True, "gtol", 3))
        steps.remove()
        assert other.missing([0]) == [0]
        with pytest.raises(LockedError), other.alone():
            pass
    assert not (tmp_path / "steps").exists()
    with pytest.raises(NotWritableError, match="is gone: another process has fin"), other.alone():
        pass


def test_a_lock_that_was_removed_meanwhile_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, other, flock = some_steps(tmp_path), some_steps(tmp_path), fcntl.flock

    def removed_meanwhile(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        (steps.folder / ".lock").unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", removed_meanwhile)
    with steps.alone(), pytest.raises(LockedError), other.alone():
        pass


def test_storage_that_refuses_locks_lets_all_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with some_steps(tmp_path / "steps").alone(), some_steps(tmp_path / "steps").alone():
        pass
    assert not (tmp_path / "steps").exists()


def test_steps_of_another_fit_are_not_taken(tmp_path: Path) -> None:
    """Another seed, table or model is another folder; a file that was moved there is refused."""
    prepared = [
        FitPreparation.of(table_in(tmp_path, text), EXACT, "auto", FitQuestion.of(ASKED | more))
        for text, more in (
            (TABLE, {}), (TABLE, {"seed": 1}), (TABLE.replace("GC,30", "GC,31"), {}), (TABLE, {}),
        )
    ]  # fmt: skip
    digests = [one.digest("model") for one in prepared[:2]]
    assert prepared[2].digest("model") not in digests
    assert prepared[0].digest("other model") not in digests
    assert digests[0] != digests[1]
    steps = [FitSteps(tmp_path / "steps", digest) for digest in digests]
    next(Fit(prepared[0], steps[0]).steps())
    (steps[1].folder / "0000.json").write_bytes((steps[0].folder / "0000.json").read_bytes())
    with pytest.raises(UnusableDataFileError, match="it belongs to another fit"):
        next(Fit(prepared[1], steps[1]).steps())
    (steps[0].folder / "0000.json").write_bytes(b"half of it")
    again = FitSteps(tmp_path / "steps", digests[0])
    with pytest.raises(UnusableDataFileError, match=r"0000.json is no step of this fit: .* damag"):
        next(Fit(prepared[0], again).steps())


def test_profiles_are_recalled_with_all_digits(tmp_path: Path) -> None:
    end = End(math.nan, ("gamma",))
    lowest = Minimum(np.array([1 / 3]), np.array([2 / 3]), 1e-17, True, "gtol", 3)
    found = Profile(np.array([0.1, 0.7]), np.array([0.0, np.pi]), End(0.1, ()), end, lowest)
    FitSteps(tmp_path, "a" * 64)(lambda: found)
    recalled = FitSteps(tmp_path, "a" * 64)(lambda: Profile(*[None] * 5))  # type: ignore[arg-type]
    assert repr(recalled) == repr(found)


@pytest.mark.parametrize(
    ("asked", "contacts", "zero"),
    [
        ({}, "contacts upper:0=0.05 | lower:0=0.05 eV", "energies absolute"),
        (
            {"vary": ["fermi_energy=0:1", "gamma"], "fermi_reference": "homo", "left": "upper:0",
             "right": "lower:0,upper:0", "starts": 1},
            "contacts upper:0 | lower:0,upper:0; ", "energy zero of each molecule",
        ),
        (
            {"vary": ["fermi_energy=0:1", "gamma_right"], "fermi_reference": "homo",
             "right": "lower:0=0.1,upper:0=0.05", "starts": 1},
            "contacts upper:0=0.05 | lower:0,upper:0 x 0.5 eV", "energy zero of each molecule",
        ),
    ],
)  # fmt: skip
def test_figures_and_tables_tell_the_contacts_and_the_zero_that_were_fitted(
    tmp_path: Path, asked: dict[str, Any], contacts: str, zero: str
) -> None:
    """A fitted coupling stands with the parameters, and where the HOMO is the zero it says so."""
    found = dw.fit(table_in(tmp_path), EXACT, **(ASKED | asked))
    footer = re.sub(r"\s+", " ", found.plot().get_supxlabel())
    assert contacts in footer
    assert zero in footer
    assert "=1.0" not in footer
    names, values = (column for _, column in settings_table(found).values())
    settings = dict(zip(names, values, strict=True))
    assert (settings["left"], settings["right"]) == found.contact_texts
    assert f"contacts      {' | '.join(found.contact_texts)}" in found.heading
