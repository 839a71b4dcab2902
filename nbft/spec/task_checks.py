"""What doesn't fit the task: options and columns of another one, a model without the head it needs, a tokenizer amiss."""

from __future__ import annotations

from collections.abc import Iterator

from nbft.spec.findings import Finding, Known
from nbft.spec.guess import did_you_mean, listed
from nbft.spec.model_kinds import EXAMPLES
from nbft.spec.scope import is_read, scoped, tasks_of
from nbft.spec.sections import RunSpec, Section, Tokenizer
from nbft.spec.types import TEMPLATES


def check_scope(known: Known) -> Iterator[Finding]:
    """Finds options and columns that the task doesn't read."""
    task = known.spec.task
    for path in scoped():
        if task is None or is_read(task, *path) or not is_typed(known.spec, path):
            continue
        tasks = tasks_of(*path)
        what = f"belongs to task{'s' * (len(tasks) > 1)} {listed(tasks)}, and {known.this_task}."
        ours = [role for role in _roles(known.spec) if is_read(task, "data", "columns", role)]
        fix = f"{task} reads the columns {', '.join(ours)}." if path[:2] == ("data", "columns") else ""
        fix = fix or (f"Delete it, or write   task: {tasks[0]}" if len(tasks) == 1 else "Delete it.")
        yield Finding(path, what, fix, "key")


def is_typed(spec: RunSpec, path: tuple[str, ...]) -> bool:
    """Returns whether the spec says something at the path: a section without keys says nothing."""
    section: Section = spec
    for name in path[:-1]:
        section = getattr(section, name)
    value = getattr(section, path[-1])
    is_said = bool(value.model_fields_set) if isinstance(value, Section) else value is not None
    return is_said and path[-1] in section.model_fields_set


def _roles(spec: RunSpec) -> list[str]:
    return list(type(spec.data.columns).model_fields)


def check_head(known: Known) -> Iterator[Finding]:
    """Finds a model that can't do what the task asks."""
    task, model = known.spec.task, known.spec.model
    lack = known.kind.lacks(task) if task else ""
    if task and lack:
        why = f" The task was seen: {known.guess.reason}." if known.guess else ""
        fix = f"Models for {task} are of kinds such as {EXAMPLES[task]}.{why}"
        yield Finding(("model",), f"{model} {lack}.", fix)


def check_tokenizer(known: Known) -> Iterator[Finding]:
    """Finds a tokenizer that is missing, doesn't fit the model's embeddings, or is described in two ways."""
    model, wanted = known.spec.model, known.spec.tokenizer
    if wanted.name and wanted.train:
        what = "a tokenizer has a name or is learnt, not both."
        yield Finding(("tokenizer", "train"), what, "Delete one of the two.", "key")
    elif wanted.train and model.name:
        what = f"{model} knows the tokens of its own tokenizer; a new one would give it words that mean nothing to it."
        fix = f"Delete it, or let the weights start anew:   model: {{from_scratch: {model.name}}}"
        yield Finding(("tokenizer", "train"), what, fix, "key")
    elif wanted.vocabulary != Tokenizer().vocabulary and not wanted.train:
        what = "it is the size of a tokenizer that is learnt, and none is."
        yield Finding(("tokenizer", "vocabulary"), what, "Add   train: bpe   beside it, or delete it.", "key")
    if wanted.name or wanted.train:
        return
    if isinstance(model.from_scratch, dict):
        fix = "Learn one, as   tokenizer: {train: bpe}   or name one, as   tokenizer: bert-base-uncased"
        yield Finding(("model", "from_scratch"), "a model made from settings has no tokenizer.", fix, "key")
    elif model.name and model.name.startswith("$"):
        fix = "Name one, as   tokenizer: bert-base-uncased   or hand over the notebook's, as   tokenizer: $tokenizer"
        yield Finding(("model",), "a model of the notebook comes without its tokenizer.", fix)


def check_options(known: Known) -> Iterator[Finding]:
    """Finds options that are at odds with each other."""
    spec = known.spec
    if spec.data.prompt is not None and "{text}" not in spec.data.prompt:
        what = "the prompt has no place for the text."
        yield Finding(("data", "prompt"), what, "Write {text} where it belongs, as   prompt: 'Translate: {text}'")
    template = spec.chat.template
    if template and template not in TEMPLATES and "{" not in template:
        what = f"{template!r} is no name of a template, and no Jinja text."
        yield Finding(("chat", "template"), what, did_you_mean(template, TEMPLATES, "Templates by name"))
    yield from _check_smoothing(spec)
    yield from _check_classification(spec)


def _check_smoothing(spec: RunSpec) -> Iterator[Finding]:
    against, problem = "", spec.classification.problem
    if spec.train.loss:
        against = f"{spec.train.loss} computes the loss by itself"
    elif spec.task == "question-answering":
        against = "question-answering learns places in the text, not classes"
    elif problem in ("regression", "multi-label"):
        against = f"it spreads one right class over the others, and the problem is {problem}"
    if spec.train.label_smoothing and against:
        fix = "Delete it." if not spec.train.loss else "Delete one of the two, or smooth in the function."
        what = f"label smoothing can't be done here: {against}."
        yield Finding(("train", "label_smoothing"), what, fix, "key")


def _check_classification(spec: RunSpec) -> Iterator[Finding]:
    options = spec.classification
    if options.problem == "regression" and options.weights == "balanced":
        what = "a regression has no labels that could be rare."
        yield Finding(("classification", "weights"), what, "Delete it.", "key")
    is_single = options.problem in ("single-label", "regression")
    if is_single and "threshold" in options.model_fields_set and options.threshold != type(options)().threshold:
        what = f"the threshold is for rows with several labels, and the problem is {options.problem}."
        yield Finding(("classification", "threshold"), what, "Delete it, or write   problem: multi-label", "key")
