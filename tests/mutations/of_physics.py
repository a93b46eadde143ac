"""Protections of the observables."""

from __future__ import annotations

from typing import Final

from tests.mutations.mutation import Mutation

_LINEAR: Final = "tests/physics/test_observables_linear.py"
_PROBES: Final = "tests/physics/test_observables_probes.py"

OF_PHYSICS: Final = (
    Mutation(
        "panels beside poles of G",
        "transport/_panel_kernels.py",
        "        if largest < step:  # false for a pole at infinity\n",
        "        if False:\n",
        f"{_LINEAR} -k closed_forms",
    ),
    Mutation(
        "panels beside poles of Fermi functions",
        "transport/_panel_kernels.py",
        "            step = min(step, half_width(distance, CLOSE * math.pi * thermal[k]))\n",
        "",
        f"{_LINEAR} -k closed_forms",
    ),
    Mutation(
        "singularities of the effective transmission",
        "transport/quadrature.py",
        "    if not is_rough.any():\n",
        "    if True:\n",
        f"{_PROBES} -k own_singularities",
    ),
    Mutation(
        "narrow resonances without another damping",
        "transport/junctions.py",
        "system._replace(contacts=unguarded(system.contacts)), left, right)",
        "system, left, right)",
        f"{_LINEAR} -k closed_forms",
    ),
    Mutation(
        "logarithm of a conductance below all numbers",
        "transport/junctions.py",
        "    if not exponents.any():\n",
        "    if True:\n",
        f"{_LINEAR} -k below_all_numbers",
    ),
    Mutation(
        "impossible temperatures of observables",
        "transport/linear_response.py",
        "(is_possible & np.isfinite(kelvin)).all()",
        "True",
        f"{_LINEAR} -k impossible_temperature",
    ),
    Mutation(
        "division of the voltage",
        "transport/bias.py",
        "    if not 0.0 <= division <= 1.0:\n",
        "    if False:\n",
        "tests/physics/test_observables_bias.py -k impossible_division",
    ),
    Mutation(
        "negative couplings of probes",
        "transport/junctions.py",
        "    if not ((given >= 0.0).all() and (given < math.inf).all()):\n",
        "    if False:\n",
        f"{_PROBES} -k another_shape_or_sign",
    ),
    Mutation(
        "disorder of missing bases",
        "transport/disorder.py",
        "np.where(system.present, onsite, 0.0)",
        "onsite",
        "tests/physics/test_observables_disorder.py -k stay_missing",
    ),
    Mutation(
        "a bend that does not halve the slope is no crossover",
        "inference/decay.py",
        "first.beta > 0.0 and second.beta <= WEAK * first.beta",
        "True",
        "tests/physics/test_decay.py -k does_not_halve",
    ),
    Mutation(
        "evidence for a crossover",
        "inference/decay.py",
        "        if criteria[other] <= criteria[law] - EVIDENCE:\n",
        "        if criteria[other] <= criteria[law] + 1e9:\n",
        "tests/physics/test_decay.py -k noise_is_no_crossover",
    ),
    Mutation(
        "no probes beside an absorbing eta",
        "inference/dephasing.py",
        "    if eta != 0.0:\n",
        "    if False:\n",
        "tests/unit/test_series.py -k refusals",
    ),
    Mutation(
        "contacts that would lose their base",
        "inference/changes.py",
        "            if letter == MISSING and strand in self.strands\n",
        "            if False\n",
        "tests/unit/test_scan.py -k lose_their_base",
    ),
    Mutation(
        "models under different conditions are not compared",
        "inference/common.py",
        "    if any(one != values[0] for one in values):\n",
        "    if False:\n",
        "tests/unit/test_compare.py -k cannot_be_compared",
    ),
    Mutation(
        "records with another zero of the energy are not scored",
        "inference/evaluation.py",
        "    if not is_own.all():\n",
        "    if False:\n",
        "tests/unit/test_evaluate.py -k cannot_be_answered",
    ),
)
