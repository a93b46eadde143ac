"""Training: loop, loss, optimizer, metrics, recovery, several processes; writes no files."""

from dnawire.training.baselines import baseline_scores
from dnawire.training.callback import Callback, Callbacks
from dnawire.training.distributed import ProcessGroup, SingleProcess, join_process_group
from dnawire.training.levels import RecordLevels
from dnawire.training.loop import Trainer
from dnawire.training.loss import ChargeLoss, LevelLoss, SpectralLoss, loss_for
from dnawire.training.metrics import Scores, ScoreSum
from dnawire.training.optimizer import build_optimizer
from dnawire.training.order import BatchOrder
from dnawire.training.schedule import LearningRateSchedule
from dnawire.training.state import EpochRecord, RunState
from dnawire.training.statistics import target_statistics

__all__ = [
    "BatchOrder",
    "Callback",
    "Callbacks",
    "ChargeLoss",
    "EpochRecord",
    "LearningRateSchedule",
    "LevelLoss",
    "ProcessGroup",
    "RecordLevels",
    "RunState",
    "ScoreSum",
    "Scores",
    "SingleProcess",
    "SpectralLoss",
    "Trainer",
    "baseline_scores",
    "build_optimizer",
    "join_process_group",
    "loss_for",
    "target_statistics",
]
