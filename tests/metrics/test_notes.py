from __future__ import annotations

import sacrebleu
import sklearn

from nbft.metrics.notes import note
from nbft.spec.metric_names import DEFAULT_METRICS, metrics_of


def test_a_metric_says_which_library_computes_it():
    assert note("accuracy").implementation == f"scikit-learn {sklearn.__version__}, accuracy_score"
    assert note("f1", "token-classification").implementation.startswith("seqeval 1.2")
    assert note("f1", "text-classification").implementation.endswith("f1_score, macro average")
    assert note("$mine").implementation == "a function of the notebook"
    assert note("mauve").implementation.startswith("evaluate ")


def test_a_signature_is_sacrebleus_own():
    expected = f"nrefs:1|case:mixed|eff:no|tok:zh|smooth:exp|version:{sacrebleu.__version__}"
    assert note("bleu", tokenize="zh").signature == expected
    assert note("chrf", word_order=2).signature.startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:2")


def test_every_metric_of_nbft_is_said_something_of():
    for kind in DEFAULT_METRICS:
        for name in metrics_of([kind]):
            assert not note(name, kind).implementation.startswith("evaluate"), (kind, name)


def test_errors_are_better_when_they_are_lower():
    assert {name for kind in DEFAULT_METRICS for name in metrics_of([kind]) if note(name, kind).lower_is_better} == {
        "mse",
        "mae",
        "ter",
        "perplexity",
    }
