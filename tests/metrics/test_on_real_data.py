"""Metrics on real data, against the libraries themselves: predictions are those of rules that a line can hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sacrebleu
from rouge_score import rouge_scorer
from scipy import stats
from seqeval import metrics as seqeval
from sklearn import metrics as sk

from nbft.data.files import read_file
from nbft.metrics.decompose import decompose_all
from nbft.statistics.bootstrap import interval
from nbft.statistics.compare import compare
from nbft.statistics.verdict import verdict
from tests.shared import shared

GOOD, BAD = {"good", "best", "great", "love", "fun", "moving"}, {"bad", "worst", "dull", "no", "too", "n't"}


def rows_of(name: str) -> Any:
    return read_file(shared(name))[0]


def test_classes_of_sst2_by_counted_words():
    rows = rows_of("sst2/validation.csv")
    texts = [set(text.split()) for text in rows["text"]]
    wanted = np.array([label == "positive" for label in rows["label"]]).astype(int)
    sure = 1 / (1 + np.exp(-np.array([len(text & GOOD) - len(text & BAD) + 0.1 for text in texts])))
    said = (sure > 0.5).astype(int)
    names = ["accuracy", "f1", "precision", "recall", "matthews_correlation", "roc_auc"]
    found = decompose_all(names, "text-classification", np.column_stack([1 - sure, sure]), wanted)
    assert {name: metric.total() for name, metric in found.items()} == {
        "accuracy": pytest.approx(sk.accuracy_score(wanted, said)),
        "f1": pytest.approx(sk.f1_score(wanted, said, average="macro")),
        "precision": pytest.approx(sk.precision_score(wanted, said, average="macro")),
        "recall": pytest.approx(sk.recall_score(wanted, said, average="macro")),
        "matthews_correlation": pytest.approx(sk.matthews_corrcoef(wanted, said)),
        "roc_auc": pytest.approx(sk.roc_auc_score(wanted, sure)),
    }
    always = decompose_all(["accuracy"], "text-classification", np.ones(len(wanted), int), wanted)["accuracy"]
    assert verdict("words", "majority", compare(found["accuracy"], always)).startswith("words beats majority by ")


def test_similarities_of_stsb_by_shared_words():
    rows = rows_of("stsb/validation.csv")
    first, second = ([set(text.lower().split()) for text in rows[name]] for name in ("sentence1", "sentence2"))
    said = np.array([5 * len(a & b) / len(a | b) for a, b in zip(first, second, strict=True)])
    wanted = np.asarray(rows["score"], float)
    found = decompose_all(["pearson", "spearman", "mse", "mae"], "text-classification, regression", said, wanted)
    assert {name: metric.total() for name, metric in found.items()} == {
        "pearson": pytest.approx(stats.pearsonr(said, wanted)[0]),
        "spearman": pytest.approx(stats.spearmanr(said, wanted)[0]),
        "mse": pytest.approx(sk.mean_squared_error(wanted, said)),
        "mae": pytest.approx(sk.mean_absolute_error(wanted, said)),
    }
    ends, theirs = interval(found["pearson"], resamples=1000), stats.pearsonr(said, wanted).confidence_interval()  # pyright: ignore[reportAttributeAccessIssue] - documented
    assert (ends.low, ends.high) == (pytest.approx(theirs.low, abs=0.02), pytest.approx(theirs.high, abs=0.02))


def test_tags_of_wnut17_by_capitals():
    rows = rows_of("wnut17/test.jsonl")
    wanted = rows["ner_tags"][:]
    said = [["B-person" if word.istitle() and i else "O" for i, word in enumerate(row)] for row in rows["tokens"]]
    found = decompose_all(["f1", "precision", "recall", "accuracy"], "token-classification", said, wanted)
    for name, metric in found.items():
        expected = getattr(seqeval, f"{name}_score")(wanted, said)
        assert metric.total() == pytest.approx(expected), name


def test_translations_of_multi30k_that_are_only_copies_and_that_lack_words():
    rows = rows_of("multi30k/test.jsonl")["translation"][:300]
    wanted = [row["de"] for row in rows]
    lacking = [" ".join(word for i, word in enumerate(text.split()) if i % 5) for text in wanted]
    for said in ([row["en"] for row in rows], lacking):
        found = decompose_all(["bleu", "chrf", "ter"], "translation", said, wanted, tokenize="13a")
        assert {name: metric.total() for name, metric in found.items()} == {
            "bleu": pytest.approx(sacrebleu.corpus_bleu(said, [wanted]).score),
            "chrf": pytest.approx(sacrebleu.corpus_chrf(said, [wanted]).score),
            "ter": pytest.approx(sacrebleu.corpus_ter(said, [wanted]).score),
        }


def test_intervals_of_bleu_are_those_of_sacrebleus_own_resampling():
    rows = rows_of("multi30k/test.jsonl")["translation"][:]
    wanted = [row["de"] for row in rows]
    said = [" ".join(word for i, word in enumerate(text.split()) if (i + j) % 5) for j, text in enumerate(wanted)]
    found = interval(decompose_all(["bleu"], "translation", said, wanted, tokenize="13a")["bleu"])
    theirs = sacrebleu.BLEU().corpus_score(said, [wanted], n_bootstrap=1000)
    middle, half = (theirs._mean, theirs._ci)  # type: ignore[attr-defined]
    assert found.low == pytest.approx(middle - half, abs=0.25)
    assert found.high == pytest.approx(middle + half, abs=0.25)


def test_rouge_of_first_words():
    rows = rows_of("multi30k/test.jsonl")["translation"][:200]
    wanted, said = [row["en"] for row in rows], [" ".join(row["en"].split()[:6]) for row in rows]
    names = ["rouge1", "rouge2", "rougeL"]
    scorer = rouge_scorer.RougeScorer(names, use_stemmer=True)
    scores = [scorer.score(right, text) for right, text in zip(wanted, said, strict=True)]
    for name, metric in decompose_all(names, "summarization", said, wanted).items():
        assert metric.total() == pytest.approx(np.mean([score[name].fmeasure for score in scores]))
