"""The baselines of translation: the text itself, and each word by its likeliest counterpart (IBM model 1, Brown et al. 1993).

python -m tests.benchmarks.word_by_word TRAIN.jsonl TEST.jsonl SOURCE TARGET
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import sacrebleu

ITERATIONS = 5
NULL = ""
"""Stands in every source sentence, for target words that translate none of its own."""
_TOKENS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|[^\w\s]")
Pair = tuple[list[str], list[str]]


def words(text: str) -> list[str]:
    """Returns words and punctuation marks; Chinese and Japanese characters one by one."""
    return _TOKENS.findall(text)


def read_pairs(file: Path, source: str, target: str) -> list[tuple[str, str]]:
    """Reads jsonl whose rows hold the languages, or a dict of them under `translation`."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    found = [row.get("translation", row) for row in rows]
    return [(row[source], row[target]) for row in found]


def learn(pairs: list[Pair], iterations: int = ITERATIONS) -> dict[str, str]:
    """Returns the likeliest target word of every source word."""
    chance: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(lambda: 1.0))
    for _ in range(iterations):
        counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for source, target in pairs:
            those = [*source, NULL]
            for word in target:
                total = sum(chance[one][word] for one in those)
                for one in those:
                    counts[one][word] += chance[one][word] / total
        chance = defaultdict(lambda: defaultdict(float))
        for one, found in counts.items():
            whole = sum(found.values())
            chance[one] = defaultdict(float, {word: count / whole for word, count in found.items()})
    return {one: max(found, key=found.__getitem__) for one, found in chance.items() if one != NULL}


def translate(text: str, best: dict[str, str], joint: str = " ") -> str:
    """Returns the text word by word; words that training never saw stay as they are."""
    return joint.join(best.get(word, word) for word in words(text))


def main(train: str, test: str, source: str, target: str) -> None:
    """Prints BLEU and chrF of both baselines."""
    best = learn([(words(one), words(other)) for one, other in read_pairs(Path(train), source, target)])
    pairs = read_pairs(Path(test), source, target)
    is_chinese = target.startswith("zh")
    guesses = {
        "the text itself": [text for text, _ in pairs],
        "word by word": [translate(text, best, "" if is_chinese else " ") for text, _ in pairs],
    }
    for name, written in guesses.items():
        wanted = [[reference for _, reference in pairs]]
        bleu = sacrebleu.corpus_bleu(written, wanted, tokenize="zh" if is_chinese else "13a")
        print(f"{name}: BLEU {bleu.score:.2f}, chrF {sacrebleu.corpus_chrf(written, wanted).score:.2f}")
    print(*(f"  {text}\n  -> {translate(text, best, '' if is_chinese else ' ')}" for text, _ in pairs[:3]), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
