"""The mutation gate: each protection is taken away in a copy of the source, and a test must fail.

Run ``make test-mutations`` (or ``python tests/mutate.py [NAME ...]``). A row of `MUTATIONS` names a
protection, replaces one passage of one file, and names the tests that must notice. A passage that
is not found exactly once fails the gate too: the row is out of date.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
_TESTS_FAILED: Final = 1
"""Exit code of pytest; others mean that the tests did not run."""


class Mutation(NamedTuple):
    """One protection, and what becomes of the source without it."""

    name: str
    file: str
    old: str
    new: str
    tests: str
    """Arguments of pytest."""


MUTATIONS: Final = (
    Mutation(
        "file fsync",
        "checkpoint/durable.py",
        "        if durable:\n            fs.fsync(descriptor)\n",
        "",
        "tests/unit/test_checkpoint_power.py",
    ),
    Mutation(
        "directory fsync",
        "checkpoint/store.py",
        "                discard(spare, self._fs)\n"
        "            self._fs.fsync_directory(self.directory)\n",
        "                discard(spare, self._fs)\n",
        "tests/unit/test_checkpoint_power.py",
    ),
    Mutation(
        "rename instead of writing in place",
        "checkpoint/durable.py",
        "        fs.replace(temporary, target)\n",
        "        fs.unlink(target) if target.exists() else None\n"
        "        write_new_file(target, data, fs=fs)\n",
        "tests/unit/test_checkpoint_crash.py -k 'kill_at_every or racing'",
    ),
    Mutation(
        "read-back verification",
        "checkpoint/durable.py",
        "        if durable and fs.read_bytes(temporary) != data:\n",
        "        if False:\n",
        "tests/unit/test_checkpoint_store.py -k returns_other_bytes",
    ),
    Mutation(
        "digest of the file",
        "checkpoint/format.py",
        "    if hashlib.sha256(covered).hexdigest().encode() != found[3]:\n",
        "    if False:\n",
        "tests/unit/test_checkpoint_format.py -k 'flip or truncation'",
    ),
    Mutation(
        "manifest",
        "checkpoint/format.py",
        '    if manifest_of(rest, largest=size) != content["manifest"]:\n',
        "    if False:\n",
        "tests/unit/test_checkpoint_format.py -k 'hostile or manifest'",
    ),
    Mutation(
        "loading without code",
        "checkpoint/format.py",
        'map_location="cpu", weights_only=True)',
        'map_location="cpu", weights_only=False)',
        "tests/unit/test_checkpoint_format.py -k no_code",
    ),
    Mutation(
        "previous generation",
        "checkpoint/store.py",
        "                if keep is not None:\n"
        "                    publish(source, self.previous, keep, fs=self._fs)\n",
        "",
        "tests/unit/test_checkpoint_store.py -k 'previous or damaged_latest'",
    ),
    Mutation(
        "damage never pushes out the last good generation",
        "checkpoint/store.py",
        "        if generations and generations[0].path == self.latest:\n",
        "        if generations:\n",
        "tests/unit/test_checkpoint_store.py -k 'never_takes_the_place or older_copy'",
    ),
    Mutation(
        "latest by content",
        "checkpoint/generations.py",
        "    sealed.sort(key=lambda file: file.seal.counter, reverse=True)\n",
        "    sealed.sort(key=lambda file: file.path.stat().st_mtime, reverse=True)\n",
        "tests/unit/test_checkpoint_store.py -k 'content_and_not_time or copies'",
    ),
    Mutation(
        "lock",
        "checkpoint/lock.py",
        "        if life is Life.DEAD or "
        "(silence is not None and silence >= self._stale_seconds):\n",
        "        if True:\n",
        "tests/unit/test_checkpoint_lock.py -k 'second_owner or simultaneous'",
    ),
    Mutation(
        "lock of the results",
        "training/run.py",
        "lock if is_shared else stack.enter_context(folder.lock())",
        "lock",
        "tests/e2e/test_bad_input.py -k second_run",
    ),
    Mutation(
        "fencing",
        "checkpoint/store.py",
        "                lock.check()\n                if keep is not None:\n",
        "                if keep is not None:\n",
        "tests/unit/test_checkpoint_fencing.py",
    ),
    Mutation(
        "temporary files of a former owner go",
        "checkpoint/lock.py",
        "            remove_leftovers(self.directory, self._fs)\n",
        "            pass\n",
        "tests/unit/test_checkpoint_fencing.py tests/unit/test_checkpoint_crash.py",
    ),
    Mutation(
        "progress files are fenced",
        "training/progress.py",
        "text.encode(), permit=permit)",
        "text.encode())",
        "tests/unit/test_progress_readers.py -k lost",
    ),
    Mutation(
        "results are fenced",
        "training/outputs.py",
        "            self._owner.check()\n",
        "            pass\n",
        "tests/e2e/test_two_writers.py -k orphan",
    ),
    Mutation(
        "guard of the settings",
        "training/resume.py",
        "    for difference in check("
        "saved, config.flat(), classes, allowed=config.checkpoint.allow_change):\n",
        "    for difference in []:\n",
        "tests/e2e/test_guard.py -k changed_setting",
    ),
    Mutation(
        "guard of the records",
        "training/resume.py",
        '    if saved["data_digest"] == now.data_digest:\n',
        "    if True:\n",
        "tests/e2e/test_guard.py -k records",
    ),
    Mutation(
        "drift of the environment is named",
        "training/resume.py",
        '        logger.warning("not bit-exact, the environment differs: %s", drift)\n',
        "        pass\n",
        "tests/e2e/test_exactness.py -k environment",
    ),
    Mutation(
        "stop at a step boundary",
        "training/keeper.py",
        "        if self.stop.requested:\n            return self.save_and_stop()\n"
        "        if self.schedule.due():\n",
        "        if self.schedule.due():\n",
        "tests/e2e/test_signals.py -k in_mid_epoch",
    ),
    Mutation(
        "stop within validation",
        "training/loop.py",
        "                if keeper.after_batch():\n                    return None\n",
        "",
        "tests/e2e/test_signals.py -k validation",
    ),
    Mutation(
        "handlers note, and do not raise",
        "training/interrupts.py",
        "            self._signal = found\n",
        "            self._signal = found\n            raise KeyboardInterrupt\n",
        "tests/e2e/test_signals.py -k in_mid_epoch",
    ),
    Mutation(
        "dropout by the step",
        "training/loop.py",
        'named_seed(self.seed, "dropout", number)',
        "torch.seed()",
        "tests/e2e/test_signals.py -k goes_on_exactly",
    ),
    Mutation(
        "order by seed and epoch",
        "training/order.py",
        'torch.Generator().manual_seed(named_seed(self._seed, "order", epoch))',
        "torch.default_generator",
        "tests/e2e/test_signals.py -k goes_on_exactly",
    ),
    Mutation(
        "state of the optimizer",
        "training/optimizer.py",
        "    optimizer.load_state_dict(packed.pack_state(saved))\n",
        "",
        "tests/e2e/test_signals.py -k goes_on_exactly",
    ),
    Mutation(
        "state of the schedule",
        "training/schedule.py",
        '        rates.load_state_dict({**course, "base_lrs": rates.base_lrs})\n'
        '        self._set_rates(saved["last_epoch"])\n',
        "        del course\n",
        "tests/unit/test_optimization.py -k goes_on",
    ),
    Mutation(
        "state of the plateau",
        "training/schedule.py",
        '            state["plateau"] = asdict(self._plateau)\n',
        "            pass\n",
        "tests/unit/test_optimization.py -k goes_on",
    ),
    Mutation(
        "averaged weights",
        "training/loop.py",
        '            registry.register("average", self.average.model)\n',
        "            pass\n",
        "tests/e2e/test_exactness.py -k 'ends_the_same and 0.8'",
    ),
    Mutation(
        "sums of the epoch under way",
        "training/state.py",
        "        return {**state, ",
        '        return {**state, "loss_sum": 0.0, ',
        "tests/e2e/test_signals.py -k goes_on_exactly",
    ),
    Mutation(
        "best model",
        "training/state.py",
        "        return {**state, ",
        '        return {**state, "best_loss": float("inf"), ',
        "tests/e2e/test_signals.py -k best_epoch",
    ),
    Mutation(
        "deterministic algorithms",
        "training/run.py",
        "    torch.use_deterministic_algorithms(True)\n",
        "    torch.use_deterministic_algorithms(False)\n",
        "tests/regression/test_determinism.py -k trap",
    ),
    Mutation(
        "private generator of dropout",
        "models/dropout.py",
        "bernoulli_(1.0 - self.rate, generator=self.generator)",
        "bernoulli_(1.0 - self.rate)",
        "tests/e2e/test_observer.py -k global_generators",
    ),
    Mutation(
        "loss that is not finite",
        "training/loop.py",
        "        if not (math.isfinite(value) and math.isfinite(norm.item())):\n",
        "        if False:\n",
        "tests/e2e/test_bad_input.py -k diverges",
    ),
    Mutation(
        "failed save does not end the run",
        "training/keeper.py",
        "        except NotSavedError as error:\n",
        "        except ZeroDivisionError as error:\n",
        "tests/e2e/test_full_disk.py -k goes_on_while",
    ),
)
"""One row for each protection; add yours."""


def survives(mutation: Mutation, source: Path) -> str:
    """Say how a mutation got past the tests; empty if they noticed it."""
    path = source / "dnawire" / mutation.file
    original = path.read_text()
    if original.count(mutation.old) != 1:
        return f"out of date: found {original.count(mutation.old)} times in {mutation.file}"
    path.write_text(original.replace(mutation.old, mutation.new))
    try:
        return _ask_tests(mutation.tests, source)
    finally:
        path.write_text(original)


def _ask_tests(tests: str, source: Path) -> str:
    command = f"{sys.executable} -m pytest -q -x -n 0 -p no:cacheprovider -m 'not slow' {tests}"
    paths = os.pathsep.join(filter(None, (str(source), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        command,
        shell=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == _TESTS_FAILED:
        return ""
    lines = done.stdout.strip().splitlines() or [done.stderr.strip()]
    return f"survived: exit code {done.returncode}, {lines[-1]}"


def main(names: list[str]) -> int:
    """Try all mutations or those named; return the number of those that got through."""
    chosen = [mutation for mutation in MUTATIONS if not names or mutation.name in names]
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source)
        for mutation in chosen:
            outcome = survives(mutation, source)
            survivors += bool(outcome)
            sys.stdout.write(f"{mutation.name}: {outcome or 'noticed'}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen)} mutations, {survivors} not noticed\n")
    return survivors


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1:])))
