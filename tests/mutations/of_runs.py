"""Protections of everything around the storage of checkpoints."""

from __future__ import annotations

from typing import Final

from tests.mutations.mutation import Mutation

OF_RUNS: Final = (
    Mutation(
        "lock of the results",
        "training/run.py",
        "lock if is_shared else stack.enter_context(folder.lock())",
        "lock",
        "tests/e2e/test_bad_input.py -k second_run",
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
    Mutation(
        "no requeue without a step",
        "training/requeue.py",
        "    if steps == 0:\n",
        "    if False:\n",
        "tests/e2e/test_batch_job.py -k did_no_step",
    ),
    Mutation(
        "margin before the end of the job",
        "cluster/limits.py",
        "        return self._end - self._margin\n",
        "        return self._end\n",
        "tests/unit/test_cluster.py -k margin",
    ),
    Mutation(
        "time limit",
        "cluster/limits.py",
        '        """Whether the time has passed."""\n'
        "        return self._clock() >= self._stop_at\n",
        '        """Whether the time has passed."""\n        return False\n',
        "tests/unit/test_cluster.py -k duration",
    ),
    Mutation(
        "time limit of a run",
        "training/requeue.py",
        "        limits.append(Duration(",
        "        (Duration(",
        "tests/e2e/test_signals.py -k time_limit_stops",
    ),
    Mutation(
        "shared stop of several processes",
        "training/together.py",
        "self._highest(self._own.urgency)",
        "self._own.urgency",
        "tests/unit/test_together.py",
    ),
    Mutation(
        "rollback goes back",
        "training/recovery.py",
        "        self.parts.restore({name: self._good[name] for name in self.parts.names})\n",
        "",
        "tests/e2e/test_divergence.py -k changes_nothing",
    ),
    Mutation(
        "progress is never torn",
        "training/progress.py",
        "    replace_atomically(directory / PROGRESS_NAME, text.encode(), permit=permit)\n",
        "    permit()\n    (directory / PROGRESS_NAME).write_bytes(text.encode())\n",
        "tests/unit/test_progress_readers.py -k racing",
    ),
    Mutation(
        "checkpoints are asked for",
        "config/checkpoint.py",
        "        return any(value is not None for value in given)\n",
        "        return True or bool(given)\n",
        "tests/e2e/test_signals.py -k without_checkpoints",
    ),
    Mutation(
        "requests wait for the imports",
        "cli/train.py",
        "        signals.hold()\n",
        "        pass\n",
        "tests/e2e/test_signals.py -k first_moment",
    ),
    Mutation(
        "heartbeats",
        "training/keeper.py",
        '        """Save if it is time to; stop if that was asked for."""\n'
        "        self.lock.beat()\n"
        "        self.output_lock.beat()\n",
        '        """Save if it is time to; stop if that was asked for."""\n',
        "tests/e2e/test_heartbeats.py -k 'with and not without'",
    ),
    Mutation(
        "heartbeats without checkpoints",
        "training/keeper.py",
        '        """Never stop."""\n        self.output_lock.beat()\n',
        '        """Never stop."""\n',
        "tests/e2e/test_heartbeats.py",
    ),
    Mutation(
        "torchrun passes the warning on",
        "doctor/job.py",
        'script.forwarded and script.signal not in script.forwarded.split(",")',
        "False",
        "tests/unit/test_doctor.py -k job_script",
    ),
)
"""One row for each protection; add yours."""
