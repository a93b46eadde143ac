"""Protections of what is learned and told of it."""

from __future__ import annotations

from typing import Final

from tests.mutations.mutation import Mutation

OF_LEARNING: Final = (
    Mutation(
        "resonances count little while H is uncertain",
        "models/hamiltonian/start.py",
        "_SIGMA**2 + uncertainty**2 * slopes.square().sum(0)\n",
        "_SIGMA**2 + 0.0 * slopes.square().sum(0)\n",
        "tests/unit/test_hamiltonian_start.py -k published",
    ),
    Mutation(
        "a poor start is told",
        "models/hamiltonian/start.py",
        "        if self.is_poor:\n",
        "        if False:\n",
        "tests/unit/test_hamiltonian_start.py -k no_such",
    ),
    Mutation(
        "T of standard is at most the number of channels",
        "models/standard/model.py",
        "        bounded = bounded_above(unbounded, channels.log10()[:, None])\n",
        "        bounded = unbounded\n",
        "tests/unit/test_predict.py -k open_channels",
    ),
    Mutation(
        "no conductance of unresolved spectra in predictions",
        "inference/summary.py",
        "        if not knows_conductance(predictor, from_grid=conductance_from_grid):\n",
        "        if False:\n",
        "tests/unit/test_predict.py -k unless_asked_for",
    ),
    Mutation(
        "no ranking by conductances of unresolved spectra",
        "api/screening.py",
        "        check_predictor(predictor, question)\n",
        "",
        "tests/unit/test_screen.py -k unless_asked_for",
    ),
    Mutation(
        "rounding errors rank nothing",
        "inference/ranking.py",
        "    return np.round(values, DECIMALS)\n",
        "    return values\n",
        "tests/unit/test_ties.py",
    ),
    Mutation(
        "a table of a screening is held against its digest",
        "inference/shards.py",
        '            if hashlib.sha256(scores).hexdigest() != content["scores"]:\n',
        "            if False:\n",
        "tests/unit/test_screen_shards.py -k damaged",
    ),
    Mutation(
        "a poor model says so with every prediction",
        "inference/remarks.py",
        "    for shortfall in predictor.conditions.shortfalls:\n",
        "    for shortfall in ():\n",
        "tests/unit/test_predict.py -k no_better",
    ),
    Mutation(
        "a poor model says so at the end of its run",
        "runs/results.py",
        "    for shortfall in shortfalls(scores):\n",
        "    for shortfall in ():\n",
        "tests/e2e/test_finished_runs.py -k held_against",
    ),
    Mutation(
        "a poor model says so in its scores",
        "runs/outputs.py",
        '        reasons = "; ".join(shortfalls(scores))\n',
        '        reasons = ""\n',
        "tests/e2e/test_finished_runs.py -k held_against",
    ),
    Mutation(
        "remarks on a duplex are those of its own base pairs",
        "inference/_row_remarks.py",
        "        if (known[which] != kinds).any():\n",
        "        if False:\n",
        "tests/unit/test_screen.py -k own_status",
    ),
    Mutation(
        "base pairs of more kinds than an integer has bits",
        "inference/_row_remarks.py",
        "    return next(sizes, object)\n",
        "    return np.int64\n",
        "tests/unit/test_screen_letters.py -k more_kinds",
    ),
    Mutation(
        "pairs without a coupling are told",
        "inference/remarks.py",
        "    if unlisted:\n",
        "    if False:\n",
        "tests/unit/test_own_parameters.py -k without_a_coupling",
    ),
    Mutation(
        "contacts on one base pair are told",
        "inference/remarks.py",
        "    elif pair is not None and junction.length > 1:\n",
        "    elif False:\n",
        "tests/unit/test_own_parameters.py -k span_no_step",
    ),
    Mutation(
        "contacts on one base pair have no series",
        "api/series.py",
        "        if longest.length > 1 and longest.shared_pair is not None:\n",
        "        if False:\n",
        "tests/unit/test_series.py -k refusals",
    ),
    Mutation(
        "a sequence of each length in a series",
        "inference/families.py",
        "            if one.length in self._members:\n",
        "            if False:\n",
        "tests/unit/test_series.py -k sequences_of_a_file",
    ),
    Mutation(
        "few lengths tell no law",
        "inference/decay.py",
        '        if one == "exponential" or len(x) >= _PARAMETERS[one] + FREEDOM\n',
        "",
        "tests/physics/test_decay.py -k needs_more_values",
    ),
    Mutation(
        "a design computes no more than it may",
        "inference/search.py",
        "                if last - first <= left:\n",
        "                if True:\n",
        "tests/unit/test_design_search.py -k end_of_the_budget",
    ),
    Mutation(
        "steps of another fit",
        "inference/fit_steps.py",
        '            if content["fit"] != self._digest:\n',
        "            if False:\n",
        "tests/unit/test_fit.py -k another_fit",
    ),
)
