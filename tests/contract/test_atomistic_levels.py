"""Levels in the loss of ``atomistic``: exact about the records, shared by any processes."""

from __future__ import annotations

import signal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from groups import run_each, run_together
from harness import CHECKPOINTS, STEP, TrainingProcess, assert_refused, finish, raise_at
from numpy.typing import NDArray
from outcome import assert_identical, state
from scipy.linalg import eigh

from dnawire.cli.train import parse_flags
from dnawire.config import TrainConfig
from dnawire.constants import HARTREE_EV
from dnawire.data.atomistic import AtomisticColumns, read_atomistic
from dnawire.electronic import Integrals
from dnawire.electronic.scf import num_occupied
from dnawire.electrostatics import Electrostatics, load_solvent
from dnawire.errors import EXIT_CONFIGURATION_MISMATCH, EXIT_FINISHED, EXIT_LOST_PROCESS
from dnawire.graphs.schema import ChargesBatch
from dnawire.junction import Duplex
from dnawire.runs import Run
from dnawire.runs.preparation import PreparedData, prepare_data, prepare_dataset
from dnawire.structures import build_duplex
from dnawire.training import ChargeLoss, LevelLoss, join_process_group
from dnawire.training.distributed.local_batch import (
    EmptyLocalBatch,
    LocalBatch,
    ShardedBucket,
    WholeBucket,
)
from dnawire.training.levels import DuplexLevels

NAME = "atomistic"
PAIRS = Path(__file__).parents[1] / "data" / "xtb_pairs.h5"
WEIGHT = 0.7
EPOCHS = 3
SMALL = {
    "data": PAIRS, "model_type": NAME, "hidden_dim": 16, "num_layers": 2, "num_heads": 2,
    "batch_size": 5, "level_weight": WEIGHT,
}  # fmt: skip
FLAGS = (
    *(word for name, value in SMALL.items() for word in (f"--{name}", str(value))),
    *("--num_epochs", str(EPOCHS), "--checkpoint_dir", CHECKPOINTS, "--checkpoint_frequency", "1"),
    *("--schedule", "constant"),
)
ROUNDING = 1e-6


@cache
def prepared() -> tuple[PreparedData, LevelLoss]:
    """Records of 10 duplexes of 2 base pairs, and the loss of a run on them."""
    config = TrainConfig.from_flat(SMALL)
    data = prepare_data(config, prepare_dataset(config), torch.device("cpu"))
    assert data.levels is not None
    return data, LevelLoss(ChargeLoss(), data.levels, WEIGHT)


def known_columns() -> AtomisticColumns:
    found = read_atomistic(PAIRS)
    assert found is not None
    return found


def levels_near(duplex: int, change: NDArray[np.float64]) -> NDArray[np.float64]:
    """The levels of a record in eV when its charges change, by another diagonalization."""
    columns = known_columns()
    structure = build_duplex(Duplex.parse(str(columns.texts[duplex])))
    integrals = Integrals.of(structure)
    field = Electrostatics.of(structure.atomic_numbers, structure.positions, load_solvent())
    v = field.potentials(columns.shell_charges(duplex) + change)[integrals.orbital_shell]
    fock = integrals.core_hamiltonian + integrals.overlap * np.add.outer(v, v) / 2.0
    first = num_occupied(structure) - 1 - int(columns.homo_index[duplex])
    found = eigh(fock, integrals.overlap, eigvals_only=True)[first:]
    return np.asarray(found[: len(columns.levels[duplex])] * HARTREE_EV)


def one_record() -> tuple[int, DuplexLevels, torch.Tensor]:
    """Its duplex, how its levels follow the charges, and these."""
    data, loss = prepared()
    batch = data.training[0].select(torch.tensor([0]))
    [levels] = loss.levels.of_records(batch.records)
    assert batch.charges is not None
    table = batch.charges.shell_charges[0].nan_to_num(0.0).requires_grad_()
    return int(loss.levels.duplex[int(batch.records[0])]), levels, table


def random_change(levels: DuplexLevels) -> NDArray[np.float64]:
    return np.random.default_rng(1).normal(size=len(levels.charges))


def test_the_gradient_of_levels_is_that_of_differences() -> None:
    duplex, levels, table = one_record()
    shifts, change, step = levels.shifts(table), random_change(levels), 1e-7
    assert not shifts.any()
    weights = np.linspace(0.5, 1.5, len(shifts))
    (torch.from_numpy(weights) @ shifts).backward()
    assert table.grad is not None
    slopes = table.grad.flatten()[levels.rows].numpy()
    difference = levels_near(duplex, step * change) - levels_near(duplex, -step * change)
    assert slopes @ change == pytest.approx(weights @ difference / (2.0 * step), rel=1e-6)
    others = np.setdiff1d(np.arange(table.numel()), levels.rows.numpy())
    assert not table.grad.flatten()[torch.from_numpy(others)].any()


def test_what_is_left_of_levels_is_of_second_order_in_the_charges() -> None:
    duplex, levels, table = one_record()
    stored, missed = known_columns().levels[duplex], []
    assert levels_near(duplex, np.zeros(len(levels.charges))) == pytest.approx(stored, abs=1e-5)
    for size in (2e-4, 1e-4):
        change = size * random_change(levels)
        with torch.no_grad():
            moved = table.flatten().index_add(0, levels.rows, torch.from_numpy(change))
            shift = levels.shifts(moved).numpy()
        exact = levels_near(duplex, change) - levels_near(duplex, 0.0 * change)
        missed.append(abs(shift - exact).max())
        assert missed[-1] < 0.2 * abs(exact).max()
    assert missed[1] < 0.3 * missed[0]


@pytest.mark.parametrize("processes", [2, 3])
def test_losses_of_the_parts_add_up_to_that_of_the_batch(processes: int) -> None:
    data, loss = prepared()
    [bucket] = data.training
    for rows in (torch.tensor([3, 1, 0, 2, 5]), torch.tensor([4])):
        parts = [ShardedBucket(bucket, loss, one, processes).cut(rows) for one in range(processes)]
        found = [part.loss_of(wrong_charges(part)).item() for part in parts]
        whole = WholeBucket(bucket, loss).cut(rows)
        assert sum(found) == pytest.approx(whole.loss_of(wrong_charges(whole)).item(), rel=1e-12)
        assert any(isinstance(part, EmptyLocalBatch) for part in parts) == (len(rows) == 1)


def test_levels_count_by_their_weight() -> None:
    data, loss = prepared()
    [batch] = (part.select(torch.arange(4)) for part in data.training)
    local = WholeBucket(batch, loss).whole()
    of_charges = WholeBucket(batch, ChargeLoss()).whole().loss_of(wrong_charges(local))
    twice = WholeBucket(batch, loss._replace(weight=2.0 * WEIGHT)).whole()
    added = local.loss_of(wrong_charges(local)) - of_charges
    pairs = zip(loss.levels.of_records(batch.records), wrong_charges(local)[0], strict=True)
    errors = torch.cat([levels.shifts(table) for levels, table in pairs]) / 10e-3
    torch.testing.assert_close(added, WEIGHT * errors.square().mean())
    torch.testing.assert_close(twice.loss_of(wrong_charges(local)) - of_charges, 2.0 * added)


def wrong_charges(local: LocalBatch) -> ChargesBatch:
    """Those of the records and a percent."""
    assert local.batch.charges is not None
    return ChargesBatch(1.01 * local.batch.charges.shell_charges.nan_to_num(0.0))


def only_fit(flags: tuple[str, ...]) -> int:
    """Train, and write no results, which take longer."""
    config = parse_flags(flags).resolved()
    with join_process_group() as group, Run(config, group=group) as run:
        run.prepare()
        assert run.fit()
    return EXIT_FINISHED


def fit_together(folder: Path, processes: int) -> dict[str, Any]:
    """Train to the end; return the last checkpoint."""
    ends = run_each(folder, [FLAGS] * processes, command=only_fit)
    assert {ended.exit_code for ended in ends} == {EXIT_FINISHED}, ends
    found = state(folder / CHECKPOINTS / "checkpoint_latest.pth")
    assert found["resume"]["environment"]["processes"] == processes
    return found


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The end of a run of two processes that was not disturbed."""
    return fit_together(tmp_path_factory.mktemp("peace"), 2)


def test_two_processes_find_what_one_finds(in_peace: dict[str, Any], tmp_path: Path) -> None:
    """The last batch has one record, so that one process has nothing."""
    alone = fit_together(tmp_path, 1)
    for name in ("train_losses", "val_losses"):
        assert in_peace[name] == pytest.approx(alone[name], rel=ROUNDING)
        assert len(alone[name]) == EPOCHS
    for name, value in alone["model_state_dict"].items():
        torch.testing.assert_close(value, in_peace["model_state_dict"][name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("killed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_after_a_kill_two_processes_go_on_exactly(
    tmp_path: Path, in_peace: dict[str, Any], killed: int
) -> None:
    ends = run_together(tmp_path, 2, *FLAGS, actions={killed: raise_at(STEP, 5, signal.SIGKILL)})
    assert ends[killed].exit_code == -signal.SIGKILL
    assert ends[1 - killed].exit_code == EXIT_LOST_PROCESS, ends
    assert_identical(fit_together(tmp_path, 2), in_peace)


@pytest.mark.slow
def test_levels_are_added_on_the_way_only_where_that_is_allowed(tmp_path: Path) -> None:
    """How a model of charges is fine-tuned."""
    finish(tmp_path, *FLAGS, "--level_weight", "0")
    longer = (*FLAGS, "--num_epochs", str(EPOCHS + 1))
    refused = TrainingProcess(tmp_path, *longer).end()
    assert_refused(refused, EXIT_CONFIGURATION_MISMATCH, "level_weight")
    assert "resuming from" in finish(tmp_path, *longer, "--allow_change", "level_weight")
    *before, last = state(tmp_path / CHECKPOINTS / "checkpoint_latest.pth")["val_losses"]
    assert len(before) == EPOCHS
    assert last > 1.5 * before[-1]
