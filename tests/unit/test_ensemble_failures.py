"""Ensembles of which a geometry fails, that are stopped, or that are out of reach."""

from __future__ import annotations

import csv
import logging
import os
import signal
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from harness import TrainingProcess

import dnawire as dw
from dnawire.api.ensemble import EnsembleInterrupted
from dnawire.cli import main
from dnawire.errors import (
    EXIT_FINISHED,
    EXIT_INTERRUPTED,
    EXIT_STOPPED,
    EXIT_USAGE,
    InvalidStructureError,
    UsageError,
)
from dnawire.inference.ensemble import thermal_frames
from dnawire.junction import Duplex
from dnawire.structures import AtomicStructure, build_duplex, pdb_text

MODEL = "pretrained:xtb"
FERMI = ("--fermi_energy", "-10.4")
WINDOW = ("--energy_min", "-11.2", "--energy_max", "-9.8", "--num_energy_points", "15")


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def broken(structure: AtomicStructure) -> AtomicStructure:
    """The same with a hydrogen in another atom."""
    positions = structure.positions.copy()
    positions[structure.atom(0, "H8")] = positions[structure.atom(0, "C5")] + 0.3
    return replace(structure, positions=positions)


def test_a_broken_geometry_loses_no_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, last = (frame.structure for frame in thermal_frames(Duplex.parse("GA"), 2, seed=3))
    damaged = tmp_path / "frames.pdb"
    damaged.write_text(pdb_text([first, broken(first), last]), encoding="ascii")
    words = ["ensemble", MODEL, str(damaged), "--scf_steps", "0", *FERMI, *WINDOW]
    assert main([*words, "--output", str(tmp_path / "out")]) == EXIT_FINISHED
    one, bad, two, ideal = rows(tmp_path / "out" / "summary.csv")
    assert (bad["geometry"], bad["status"], bad["conductance_quanta"]) == (
        "frames.pdb:2", "failed", "nan",
    )  # fmt: skip
    assert "model 2: structure of 'GA'" in bad["reason"]
    assert "upper:0 G H8" in bad["reason"]
    assert [row["reason"] for row in (one, two, ideal)] == [""] * 3
    quanta = [float(row["conductance_quanta"]) for row in (one, two)]
    mean, *_ = rows(tmp_path / "out" / "statistics.csv")
    assert float(mean["conductance_quanta"]) == pytest.approx(np.mean(quanta))
    assert (mean["num_geometries"], mean["num_failed"], mean["num_asked"]) == ("2", "1", "3")
    told = capsys.readouterr()
    assert "2 of 3 geometries, 1 failed" in told.out
    assert "warning: 1 of the 3 geometries: failed, and left out of all statistics" in told.err
    names = {row["geometry"] for row in rows(tmp_path / "out" / "ensemble.csv")}
    assert names == {"frames.pdb:1", "frames.pdb:3", "geometric mean", "ideal"}


def test_broken_geometries_alone_are_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    structure = build_duplex(Duplex.parse("GA"))
    path = tmp_path / "frames.pdb"
    path.write_text(pdb_text([broken(structure)] * 2), encoding="ascii")
    words = ["ensemble", MODEL, str(path), *FERMI, "--output", str(tmp_path / "out")]
    assert main(words) == EXIT_USAGE
    assert "none of the 2 geometries has an answer; the first: " in capsys.readouterr().err
    with pytest.raises(InvalidStructureError, match="structure of 'GA'"):
        dw.ensemble(broken(structure), MODEL, fermi_energy=-10.4)
    assert [one.name for one in tmp_path.iterdir()] == ["frames.pdb"]


def stopped(words: tuple[str, ...]) -> int:
    """The command, which gets a signal, the first word, before its second geometry."""

    class Sender(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage().startswith("1 of 3 geometries, about"):
                os.kill(os.getpid(), signal.Signals[words[0]])

    logging.getLogger("dnawire").addHandler(Sender())
    return main(list(words[1:]))


@pytest.mark.parametrize(
    ("name", "code"), [("SIGINT", EXIT_INTERRUPTED), ("SIGTERM", EXIT_STOPPED)]
)
def test_a_stop_keeps_what_is_computed(name: str, code: int, tmp_path: Path) -> None:
    words = ["ensemble", MODEL, "GA", "--frames", "3", "--scf_steps", "0", "-v", *FERMI, *WINDOW]
    process = TrainingProcess(tmp_path, name, *words, "--output", "out", command=stopped)
    ended = process.end()
    assert ended.exit_code == code
    found = rows(tmp_path / "out" / "summary.csv")
    assert [one["geometry"] for one in found] == ["1", "2", "ideal"]
    assert "2 of 3 geometries, 1 not computed" in ended.messages
    assert "warning: stopped after 2 of the 3 geometries" in ended.messages
    assert (tmp_path / "out" / "ensemble.png").stat().st_size > 10_000


class Interrupting(AtomicStructure):
    """Ctrl+C comes while its spectra are computed."""

    @property
    def sites(self) -> NoReturn:
        raise KeyboardInterrupt


def test_ctrl_c_in_python_keeps_what_is_computed() -> None:
    frame = thermal_frames(Duplex.parse("GA"), 1, seed=3)[0].structure
    stopping = Interrupting(**{one.name: getattr(frame, one.name) for one in fields(frame)})
    asked: dict[str, Any] = {"fermi_energy": -10.4, "scf_steps": 0, "num_energy_points": 15}
    with pytest.raises(KeyboardInterrupt) as caught:
        dw.ensemble([frame, stopping], MODEL, **asked)
    assert isinstance(caught.value, EnsembleInterrupted)
    found = caught.value.ensemble
    assert (len(found.answers), found.num_geometries, found.is_complete) == (1, 2, False)
    assert "1 of 2 geometries, 1 not computed" in str(found)
    with pytest.raises(KeyboardInterrupt) as caught:
        dw.ensemble([stopping], MODEL, **asked)
    assert not isinstance(caught.value, EnsembleInterrupted)


def test_long_duplexes_are_refused_before_the_work() -> None:
    with pytest.raises(UsageError, match="at most 20 are solved for at once") as caught:
        dw.ensemble("GA" * 50, MODEL, fermi_energy=-10.4, frames=10**5)
    assert "scf_steps 0 and check 0" in caught.value.remedy
    with pytest.raises(UsageError, match="at most 20"):
        dw.ensemble("GA" * 50, MODEL, fermi_energy=-10.4, frames=10**5, scf_steps=0, check=1)


@pytest.mark.slow
def test_long_duplexes_with_predicted_charges_are_computed() -> None:
    found = dw.ensemble(
        "GATTACAGATTACAGATTACAG",
        MODEL,
        fermi_energy=-10.4,
        frames=1,
        scf_steps=0,
        num_energy_points=11,
    )
    [(_, answer)] = found.answers
    assert np.isnan(answer.homo)
    assert answer.log10_conductance < -20.0
