"""Ensembles of runs: their mean and spread, their intervals, and what is refused."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from inference_kit import provenance, records, trained

import dnawire as dw
from dnawire.cli import main
from dnawire.data import TransportDataset, write_dataset
from dnawire.data.random import named_generator
from dnawire.errors import (
    EXIT_FINISHED,
    NotFoundError,
    NotWritableError,
    TooFewRecordsError,
    UnusableFileError,
    UsageError,
)
from dnawire.inference import HeldOut, held_out
from dnawire.models import save_model
from dnawire.predictors import MembersPredictor, conformal_quantile
from dnawire.tightbinding import template

FERMI: Final = -7.3


def test_quantile_of_single_scores_is_that_of_split_conformal_prediction() -> None:
    for number, rank in ((9, 9), (19, 18), (99, 90), (100, 91)):
        scores = named_generator(1, "scores").permutation(np.arange(1.0, number + 1.0))
        assert conformal_quantile(scores, np.arange(number), 0.9) == rank
    with pytest.raises(TooFewRecordsError, match=r"8 duplexes were held out: .* 90% need 9"):
        conformal_quantile(np.arange(8.0), np.arange(8), 0.9)


def test_every_group_has_the_same_weight_in_the_quantile() -> None:
    """By hand: weights 1/9, 1/9, 1/9 and 1/3; the new group has the last third."""
    scores, groups = np.array([1.0, 2.0, 3.0, 2.5]), np.array([0, 0, 0, 4])
    found = [conformal_quantile(scores, groups, one) for one in (0.11, 0.22, 0.5, 0.56, 0.66)]
    assert found == [1.0, 2.0, 2.5, 3.0, 3.0]


def test_new_groups_are_covered_as_promised() -> None:
    """Scores of a group share a scale, and groups differ in size: 90 to 90 + 1/31 %."""
    hits = []
    for draw in range(1000):
        generator = named_generator(draw, "groups")
        groups = np.repeat(np.arange(31), generator.integers(1, 6, 31))
        scores = np.exp(generator.normal(size=31))[groups] * generator.exponential(size=len(groups))
        is_new = groups == 30
        factor = conformal_quantile(scores[~is_new], groups[~is_new], 0.9)
        hits.append((scores[is_new] <= factor).mean())
    error = np.std(hits) / np.sqrt(len(hits))
    assert 0.9 - 3 * error < np.mean(hits) < 0.9 + 1 / 31 + 3 * error


@pytest.fixture
def sets(tmp_path: Path) -> list[str]:
    """Parameter sets that differ in one hopping, as cheap members."""
    found = []
    for value in (126, 130, 140):
        path = tmp_path / f"set{value}.toml"
        path.write_text(template("kordas2025", path.stem).replace("GG = 126", f"GG = {value}"))
        found.append(f"exact:{path}")
    return found


def test_the_spread_that_is_told_is_a_mean_over_energies(sets: list[str]) -> None:
    """Not over the energies of the table, which crowd at resonances."""
    whole = dw.predict("GGGG", f"members:{','.join(sets)}")
    assert whole.spread is not None
    lines = [re.split(r" {2,}", line.strip()) for line in repr(whole).splitlines()]
    [head] = [number for number, line in enumerate(lines) if "mean std log10 T" in line]
    told = float(lines[head + 1][lines[head].index("mean std log10 T")])
    mean = whole.spread.deviations["log10_transmission"].mean()
    assert told == pytest.approx(mean, rel=0.2)


def test_members_are_averaged_in_decades(sets: list[str]) -> None:
    whole = dw.predict("GGGG", f"members:{','.join(sets)}", fermi_energy=FERMI)
    each = [dw.predict("GGGG", one, fermi_energy=FERMI) for one in sets]
    logarithms = np.stack([one.log10_transmission for one in each])
    np.testing.assert_allclose(whole.log10_transmission, logarithms.mean(0), atol=1e-12)
    assert whole.spread is not None
    assert whole.spread.bands is None
    found = whole.spread.deviations["log10_transmission"]
    np.testing.assert_allclose(found, logarithms.std(0, ddof=1), atol=1e-12)
    conductances = np.log10([one.conductance().conductance_quanta for one in each])
    assert np.log10(whole.conductance().conductance_quanta) == pytest.approx(
        conductances.mean(), abs=1e-4
    )
    assert "3, not calibrated: no intervals" in repr(whole)
    assert "interval of" not in repr(whole)
    assert "std log10 G" in repr(whole)
    assert each[0].spread is None
    assert "std log10" not in repr(each[0])
    with pytest.raises(UsageError, match="tells no LDOS"):
        _ = whole.ldos
    with pytest.raises(UsageError, match="a Hamiltonian of 'GGGG' each"):
        _ = whole.hamiltonian
    with pytest.raises(UsageError, match="Ask one of them: exact:set126, exact:set130"):
        dw.iv("GGGG", f"members:{','.join(sets)}", fermi_energy=-7.3)


def test_members_are_compared_like_any_model(sets: list[str]) -> None:
    found = dw.compare("GGG", [f"members:{sets[0]},{sets[1]}", sets[2]])
    assert "contacts      upper:0=0.1 | upper:-1=0.1 eV" in repr(found)
    assert len(found.rows) == 3


def test_peaks_of_members_are_not_told_twice(sets: list[str]) -> None:
    """Weak contacts: a level is a sharp peak of each member, some meV from those of the others."""
    weak: dict[str, Any] = {"gamma_left": 0.001, "gamma_right": 0.001}
    alone = dw.predict("GGG", sets[0], **weak).summary.dos_peaks
    peaks = dw.predict("GGG", f"members:{sets[0]},{sets[1]}", **weak).summary.dos_peaks
    assert (np.diff(np.sort(peaks)) > 0.01).all()
    assert len(peaks) == len(alone)


def folder_of(path: Path, *means: float, model_type: str = "standard") -> Path:
    """Folder of runs whose T differs by so many decades."""
    for number, mean in enumerate(means, start=1):
        save_model(path / f"member-{number}" / "model", *trained(model_type, mean), provenance())
    return path


def fresh() -> TransportDataset:
    return records().select(np.arange(12))


def file_of(path: Path) -> Path:
    write_dataset(path, fresh())
    return path


def test_intervals_hold_what_calibrates_them_and_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = folder_of(tmp_path / "members", -4.0, -4.5, -5.0)
    file = file_of(tmp_path / "records.h5")
    words = ["calibrate", str(members), "--records", str(file)]
    assert main(words) == EXIT_FINISHED
    assert "log10 DOS" in capsys.readouterr().out
    written = json.loads((members / "calibration.json").read_text())
    assert written["records"] == fresh().content_digest
    predictor = dw.load(members).predictor
    assert isinstance(predictor, MembersPredictor)
    assert predictor.calibration is not None
    *_, found = held_out(predictor, fresh())
    assert isinstance(found, HeldOut)
    shares = found.coverage(predictor.calibration)
    assert all(0.9 <= share <= 1.0 for share in shares.values())

    out = tmp_path / "out"
    words = ["predict", str(members), "ACG", "--fermi_energy=-7.7", "--output", str(out)]
    assert main(words) == EXIT_FINISHED
    text = capsys.readouterr().out
    assert f"3; 90% intervals, calibrated on {len(set(fresh().keys))} duplexes of 3 to 5" in text
    assert "interval of log10 T" in text
    row = next(csv.DictReader((out / "summary.csv").read_text().splitlines()))
    low, middle, high = (float(row[f"log10_transmission{end}"]) for end in ("_low", "", "_high"))
    factor = predictor.calibration.factors["log10_transmission"]
    half = factor * float(row["log10_transmission_deviation_decades"])
    assert middle - low == pytest.approx(half)
    assert high == pytest.approx(min(middle + half, 0.0)), "one channel transmits no more"
    spectra = list(csv.DictReader((out / "spectra.csv").read_text().splitlines()))
    for name, unit in (("transmission", ""), ("dos", "_per_eV")):
        ends = [[float(one[f"{name}{end}{unit}"]) for one in spectra] for end in ("_low", "_high")]
        assert (np.array(ends[0]) < np.array(ends[1])).all()
    longer = dw.predict("ACGACG", members)
    assert longer.status == "out_of_domain uncalibrated"
    assert any("calibrated on 3 to 5 base pairs" in one for one in longer.warnings)
    frame = longer.to_dataframe()
    assert {"transmission_low", "dos_high_per_eV"} <= set(frame.columns)


def test_both_writings_of_a_duplex_are_one_group(sets: list[str]) -> None:
    predictor = dw.load(f"members:{','.join(sets)}").predictor
    assert isinstance(predictor, MembersPredictor)
    ends = "upper:0=0.1", "upper:-1=0.1"
    junctions = [dw.Junction(text, *ends) for text in ("ACC", "GGT", "GAG")]
    truth = dw.load("exact:kordas2025").predictor.predict(junctions)
    *_, found = held_out(predictor, TransportDataset.from_records(truth, {}))
    assert isinstance(found, HeldOut)
    one = found.spectra["log10_transmission"]
    groups = one.groups.reshape(3, -1)
    assert groups[0, 0] == groups[1, 0] != groups[2, 0]
    predicted = np.concatenate([each.log10_transmission for each in predictor.predict(junctions)])
    expected = np.concatenate([each.log10_transmission for each in truth])
    np.testing.assert_allclose(one.errors, np.abs(predicted - expected), atol=1e-12)


def test_a_calibration_belongs_to_its_members(tmp_path: Path) -> None:
    members = folder_of(tmp_path / "members", -4.0, -4.5)
    file = file_of(tmp_path / "records.h5")
    dw.calibrate(members, records=file)
    with pytest.raises(NotWritableError, match=r"calibration\.json exists"):
        dw.calibrate(members, records=file)
    assert "90% intervals" in repr(dw.predict("ACG", members))
    folder_of(members, -4.0, -4.5, -6.0)
    with pytest.raises(UnusableFileError, match="made for other members"):
        dw.load(members)
    with pytest.raises(UnusableFileError, match="made for other members"):
        identity(members)
    dw.calibrate(members, records=file, coverage=0.8, overwrite=True)
    assert "80% intervals" in repr(dw.predict("ACG", members))
    path = members / "calibration.json"
    for damage in ("{", "[]", path.read_text().replace("0.8", "null")):
        path.write_text(damage)
        with pytest.raises(UnusableFileError, match=r"calibration\.json is no calibration"):
            dw.load(members)


def identity(members: Path) -> str:
    from dnawire.inference import digest_of_model

    return digest_of_model(str(members))


def test_test_records_of_the_runs_calibrate_if_all_have_the_same(tmp_path: Path) -> None:
    members = folder_of(tmp_path / "members", -4.0, -4.5)
    with pytest.raises(NotFoundError, match=r"member-1/test_reference.h5: no such file"):
        dw.calibrate(members)
    file_of(members / "member-1" / "test_reference.h5")
    other = members / "member-2" / "test_reference.h5"
    write_dataset(other, records().select(np.arange(11)))
    with pytest.raises(UsageError, match="one may have learned from those of the other"):
        dw.calibrate(members)
    shutil.copy(members / "member-1" / "test_reference.h5", other)
    found = dw.calibrate(members)
    assert found.calibration.num_records == 12
    assert "the test records of the runs" in repr(found)
    with pytest.raises(TooFewRecordsError, match="duplexes were held out"):
        dw.calibrate(members, coverage=0.98, overwrite=True)


def test_what_is_no_ensemble_is_refused(tmp_path: Path, sets: list[str]) -> None:
    alone = folder_of(tmp_path / "alone", -4.0)
    with pytest.raises(UsageError, match="one alone has no spread"):
        dw.load(alone)
    run = alone / "member-1"
    with pytest.raises(UsageError, match="is empty or given twice"):
        dw.load(f"members:{run},{run}")
    with pytest.raises(UsageError, match="differ in their type"):
        dw.load(f"members:{run},{sets[0]}")
    other = tmp_path / "other"
    save_model(other / "model", *trained("standard"), provenance(energy_reference=[-1.0]))
    with pytest.raises(UsageError, match="differ in energy_reference"):
        dw.load(f"members:{run},{other}")
    with pytest.raises(UsageError, match="differ in energies"):
        dw.load(f"members:{sets[0]},exact:roche-voityuk")
    for name in (f"members:{','.join(sets)}", str(run)):
        with pytest.raises(UsageError, match="is no folder of members"):
            dw.calibrate(name)
    (alone / "member-2").mkdir()
    (alone / "member-2" / "run.json").write_text("{}")
    with pytest.raises(NotFoundError, match=r"member-2 has no model yet"):
        dw.load(alone)
    with pytest.raises(UsageError, match="splits has no effect without records"):
        dw.calibrate(alone, splits="splits.json")
    with pytest.raises(UsageError, match="coverage = 1"):
        dw.calibrate(alone, coverage=1.0)


def test_records_under_other_conditions_do_not_calibrate(tmp_path: Path) -> None:
    members = folder_of(tmp_path / "members", -4.0, -4.5)
    path: Any = tmp_path / "other.h5"
    dw.generate(path, num_samples=12, seq_length=4)
    with pytest.raises(UsageError, match="cannot be answered"):
        dw.calibrate(members, records=path)
