from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from nbft.errors import DataError, NbftError, RunError
from nbft.labelling.labels import Labels
from nbft.notebook import label_magic
from nbft.notebook.dashboard import VIEW
from nbft.notebook.label_magic import FLAGS, VALUED, open_labelling
from nbft.notebook.labelling import Labelling
from nbft.notebook.line import split_line
from nbft.record.journal import JournalFull
from tests.conftest import write_rows
from tests.notebook.training_cell import wait_for

LABELS = "--labels positive,negative"


def reviews() -> pd.DataFrame:
    return pd.DataFrame({"review": ["good", "bad", "fine", "poor"], "id": range(4)})


def opened(line: str, **names) -> Labelling:
    return open_labelling(split_line("%ft_label", line, FLAGS, VALUED), names)


def on_screen(labelling: Labelling) -> str:
    assert labelling.session.current is not None
    return labelling.session.current.id


def answer(labelling: Labelling, *labels: str) -> None:
    for label in labels:
        labelling.hear({"do": "label", "id": on_screen(labelling), "label": label})
        assert labelling.around.error is None


@pytest.fixture
def clicking(monkeypatch):
    monkeypatch.setattr(label_magic, "can_click", lambda: True)


def run(shell, code: str):
    with capture_output() as captured:
        result = shell.run_cell(code)
    return captured, result.error_in_exec


def test_the_cell_shows_a_panel_with_its_static_twin_and_binds_the_result(shell, place, clicking):
    shell.user_ns["df"] = reviews()
    captured, error = run(shell, f"%ft_label $df {LABELS} --into mood")
    assert error is None
    (output,) = captured.outputs
    assert sorted(output.data) == [VIEW, "text/html", "text/plain"]
    assert "0 of 4 texts labelled, 4 left" in output.data["text/plain"]
    assert isinstance(shell.user_ns["labels"], Labels)
    assert list(shell.user_ns["df"].columns) == ["review", "id", "mood"]


def test_where_nobody_can_click_it_says_how_far_it_is_and_labels_the_rows(shell, place):
    answer(opened(f"$df {LABELS}", df=reviews()), "positive", "negative")
    shell.user_ns["df"] = reviews()
    captured, error = run(shell, f"%ft_label $df {LABELS}")
    assert error is None
    (output,) = captured.outputs
    assert VIEW not in output.data
    assert output.data["text/plain"].splitlines() == [
        "df: 2 of 4 texts labelled, 2 left",
        "  positive  1",
        "  negative  1",
        "To go on, run this cell again: what was labelled is kept.",
    ]
    assert shell.user_ns["df"]["label"].tolist()[:2] == ["positive", "negative"]


def test_a_name_that_the_notebook_uses_is_left_alone(shell, place, clicking):
    shell.user_ns.update(df=reviews(), labels=["mine"])
    _, error = run(shell, f"%ft_label $df {LABELS}")
    assert error is None
    assert shell.user_ns["labels"] == ["mine"]
    assert "df_labels.labelled" not in repr(shell.user_ns["df_labels"])
    assert "train: $df" in repr(shell.user_ns["df_labels"])


def test_answers_land_in_the_frame_and_in_the_result(place):
    df = reviews()
    labelling = opened(f"$df {LABELS}", df=df)
    answer(labelling, "positive", "negative")
    assert df["label"].tolist()[:2] == ["positive", "negative"]
    labelling.hear({"do": "undo"})
    assert df["label"].notna().sum() == 1
    result = labelling.labels
    assert result.counts == {"positive": 1, "negative": 0}
    assert result.labelled.to_dict("records") == [{"review": "good", "id": 0, "label": "positive"}]
    assert len(result.frame) == 4
    assert repr(result).startswith("df: 1 of 4 texts labelled\nlabel: positive 1, negative 0\n\nTrain on them:")


def test_a_list_of_dicts_is_labelled_in_place(place):
    rows = [{"text": "a"}, {"text": "b"}]
    answer(opened(f"$rows {LABELS}", rows=rows), "negative")
    assert rows == [{"text": "a", "label": "negative"}, {"text": "b", "label": None}]


def test_the_file_has_the_labelled_rows_as_soon_as_all_are(place):
    labelling = opened(f"$df {LABELS} --save out/labelled.csv", df=reviews())
    answer(labelling, *["positive", "negative"] * 2)
    with (place / "out" / "labelled.csv").open(encoding="utf-8", newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["positive", "negative"] * 2
    again = opened(f"$df {LABELS} --save out/labelled.csv", df=reviews())
    assert again.around.notes[0] == "4 of 4 were labelled before."
    again.hear({"do": "undo"})
    wait_for(lambda: len((place / "out" / "labelled.csv").read_text().splitlines()) == 4, "not saved", 10)


@pytest.mark.parametrize("ending", ["csv", "tsv", "json", "jsonl", "parquet"])
def test_what_was_saved_is_read_again(place, ending):
    labelling = opened(f"$df {LABELS}", df=reviews())
    answer(labelling, "positive")
    readers = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}
    readers |= {"tsv": lambda file: pd.read_csv(file, sep="\t"), "jsonl": lambda file: pd.read_json(file, lines=True)}
    file = labelling.labels.save(f"labelled.{ending}")
    assert readers[ending](file).to_dict("records") == [{"review": "good", "id": 0, "label": "positive"}]
    assert len(readers[ending](labelling.labels.save(f"all.{ending}", every_row=True))) == 4


def test_no_file_of_somebody_else_is_written_over(place):
    (place / "mine.csv").write_text("review\nmine\n")
    with pytest.raises(DataError, match="did not write"):
        opened(f"$df {LABELS} --save mine.csv", df=reviews())
    with pytest.raises(DataError, match=r"It writes \.csv"):
        opened(f"$df {LABELS} --save mine.doc", df=reviews())
    assert (place / "mine.csv").read_text() == "review\nmine\n"


def test_a_file_is_read_by_a_worker_and_may_not_be_written_over(place):
    write_rows(place / "posts.csv", 6, seed=1)
    (place / "latin.csv").write_bytes("review\ncafé\n".encode("latin-1"))
    labelling = opened("posts.csv --into stars")
    assert (labelling.session.labels, labelling.session.left) == (["negative", "positive"], 0)
    latin = opened(f"latin.csv {LABELS} --save labelled.csv")
    assert latin.session.current is not None
    assert latin.session.current.text == "café"
    assert any("Windows-1252" in note or "Latin-1" in note for note in latin.around.notes)
    answer(latin, "positive")
    assert latin.labels.labelled.to_dict("records") == [{"review": "café", "label": "positive"}]
    with pytest.raises(DataError, match="can't be written over it"):
        opened(f"latin.csv {LABELS} --save latin.csv")
    with pytest.raises(DataError, match=r"There is no file 'post\.csv'"):
        opened(f"post.csv {LABELS}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "needs to know what to label"),
        (f"$dff {LABELS}", r"Did you mean \$df"),
        (f"$mine {LABELS}", r"Variables that hold rows: \$df, \$empty"),
        (f"df {LABELS}", r"Did you mean the variable \$df"),
        (f"$number {LABELS}", "of the type int, which holds no rows"),
        ("$df", "needs labels to choose from"),
        ("$df --labels good, bad", "takes one source, not 2"),
        ("$df --labels", "--labels positive,negative"),
        ("$df --label good,bad", "Did you mean '--labels'"),
        (f"$df {LABELS} --text reviw", "Did you mean 'review'"),
        (f"$df {LABELS} --text review --into review", "can't hold both"),
        (f"$empty {LABELS}", "No column holds texts"),
        (f"$empty {LABELS} --text text", "holds no text"),
        (f"$df {LABELS} --name a/b", "can't be named"),
    ],
)
def test_a_slip_is_told_with_what_to_write(place, line, said):
    empty = pd.DataFrame({"text": ["", " "]})
    with pytest.raises(NbftError) as caught:
        opened(line, df=reviews(), number=3, empty=empty)
    assert re.search(said, str(caught.value)), str(caught.value)


def test_what_goes_wrong_in_a_click_is_shown_in_the_panel(place, monkeypatch):
    labelling = opened(f"$df {LABELS}", df=reviews())
    labelling.hear({"do": "label", "id": on_screen(labelling)})
    assert labelling.around.error is not None
    assert labelling.around.error[0].startswith("KeyError: 'label' (labelling.py, line")

    def full(*_):
        raise JournalFull(28, "No space left on device")

    monkeypatch.setattr("nbft.labelling.journal.append", full)
    labelling.hear({"do": "label", "id": on_screen(labelling), "label": "positive"})
    assert "No space left on device" in labelling.around.error[0]
    monkeypatch.undo()
    answer(labelling, "positive")


def test_a_row_that_is_gone_is_told(place):
    rows = [{"text": "a"}, {"text": "b"}]
    labelling = opened(f"$rows {LABELS}", rows=rows)
    rows.pop(0)
    labelling.hear({"do": "label", "id": on_screen(labelling), "label": "positive"})
    assert labelling.around.error is not None
    assert "stands no longer in rows" in labelling.around.error[0]
    assert labelling.session.labelled == 1


def test_empty_and_repeated_rows_are_told(place):
    df = pd.DataFrame({"text": ["a", "a", "b", None, ""]})
    assert opened(f"$df {LABELS}", df=df).around.notes == [
        "1 row repeats another's text: one answer labels both.",
        "2 rows without text are left out.",
    ]


def test_a_model_guesses_and_the_most_uncertain_texts_come_first(place, tiny_model):
    stats = pytest.importorskip("scipy.stats")
    words = ["great", "awful", "the film", "a very cold room", "lovely", "poor food", "day", "it was quite dull"]
    labelling = opened("$df --labels LABEL_0,LABEL_1", df=pd.DataFrame({"text": words}))
    labelling.around.model = "judge"
    labelling.guess_with(str(tiny_model))
    assert labelling.around.reading == "judge is being loaded…"
    answer(labelling, "LABEL_0")
    wait_for(lambda: not labelling.around.reading or labelling.around.error, "no guesses", 60)
    assert labelling.around.error is None
    guesses = labelling.around.guesses
    assert len(guesses) == len(words)
    assert all(sum(said.values()) == pytest.approx(1) for said in guesses.values())
    first, *seen = shown_until_the_end(labelling)
    assert first == "awful", "the text on the screen stays there"
    doubt = [stats.entropy(list(guesses[known].values())) for known in map(ids(labelling).__getitem__, seen)]
    assert doubt == pytest.approx(sorted(doubt, reverse=True), abs=1e-6)
    assert labelling.guessing is not None
    assert not labelling.guessing._scratch.path.exists()


def ids(labelling: Labelling) -> dict[str, str]:
    return {text.text: known for known, text in labelling.session.texts.items()}


def shown_until_the_end(labelling: Labelling) -> list[str]:
    seen = []
    while (current := labelling.session.current) is not None:
        seen.append(current.text)
        answer(labelling, "LABEL_0")
    return seen


def test_a_model_that_is_not_there_is_told_before_anything_is_shown(shell, place, clicking):
    shell.user_ns["df"] = reviews()
    _, error = run(shell, f"%ft_label $df {LABELS} --model nobody")
    assert isinstance(error, RunError)
    assert "There is no run 'nobody'" in str(error)


def test_a_worker_that_fails_is_told_in_the_panel(place, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text(json.dumps({"model_type": "bert"}))
    labelling = opened(f"$df {LABELS}", df=reviews())
    labelling.guess_with(str(broken))
    wait_for(lambda: labelling.around.error, "no error", 60)
    assert labelling.around.reading == ""
    answer(labelling, "positive")


def test_the_kernel_loads_no_torch(place):
    code = (
        "import sys, pandas as pd\nfrom nbft.notebook.label_magic import *\n"
        "df = pd.DataFrame({'text': ['a', 'b']})\n"
        "asked = split_line('%ft_label', '$df --labels x,y', FLAGS, VALUED)\n"
        "labelling = open_labelling(asked, {'df': df})\n"
        "labelling.hear({'do': 'label', 'id': labelling.session.current.id, 'label': 'x'})\n"
        "assert df['label'][0] == 'x'\n"
        "assert not {'torch', 'transformers', 'datasets', 'evaluate', 'peft'} & set(sys.modules)\n"
    )
    root = str(Path(label_magic.__file__).parents[2])
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": root, "PATH": ""})
