"""The list of models: folders, and what installed packages add."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import dnawire.models
from dnawire.config import declaration, model_types
from dnawire.config.model_settings import model_group
from dnawire.errors import UsageError

PLUG_IN = """
from pydantic.dataclasses import dataclass
from dnawire.config import GROUP, EncoderSettings, ModelType

@dataclass(frozen=True, config=GROUP, kw_only=True)
class Settings(EncoderSettings):
    hidden_dim: int = 3

MODEL = ModelType("predicts nothing", Settings, "nowhere:Model", "nowhere:Predictor")
NO_MODEL = "something else"
"""


@pytest.fixture(autouse=True)
def fresh_lists() -> Iterator[None]:
    """Lists that were made while a package was there are forgotten with it."""
    yield
    for function in (model_types, declaration, model_group):
        function.cache_clear()


def install(site: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """Install a package whose entry point is the given line."""
    (site / "plug_in_of_a_test.py").write_text(PLUG_IN)
    information = site / "plug_in-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: plug-in\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[dnawire.models]\n{line}\n")
    monkeypatch.syspath_prepend(site)
    for function in (model_types, declaration, model_group):
        function.cache_clear()


def test_every_folder_is_a_type_of_model() -> None:
    (home,) = dnawire.models.__path__
    folders = {path.name for path in Path(home).iterdir() if (path / "__init__.py").is_file()}
    assert set(model_types()) == folders >= {"standard", "hamiltonian"}
    for name in folders:
        assert declaration(name).summary.startswith("predicts ")


def test_two_types_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "standard = plug_in_of_a_test:MODEL")
    with pytest.raises(UsageError, match="two types of models are called standard"):
        model_types()


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("plug_in_that_is_gone:MODEL", "cannot be imported from plug_in_that_is_gone:MODEL"),
        ("plug_in_of_a_test:GONE", "cannot be imported from plug_in_of_a_test:GONE"),
        ("plug_in_of_a_test:NO_MODEL", "NO_MODEL is no ModelType, but 'something else'"),
    ],
)
def test_a_broken_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, problem: str
) -> None:
    install(tmp_path, monkeypatch, f"odd = {place}")
    with pytest.raises(UsageError, match=problem) as caught:
        declaration("odd")
    assert caught.value.remedy == "Mend or uninstall the package that offers the model odd."


def test_a_setting_has_one_meaning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "odd = plug_in_of_a_test:MODEL")
    with pytest.raises(TypeError, match="Settings and EncoderSettings both declare hidden_dim"):
        model_group()
