"""What a model answers to a question about a context, however long the context is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbft.errors import RunError
from nbft.inference.base import Loaded
from nbft.inference.spans import Best, Found, decide, spans_of, trimmed
from nbft.inference.windows import Window, windows

IMPOSSIBLE = "handle_impossible_answer"
"""What transformers' configs call a model that may answer with nothing, under task_specific_params."""
_CONTEXTS_AT_ONCE = 256
"""Questions whose windows are in memory at a time."""


@dataclass(frozen=True)
class Answer:
    """The best answer of a context; an empty text says that it holds none."""

    text: str
    start: int | None
    """Its first character in the context; None without an answer."""
    end: int | None
    """The first character after it."""
    score: float
    """Its probability among the candidates."""
    no_answer: float
    """The probability that the context holds no answer; 0 for a model whose training questions all had one."""

    def __repr__(self) -> str:
        if self.start is None:
            return f"Answer('', no_answer={self.no_answer:.3f})"
        return f"Answer({self.text!r}, start={self.start}, end={self.end}, score={self.score:.3f})"


def is_one(inputs: Any) -> bool:
    """Returns whether the input is one {question, context}."""
    return isinstance(inputs, Mapping)


def predict(loaded: Loaded, inputs: list[Any], batch_size: int) -> list[Answer]:
    """Returns an answer for each {question, context}; raises RunError for an input without them."""
    rows = [_checked(row) for row in inputs]
    found = _find(loaded, rows, batch_size)
    return [_answer(context, said) for (_, context), said in zip(rows, found, strict=True)]


def _checked(row: Any) -> tuple[str, str]:
    texts = [row.get(name) for name in ("question", "context")] if isinstance(row, Mapping) else [None]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise RunError(
            "A question and the context to look in are needed.",
            "Write  run.predict({'question': 'Where ...?', 'context': '...'}), or a list of such.",
        )
    return str(texts[0]).strip(), str(texts[1])


def _answer(context: str, found: Found) -> Answer:
    if not found.is_answered:
        return Answer("", None, None, found.no_answer, found.no_answer)
    text, start, end = trimmed(context, found.spans[0])
    return Answer(text, start, end, found.probabilities[0], found.no_answer)


def _find(loaded: Loaded, rows: Sequence[tuple[str, str]], batch_size: int) -> Iterator[Found]:
    options, tokenizer = loaded.spec.question_answering, loaded.tokenizer
    may_be_none = may_answer_nothing(loaded.model.config)
    for at in range(0, len(rows), _CONTEXTS_AT_ONCE):
        questions, contexts = zip(*rows[at : at + _CONTEXTS_AT_ONCE], strict=True)
        made, _ = windows(tokenizer, questions, contexts, tokenizer.model_max_length, options.stride)
        best = _best_of_windows(loaded, made, batch_size)
        for example in range(len(questions)):
            own = [i for i, window in enumerate(made) if window.example == example]
            spans = [spans_of(best[i], made[i], options.candidates, options.max_answer_tokens) for i in own]
            yield decide(spans, [best[i].null for i in own], options.candidates, may_be_none)


def _best_of_windows(loaded: Loaded, made: Sequence[Window], batch_size: int) -> list[Best]:
    import torch

    kept: dict[int, Best] = {}
    by_length = sorted(range(len(made)), key=lambda i: len(made[i].inputs["input_ids"]))
    for at in range(0, len(made), batch_size):
        chosen = by_length[at : at + batch_size]
        rows = [{name: ids.tolist() for name, ids in made[i].inputs.items()} for i in chosen]
        batch = loaded.tokenizer.pad(rows, padding_side="right", return_tensors="pt").to(loaded.model.device)
        with torch.inference_mode():
            logits = window_logits(loaded.model, batch)
            scores, positions = best_of(logits, loaded.spec.question_answering.candidates)
            nulls = null_scores(logits, batch["input_ids"], loaded.tokenizer.cls_token_id)
        parts = zip(scores.cpu().numpy(), positions.cpu().numpy(), nulls.tolist(), strict=True)
        kept.update({i: Best(*part) for i, part in zip(chosen, parts, strict=True)})
    return [kept[i] for i in range(len(made))]


def window_logits(model: Any, batch: Mapping[str, Any]) -> Any:
    """Returns the logits of starts and of ends (B, 2, T) in float32, lowest at padding: it never takes part."""
    import torch

    outputs = model(**batch)
    logits = torch.stack([outputs["start_logits"], outputs["end_logits"]], dim=1).float()
    return logits.masked_fill(batch["attention_mask"][:, None, :] == 0, torch.finfo(torch.float32).min)


def null_scores(logits: Any, input_ids: Any, cls_token_id: int | None) -> Any:
    """Returns the sum of both logits (B,) at the first [CLS], or at the first token where there is none."""
    at = (
        (input_ids == cls_token_id).int().argmax(dim=1)
        if cls_token_id is not None
        else input_ids.new_zeros(len(logits))
    )
    return logits.gather(2, at[:, None, None].expand(-1, 2, 1)).sum(dim=(1, 2))


def best_of(logits: Any, count: int) -> tuple[Any, Any]:
    """Returns the `count` highest logits (B, 2, K) and their positions; shorter windows are filled up with -1."""
    import torch

    scores, positions = logits.topk(min(count, logits.shape[2]), dim=2)
    missing = (0, count - scores.shape[2])
    lowest = torch.finfo(torch.float32).min
    return (
        torch.nn.functional.pad(scores, missing, value=lowest),
        torch.nn.functional.pad(positions.int(), missing, value=-1),
    )


def may_answer_nothing(config: Any) -> bool:
    """Returns whether the model learnt that some questions have no answer."""
    return bool(((getattr(config, "task_specific_params", None) or {}).get("question-answering") or {}).get(IMPOSSIBLE))


class AnswerPipeline:
    """Takes what transformers' question-answering pipeline took until version 5: question and context."""

    task = "question-answering"

    def __init__(self, loaded: Loaded, batch_size: int = 32, top_k: int = 1) -> None:
        self.model, self.tokenizer = loaded.model, loaded.tokenizer
        self._loaded, self._batch_size, self._top_k = loaded, batch_size, top_k

    def __call__(self, inputs: Any = None, *, question: Any = None, context: Any = None, top_k: int = 0) -> Any:
        """Returns {score, start, end, answer}, or a list of the best `top_k`; for a list of inputs a list of it."""
        inputs = _paired(question, context) if inputs is None else inputs
        one = is_one(inputs)
        rows = [_checked(row) for row in ([inputs] if one else inputs)]
        most = top_k or self._top_k
        found = _find(self._loaded, rows, self._batch_size)
        said = [_ranked(context, part, most) for (_, context), part in zip(rows, found, strict=True)]
        said = [ranked[0] if most == 1 else ranked for ranked in said]
        return said[0] if one else said


def _paired(question: Any, context: Any) -> Any:
    if isinstance(question, list):
        contexts = context if isinstance(context, list) else [context] * len(question)
        return [{"question": q, "context": c} for q, c in zip(question, contexts, strict=True)]
    return {"question": question, "context": context}


def _ranked(context: str, found: Found, most: int) -> list[dict[str, Any]]:
    ranked = []
    for span, probability in zip(found.spans, found.probabilities, strict=True):
        text, start, end = trimmed(context, span)
        ranked.append({"score": probability, "start": start, "end": end, "answer": text})
    nothing = {"score": found.no_answer, "start": 0, "end": 0, "answer": ""}
    if not found.is_answered:
        return [nothing, *ranked][:most]
    if found.no_answer:
        ranked = sorted([*ranked, nothing], key=lambda said: -said["score"])
    return ranked[:most]


def make_pipeline(loaded: Loaded, **kwargs: Any) -> AnswerPipeline:
    """Returns a callable like transformers' question-answering pipeline, which version 5 has no more."""
    return AnswerPipeline(loaded, **kwargs)
