"""What keeps a model that is passed on whole, and a training that starts from one honest."""

from __future__ import annotations

from typing import Final

from tests.mutations.mutation import Mutation

OF_SHARING: Final = (
    Mutation(
        "an exported file is held against its digest",
        "models/sealed.py",
        "    if hashlib.sha256(unsealed).hexdigest() != seal or ",
        "    if ",
        "tests/unit/test_export.py -k file_with_any_byte",
    ),
    Mutation(
        "an exported folder is held against its checksums",
        "models/sealed.py",
        "    if is_sealed and _content(",
        "    if not is_sealed and _content(",
        "tests/unit/test_export.py -k folder_with_any_byte",
    ),
    Mutation(
        "an export that has lost its checksums is refused",
        "models/sealed.py",
        "    if SHARING in description and not files.is_sealed:\n",
        "    if False:\n",
        "tests/unit/test_export.py -k without_its_checksums",
    ),
    Mutation(
        "a resumed run keeps the weights it started from",
        "runs/warm_start.py",
        "    if then == now:\n",
        "    if True:\n",
        "tests/e2e/test_warm_start.py -k refused",
    ),
    Mutation(
        "a model lies elsewhere than the results of the training that starts from it",
        "runs/warm_start.py",
        "    if source.exists() and ",
        "    if False and ",
        "tests/e2e/test_warm_start.py -k does_not_fit",
    ),
    Mutation(
        "weights that belong to a grid are not taken to another",
        "runs/warm_start.py",
        "    if predictor_class(stored.specification.model_type).knows_all_energies:\n",
        "    if True:\n",
        "tests/e2e/test_warm_start.py -k does_not_fit",
    ),
    Mutation(
        "a warm start keeps the scales that belong to the weights",
        "models/base.py",
        "for name in GRID}})",
        "for name in own if name not in dict(self.named_parameters())}})",
        "tests/e2e/test_warm_start.py -k function_of_the_model",
    ),
    Mutation(
        "one process is at a fit",
        "cli/fit.py",
        "        stack.enter_context(steps.alone())\n",
        "",
        "tests/unit/test_fit.py -k two_processes",
    ),
    Mutation(
        "results that were written meanwhile",
        "api/folder.py",
        "            _check_earlier(folder, self._members, overwrite=self._place.overwrite)\n",
        "",
        "tests/unit/test_result_folders.py -k wrote_meanwhile",
    ),
    Mutation(
        "a conductance that eta changes",
        "inference/remarks.py",
        "    if abs(at_fermi.absorbed_decades) > _NOTABLE_DECADES:\n",
        "    if False:\n",
        "tests/unit/test_inference_summary.py -k eta",
    ),
    Mutation(
        "records of another level of theory",
        "inference/evaluation.py",
        "    if levels[0] == levels[1]:\n",
        "    if True:\n",
        "tests/unit/test_evaluate.py",
    ),
)
