"""The words of other tools lead to keys that exist, and none of them hides a key of ours."""

from __future__ import annotations

import pytest

from nbft.errors import SpecError
from nbft.spec.aliases import ALIASES, IN_SECTION
from nbft.spec.fields import accepts, keys
from nbft.spec.foreign_values import SHORTHAND, VALUES
from nbft.spec.load import read_spec
from nbft.spec.metric_names import FOREIGN, METRICS

PATHS = {key.name: key for key in keys().values()}
FIXES = {
    "num_train_epochs: 2": "train: {epochs: 2}",
    "per_device_train_batch_size: 8": "train: {batch_size: 8}",
    "lr: 1e-4": "train: {learning_rate: 1e-4}",
    "base_model: bert": "model: bert",
    "max_seq_length: 128": "data: {max_tokens: 128}",
    "evaluation_strategy: epoch": "evaluate: {every: epoch}",
    "metric_for_best_model: eval_f1": "early_stopping: {monitor: eval_f1}",
    "bf16: true": "train: {precision: bf16}",
    "fp16: false": "train: {precision: fp32}",
    "label_column: stars": "data: {columns: {label: stars}}",
}


def test_every_alias_leads_to_a_key():
    targets = {alias.path for alias in ALIASES.values()} | {
        a.path for words in IN_SECTION.values() for a in words.values()
    }
    assert targets - {""} <= set(PATHS)
    assert set(VALUES) <= set(PATHS)
    assert all(alias.path or alias.note for alias in ALIASES.values())


def test_no_alias_is_a_key_at_the_same_place():
    top = {name for name in PATHS if "." not in name}
    assert not top & set(ALIASES)
    assert not {f"{section}.{word}" for section, words in IN_SECTION.items() for word in words} & set(PATHS)


def test_every_proposed_value_fits_its_key():
    for alias in ALIASES.values():
        for value in (alias.value, alias.otherwise):
            assert value in ("same", "") or accepts(PATHS[alias.path].path, value), alias
    for name, values in VALUES.items():
        assert all(accepts(PATHS[name].path, value) for value in values.values())
    assert {f"{section}.{inner}" for (section, _), inner in SHORTHAND.items()} <= set(PATHS)
    assert {name for names in FOREIGN.values() for name in names} <= set(METRICS)


@pytest.mark.parametrize(("typed", "line"), FIXES.items())
def test_the_line_to_paste_is_the_one_that_works(typed, line):
    with pytest.raises(SpecError) as caught:
        read_spec(typed)
    fixes = [problem.fix for problem in caught.value.problems if problem.line == 1]
    assert line in fixes[0]
    with pytest.raises(SpecError) as caught:
        read_spec(line)
    assert all(
        problem.line is None or "needed" in problem.what or "monitor" in line for problem in caught.value.problems
    )
