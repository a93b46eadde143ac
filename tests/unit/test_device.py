"""The CPU unless a GPU is asked for; a GPU that is not there is refused before any work."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from inference_kit import junction, records, save

from dnawire.cli import main
from dnawire.config import TrainConfig
from dnawire.errors import EXIT_USAGE, UsageError
from dnawire.inference import load_predictor
from dnawire.operators.device import named_device
from dnawire.runs.preparation import build_trainer, prepare_data
from dnawire.training.distributed import SingleProcess

HAS_GPU = torch.cuda.is_available()
without_gpu = pytest.mark.skipif(HAS_GPU, reason="there is a GPU")
with_gpu = pytest.mark.skipif(not HAS_GPU, reason="there is no GPU")
MODELS = ["hamiltonian", "standard"]


def test_auto_is_the_cpu_though_there_be_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert SingleProcess().device("auto") == torch.device("cpu")


def test_a_gpu_is_said_to_be_slow(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with caplog.at_level(logging.WARNING):
        assert named_device("cuda:1") == torch.device("cuda", 1)
    assert "cuda:1 is slow" in caplog.text
    with pytest.raises(UsageError, match="sees 2 GPUs"):
        named_device("cuda:2")


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:-1", "mps", ""])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="device"):
        named_device(name)


@without_gpu
@pytest.mark.parametrize("model", MODELS)
def test_a_missing_gpu_is_refused_before_any_work(
    tmp_path: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = save(tmp_path / "run", model), tmp_path / "out"
    for command in (
        ["predict", str(run), "GATT", "--output", str(out)],
        ["screen", str(run), "--length", "4", "--output", str(out)],
        ["train", "--model_type", model, "--output_dir", str(out)],
    ):
        assert main([*command, "--device", "cuda"]) == EXIT_USAGE
        assert "PyTorch sees no GPU" in capsys.readouterr().err
        assert not out.exists()


def test_exact_spectra_need_the_cpu() -> None:
    with pytest.raises(UsageError, match="Exact spectra need the CPU"):
        load_predictor("exact:kordas2025", "cuda")


@pytest.mark.slow
@with_gpu
@pytest.mark.parametrize("model", MODELS)
def test_a_gpu_predicts_what_the_cpu_does(tmp_path: Path, model: str) -> None:
    run = str(save(tmp_path / "run", model))
    asked = [junction("ACGT"), junction("GATT/AAT_")]
    here, there = (load_predictor(run, device).predict(asked) for device in ("cpu", "cuda"))
    for one, other in zip(here, there, strict=True):
        for name, values in one.spectra.items():
            np.testing.assert_allclose(values, other.spectra[name], rtol=0.0, atol=1e-3)


@pytest.mark.slow
@with_gpu
@pytest.mark.parametrize("model", MODELS)
def test_a_gpu_trains_by_the_definitions(model: str) -> None:
    losses = []
    for name in ("cpu", "cuda"):
        device = named_device(name)
        config = TrainConfig.from_flat(
            {"model_type": model, "hidden_dim": 32, "num_layers": 2, "dropout": 0.0}
        )
        data = prepare_data(config, records(), device)
        trainer = build_trainer(config, data, device)
        for cut in trainer.order.epoch(0):
            trainer.step([trainer.order.batch(cut)])
        losses.append(trainer.state.loss_sum / trainer.state.loss_count)
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
