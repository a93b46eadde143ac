"""The card of a trained model: what it predicts, learned from, is worth, and cannot do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dnawire.config import declaration
from dnawire.data import Splits
from dnawire.data.coverage import range_text
from dnawire.models import ModelSpecification, model_class, predictor_class
from dnawire.predictors.shortfalls import shortfalls
from dnawire.quantities import BY_NAME, SCORED


def model_card(
    specification: ModelSpecification, provenance: Mapping[str, Any], splits: Splits
) -> str:
    """Write the card in Markdown, from what is stored with the model.

    Parameters
    ----------
    specification
        Type, settings and number of energies of the model.
    provenance
        Where it comes from, with its scores.
    splits
        Which records it was trained, stopped and scored on.

    Returns
    -------
    str
        The text; the same model gives the same text.
    """
    quantities = (BY_NAME[name] for name in model_class(specification.model_type).quantities)
    predicts = ", ".join(f"{one.symbol}(E)" for one in quantities)
    parts = (
        [f"# A `{specification.model_type}` model of charge transport through DNA"],
        [f"Graph of a DNA duplex between two contacts -> {predicts}."],
        _use(provenance),
        ["## Scores on the test set", "", *_score_table(provenance["scores"])],
        _verdict(provenance["scores"]),
        ["## Data", "", *_data(provenance["source"])],
        ["## Training", "", *_training(provenance, splits)],
        ["## Domain", "", *_domain(specification, provenance)],
        *_limits(specification),
        ["Settings, seed and all numbers: `config.json`."],
    )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _use(provenance: Mapping[str, Any]) -> list[str]:
    shared = provenance["origin"]["contacts"]
    # Records with contacts of their own leave none to be taken for granted.
    contacts = "" if shared else " --left_contact upper:0=0.1 --right_contact upper:-1=0.1"
    return ["```bash", f"dnawire predict THIS_FOLDER ACGTACGT{contacts}", "```"]


def _score_table(scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    heads = [one.error_label for one in SCORED]
    rows = [["mean absolute error", *heads], ["---"] * (1 + len(heads))]
    rows += [
        [name, *(f"{score[one.name]:.4f}" for one in SCORED)] for name, score in scores.items()
    ]
    return [f"| {' | '.join(row)} |" for row in rows]


def _verdict(scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    found = shortfalls(scores)
    if not found:
        return [f"It is better than {' and '.join(list(scores)[1:])} in all of them."]
    return [
        "**Warning: this model is no better than a baseline:**",
        "",
        *(f"- {one}" for one in found),
    ]


def _data(source: Mapping[str, Any]) -> list[str]:
    """What the records say of their own origin, but for what holds many values."""
    plain = {name: value for name, value in source.items() if not isinstance(value, dict | list)}
    if isinstance(doi := source.get("doi"), list):
        plain["doi"] = ", ".join(map(str, doi))
    return [f"- {name.replace('_', ' ')}: {value}" for name, value in plain.items()]


def _limits(specification: ModelSpecification) -> list[list[str]]:
    limits = declaration(specification.model_type).limits
    return [["## Limits", "", *(f"- {one}" for one in limits)]] if limits else []


def _training(provenance: Mapping[str, Any], splits: Splits) -> list[str]:
    sizes = (len(splits.train), len(splits.validation), len(splits.test))
    numbers = "{:,} for training, {:,} for the choice of the epoch, {:,} for the scores"
    lines = [f"- records: {numbers.format(*sizes)}", f"- best epoch: {provenance['best_epoch']}"]
    parameters = provenance["origin"]["parameters"]
    if parameters:
        lines.append(f"- tight-binding parameter set of the records: `{parameters}`")
    if start := provenance["config"].get("init_from"):
        lines += [
            f"- started from the weights of `{start}`, SHA-256 "
            f"`{provenance['config']['init_digest']}`; what that model was trained on may be among "
            "the test records, and then the scores are too good",
        ]
    leaked = provenance["leaked_duplexes"]
    if leaked:
        lines.append(f"- **{leaked:,} duplexes are on two sides of the split, scores too good**")
    return [*lines, f"- run: `{provenance['run_id']}`"]


def _domain(specification: ModelSpecification, provenance: Mapping[str, Any]) -> list[str]:
    seen = provenance["trained_on"]
    known = {
        "lengths": f"lengths: {range_text(*seen['lengths'])} base pairs",
        "couplings": f"couplings of contacts: {range_text(*seen['couplings'])} eV",
        "placements": f"contacts: {_places(provenance)}",
        "pairs": f"base pairs: {', '.join(seen['pairs'])}",
    }
    respects = predictor_class(specification.model_type).respects
    return [
        *(f"- {known[respect]}" for respect in respects),
        f"- energies: {_energies(specification)}; eta {provenance['eta']:g} eV",
        "",
        "What lies outside is predicted all the same, and named `out_of_domain` in every table.",
    ]


def _places(provenance: Mapping[str, Any]) -> str:
    contacts = provenance["origin"]["contacts"]
    if contacts:
        return f"`{' | '.join(contacts)}` eV, and what is the same from the other strand"
    return f"{len(provenance['trained_on']['placements']):,} kinds of places"


def _energies(specification: ModelSpecification) -> str:
    number = specification.num_energies
    if predictor_class(specification.model_type).knows_all_energies:
        return f"trained at {number}, predicts at any"
    return f"{number}, no others: resonances between them are missing, and so is any conductance"
