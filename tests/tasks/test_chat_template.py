"""Which tokens of a conversation are learnt, by every template, against transformers' own masks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import trl
from transformers import AutoTokenizer

from nbft.errors import DataError
from nbft.spec.types import TEMPLATES
from nbft.tasks.chat_template import Template, Unmarkable, set_template
from nbft.tasks.chat_templates import STYLES
from tests.tasks.chats import LONG, TOOLS, chat, save_model

TRL_TEMPLATES = Path(trl.__file__).parent / "chat_templates"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "tiny-llama")


def without_marks(text: str) -> str:
    return re.sub(r"\{%-? ?(end)?generation ?-?%\}", "", text)


def test_the_spec_knows_every_template():
    assert tuple(STYLES) == TEMPLATES


@pytest.mark.parametrize("name", STYLES)
def test_masks_are_those_of_transformers_with_and_without_marks(name: str, model: Path):
    tokenizer = AutoTokenizer.from_pretrained(model)
    set_template(tokenizer, name)
    template = Template(tokenizer, "assistant")
    written = template.write(LONG, TOOLS)
    found = template.tokens([written])
    own = tokenizer.apply_chat_template(LONG, tools=TOOLS, return_dict=True, return_assistant_tokens_mask=True)
    assert found.input_ids[0] == own["input_ids"]
    assert found.learnt[0].astype(int).tolist() == own["assistant_masks"]
    said = [written[0][start:end] for start, end in written[1]]
    assert ["add" in said[0], "It is three." in said[1], "You are welcome." in said[2]] == [True] * 3
    assert '{"a": 1, "é": "two"}' in said[0]
    assert written[0].count("Be kind.") == 1
    assert '"description": "Adds."' in written[0]

    stop = template.stop_tokens
    assert [text.endswith(tokenizer.convert_ids_to_tokens(stop)[0]) for text in said] == [True] * 3
    tokenizer.chat_template = without_marks(tokenizer.chat_template)
    compared = Template(tokenizer, "assistant")
    assert not compared.is_marked
    assert compared.write(LONG, TOOLS) == written
    assert compared.stop_tokens == stop


@pytest.mark.parametrize("name", STYLES)
def test_what_a_reply_begins_after_is_where_learning_begins(name: str, model: Path):
    tokenizer = AutoTokenizer.from_pretrained(model)
    set_template(tokenizer, name)
    text, spans = Template(tokenizer, "assistant").write(chat("Hi", "Hello"), None)
    asked = tokenizer.apply_chat_template(chat("Hi", "")[:1], tokenize=False, add_generation_prompt=True)
    assert text[: spans[0][0]] == asked
    whole = tokenizer(text, add_special_tokens=False)["input_ids"]
    before = tokenizer(asked, add_special_tokens=False)["input_ids"]
    assert whole[: len(before)] == before


def test_blanks_behind_the_end_of_a_turn_are_not_learnt(model: Path):
    tokenizer = AutoTokenizer.from_pretrained(model)
    text = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    notes = set_template(tokenizer, text)
    assert notes == [
        "New tokens of the chat template, and the model's embeddings grow with them: <|im_start|>, <|im_end|>."
    ]
    assert tokenizer.convert_tokens_to_ids("<|im_end|>") == len(tokenizer) - 1
    written, spans = Template(tokenizer, "assistant").write(chat("Hi", "Hello"), None)
    assert [written[start:end] for start, end in spans] == ["Hello<|im_end|>"]
    assert set_template(tokenizer, None) == []  # the tokenizer has one by now


@pytest.mark.parametrize("name", ["qwen2_5", "llama3", "phi3", "gemma"])
def test_well_known_templates_without_marks_learn_what_trls_marked_forms_learn(name: str, model: Path):
    tokenizer = AutoTokenizer.from_pretrained(model)
    set_template(tokenizer, (TRL_TEMPLATES / f"{name}.jinja").read_text())
    template = Template(tokenizer, "assistant")
    assert template.is_marked  # TRL knows it
    tokenizer.chat_template += "{# a comment makes it another #}"
    compared = Template(tokenizer, "assistant")
    assert not compared.is_marked
    text, spans = compared.write([*chat("Hi", "Hello."), *chat("Well?", "Good.")], None)
    marked, theirs = template.write([*chat("Hi", "Hello."), *chat("Well?", "Good.")], None)
    said = [text[start:end].strip() for start, end in spans]
    assert [answer.startswith(word) for answer, word in zip(said, ("Hello.", "Good."), strict=True)] == [True, True]
    together = "".join(marked[start:end] for start, end in theirs)  # TRL marks the blanks around them too
    assert "".join("".join(said).split()) == "".join(together.split())
    for learnt in (template, compared):
        learnt.learn = "last"
        last, found = learnt.write([*chat("Hi", "Hello."), *chat("Well?", "Good.")], None)
        assert "".join(last[start:end] for start, end in found).strip().startswith("Good.")
    assert compared.stop_tokens


def test_thoughts_that_a_template_takes_out_of_earlier_turns_are_left_to_trls_form(model: Path):
    tokenizer = AutoTokenizer.from_pretrained(model)
    set_template(tokenizer, (TRL_TEMPLATES / "qwen3.jinja").read_text())
    messages = [*chat("Hi", "Hello."), *chat("Well?", "Good.")]
    text, spans = Template(tokenizer, "assistant").write(messages, None)
    assert [text[start:end].split()[-1] for start, end in spans] == ["Hello.<|im_end|>", "Good.<|im_end|>"]
    tokenizer.chat_template += "{# a comment makes it another #}"
    with pytest.raises(Unmarkable):
        Template(tokenizer, "assistant").write(messages, None)
    text, spans = Template(tokenizer, "last").write(messages, None)
    assert [text[start:end].split()[-1] for start, end in spans] == ["Good.<|im_end|>"]


def test_a_template_that_rewrites_what_was_said_before_is_refused_unless_the_last_answer_is_enough(model: Path):
    tokenizer = AutoTokenizer.from_pretrained(model)
    text = (
        "{% for m in messages %}{{ m.role if loop.last else m.role | upper }}\n{{ m.content }}{{ eos_token }}\n"
        "{% endfor %}{% if add_generation_prompt %}assistant\n{% endif %}"
    )
    set_template(tokenizer, text)
    messages = [*chat("Hi", "Hello."), *chat("Well?", "Good.")]
    with pytest.raises(Unmarkable, match="writes earlier messages otherwise once others follow"):
        Template(tokenizer, "assistant").write(messages, None)
    rewriting = "{% for m in messages %}{{ m.content if m.role == 'user' or loop.last else '...' }}{{ eos_token }}\n{% endfor %}"
    set_template(tokenizer, rewriting)
    with pytest.raises(Unmarkable):
        Template(tokenizer, "assistant").write(messages, None)
    written, spans = Template(tokenizer, "last").write(messages, None)
    assert [written[start:end] for start, end in spans] == ["Good.</s>"]


def test_a_template_that_cannot_be_used_says_so(model: Path):
    tokenizer = AutoTokenizer.from_pretrained(model)
    with pytest.raises(DataError, match="There is no chat template 'chatlm'") as caught:
        set_template(tokenizer, "chatlm")
    assert "Did you mean 'chatml'?" in caught.value.fix
    set_template(tokenizer, "{{ raise_exception('Roles must alternate!') }}")
    with pytest.raises(DataError, match="can't be used: the template refuses it: Roles must alternate!"):
        _ = Template(tokenizer, "assistant").stop_tokens
    set_template(tokenizer, "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}")
    assert Template(tokenizer, "assistant").stop_tokens == []
