"""Search settings with Optuna: ``pip install "optuna>=4.9"``, then ``python optuna_search.py``.

Type it again after an interruption, or in several terminals at once: trials are shared through the
file of the study, and one whose process has ended is taken up where its training stopped.
"""

from __future__ import annotations

import sys

import optuna

import dnawire as dw

TRIALS = 20
HEARTBEAT_SECONDS = 60


def validation_loss(trial: optuna.Trial) -> float:
    """Train with the settings of a trial; the test records are for the winner alone."""
    rate = trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True)
    width = trial.suggest_categorical("hidden_dim", [32, 64, 128])
    # Named by its settings, so that a repeated trial finds its own checkpoints.
    name = f"rate-{rate!r}-width-{width}"
    run = dw.train(
        learning_rate=rate,
        hidden_dim=width,
        num_epochs=50,
        model_name=name,
        output_dir="outputs/search",
        checkpoint_dir=f"checkpoints/search/{name}",
    )
    if not run.is_complete:
        sys.exit(run.exit_code)
    best = dw.compare_runs(run).runs[0].best
    assert best is not None
    return best[1]


if __name__ == "__main__":
    storage = optuna.storages.RDBStorage(
        "sqlite:///search.db",
        heartbeat_interval=HEARTBEAT_SECONDS,
        grace_period=2 * HEARTBEAT_SECONDS,
        heartbeat_stale_trial_callback=optuna.storages.RetryHeartbeatStaleTrialCallback(),
    )
    study = optuna.create_study(storage=storage, study_name="dnawire", load_if_exists=True)
    states = (optuna.trial.TrialState.COMPLETE,)
    callback = optuna.study.MaxTrialsCallback(TRIALS, states=states)
    study.optimize(validation_loss, callbacks=[callback])
    print(study.best_params, study.best_value)
