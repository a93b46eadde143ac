"""The benchmark of checkpoints measures what a run really does."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from harness import CHECKPOINTS, TrainingProcess

SMALL = {"num_samples": 60, "seq_length": 4, "hidden_dim": 16}


def use_every_part(_: tuple[str, ...]) -> int:
    from checkpoint_cost import Timed, open_bench, saves, steps_of_an_epoch, train

    with ExitStack() as stack:
        bench = open_bench(stack, Path(CHECKPOINTS), **SMALL)
        callback = Timed(bench.callback)
        train(bench, 1, callback)
        assert bench.callback.failure is None
        assert callback.seconds > 0.0
        for save in saves(bench, Path("others")).values():
            save()
        steps_of_an_epoch(bench, bench.off)
        assert bench.callback.store.load_latest() is not None
    return 0


def test_every_part_of_it_works(tmp_path: Path) -> None:
    code, messages = TrainingProcess(tmp_path, command=use_every_part).end()
    assert code == 0, messages
    assert {path.name for path in (tmp_path / "others").iterdir()} >= {
        "plain.pth",
        "synchronized.pth",
    }
