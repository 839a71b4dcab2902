from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import evaluate
import pytest
import sacrebleu
from rouge_score import rouge_scorer

from nbft.metrics import METRICS, load_metric
from nbft.metrics.texts import AnyScript, bleu_tokenizer, is_latin, script_language, sentences
from nbft.tasks.summarization import rouge

WRITTEN = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."]
WANTED = ["The dog bit the man.", "It was not unexpected.", "The man bit him first."]
OTHERS = ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."]


def computed(metric: str, written: Any, wanted: Any, **options: Any) -> dict[str, Any]:
    found = load_metric(metric).compute(predictions=written, references=wanted, **options)
    assert found is not None
    return found


def test_each_text_metric_is_a_metric_of_evaluate_that_needs_no_network():
    for name in ("sacrebleu", "chrf", "ter", "rouge"):
        assert isinstance(METRICS[name](), evaluate.Metric)


@pytest.mark.parametrize(
    ("name", "theirs", "options"),
    [
        ("sacrebleu", sacrebleu.corpus_bleu, {}),
        ("sacrebleu", sacrebleu.corpus_bleu, {"tokenize": "intl"}),
        ("sacrebleu", sacrebleu.corpus_bleu, {"lowercase": True}),
        ("chrf", sacrebleu.corpus_chrf, {}),
        ("chrf", sacrebleu.corpus_chrf, {"word_order": 2}),
        ("ter", sacrebleu.corpus_ter, {}),
    ],
)
def test_translation_metrics_are_sacrebleus(name: str, theirs: Any, options: dict):
    assert computed(name, WRITTEN, WANTED, **options)["score"] == theirs(WRITTEN, [WANTED], **options).score
    several = [list(pair) for pair in zip(WANTED, OTHERS, strict=True)]
    expected = theirs(WRITTEN, [WANTED, OTHERS], **options).score
    assert computed(name, WRITTEN, several, **options)["score"] == expected


def test_bleu_is_the_figure_of_sacrebleus_own_documentation():
    several = [list(pair) for pair in zip(WANTED, OTHERS, strict=True)]
    assert computed("sacrebleu", WRITTEN, several)["score"] == pytest.approx(48.530827, abs=1e-6)


def test_signatures_say_how_it_was_computed():
    assert "tok:zh" in computed("sacrebleu", ["我有一只狗。"], ["我有一只猫。"], tokenize="zh")["signature"]
    assert "nc:6" in computed("chrf", ["a"], ["a"])["signature"]


def test_bleu_of_one_word_by_hand():
    # 2 of 3 unigrams, 1 of 2 bigrams, and with smoothing 1/2 of the one trigram that fails; no 4-gram, one word shorter
    found = computed("sacrebleu", ["the dog runs"], ["the dog sleeps now"])
    assert found["precisions"][:2] == pytest.approx([200 / 3, 50])
    assert found["bp"] == pytest.approx(2.718281828 ** (1 - 4 / 3))


def test_rouge_is_rouge_scores_mean_over_rows():
    names = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    scorer = rouge_scorer.RougeScorer(names, use_stemmer=True)
    scores = [scorer.score(wanted, written) for wanted, written in zip(WANTED, WRITTEN, strict=True)]
    expected = {name: sum(score[name].fmeasure for score in scores) / 3 for name in names}
    assert rouge(WRITTEN, WANTED, names) == pytest.approx(expected)


def test_rouge_by_hand():
    # "the dog bit" of "the dog bit the man": 3 of 3 and 3 of 5 words, 2 of 2 and 2 of 4 pairs
    found = computed("rouge", ["the dog bit"], ["the dog bit the man"])
    assert found["rouge1"] == pytest.approx(2 * 1 * 0.6 / 1.6)
    assert found["rouge2"] == pytest.approx(2 * 1 * 0.5 / 1.5)
    best = computed("rouge", ["the dog bit"], [["nothing of it", "the dog bit"]])
    assert best["rougeL"] == 1


def test_rouge_l_sum_goes_sentence_by_sentence():
    written, wanted = "B is here. A is there.", "A is there. B is here."
    found = rouge([written], [wanted], ["rougeL", "rougeLsum"])
    assert found["rougeLsum"] == 1 > found["rougeL"]
    assert sentences("今天很好。明天呢？ 好") == "今天很好。\n明天呢？\n好"


def test_letters_that_are_not_latin_count():
    # by characters 4 of 5 are right; rouge_score alone sees no word at all
    written, wanted = ["我有一只狗。"], ["我有一只猫。"]
    assert computed("rouge", written, wanted)["rouge1"] == 0
    assert rouge(written, wanted, ["rouge1"], AnyScript())["rouge1"] == pytest.approx(0.8)
    russian = rouge(["Собака бежит домой."], ["собака бежит"], ["rouge1"], AnyScript())
    assert russian["rouge1"] == pytest.approx(2 * (2 / 3) / (5 / 3))
    assert AnyScript().tokenize("Der Hund läuft, नमस्ते दुनिया! 2 狗") == [
        "der",
        "hund",
        "läuft",
        "नमस्ते",
        "दुनिया",
        "2",
        "狗",
    ]


def test_scripts_are_told_apart():
    assert is_latin(["Füße läuft", "ça va"])
    assert not is_latin(["Собака бежит домой"])
    assert not is_latin(["我有一只狗"])
    assert script_language(["我有一只狗 OK"]) == "zh"
    assert script_language(["犬がいます"]) == "ja"
    assert script_language(["개가 있어요"]) == "ko"
    assert script_language(["สุนัข"]) == "th"
    assert script_language(["a dog"]) is None


def test_bleu_parts_words_as_the_target_language_asks():
    assert bleu_tokenizer("de", WANTED) == ("13a", "")
    assert bleu_tokenizer("zh", WANTED) == ("zh", "")
    assert bleu_tokenizer("zho_Hans", []) == ("zh", "")
    assert bleu_tokenizer(None, ["我有一只狗"]) == ("zh", "")
    name, note = bleu_tokenizer("ja", [])
    assert (name == "ja-mecab") is (find_spec("MeCab") is not None)
    assert name == "ja-mecab" or "sacrebleu[ja]" in note
    assert bleu_tokenizer("th", [])[0] == "char"
    right = ["我有一只狗。"] * 2
    scores = {name: computed("sacrebleu", right, right, tokenize=name)["score"] for name in ("13a", "zh", "char")}
    assert scores == {"13a": 0, "zh": pytest.approx(100), "char": pytest.approx(100)}  # 13a sees two words, and no four
