"""Populations of which samples are drawn: what an interval of a sample should hold is known of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sacrebleu.metrics.bleu import BLEU

from nbft.metrics.decompose.classes import class_rows
from nbft.metrics.decompose.texts import bleu_value
from nbft.statistics.decomposed import Decomposed, RowMetric, mean_of

POPULATION = 200_000
Draw = Callable[[np.random.Generator, int], RowMetric]
"""Takes a source of chance and a number of rows; returns the metric of as many rows."""


def sampled(population: Decomposed) -> tuple[Draw, float]:
    """Returns what draws rows of a population, and the population's own value."""
    return lambda chance, n: population.part(chance.integers(0, population.n, n)), population.total()


def accuracy() -> Decomposed:
    """Rows of which 85% are right."""
    return mean_of(np.random.default_rng(1).random(POPULATION) < 0.85)


def macro_f1() -> Decomposed:
    """Four classes, the rarest of 8%, of which about 80% are found."""
    chance = np.random.default_rng(2)
    wanted = chance.choice(4, POPULATION, p=[0.5, 0.27, 0.15, 0.08])
    said = np.where(chance.random(POPULATION) < 0.8, wanted, chance.choice(4, POPULATION, p=[0.4, 0.3, 0.2, 0.1]))
    metric = class_rows(["f1"], said, wanted)["f1"]
    assert isinstance(metric, Decomposed)
    return metric


def bleu() -> Decomposed:
    """Sentences of 4 to 40 words, some of them well translated and some not."""
    chance = np.random.default_rng(3)
    words = chance.integers(4, 40, POPULATION)
    quality = chance.beta(4, 2, POPULATION)
    totals = [words - i for i in range(4)]
    right = [chance.binomial(total, quality ** (i + 1)) for i, total in enumerate(totals)]
    wanted = np.maximum(words + chance.integers(-2, 4, POPULATION), 1)
    return Decomposed(np.column_stack([words, wanted, *right, *totals]).astype(float), bleu_value(BLEU()), scale=100.0)


def mse() -> Decomposed:
    """Errors that are normal: their squares are skewed."""
    return mean_of(np.random.default_rng(4).standard_normal(POPULATION) ** 2)


def perplexity() -> Decomposed:
    """Texts of very different lengths; the loss of a text is not that of another."""
    chance = np.random.default_rng(5)
    tokens = np.minimum(chance.lognormal(4, 0.7, POPULATION).round() + 1, 512)
    losses = tokens * chance.gamma(16, 2.5 / 16, POPULATION)
    return Decomposed(
        np.column_stack([losses, tokens]), lambda sums: np.exp(sums[..., 0] / sums[..., 1]), True, scale=None
    )
