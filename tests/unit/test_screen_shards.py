"""Shards of a screening: whoever computes them, the same bytes; nothing foreign is merged."""

from __future__ import annotations

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inference_kit import LEFT, RIGHT, save
from model_kit import SPECTRAL

import dnawire as dw
from dnawire.api.conditions import AskedConditions
from dnawire.api.screening import Screening
from dnawire.api.selection import Selection
from dnawire.cli import main
from dnawire.errors import EXIT_FINISHED, EXIT_USAGE, UnusableDataFileError
from dnawire.inference import (
    ListedCandidates,
    PatternCandidates,
    Shards,
    compute_shard,
    load_predictor,
)
from dnawire.junction import Duplex, JunctionArrays

EXACT = "exact:kordas2025"
FLAGS = ("--length", "4", "--fermi_energy", "-7.1", "--top", "9", "--save_all", "-q")
SMALL = ("--shard_size", "40", "--workers", "1")


def run(folder: Path, *flags: str, model: object = EXACT) -> int:
    return main(["screen", str(model), *FLAGS, *flags, "--output", str(folder)])


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, bytes]:
    """Results of one shard, computed at once."""
    assert run(tmp_path / "whole", "--workers", "1") == EXIT_FINISHED
    return content(tmp_path / "whole")


def test_jobs_of_an_array_and_a_merge_give_the_same_bytes(
    tmp_path: Path, expected: dict[str, bytes]
) -> None:
    for part in ("2/3", "0/3"):
        assert run(tmp_path / "out", *SMALL, "--shard", part) == EXIT_FINISHED
    (folder,) = (tmp_path / "out.shards").iterdir()
    found = sorted(path.name for path in folder.glob("*.json"))
    assert found == [f"{number:06}.json" for number in (0, 2, 3, 5, 6)]
    assert not (tmp_path / "out").exists()
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert run(tmp_path / "out", *SMALL, "--shard", "1/3") == EXIT_FINISHED
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert run(tmp_path / "out", *SMALL) == EXIT_FINISHED
    assert content(tmp_path / "out") == expected
    assert {path.name for path in tmp_path.iterdir()} == {"whole", "out"}


def test_processes_give_the_same_bytes(tmp_path: Path, expected: dict[str, bytes]) -> None:
    assert run(tmp_path / "out", "--shard_size", "130", "--workers", "2") == EXIT_FINISHED
    assert content(tmp_path / "out") == expected


@pytest.mark.parametrize("unique", [(), ("--unique", "--right_contact", "lower:0")])
def test_lists_of_many_lengths_and_what_is_left_out(tmp_path: Path, unique: tuple[str]) -> None:
    (tmp_path / "list.txt").write_text("ACGT\nAC\nTTTT\nG\nGT\nAC\nAAAA\nT\nCCA\n")
    words = ["screen", EXACT, "--sequences", str(tmp_path / "list.txt"), "--save_all", *unique]
    for name, size in (("one", "9"), ("many", "2")):
        flags = ["--shard_size", size, "--output", str(tmp_path / name)]
        assert main([*words, *flags]) == EXIT_FINISHED
    assert content(tmp_path / "one") == content(tmp_path / "many")


def test_other_questions_have_other_shards(tmp_path: Path) -> None:
    for flags in ((), ("--lowest",), ("--unique",), ("--eta", "0.01"), ("--gamma_left", "0.2")):
        assert run(tmp_path / "out", *SMALL, "--shard", "0/7", *flags) == EXIT_FINISHED
    assert len(list((tmp_path / "out.shards").iterdir())) == 5
    lists = [ListedCandidates([Duplex.parse(text)], "list") for text in ("ACG", "ACG/C_T")]
    assert lists[0].digest != lists[1].digest


def test_shards_serve_shorter_rankings_and_too_short_ones_are_told(
    tmp_path: Path, expected: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    for more, kept, said in (("12", 0, ""), ("9", 7, ""), ("15", 0, "7 shards rank fewer than")):
        words = (*SMALL, "--shard", "0/1", "--json", "--top", more)
        capsys.readouterr()
        assert run(tmp_path / "out", *words) == EXIT_FINISHED
        shown, log = capsys.readouterr()
        assert said in log if said else "warning" not in log
        (found,) = [
            one["values"] for one in json.loads(shown)["columns"] if one["name"] == "status"
        ]
        assert found.count("kept") == kept
    assert run(tmp_path / "out", *SMALL) == EXIT_FINISHED
    assert "warning" not in capsys.readouterr().err
    assert content(tmp_path / "out") == expected


def test_shards_that_rank_all_their_candidates_serve_longer_rankings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for top in ("41", "60"):
        words = (*SMALL, "--shard", "0/7", "--json", "--top", top)
        assert run(tmp_path / "out", *words) == EXIT_FINISHED
    shown, log = capsys.readouterr()
    assert "warning" not in log
    assert shown.count('"kept"') == 1


def test_shards_that_serve_nothing_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "out", *SMALL, "--shard", "0/7") == EXIT_FINISHED
    assert "warning" not in capsys.readouterr().err
    assert run(tmp_path / "out") == EXIT_FINISHED
    assert "out.shards holds what was computed with other flags" in capsys.readouterr().err


DAMAGES = {
    "digit": ("json", "the content is damaged"),
    "other shard": ("json", "it belongs to another screening or shard"),
    "not JSON": ("json", "the content is damaged"),
    "table": ("csv", "it is not the table of 000002.json"),
    "lost table": ("csv", "No such file or directory"),
}


def damaged(folder: Path, damage: str) -> str:
    """Damage a shard, and return what is to be said of it."""
    shard, table = folder / "000002.json", folder / "000002.csv"
    if damage == "digit":
        shard.write_bytes(shard.read_bytes().replace(b'"vanishing": 0', b'"vanishing": 1'))
    elif damage == "other shard":
        shard.write_bytes((folder / "000001.json").read_bytes())
    elif damage == "not JSON":
        shard.write_bytes(b"")
    elif damage == "table":
        table.write_bytes(table.read_bytes()[:-2])
    else:
        table.unlink()
    suffix, reason = DAMAGES[damage]
    return f"{folder / '000002'}.{suffix} is no part of this screening: {reason}"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_shard_is_named_and_computed_again(
    tmp_path: Path, expected: dict[str, bytes], capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    assert run(tmp_path / "out", *SMALL, "--shard", "0/1") == EXIT_FINISHED
    (folder,) = (tmp_path / "out.shards").iterdir()
    kept = {path: path.stat().st_mtime_ns for path in folder.iterdir() if path.stem != "000002"}
    said = damaged(folder, damage)
    capsys.readouterr()
    assert run(tmp_path / "out", *SMALL, "--shard", "0/1", "--json") == EXIT_FINISHED
    shown, log = capsys.readouterr()
    assert f"warning: {said}: it is computed again" in log
    (statuses,) = [one["values"] for one in json.loads(shown)["columns"] if one["name"] == "status"]
    assert statuses == ["kept", "kept", "computed", "kept", "kept", "kept", "kept"]
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert run(tmp_path / "out", *SMALL) == EXIT_FINISHED
    assert "warning" not in capsys.readouterr().err
    assert content(tmp_path / "out") == expected


@pytest.mark.parametrize("damage", DAMAGES)
def test_nothing_foreign_or_damaged_is_merged(tmp_path: Path, damage: str) -> None:
    predictor, selection = load_predictor(EXACT), Selection(pattern="NNN")
    screening = Screening.prepared(
        selection, PatternCandidates("NNN"), predictor, AskedConditions()
    )
    shards = Shards(screening.plan("of the set", 20, with_scores=True), tmp_path)
    for number in range(shards.plan.count):
        with pytest.raises(UnusableDataFileError, match=f"{4 - number} of 4 shards are missing"):
            shards.read_all()
        shards.store(compute_shard(shards.plan, number))
    assert [shard.number for shard in shards.read_all()] == [0, 1, 2, 3]
    said = damaged(shards.folder, damage)
    with pytest.raises(UnusableDataFileError) as error:
        list(shards.read_all())
    assert error.value.problem == f"{said}."


def test_a_part_tells_what_it_has_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = ("--shard", "1/3")
    assert run(tmp_path / "out", *SMALL, *part) == EXIT_FINISHED
    shown = capsys.readouterr().out
    assert shown.startswith("model         exact:kordas2025")
    assert "part          1/3: 2 of 7 shards, 80 of 256 sequences\n" in shown
    (folder,) = (tmp_path / "out.shards").iterdir()
    assert shown.endswith(f"shards        2 computed, 0 kept, in {folder}\n")
    (folder / "000004.json").unlink()
    assert run(tmp_path / "out", *SMALL, *part, "--json") == EXIT_FINISHED
    found = json.loads(capsys.readouterr().out)
    assert found["heading"] == shown.splitlines()[: len(found["heading"])]
    assert found["notes"][1] == f"shards        1 computed, 1 kept, in {folder}"
    assert {one["name"]: one["values"] for one in found["columns"]} == {
        "shard": [1, 4],
        "candidates": [40, 40],
        "file": [str(folder / "000001.json"), str(folder / "000004.json")],
        "status": ["kept", "computed"],
    }


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--shard", "2/2"), "shard = '2/2' is not a part"),
        (("--workers", "0"), "workers = 0 is not allowed"),
        (("--shard_size", "0"), "shard_size = 0 is not allowed"),
    ],
)
def test_impossible_parts_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], words: str
) -> None:
    assert run(tmp_path / "out", *flags) == EXIT_USAGE
    assert words in capsys.readouterr().err


def test_any_executor_gives_the_same_ranking() -> None:
    asked: Any = {"rank_by": "log10_transmission", "fermi_energy": -7.1, "top": 7}
    alone = dw.screen(EXACT, length=4, **asked)
    with ThreadPoolExecutor(2) as executor:
        found = dw.screen(EXACT, length=4, executor=executor, **asked)
    assert repr(found) == repr(alone)
    assert found.table() == alone.table()


@pytest.mark.parametrize("model", ["exact", *SPECTRAL])
def test_predictors_travel_to_other_processes(tmp_path: Path, model: str) -> None:
    name = EXACT if model == "exact" else str(save(tmp_path / "run", model))
    predictor = load_predictor(name)
    codes = np.stack([Duplex.parse(text).codes for text in ("ACG", "TTA")])
    left, right = (
        np.broadcast_to(contact.ladder_gamma(3), codes.shape).copy() for contact in (LEFT, RIGHT)
    )
    junctions = JunctionArrays(codes, left, right)
    there = pickle.loads(pickle.dumps(predictor)).totals(junctions)
    for one, other in zip(predictor.totals(junctions), there, strict=True):
        np.testing.assert_array_equal(one, other)
