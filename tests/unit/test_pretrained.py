"""The models that come with the package: found by name, whole, and worth what their cards say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dnawire.data.atomistic import read_atomistic
from dnawire.errors import NotFoundError
from dnawire.inference import load_predictor
from dnawire.inference.load import pretrained_models
from dnawire.junction import Duplex
from dnawire.models.atomistic.predictor import AtomisticPredictor

PAIRS = Path(__file__).parents[1] / "data" / "xtb_pairs.h5"


@pytest.fixture(scope="module")
def xtb() -> AtomisticPredictor:
    found = load_predictor("pretrained:xtb")
    assert isinstance(found, AtomisticPredictor)
    return found


def test_all_are_listed_and_may_be_asked_for(xtb: AtomisticPredictor) -> None:
    assert pretrained_models() == ("xtb",)
    assert xtb.name == "xtb"
    assert xtb.conditions.contacts is not None
    assert [one.text for one in xtb.conditions.contacts] == ["upper:0=0.1", "lower:0=0.1"]
    assert not xtb.conditions.shortfalls


def test_charges_of_duplexes_shorter_than_all_that_it_learned_from(
    xtb: AtomisticPredictor,
) -> None:
    """Two base pairs are all ends; it has seen 4 to 8."""
    columns = read_atomistic(PAIRS)
    assert columns is not None
    charged = xtb._charged(Duplex.parse(str(columns.texts[0])))
    error = charged.shell_charges - columns.shell_charges(0)
    assert np.sqrt(np.mean(error**2)) < 1e-3
    # Worse than at the lengths of the training, as the certificate says: there it is 2 to 3 meV.
    assert 5.0 < charged.certificate() < 30.0


@pytest.mark.parametrize("name", ["xtb", "pretrained:xbt"])
def test_a_wrong_name_is_near_to_the_right_one(name: str) -> None:
    with pytest.raises(NotFoundError, match=r"no model in .*") as caught:
        load_predictor(name)
    assert "Did you mean 'pretrained:xtb'?" in caught.value.remedy
