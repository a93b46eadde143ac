"""Checkpoints of earlier versions of the program go on in this one; those of later ones do not."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from harness import CHECKPOINTS, assert_refused, contents, finish, run

from dnawire.checkpoint import FORMAT_VERSION, load_checkpoint
from dnawire.errors import EXIT_CONFIGURATION_MISMATCH, EXIT_UNUSABLE_FILE

DATA = Path(__file__).parents[1] / "data"
GOLDEN = DATA / "run_format_1.pth"
_MODEL = "--hidden_dim 16 --num_layers 1 --num_heads 2 --batch_size 8 --dropout 0.1"
FLAGS = (
    *f"--num_samples 40 --seq_length 4 --num_energy_points 5 {_MODEL} --num_epochs 4".split(),
    *("--checkpoint_dir", CHECKPOINTS),
)
STEPS_PER_EPOCH = 4


def test_a_run_of_format_1_goes_on_to_its_end(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINTS).mkdir()
    shutil.copy(GOLDEN, tmp_path / CHECKPOINTS / "checkpoint_latest.pth")
    messages = finish(tmp_path, *FLAGS)
    assert "0 epochs and 1 batches are done" in messages
    payload = load_checkpoint(tmp_path / CHECKPOINTS).payload
    run_state = payload["resume"]["state"]["run"]
    assert (payload["epoch"], run_state["step"]) == (4, 4 * STEPS_PER_EPOCH)
    old = load_checkpoint(GOLDEN).payload
    known = [name for name in payload["model_state_dict"] if name != "channels_of_base"]
    assert known == list(old["model_state_dict"])


def test_a_setting_that_it_does_not_know_counts_as_its_default(tmp_path: Path) -> None:
    assert "rollback_rate_factor" not in load_checkpoint(GOLDEN).payload["args"]
    flags = (*FLAGS, "--resume_from", str(GOLDEN), "--rollback_rate_factor", "0.25")
    told = ("rollback_rate_factor", "0.5", "0.25")
    assert_refused(run(tmp_path, *flags), EXIT_CONFIGURATION_MISMATCH, *told)


def test_a_newer_format_is_refused_and_neither_passed_over_nor_touched(tmp_path: Path) -> None:
    folder = tmp_path / CHECKPOINTS
    folder.mkdir()
    shutil.copy(GOLDEN, folder / "checkpoint_previous.pth")
    body = GOLDEN.read_bytes()[:-64]
    newer = body.replace(b"checkpoint; format 0001", b"checkpoint; format 0099")
    assert newer != body
    digest = hashlib.sha256(newer).hexdigest().encode()
    (folder / "checkpoint_latest.pth").write_bytes(newer + digest)
    before = contents(tmp_path)
    told = (f"format version 99, this program reads up to {FORMAT_VERSION}", "install a newer")
    assert_refused(run(tmp_path, *FLAGS), EXIT_UNUSABLE_FILE, *told)
    assert contents(tmp_path) == before
