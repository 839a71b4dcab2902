"""What the teacher says about every segment, kept on disk: vectors of its words and of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor
from tqdm import tqdm
from transformers import BertModel, PreTrainedTokenizerBase


@dataclass
class Lessons:
    """The teacher's answers, float16: `words` (words, layers, width), `sentences` (segments, width).

    The words of segment i are the rows starts[i] to starts[i + 1].
    """

    words: np.ndarray
    sentences: np.ndarray
    starts: np.ndarray


@dataclass
class Encoded:
    """Segments as token ids, with the number of the word that each token is part of (-1: a special token)."""

    ids: list[list[int]]
    words: list[list[int]]

    def __len__(self) -> int:
        return len(self.ids)

    def word_count(self, index: int) -> int:
        """Count the words of segment `index`."""
        return max(self.words[index], default=-1) + 1

    def keep(self, indices: Sequence[int]) -> Encoded:
        """Return only the segments at `indices`."""
        return Encoded([self.ids[i] for i in indices], [self.words[i] for i in indices])


def encode(tokenizer: PreTrainedTokenizerBase, segments: list[str], max_length: int) -> Encoded:
    """Tokenize, remembering the words."""
    batch = tokenizer(segments, truncation=True, max_length=max_length)
    words = [[-1 if word is None else word for word in batch.word_ids(i)] for i in range(len(segments))]
    return Encoded([list(ids) for ids in batch["input_ids"]], words)


def agreeing(first: Encoded, second: Encoded) -> list[int]:
    """List the segments that both tokenizers cut into the same words (all but the truncated ones)."""
    return [i for i in range(len(first)) if 0 < first.word_count(i) == second.word_count(i)]


def batches(encoded: Encoded, tokens: int, chance: np.random.Generator | None = None) -> list[np.ndarray]:
    """Group segment indices by length, about `tokens` tokens a batch; shuffled if given a generator."""
    lengths = np.array([len(ids) for ids in encoded.ids])
    # Noise in the sort key mixes the batches from epoch to epoch and costs a little padding.
    noise = chance.uniform(-3, 3, len(lengths)) if chance else 0.0
    groups: list[np.ndarray] = []
    pending: list[int] = []
    longest = 0
    for index in np.argsort(lengths + noise, kind="stable"):
        longest = max(longest, int(lengths[index]))
        if pending and longest * (len(pending) + 1) > tokens:
            groups.append(np.array(pending))
            pending, longest = [], int(lengths[index])
        pending.append(int(index))
    groups.append(np.array(pending))
    if chance:
        chance.shuffle(groups)
    return groups


def collate(encoded: Encoded, indices: np.ndarray, pad: int) -> tuple[Tensor, Tensor, Tensor]:
    """Pad: token ids and attention mask (batch, length), and each token's word numbered across the batch."""
    rows = [encoded.ids[i] for i in indices]
    length = max(map(len, rows))
    ids = torch.full((len(rows), length), pad)
    words = torch.full((len(rows), length), -1)
    first = 0
    for row, index in enumerate(indices):
        ids[row, : len(rows[row])] = torch.tensor(rows[row])
        numbers = torch.tensor(encoded.words[index])
        words[row, : len(numbers)] = torch.where(numbers >= 0, numbers + first, -1)
        first += encoded.word_count(index)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(rows):
        mask[row, : len(tokens)] = 1
    return ids, mask, words


def word_means(hidden: Tensor, words: Tensor) -> Tensor:
    """Average hidden states (batch, length, width) over the tokens of each word: (words, width), float32."""
    inside = words >= 0
    numbers, states = words[inside], hidden[inside].float()
    count = int(numbers.max()) + 1
    total = states.new_zeros(count, states.shape[1]).index_add(0, numbers, states)
    share = states.new_zeros(count).index_add(0, numbers, states.new_ones(len(numbers)))
    return total / share.unsqueeze(1)


def sentence_means(hidden: Tensor, mask: Tensor) -> Tensor:
    """Average the hidden states of each segment's tokens: (batch, width), float32."""
    weight = mask.unsqueeze(2).float()
    return (hidden.float() * weight).sum(dim=1) / weight.sum(dim=1)


def ask_teacher(teacher: BertModel, encoded: Encoded, layers: list[int], folder: Path) -> Lessons:
    """Run the teacher over all segments and keep what `layers` (1: the first block's output) say."""
    starts = np.concatenate([[0], np.cumsum([encoded.word_count(i) for i in range(len(encoded))])])
    width = int(teacher.config.hidden_size)
    folder.mkdir(parents=True, exist_ok=True)
    words = new_array(folder / "words.npy", int(starts[-1]), len(layers), width)
    sentences = new_array(folder / "sentences.npy", len(encoded), width)
    for group in tqdm(batches(encoded, 4096), desc="asking the teacher", mininterval=10):
        by_layer, sentence = answers(teacher, encoded, group, layers)
        sentences[group] = sentence
        first = 0
        for index in group:
            count = starts[index + 1] - starts[index]
            words[starts[index] : starts[index + 1]] = by_layer[first : first + count]
            first += count
    np.save(folder / "starts.npy", starts)
    return Lessons(words, sentences, starts)


def new_array(path: Path, *shape: int) -> np.memmap:
    """Create a float16 array on disk."""
    return open_memmap(path, mode="w+", dtype=np.float16, shape=shape)


@torch.no_grad()
def answers(teacher: BertModel, encoded: Encoded, group: np.ndarray, layers: list[int]) -> tuple[Any, Any]:
    """Ask about one batch: (words, layers, width) and (batch, width), as float16 arrays."""
    ids, mask, words = (t.to(teacher.device) for t in collate(encoded, group, pad=0))
    with torch.autocast(teacher.device.type, torch.bfloat16):
        states = teacher(ids, attention_mask=mask, output_hidden_states=True).hidden_states
    by_layer = torch.stack([word_means(states[layer], words) for layer in layers], dim=1)
    return by_layer.half().cpu().numpy(), sentence_means(states[-1], mask).half().cpu().numpy()


def load_lessons(folder: Path) -> Lessons:
    """Open the lessons kept by `ask_teacher`."""
    words, sentences, starts = (
        np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("words", "sentences", "starts")
    )
    return Lessons(words, sentences, starts)


def targets(lessons: Lessons, group: np.ndarray) -> tuple[Tensor, Tensor]:
    """Return the teacher's answers for one batch: (words, layers, width) and (batch, width), float32."""
    words = np.concatenate([lessons.words[lessons.starts[i] : lessons.starts[i + 1]] for i in group])
    return torch.from_numpy(words).float(), torch.from_numpy(lessons.sentences[group]).float()
