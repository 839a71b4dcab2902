"""A trained model reads new inputs as it read its training rows: after the text steps of `data.clean`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbft.errors import NbftError
from nbft.functions import changes_texts, keep_functions, load_functions, named_functions, preprocessed, text_changes
from nbft.launch.inline import run_inline
from nbft.record.folder import RunFolder
from nbft.run import Run, start_run
from nbft.spec.load import load_spec, read_spec
from nbft.spec.sections import RunSpec


def first_word(text: str) -> str:
    return text.split(maxsplit=1)[0]


def only_short(text: str) -> bool:
    return len(text) < 12


def read(clean: list[Any], **more: Any) -> RunSpec:
    variables = {"first_word": first_word, "only_short": only_short}
    data = {"train": "starter-reviews", "clean": clean, **more}
    return load_spec({"model": "starter-encoder", "task": "text-classification", "data": data}, variables=variables)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "r-001")
    made.variables.mkdir(parents=True)
    keep_functions({"first_word": first_word, "only_short": only_short}, made)
    return made


def test_text_steps_and_functions_go_over_inputs_in_their_order(folder: RunFolder):
    steps = ["strip-html", "mask-emails-and-numbers", "drop-duplicates", "$first_word"]
    assert preprocessed("<b>12</b> men", read(steps), folder) == "<number>"
    assert preprocessed("<p class=x>One two</p>", read(["strip-html", "$first_word"]), folder) == "One"
    assert preprocessed("<p class=x>One two</p>", read(["$first_word", "strip-html"]), folder) == "<p"
    assert preprocessed("<b>One</b> two", read(steps, preprocess="$first_word"), folder) == "One"


def test_inputs_of_any_form_are_read_so(folder: RunFolder):
    spec = read(["collapse-whitespace"])
    assert preprocessed(["a  b", ("c  d", "e\nf")], spec, folder) == ["a b", ("c d", "e f")]
    said = [{"role": "user", "content": "a\n\nb"}]
    assert preprocessed(said, spec, folder) == [{"role": "user", "content": "a b"}]
    assert preprocessed({"question": "a ?", "context": " b "}, spec, folder) == {"question": "a ?", "context": "b"}


def test_what_would_have_been_dropped_is_read_as_it_is(folder: RunFolder):
    spec = read(["$only_short", "collapse-whitespace"])
    assert preprocessed(["short", "a  very long text"], spec, folder) == ["short", "a very long text"]


def test_steps_that_only_drop_rows_change_no_input(folder: RunFolder):
    spec = read(["drop-duplicates", "drop-empty", {"drop-longer-than": 3}])
    assert not changes_texts(spec)
    assert preprocessed("a  long text", spec, folder) == "a  long text"


def test_functions_of_clean_are_named_kept_and_missed_with_their_key(folder: RunFolder, tmp_path: Path):
    spec = read(["$first_word", "strip-html"])
    assert named_functions(spec) == {"first_word": "data.clean"}
    assert len(text_changes(spec, load_functions(spec, folder))) == 2
    with pytest.raises(NbftError, match="holds no copy of it") as caught:
        preprocessed("x", spec, RunFolder(tmp_path / "other"))
    assert caught.value.path == "data.clean"


CLEAN = {"clean": ["strip-html", "drop-duplicates"]}


@pytest.fixture
def runs(tiny_spec: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Run]:
    """Two runs: on rows that nbft cleans, and on the same rows cleaned by hand; raw.csv and after.csv hold the rows."""
    monkeypatch.setattr("nbft.run.start_process", run_inline)
    clean = pd.read_csv("reviews.csv").drop_duplicates("review", ignore_index=True)
    names = {label: f"stars {label}" for label in clean.stars.unique()}
    raw = clean.assign(review="<p>" + clean.review + " &amp;</p>").iloc[[*range(len(clean)), 0, 1]]
    after = clean.assign(review=clean.review + " &", stars=clean.stars.map(names))
    raw.to_csv("raw.csv", index=False)
    after.iloc[[*range(len(after)), 0, 1]].to_csv("after.csv", index=False)
    short = {**tiny_spec, "train": {**tiny_spec["train"], "epochs": 1}}
    first = {**short, "data": {"train": "$raw", "labels": names, **CLEAN}}
    second = {**short, "data": {"train": "$after"}}
    return (
        start_run(read_spec(first, variables={"raw": raw}), "a").wait(),
        start_run(read_spec(second, variables={"after": after}), "b").wait(),
    )


def test_a_run_on_cleaned_rows_is_a_run_on_clean_rows(runs: tuple[Run, Run]):
    first, second = runs
    assert first.metrics == second.metrics
    assert first.predict("<b>fine</b>") == second.predict("fine")


def test_what_was_dropped_lies_in_the_runs_folder_with_its_number(runs: tuple[Run, Run]):
    dropped = [json.loads(line) for line in (runs[0].folder.dropped / "train.jsonl").read_text("utf-8").splitlines()]
    total = len(pd.read_csv("raw.csv"))
    found = [(row["row"], row["why"]) for row in dropped]
    assert found == [(total - 1, "repeat an earlier row"), (total, "repeat an earlier row")]


@pytest.mark.slow
def test_other_rows_are_cleaned_and_renamed_before_they_are_evaluated(runs: tuple[Run, Run]):
    first, second = runs
    assert first.evaluate("raw.csv") == second.evaluate("after.csv")
