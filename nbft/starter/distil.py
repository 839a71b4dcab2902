"""Make the starter encoder: a small BERT that learns, without labels, to answer as a larger one does.

python -m nbft.starter.distil --teacher FOLDER --text FILE:COLUMN... --out FOLDER
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm
from transformers import (
    AutoTokenizer,
    BertModel,
    BertTokenizer,
    PreTrainedTokenizerBase,
    get_cosine_schedule_with_warmup,
)

from nbft.starter.corpus import read_corpus, with_strange_words
from nbft.starter.lessons import (
    Encoded,
    Lessons,
    agreeing,
    ask_teacher,
    batches,
    collate,
    encode,
    load_lessons,
    sentence_means,
    targets,
    word_means,
)
from nbft.starter.student import cut_student, lexicon, train_tokenizer


@dataclass
class Plan:
    """The size of the student and how it is taught."""

    vocabulary: int = 8400
    max_length: int = 256
    intermediate_size: int = 768
    layers: tuple[int, ...] = (0, 5)
    """The teacher's blocks that the student's blocks start from."""
    lessons_from: tuple[int, ...] = (3, 6)
    """The teacher's block (counted from 1) whose output each of the student's blocks has to match."""
    strange_words: float = 0.2
    epochs: float = 1.25
    batch_tokens: int = 3072
    learning_rate: float = 1e-3
    seed: int = 0


class Pupil(nn.Module):
    """The student with the head, dropped afterwards, that reads the sentence out of its pooler."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        width = int(encoder.config.hidden_size)
        self.encoder = encoder
        self.head = nn.Linear(width, width)

    def forward(self, ids: Tensor, mask: Tensor, words: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        """Return the word means after each block, the mean of all tokens, and what the pooler knows of it."""
        out = self.encoder(ids, attention_mask=mask, output_hidden_states=True)
        by_block = [word_means(states, words) for states in out.hidden_states[1:]]
        return by_block, sentence_means(out.last_hidden_state, mask), self.head(out.pooler_output).float()


def spread(lessons: Lessons) -> Tensor:
    """Return the variance of the teacher's answers, (layers, width): a few dimensions are far larger."""
    sample = np.asarray(lessons.words[:: max(1, len(lessons.words) // 50_000)], dtype=np.float32)
    return torch.from_numpy(sample.var(axis=0)).clamp_min(1e-6)


def distance(
    said: tuple[list[Tensor], Tensor, Tensor], wanted: tuple[Tensor, Tensor], variance: Tensor
) -> dict[str, Tensor]:
    """Measure how far off the student is: words in squared spreads, sentences in 1 - cosine."""
    by_block, mean, pooled = said
    words, sentence = wanted
    parts = {f"block{i + 1}": ((states - words[:, i]) ** 2 / variance[i]).mean() for i, states in enumerate(by_block)}
    parts["mean"] = 1 - functional.cosine_similarity(mean, sentence).mean()
    parts["pooled"] = 1 - functional.cosine_similarity(pooled, sentence).mean()
    return parts


def teach(student: BertModel, encoded: Encoded, lessons: Lessons, plan: Plan) -> None:
    """Fit the student to the lessons; dropout stays off, for the targets are exact."""
    pupil = Pupil(student).eval()
    optimizer = torch.optim.AdamW(pupil.parameters(), lr=plan.learning_rate, weight_decay=0.01, fused=True)
    steps = round(plan.epochs * len(batches(encoded, plan.batch_tokens)))
    schedule = get_cosine_schedule_with_warmup(optimizer, round(0.05 * steps), steps)
    variance = spread(lessons)
    bar = tqdm(endless(encoded, plan), total=steps, desc="teaching", mininterval=10)
    for step, group in enumerate(islice(bar, steps)):
        ids, mask, words = collate(encoded, group, pad=0)
        with torch.autocast("cpu", torch.bfloat16):
            said = pupil(ids, mask, words)
        parts = distance(said, targets(lessons, group), variance)
        torch.stack(list(parts.values())).sum().backward()
        nn.utils.clip_grad_norm_(pupil.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 50 == 0:
            bar.set_postfix({name: f"{part.item():.3f}" for name, part in parts.items()}, refresh=False)


def endless(encoded: Encoded, plan: Plan) -> Iterator[np.ndarray]:
    """Yield the batches of one epoch after another."""
    chance = np.random.default_rng(plan.seed)
    while True:
        yield from batches(encoded, plan.batch_tokens, chance)


def save(student: BertModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write float16 weights that load as float32, and the tokenizer."""
    tokenizer.save_pretrained(folder)
    student.half().save_pretrained(folder)
    student.float()
    # "dtype" in the config is the type that transformers 5 loads into; training in float16 would overflow.
    student.config.dtype = torch.float32
    student.config.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # written for the owner alone


def prepare(
    teacher_folder: Path, sources: list[str], cache: Path, plan: Plan
) -> tuple[BertModel, BertTokenizer, Encoded, Lessons]:
    """Return the untaught student, its tokenizer, the segments as it sees them, and the teacher's answers."""
    teacher = BertModel.from_pretrained(teacher_folder, dtype=torch.float32).eval()
    teacher_tokenizer = AutoTokenizer.from_pretrained(teacher_folder)
    corpus = read_corpus(sources, plan.seed)
    tokenizer = train_tokenizer(corpus, plan.vocabulary, plan.max_length)
    words = lexicon(teacher_tokenizer)
    segments = corpus + words + with_strange_words(corpus, words, plan.strange_words, plan.seed)
    theirs = encode(teacher_tokenizer, segments, plan.max_length)
    ours = encode(tokenizer, segments, plan.max_length)
    kept = agreeing(theirs, ours)
    tqdm.write(f"{len(corpus)} segments of text, {len(kept)} with the made-up ones, vocabulary {len(tokenizer)}")
    if (cache / "starts.npy").exists():
        lessons = load_lessons(cache)
        if len(lessons.sentences) != len(kept):
            raise ValueError(f"{cache} answers {len(lessons.sentences)} segments, but there are {len(kept)}")
    else:
        lessons = ask_teacher(teacher, theirs.keep(kept), list(plan.lessons_from), cache)
    student = cut_student(teacher, teacher_tokenizer, tokenizer, list(plan.layers), plan.intermediate_size)
    return student, tokenizer, ours.keep(kept), lessons


def option(name: str) -> str:
    """Spell a field of the plan as an option."""
    return "--" + name.replace("_", "-")


def main() -> None:
    """Read the arguments, teach the student, write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help="folder of a BERT encoder (all-MiniLM-L6-v2)")
    parser.add_argument("--text", nargs="+", required=True, help="FILE.txt, or FILE:column,column of a table")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="folder to keep the teacher's answers in, to try another plan")
    for name, value in vars(Plan()).items():
        many = isinstance(value, tuple)
        kind = int if many else type(value)
        parser.add_argument(option(name), type=kind, default=value, nargs="+" if many else None)
    args = parser.parse_args()
    plan = Plan(**{name: getattr(args, name) for name in vars(Plan())})
    torch.manual_seed(plan.seed)
    with tempfile.TemporaryDirectory() as scratch:
        cache = args.cache or Path(scratch)
        student, tokenizer, encoded, lessons = prepare(args.teacher, args.text, cache, plan)
        teach(student, encoded, lessons, plan)
    save(student, tokenizer, args.out)


if __name__ == "__main__":
    main()
