"""The student before its first lesson: its own WordPiece tokenizer, and weights cut out of the teacher."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import Tensor, nn
from transformers import BertConfig, BertModel, BertTokenizer, PreTrainedTokenizerBase

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ALPHABET = 80
PLAIN_WORD = re.compile(r"[a-z]{3,}")


def train_tokenizer(texts: Sequence[str], size: int, max_length: int) -> BertTokenizer:
    """Train a lowercase WordPiece tokenizer that cuts text into the same words as BERT's own."""
    draft = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    draft.normalizer = normalizers.BertNormalizer(lowercase=True)
    draft.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    counts = Counter(character for text in texts for character in draft.normalizer.normalize_str(text))
    # Rare symbols would each cost a row of the embedding; they become [UNK] instead.
    alphabet = sorted(sorted(set(counts) - {" "}, key=lambda c: (-counts[c], c))[:ALPHABET])
    # The trainer numbers the "##x" in the order of a hash map and breaks ties by number, so that every
    # run would give another vocabulary. Naming them all beforehand makes it repeatable.
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        special_tokens=[*SPECIAL, *(f"##{character}" for character in alphabet)],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        min_frequency=2,
        show_progress=False,
    )
    draft.train_from_iterator(texts, trainer)
    return BertTokenizer(vocab=draft.get_vocab(), do_lower_case=True, model_max_length=max_length)


def lexicon(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """List the whole plain words of a WordPiece vocabulary."""
    return sorted(word for word in tokenizer.get_vocab() if PLAIN_WORD.fullmatch(word))


def cut_student(
    teacher: BertModel,
    teacher_tokenizer: PreTrainedTokenizerBase,
    tokenizer: PreTrainedTokenizerBase,
    layers: list[int],
    intermediate_size: int,
) -> BertModel:
    """Build a BERT as wide as the teacher that starts from some of its layers and feed-forward neurons."""
    config = BertConfig(
        **(
            teacher.config.to_dict()
            | {
                "vocab_size": len(tokenizer),
                "num_hidden_layers": len(layers),
                "intermediate_size": intermediate_size,
                "max_position_embeddings": tokenizer.model_max_length,
            }
        )
    )
    student = BertModel(config)
    with torch.no_grad():
        copy_embeddings(teacher, teacher_tokenizer, student, tokenizer)
        for index, source in enumerate(layers):
            copy_layer(teacher.encoder.layer[source], student.encoder.layer[index], intermediate_size)
    return student


def copy_embeddings(
    teacher: BertModel,
    teacher_tokenizer: PreTrainedTokenizerBase,
    student: BertModel,
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    """Start each of the student's rows at the mean of the teacher's rows that spell the same piece."""
    source, target = teacher.embeddings, student.embeddings
    known = teacher_tokenizer.get_vocab()
    for piece, row in tokenizer.get_vocab().items():
        spelling = torch.tensor(spell(piece, known))
        target.word_embeddings.weight[row] = source.word_embeddings.weight[spelling].mean(dim=0)
    length = target.position_embeddings.num_embeddings
    target.position_embeddings.weight.copy_(source.position_embeddings.weight[:length])
    target.token_type_embeddings.load_state_dict(source.token_type_embeddings.state_dict())
    target.LayerNorm.load_state_dict(source.LayerNorm.state_dict())


def spell(piece: str, vocabulary: dict[str, int]) -> list[int]:
    """Find the longest known pieces that make up `piece` (greedy, as WordPiece does it): their ids."""
    ids: list[int] = []
    mark, rest = ("##", piece[2:]) if piece.startswith("##") and len(piece) > 2 else ("", piece)
    while rest:
        end = next((end for end in range(len(rest), 0, -1) if mark + rest[:end] in vocabulary), 0)
        if not end:
            return [vocabulary["[UNK]"]]
        ids.append(vocabulary[mark + rest[:end]])
        mark, rest = "##", rest[end:]
    return ids


def copy_layer(source: Any, target: Any, intermediate_size: int) -> None:
    """Copy one encoder layer, keeping the feed-forward neurons with the largest weights."""
    target.attention.load_state_dict(source.attention.state_dict())
    target.output.LayerNorm.load_state_dict(source.output.LayerNorm.state_dict())
    wide, narrow = source.intermediate.dense, source.output.dense
    kept = strongest(wide, narrow, intermediate_size)
    target.intermediate.dense.weight.copy_(wide.weight[kept])
    target.intermediate.dense.bias.copy_(wide.bias[kept])
    target.output.dense.weight.copy_(narrow.weight[:, kept])
    target.output.dense.bias.copy_(narrow.bias)


def strongest(wide: nn.Linear, narrow: nn.Linear, count: int) -> Tensor:
    """Pick the indices (count,) of the neurons with the largest product of weight norms in and out."""
    strength = wide.weight.norm(dim=1) * narrow.weight.norm(dim=0)
    return strength.topk(count).indices.sort().values
