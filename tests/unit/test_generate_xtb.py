"""``dnawire generate xtb``: designs, shards that survive everything, ordinary record files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from dnawire.cli import main
from dnawire.data import find_problem, read_dataset
from dnawire.data.atomistic import means_dataset, read_atomistic
from dnawire.errors import NotConvergedError, UnusableDataFileError, UsageError
from dnawire.junction import reverse_complement
from dnawire.workers import local_processes
from dnawire.xtb.design import (
    all_duplexes,
    covering_duplexes,
    random_duplexes,
    surroundings,
    surroundings_of,
)
from dnawire.xtb.level import Level
from dnawire.xtb.plan import XtbPlan
from dnawire.xtb.shards import Shards
from dnawire.xtb.spectra import Window
from dnawire.xtb.variants import Variant

WINDOW = Window(-11.2, -10.2, 11, 0.005, (50, 100))
SAME, CROSS = Variant("same", 0.1), Variant("cross", 0.6)
FLAGS = ("--contacts", "same", "--gamma", "0.1", "--num_energy_points", "11",
         "--interval_widths", "100", "--workers", "1", "--quiet")  # fmt: skip


def plan(*duplexes: str, variants: tuple[Variant, ...] = (SAME, CROSS)) -> XtbPlan:
    return XtbPlan(duplexes, variants, Level("water"), WINDOW)


def test_all_duplexes_are_each_there_once() -> None:
    texts = [duplex.text for duplex in all_duplexes(4)]
    assert len(texts) == len(set(texts)) == (4**4 + 4**2) // 2
    assert not set(texts) & {
        reverse_complement(text) for text in texts if reverse_complement(text) != text
    }


def test_random_duplexes_are_different_molecules() -> None:
    found = random_duplexes(40, range(3, 5), seed=1)
    assert len({duplex.key for duplex in found}) == 40
    assert {duplex.length for duplex in found} == {3, 4}
    assert found == random_duplexes(40, range(3, 5), seed=1)
    with pytest.raises(UsageError, match="11 different duplexes of 2 to 2"):
        random_duplexes(11, range(2, 3), seed=1)


def test_a_design_covers_with_few_duplexes() -> None:
    lengths = range(4, 9)
    found = covering_duplexes(1, lengths, 2, seed=3)
    seen: Counter[str] = Counter()
    for duplex in found:
        seen.update(surroundings(duplex))
    assert len(list(surroundings_of(lengths))) == 32 + 16
    assert min(seen[one] for one in surroundings_of(lengths)) >= 2
    assert len(found) < 30
    assert len(covering_duplexes(40, lengths, 2, seed=3)) == 40
    assert found == covering_duplexes(40, lengths, 2, seed=3)[: len(found)]


@pytest.mark.slow
def test_any_executor_computes_shards(tmp_path: Path) -> None:
    shards = Shards(plan("GA", "AT"), tmp_path)
    with ThreadPoolExecutor(1) as executor:
        assert list(shards.compute(shards.plan.duplexes, executor)) == ["GA", "AT"]
    dataset, columns = shards.merged()
    assert dataset.identifiers.tolist() == [
        f"{text}/{variant.name}" for text in ("GA", "AT") for variant in (SAME, CROSS)
    ]
    assert columns.duplex.tolist() == [0, 0, 1, 1]
    assert columns.levels[1][columns.homo_index[1]] == pytest.approx(columns.homo[1])
    for width, means in columns.means.items():
        assert len(means.edges) == 1000 // width + 1
        ldos = 10.0 ** means.log10_ldos[2].reshape(4, -1)
        assert np.log10(ldos.sum(0)) == pytest.approx(means.log10_dos[2], abs=1e-5)
    averaged = means_dataset(dataset, columns, 50)
    assert find_problem(averaged) is None
    assert averaged[3].energies == pytest.approx(np.arange(-11.175, -10.2, 0.05))
    assert np.array_equal(averaged[3].log10_transmission, columns.means[50].log10_transmission[3])
    with pytest.raises(UsageError, match="no means over 10 meV"):
        means_dataset(dataset, columns, 10)
    fine, coarse = (10.0 ** columns.means[width].log10_transmission for width in (50, 100))
    assert fine.reshape(4, -1, 2).mean(2) == pytest.approx(coarse, rel=1e-7)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:executorlib")
def test_an_engine_of_clusters_computes_shards(tmp_path: Path) -> None:
    from executorlib import SingleNodeExecutor

    shards = Shards(plan("GA", "AT", variants=(SAME,)), tmp_path)
    with SingleNodeExecutor(max_workers=1) as executor:
        assert sorted(shards.compute(shards.plan.duplexes, executor)) == ["AT", "GA"]
    assert shards.merged()[0].identifiers.tolist() == ["GA/same/0.1", "AT/same/0.1"]


def test_a_failure_is_kept_with_its_reason(tmp_path: Path) -> None:
    # Two purines have no room in the ideal helix.
    wrong = ["GA/GC", "A_/CT"]
    shards = Shards(plan("GA", *wrong, variants=(SAME,)), tmp_path)
    with ThreadPoolExecutor(1) as executor:
        assert list(shards.compute(wrong, executor)) == []
    assert list(shards.failures()) == wrong
    with pytest.raises(NotConvergedError, match=r"2 duplexes .*'GA/GC': .* apart.*missing bases"):
        shards.merged()


def test_an_error_of_a_worker_is_that_of_the_command(tmp_path: Path) -> None:
    shards = Shards(XtbPlan(("GA",), (SAME,), Level("lemonade"), WINDOW), tmp_path)
    with local_processes(1) as executor, pytest.raises(UsageError, match="solvent 'lemonade'"):
        list(shards.compute(["GA"], executor))


def test_parts_are_merged_to_one_file(tmp_path: Path) -> None:
    sequences = tmp_path / "sequences.txt"
    sequences.write_text("GA\nAT\n", encoding="ascii")
    out = tmp_path / "records.h5"
    command = ["generate", "xtb", str(out), "--sequences", str(sequences), *FLAGS]
    assert main([*command, "--shard", "1/2"]) == 0
    assert not out.exists()
    [first] = tmp_path.glob("records.h5.shards/*/*.h5")
    assert first.name == "AT.h5"
    stamp = first.stat().st_mtime_ns
    assert main(command) == 0
    assert first.stat().st_mtime_ns == stamp
    dataset, columns = read_dataset(out), read_atomistic(out)
    assert columns is not None
    assert dataset.identifiers.tolist() == ["GA/same/0.1", "AT/same/0.1"]
    assert dataset.source["level"] == columns.level == "GFN1-xTB/ALPB(water)"
    assert bytes_per_duplex(out) < 1250 * 2


def bytes_per_duplex(path: Path) -> float:
    """Bytes of the atomistic columns without spectra."""
    with h5py.File(path) as file:
        group = file["atomistic"]
        arrays = (group[name] for name in ("duplexes", "shells", "levels", "records"))
        sizes = [int(one.id.get_storage_size()) for part in arrays for one in part.values()]
    return sum(sizes) / 2


def test_damaged_columns_are_refused(tmp_path: Path) -> None:
    shards = Shards(plan("AT", variants=(SAME,)), tmp_path)
    shards.compute_one("AT")
    path = shards.path("AT")
    with h5py.File(path, "r+") as file:
        file["atomistic/shells/potentials"][3] += 1
    with pytest.raises(UnusableDataFileError, match="does not match its digest"):
        read_atomistic(path)


def test_a_kill_loses_and_doubles_nothing(tmp_path: Path) -> None:
    sequences = tmp_path / "sequences.txt"
    sequences.write_text("GA\nAT\nCC\n", encoding="ascii")
    command = ["generate", "xtb", str(tmp_path / "records.h5"), "--sequences", str(sequences)]
    words = [sys.executable, "-m", "dnawire", *command, *(one for one in FLAGS if one != "--quiet")]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        # The second line tells that the first duplex is there and the second one under way.
        told = [next(process.stderr), next(process.stderr)]
        os.kill(process.pid, signal.SIGKILL)
        # The worker holds the stream: its end says that it has ended with its parent.
        told += list(process.stderr)
    assert "1/3 GA" in told[1]
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("records.h5.shards/*/*.h5")}
    assert len(before) < 3
    assert main([*command, *FLAGS]) == 0
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in before.items())
    dataset = read_dataset(tmp_path / "records.h5")
    assert dataset.identifiers.tolist() == ["GA/same/0.1", "AT/same/0.1", "CC/same/0.1"]
    assert [path for path in tmp_path.rglob("*.tmp")] == []


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ((), "0 of --sequences, --all_length, --random and --coverage are given"),
        (("--random", "2", "--all_length", "3"), "2 of --sequences"),
        (("--random", "2", "--min_length", "1"), "lengths of 1 to 8 base pairs"),
        (("--random", "2", "--shard", "2/2"), "shard = '2/2'"),
        (("--random", "2", "--workers", "0"), "workers = 0 is not allowed"),
        (("--random", "2", "--gamma", "0.1", "2e3"), "gamma = 2000.0 is not allowed"),
        (("--random", "2", "--energy_max", "-12.195"), "hold no interval of 0.025 eV"),
    ],
)
def test_impossible_flags_are_named(
    flags: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "xtb", str(tmp_path / "a.h5"), *flags]) == 64
    assert message in capsys.readouterr().err
