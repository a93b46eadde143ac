"""Whether and from where a run goes on: finds the checkpoint and holds it against the settings."""

from __future__ import annotations

import logging
import math
import os
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from dnawire.checkpoint import (
    CheckpointStore,
    DirectoryLock,
    LoadedCheckpoint,
    check,
    compare_environments,
    load_checkpoint,
)
from dnawire.cluster import job_runs
from dnawire.config import (
    CheckpointConfig,
    GenerationConfig,
    GuardClass,
    OptimizationConfig,
    TrainConfig,
    guard_classes,
    settings,
)
from dnawire.errors import ConfigurationMismatchError, UnusableCheckpointError
from dnawire.monitor import PROGRESS_NAME, STATUS_NAME
from dnawire.runs.application import APPLICATION, CHANGED_SETTINGS
from dnawire.runs.checkpointing import CheckpointCallback, restore
from dnawire.runs.warm_start import check_start
from dnawire.training.schedule import depends_on_total, rate_factor_after

logger = logging.getLogger(__name__)


def open_store(
    settings: CheckpointConfig, stack: ExitStack
) -> tuple[CheckpointStore, DirectoryLock]:
    """Own the folder of checkpoints until the stack is closed.

    Raises
    ------
    NotFoundError
        If ``--resume_from`` names a file that does not exist; no folder is made then.
    LockedError
        If another process owns the folder.
    NotWritableError
        If it cannot be written.
    """
    if settings.resume_from is not None and not os.path.exists(settings.resume_from):
        load_checkpoint(settings.resume_from, application=APPLICATION)
    lock = DirectoryLock(settings.directory, option="--checkpoint_dir", job_runs=job_runs)
    stack.enter_context(lock)
    store = CheckpointStore(settings.directory, lock, application=APPLICATION)
    store.probe_writable()
    return store, lock


def find_checkpoint(config: TrainConfig, store: CheckpointStore) -> LoadedCheckpoint | None:
    """Load and check the checkpoint to resume from; None if the run starts anew.

    Raises
    ------
    NotFoundError
        If ``--resume_from`` names a file that does not exist.
    UnusableCheckpointError
        If there are checkpoints and none can be trusted; a run never starts anew silently.
    NotReadableError
        If permissions forbid to read a checkpoint.
    ConfigurationMismatchError
        If a setting that shapes the result differs.
    """
    checkpoint = config.checkpoint
    if checkpoint.resume_from is not None:
        loaded = load_checkpoint(
            checkpoint.resume_from,
            allow_fallback=checkpoint.allow_fallback,
            application=APPLICATION,
        )
    else:
        found = None if checkpoint.fresh else store.load_latest()
        if found is None:
            logger.info("starting fresh; checkpoints go to %s", store.directory)
            return None
        loaded = found
    for rejected in loaded.rejected:
        logger.warning("CHECKPOINT REJECTED: %s: %s", rejected.path, rejected.reason)
    check_start(loaded.payload["args"], config, str(loaded.path))
    check_settings(loaded.payload, config)
    return loaded


def resume(loaded: LoadedCheckpoint, callback: CheckpointCallback, config: TrainConfig) -> None:
    """Put the run back where the checkpoint was taken.

    Raises
    ------
    ConfigurationMismatchError
        If the records differ, or a change that was allowed does not leave the model its shape.
    """
    saved = loaded.payload["resume"]
    allowed = config.checkpoint.allow_change
    if not any(name == "seed" or settings()[name].group == "data" for name in allowed):
        _check_records(saved, callback, config)
        _check_splits(saved, callback, config)
    # Checkpoints that do not say so are those of one process and of compiled code.
    then = {"processes": 1, "only definitions": False, **saved["environment"]}
    for drift in compare_environments(then, dict(callback.identity.environment)):
        logger.warning("not bit-exact, the environment differs: %s", drift)
    try:
        restore(callback.registry, loaded.payload)
    except (RuntimeError, ValueError) as error:
        raise ConfigurationMismatchError(
            f"the state in {loaded.path} does not fit the settings: {' '.join(str(error).split())}",
            "Take back what --allow_change allowed, go on with the version that wrote it, "
            "or start anew in another --checkpoint_dir.",
        ) from error
    callback.adopt(saved["run_id"])
    state = callback.state
    logger.info(
        "resuming from %s: %d epochs and %d batches are done", loaded.path, state.epoch, state.batch
    )


def archive_other_run(config: TrainConfig, callback: CheckpointCallback) -> None:
    """Move what another run has left in the folder out of the way of what will be saved."""
    asked = config.checkpoint.fresh
    if asked or (config.checkpoint.resume_from is not None and _holds_other_run(callback)):
        archive = callback.store.archive(also=(PROGRESS_NAME, STATUS_NAME))
        if archive is not None:
            logger.warning("the old checkpoints of %s are now in %s", archive.parent, archive)


def _holds_other_run(callback: CheckpointCallback) -> bool:
    try:
        present = callback.store.load_latest()
    except UnusableCheckpointError:
        return True
    return present is not None and present.payload["resume"]["run_id"] != callback.identity.run_id


def check_settings(payload: dict[str, Any], config: TrainConfig) -> None:
    """Hold the settings of this start against those of a checkpoint, and report what may differ.

    Raises
    ------
    ConfigurationMismatchError
        If a setting that shapes the result differs, or more epochs are done than are asked for.
    """
    # What was no setting yet had the effect that its default has.
    saved = {name: settings()[name].default for name in config.flat()} | payload["args"]
    classes = guard_classes()
    before = OptimizationConfig(**{name: saved[name] for name in vars(config.optimization)})
    _check_total(before, config.optimization, payload["epoch"])
    if not depends_on_total(before):
        classes["num_epochs"] = GuardClass.MAY_CHANGE
    if saved.get("data") is not None or config.data.data is not None:
        # Records that are read are compared by content.
        classes |= dict.fromkeys(vars(GenerationConfig()), GuardClass.IGNORED)
    tolerated = check(
        saved,
        config.flat(),
        ignored=_named(classes, GuardClass.IGNORED),
        may_change=_named(classes, GuardClass.MAY_CHANGE),
        allowed=config.checkpoint.allow_change,
        remedy=CHANGED_SETTINGS + _jump_of_rate(before, config, payload),
    )
    for difference in tolerated:
        logger.info("changed: %s", difference)
        if difference.name == "num_epochs" and not depends_on_total(before):
            logger.info(
                "schedule %s does not depend on num_epochs: the result is that of one long run",
                before.schedule,
            )


def _progress(payload: dict[str, Any]) -> tuple[int, int]:
    """Completed epochs, and optimizer steps of each."""
    epoch, step = payload["epoch"], payload["resume"]["state"]["run"]["step"]
    return epoch, max(1, step // max(1, epoch))


def _check_total(before: OptimizationConfig, now: OptimizationConfig, done: int) -> None:
    """Refuse a total that is passed already."""
    if now.num_epochs < done:
        total = before.num_epochs if depends_on_total(before) else f"{done} or more"
        raise ConfigurationMismatchError(
            f"num_epochs = {now.num_epochs}, but {done} epochs are done",
            f"Give --num_epochs {total}, or another --checkpoint_dir.",
        )


def _jump_of_rate(before: OptimizationConfig, config: TrainConfig, payload: dict[str, Any]) -> str:
    """Say what another number of epochs does to the learning rate, and which ways on there are."""
    now = config.optimization
    if before.num_epochs == now.num_epochs or not depends_on_total(before):
        return ""
    epoch, steps_per_epoch = _progress(payload)
    longer = replace(before, num_epochs=now.num_epochs)
    last, next_ = (
        one.learning_rate * rate_factor_after(one, epoch, steps_per_epoch)
        for one in (before, longer)
    )
    jumps = not math.isclose(last, next_)
    change = f"it would jump from {last:.1e} to {next_:.1e}" if jumps else "its course would change"
    return (
        f"\n  With schedule {before.schedule} the learning rate depends on num_epochs: after "
        f"{epoch} epochs {change}. To go on\n"
        f"  - with this {'jump' if jumps else 'change'}, add --allow_change num_epochs;\n"
        "  - at the last rate, add --schedule constant --learning_rate "
        f"{last:.3g} --allow_change num_epochs schedule "
        "learning_rate;\n"
        "  - as one long run would, start anew in another --checkpoint_dir."
    )


def _named(classes: dict[str, GuardClass], wanted: GuardClass) -> set[str]:
    return {name for name, found in classes.items() if found is wanted}


def _check_records(
    saved: dict[str, Any], callback: CheckpointCallback, config: TrainConfig
) -> None:
    now = callback.identity
    if saved["data_digest"] == now.data_digest:
        return
    if config.data.data is None and saved["question_digest"] == now.question_digest:
        logger.warning(
            "not bit-exact, the generated spectra differ from those of the first start in their "
            "last digits: another processor or other versions"
        )
        return
    raise ConfigurationMismatchError(
        f"the records differ from those the run was started with (digest "
        f"{now.data_digest[:12]} now, {saved['data_digest'][:12]} then)",
        "Give the --data of the first start, or start anew in another --checkpoint_dir.",
    )


def _check_splits(saved: dict[str, Any], callback: CheckpointCallback, config: TrainConfig) -> None:
    now = callback.identity.splits_digest
    # Checkpoints that do not say so are of before there were files of splits.
    then = saved.get("splits_digest", now if config.data.splits is None else "")
    if then != now:
        raise ConfigurationMismatchError(
            f"the records are split otherwise than those the run was started with (digest "
            f"{now[:12]} now, {then[:12] or 'not from a file'} then)",
            "Give the --splits of the first start, or start anew in another --checkpoint_dir.",
        )
