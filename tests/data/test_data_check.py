"""The data check-up: numbers against a count by hand, and every mistake met with a sentence and a count."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from nbft.data import row_sample
from nbft.data.check_repeats import repeat_findings
from nbft.data.histogram import histogram, histogram_of_lengths
from nbft.data.odd_rows import odd_findings
from nbft.data.row_sample import RowSample
from nbft.data.tongues import languages_of, scripts_of
from nbft.data_check import DataPage, data_of, data_of_run, data_of_spec
from nbft.errors import RunError, SpecError
from nbft.launch.inline import run_inline
from nbft.record.data_check import DataCheck, Finding
from nbft.run import open_run
from nbft.spec.load import read_spec
from tests.conftest import BAD, FILLER, GOOD
from tests.shared import minilm, shared
from tests.tasks.by_hand import train

Rows = list[tuple[str, str]]
ENCODER_DECODER = {
    "from_scratch": {
        "model_type": "marian",
        "d_model": 16,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 16,
        "decoder_ffn_dim": 16,
        "max_position_embeddings": 512,
    }
}


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbft.checkup.start_process", run_inline)
    monkeypatch.setattr("nbft.data.checkup.forget", lambda: None)  # the next test needs it again


def write(name: str, rows: Rows) -> str:
    with Path(name).open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("text", "label"), *rows])
    return name


def some_rows(count: int, begin: int = 0) -> Rows:
    """Rows of which no two are alike."""
    words = (*GOOD, *BAD, *FILLER)
    return [
        (f"{words[i % 10]} {words[i // 10 % 24]} {words[i * 7 % 24]} n{i}", ("bad", "good")[i % 2])
        for i in range(begin, begin + count)
    ]


def look(model: Path | str | dict[str, Any], **data: Any) -> DataCheck:
    more = data.pop("more", {})
    return data_of_spec(
        read_spec({"model": model if isinstance(model, dict) else str(model), "data": data, **more})
    ).check


def found(check: DataCheck, topic: str) -> Finding:
    (finding,) = [finding for finding in check.findings if finding.topic == topic]
    return finding


def test_rows_labels_and_lengths_are_those_counted_by_hand(place: Path, tiny_model: Path):
    rows = [
        ("the film was great", "good"),
        ("the film", "bad"),
        ("a very dull day really", "bad"),
        ("great film xyz", "good"),
    ]
    write("train.csv", rows)
    write("test.csv", [("dull", "bad"), ("a warm day", "good")])
    check = look(tiny_model, train="train.csv", validation="none", test="test.csv", max_tokens=6)
    train, test = check.splits
    assert (train.name, train.rows, train.labels) == ("train", 4, {"good": 2, "bad": 2})
    assert (test.name, test.rows, test.labels) == ("test", 2, {"bad": 1, "good": 1})
    lengths, fit = train.lengths, train.fit
    assert lengths
    assert fit
    # words and two special tokens: 6, 4, 7, 5
    assert (lengths.total, lengths.count, lengths.limit, lengths.cut, lengths.lost) == (22, 4, 6, 1, 1)
    assert lengths.percentiles["longest"] == 7
    assert sum(lengths.histogram.counts) + lengths.histogram.over == 4
    assert (fit.tokens, fit.unknown, fit.words, fit.not_known) == (14, 1, 14, ["xyz"])
    assert "1 of 4 train rows" in found(check, "cut texts").what
    assert "max_tokens: 7" in found(check, "cut texts").fix
    assert found(check, "unknown tokens").level == "warn"  # 1 of 14 is more than 5%
    assert [row.count for row in check.seen] == [6, 4, 6, 5]
    assert [token.text for token in check.seen[1].tokens] == ["[CLS]", "the", "film", "[SEP]"]
    assert [token.marks for token in check.seen[3].tokens] == ["s", "", "", "u", "s"]
    assert check.seen[1].label == "bad"


def test_repeats_contradictions_and_leaks_are_counted_and_shown(place: Path, tiny_model: Path):
    rows = some_rows(60)
    (text, label), other = rows[3], rows[5][0]
    write("train.csv", [*rows, (text, label), (f" {text.upper()}", label), (other, "bad")])
    write("test.csv", [*some_rows(20, 100), *rows[20:30]])
    check = look(tiny_model, train="train.csv", validation="none", test="test.csv")
    leaks = found(check, "leaks")
    assert leaks.level == "warn"
    assert "10 of 30 test rows (33%)" in leaks.what
    assert (leaks.rows[0].split, leaks.rows[0].row, leaks.rows[0].also) == ("test", 21, "as train row 21")
    doubled = found(check, "duplicates")
    assert "2 of 63 train rows" in doubled.what
    assert [(row.row, row.also) for row in doubled.rows] == [(61, "as row 4"), (62, "as row 4")]
    conflicts = found(check, "conflicts")
    assert "2 of 63 train rows" in conflicts.what
    assert conflicts.rows[0].also == "good ↔ row 63: bad"


def test_near_duplicates_are_found_among_a_sample_where_rows_are_many(monkeypatch: pytest.MonkeyPatch):
    long = "It was a long way from the station to the old town hall on the hill, and it had begun to rain."
    texts = [*(f"{word} {i} is row number {i * 97}" for i in range(30) for word in ("one", "other")), long, f"{long}!"]
    sample = RowSample("train", len(texts), list(range(1, len(texts) + 1)), texts, None, texts)
    findings, notes = repeat_findings({"train": sample}, 1000, 0)
    (near,) = [finding for finding in findings if finding.topic == "near duplicates"]
    assert near.rows[-1].row == 62
    assert notes == []
    _, notes = repeat_findings({"train": sample}, 20, 0)
    assert notes == ["Near duplicates were looked for among 20 of 62 training rows, drawn by chance."]


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Caf\ufffd au lait", "broken letters"),
        ("CafÃ© au lait", "broken letters"),
        ("Itâ€™s fine", "broken letters"),
        ("a <b>bold</b> claim", "HTML"),
        ("salt &amp; pepper", "HTML"),
        ("https://example.org/a?b=1 www.example.org", "addresses only"),
        ("+49 (0)30 123-45 !!", "no letters"),
        ("pic: " + "iVBORw0KGgoAAAANSUhEUg" * 8, "blobs"),
        ("bell \x07 rings", "control characters"),
        ("   ", "empty rows"),
        ("word " * 20_000, "far longer"),
    ],
)
def test_an_odd_row_is_met_with_its_number_and_what_mends_it(text: str, topic: str):
    texts = [f"a plain sentence of row {i}, 1 < 2 & 3 > 2, João São, naïve" for i in range(40)] + [text]
    sample = RowSample("train", 41, list(range(1, 42)), texts, None, texts)
    findings = {finding.topic: finding for finding in odd_findings({"train": sample})}
    assert set(findings) <= {topic, "no letters"}  # blanks are no letters either
    assert "1 of 41 train rows (2.4%)" in findings[topic].what
    assert [row.row for row in findings[topic].rows] == [41]
    assert len(findings[topic].rows[0].text) < 250
    assert findings[topic].fix


def test_what_is_to_be_written_is_something_that_a_spec_may_say(place: Path):
    texts = [f"<b>{i}</b> \x07 Ã© {'x' * i}" for i in range(40)] + ["word " * 20_000] * 2 + ["a\ufffd"]
    samples = {name: RowSample(name, 43, list(range(1, 44)), texts, texts, texts) for name in ("train", "test")}
    found_by_all = [*odd_findings(samples), *repeat_findings(samples, 1000, 0)[0]]
    fixes = {finding.fix for finding in found_by_all if "clean:" in finding.fix}
    assert len(fixes) >= 5
    rows = write("train.csv", some_rows(20))
    for fix in fixes:
        wanted = yaml.safe_load(fix)["data"]
        read_spec({"model": "starter-encoder", "data": {"train": rows, "validation": "none", "test": rows, **wanted}})
    read_spec({"model": "starter-encoder", "data": {"train": rows, "labels": {"odd one": "drop"}}})


def test_plain_rows_are_not_odd():
    texts = ["El niño dijo: «¡Âmbar, Ãngela!»", "他很高兴。", "x < y and a>b & c", "see https://example.org for more"]
    sample = RowSample("train", 4, [1, 2, 3, 4], texts, None, texts)
    assert [finding.level for finding in odd_findings({"train": sample})] == ["ok"]


def test_a_label_that_occurs_once_and_one_that_outweighs_the_others(place: Path, tiny_model: Path):
    rows = [(text, "common") for text, _ in some_rows(57)] + [
        ("warm day", "rare"),
        ("cold day", "rare"),
        ("dull room", "odd one"),
    ]
    check = look(tiny_model, train=write("train.csv", rows), validation="none")
    rare = found(check, "rare labels")
    assert "1 label occurs once only, in a single training row: 'odd one'; 'common' has 57." in rare.what
    assert (rare.level, rare.rows[0].row) == ("warn", 60)
    assert '"odd one": drop' in rare.fix
    assert "'common' has 57 of 60 training labels (95%)" in found(check, "imbalance").what
    assert found(check, "imbalance").level == "warn"
    assert "'rare' has 2" in found(check, "imbalance").what


def test_a_label_that_occurs_once_is_told_in_one_sentence(place: Path, tiny_model: Path):
    rows = [*((text, "common") for text, _ in some_rows(57)), ("dull room", "odd one")]
    check = look(tiny_model, train=write("train.csv", rows), validation="none")
    assert "'odd one'; 'common' has 57." in found(check, "rare labels").what
    assert "imbalance" not in {finding.topic for finding in check.findings}


def test_a_column_that_is_empty_and_rows_without_text_are_told(place: Path, tiny_model: Path):
    rows = some_rows(20)
    rows[4] = ("", rows[4][1])
    with Path("train.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("text", "label", "empty"), *((*row, "") for row in rows)])
    check = look(tiny_model, train="train.csv", validation="none")
    assert "1 of 20 train rows have no text and were left out." in found(check, "left out").what
    assert check.splits[0].rows == 19
    with pytest.raises(SpecError, match="both text and label"):
        look(tiny_model, train="train.csv", columns={"text": "empty", "label": "label"}, validation="none")


def test_a_row_of_100_000_characters_is_found_and_does_not_fill_the_page(place: Path, tiny_model: Path):
    rows = [*some_rows(30), ("the film was great " * 5264, "good")]
    page = data_of_spec(
        read_spec({"model": str(tiny_model), "data": {"train": write("train.csv", rows), "validation": "none"}})
    )
    assert found(page.check, "far longer").rows[0].also == "100,015 characters"
    assert found(page.check, "cut texts").what.startswith("Longer than")
    assert len(page.output()["text/html"]) < 60_000


def test_the_popular_latin_1_copy_of_sms_spam_is_read_without_broken_letters(place: Path, tiny_model: Path):
    check = look(tiny_model, train=str(shared("sms_spam/kaggle_latin1.csv")), validation="10%")
    assert sum(split.rows for split in check.splits) == 5572
    assert sum(sum(split.labels.values()) for split in check.splits) == 5572
    assert sum(split.labels["spam"] for split in check.splits) == 747
    assert "duplicates" in {finding.topic for finding in check.warnings}


def test_preferences_of_which_both_answers_are_equal_are_counted(place: Path):
    file = shared("sft_dpo/dpo_train.jsonl")
    pairs = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    equal = sum(pair["chosen"].strip() == pair["rejected"].strip() for pair in pairs)
    assert equal
    check = look(
        ENCODER_DECODER,
        train=str(file),
        validation="none",
        columns={"source": "rejected", "target": "chosen"},
        max_tokens=64,
        max_target_tokens=64,
        more={"task": "translation", "tokenizer": {"train": "bpe", "vocabulary": 600}},
    )
    said = [finding for finding in check.warnings if finding.topic == "targets"]
    assert any(f"{equal} of 935 train rows" in finding.what and "the input itself" in finding.what for finding in said)
    assert check.seen[0].writes


def test_squad_rows_with_wrong_offsets_are_told(place: Path, tiny_model: Path):
    rows = [
        {
            "question": "the film",
            "context": f"the film was {word} and the day cold",
            "answers": {"text": [word], "answer_start": [at]},
        }
        for word, at in (("great", 13), ("warm", 13), ("dull", 4), ("superb", 0))
    ]
    Path("asked.json").write_text(json.dumps(rows), encoding="utf-8")
    check = look(tiny_model, train="asked.json", validation="none", more={"task": "question-answering"})
    (told,) = [finding for finding in check.warnings if "answer_start" in finding.what]
    assert "2 of 4 train rows" in told.what
    answers = [[token.text for token in row.tokens if "l" in token.marks] for row in check.seen]
    assert answers == [["great"], ["warm"], ["dull"], ["superb"]]


def test_a_model_that_reads_chinese_as_unknown_is_warned_of(place: Path):
    check = look(minilm(), train=str(shared("xquad/zh.jsonl")), validation="none")
    unknown = found(check, "unknown tokens")
    assert unknown.level == "warn"
    assert unknown.fix.endswith(
        "tokenizer: {add_tokens: characters}"
    )  # a pretrained model can't learn another tokenizer
    assert check.splits[0].fit
    assert check.splits[0].fit.unknown_share > 0.5
    assert check.splits[0].scripts["Han"] > 0.9
    assert list(check.splits[0].languages) == ["Chinese"]
    assert any("u" in token.marks for row in check.seen for token in row.tokens)


def test_tags_are_counted_by_entity_and_shown_on_their_tokens(place: Path, tiny_model: Path):
    rows = [{"tokens": ["the", "film", f"w{i}"], "tags": ["O", "B-THING", "I-THING"]} for i in range(6)]
    Path("tagged.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    check = look(tiny_model, train="tagged.jsonl", validation="none")
    assert check.splits[0].labels == {"THING": 6}
    assert [(token.text, token.tag) for token in check.seen[0].tokens if token.tag] == [
        ("film", "B-THING"),
        ("[UNK]", "I-THING"),
    ]


def test_numbers_are_counted_between_round_edges():
    made = histogram([0.0, 0.4, 2.5, 5.0], bins=5)
    assert (made.edges[0], made.edges[-1], sum(made.counts)) == (0.0, 5.0, 4)
    lengths = histogram_of_lengths([8, 64, 65, 400], 64, 80)
    assert 64.0 in lengths.edges
    assert lengths.over == 1
    at = lengths.edges.index(64.0)
    assert sum(lengths.counts[:at]) == 2  # 8, and 64 which is not cut


def test_scripts_and_languages_are_told_where_texts_are_long_enough():
    assert scripts_of(["Straße", "улица", "街"]) == pytest.approx(
        {"Latin": 6 / 12, "Cyrillic": 5 / 12, "Han": 1 / 12}, abs=1e-4
    )
    german = ["Der Hund schläft seit heute Morgen vor der warmen Tür.", "Wir haben gestern lange auf den Zug gewartet."]
    english = [
        "The dog has been asleep in front of the door since this morning.",
        "We waited a long time for the train.",
    ]
    languages, told = languages_of(german * 30 + english * 10)
    assert languages == pytest.approx({"German": 0.75, "English": 0.25})
    assert told == 80
    assert languages_of(["ok", "no"] * 50) == ({}, 0)


def test_of_very_many_rows_a_sample_is_read_and_that_is_said(
    place: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(row_sample, "MOST_ROWS", 50)
    check = look(tiny_model, train=write("train.csv", some_rows(200)), validation="none")
    assert check.splits[0].rows == 200
    assert sum(check.splits[0].labels.values()) == 200
    assert check.notes[0].startswith("Of 200 train rows 50 were looked at, drawn by chance")


def test_a_run_keeps_its_check_up_and_warns_of_what_it_found(tiny_spec: dict[str, Any], place: Path):
    rows = Path("reviews.csv").read_text(encoding="utf-8").splitlines()
    Path("test.csv").write_text("\n".join([rows[0], *rows[1:9]]), encoding="utf-8")
    run = train({**tiny_spec, "train": {"epochs": 1}}, place / "nbft-runs").run
    check = run.data_check
    assert check is not None
    assert run.state.data_check is not None
    assert run.state.data_check.warnings == len(check.warnings)
    assert found(check, "leaks").level == "warn"
    assert sum("stand in train too" in warning.message for warning in run.state.warnings) == 1
    assert data_of(run.name).check == check
    assert data_of_run(run).name == run.name
    Path(run.folder.data_check).unlink()
    with pytest.raises(RunError, match="no data check-up"):
        data_of_run(open_run(run.name))


def test_a_fault_in_the_check_up_costs_no_run(tiny_spec: dict[str, Any], place: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: Any) -> DataCheck:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("nbft.engine.data_check.check_data", broken)
    run = train({**tiny_spec, "train": {"epochs": 1}}, place / "nbft-runs").run
    assert run.status == "finished"
    assert any("The data check-up failed: ZeroDivisionError" in warning.message for warning in run.state.warnings)
    assert run.data_check is None


def test_json_gives_back_what_it_got_and_passes_over_what_it_does_not_know(place: Path, tiny_model: Path):
    check = look(tiny_model, train=write("train.csv", some_rows(30)), validation="none")
    assert DataCheck.from_json(check.to_json()) == check
    later = {**json.loads(check.to_json()), "of_a_later_version": 1}
    assert DataCheck.from_json(json.dumps(later)) == check
    with pytest.raises(ValueError, match="no data check-up"):
        DataCheck.from_json("[1]")


def test_what_is_wrong_with_the_data_is_shown_at_its_place_in_the_spec(place: Path, tiny_model: Path):
    with pytest.raises(SpecError, match=r"nowhere\.csv"):
        data_of_spec(read_spec({"model": str(tiny_model), "data": {"train": "nowhere.csv"}}))
    assert isinstance(
        DataPage("x", look(tiny_model, train=write("t.csv", some_rows(20)), validation="none")).output(), dict
    )
