"""Forms of conversations as people have them, recognised and read without a change to the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nbft.data.conversations import conversation, equal_pairs, recognise_form
from nbft.data.files import read_file
from nbft.data.messages import Unusable, clean_message, tool_list
from nbft.errors import DataError
from tests.shared import shared

CALL = {"name": "weather", "arguments": {"city": "Paris"}}
TOOL = {"name": "weather", "description": "Says the weather.", "parameters": {"type": "object"}}
SAID = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]


def read(rows: list[dict[str, Any]], **given: str) -> tuple[str, list[Any]]:
    form = recognise_form(list(rows[0]), rows, given)
    return form.name, [conversation(row, form) for row in rows]


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"messages": SAID}, "OpenAI messages"),
        ({"messages": json.dumps(SAID)}, "OpenAI messages"),
        (
            {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]},
            "ShareGPT conversations",
        ),
        ({"instruction": "Hi", "input": "", "output": "Hello."}, "alpaca rows"),
        ({"instruction": "Hi", "context": None, "response": "Hello."}, "alpaca rows"),
        ({"prompt": "Hi", "completion": "Hello."}, "prompts and completions"),
        ({"prompt": SAID[:1], "completion": SAID[1:]}, "prompts and completions"),
        ({"input": "Hi", "output": "Hello."}, "prompts and completions"),
        ({"question": "Hi", "answer": "Hello."}, "prompts and completions"),
    ],
)
def test_each_form_gives_the_same_messages(row: dict[str, Any], name: str):
    assert read([row]) == (name, [(SAID, [])])


def test_system_history_and_input_stand_where_they_belong():
    row = {"instruction": "Add.", "input": "1 2", "output": "3", "system": "Be brief.", "history": [["Hi", "Hello."]]}
    _, [(messages, _)] = read([row])
    assert [(m["role"], m["content"]) for m in messages] == [
        ("system", "Be brief."),
        ("user", "Hi"),
        ("assistant", "Hello."),
        ("user", "Add.\n1 2"),
        ("assistant", "3"),
    ]


def test_tool_calls_of_every_form_become_the_same():
    sharegpt = {
        "conversations": [
            {"from": "human", "value": "Weather?"},
            {"from": "function_call", "value": json.dumps(CALL)},
            {"from": "observation", "value": '{"sun": true}'},
            {"from": "gpt", "value": "Sunny."},
        ],
        "tools": json.dumps([TOOL]),
    }
    openai = {
        "messages": [
            {"role": "user", "content": "Weather?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"type": "function", "function": {"name": "weather", "arguments": json.dumps(CALL["arguments"])}}
                ],
            },
            {"role": "tool", "content": '{"sun": true}'},
            {"role": "assistant", "content": "Sunny."},
        ],
        "tools": [{"type": "function", "function": TOOL}],
    }
    _, [first] = read([sharegpt])
    _, [second] = read([openai])
    assert first == second
    assert first[0][1] == {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": CALL}]}
    assert first[0][2] == {"role": "tool", "content": '{"sun": true}'}
    assert first[1] == [{"type": "function", "function": TOOL}]


def test_keys_that_a_table_adds_to_objects_are_taken_out_again(tmp_path: Path):
    def rows(city: str, arguments: dict[str, Any]) -> dict[str, Any]:
        call = {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"function": {"name": city, "arguments": arguments}}],
        }
        return {"messages": [SAID[0], call]}

    written = [rows("a", {"x": 1}), rows("b", {"y": [2]})]
    (tmp_path / "calls.json").write_text(json.dumps(written))
    table, _ = read_file(tmp_path / "calls.json")
    form = recognise_form(table.column_names, table.to_list(), {})
    found = [conversation(row, form)[0][1]["tool_calls"][0]["function"] for row in table.to_list()]
    assert found == [{"name": "a", "arguments": {"x": 1}}, {"name": "b", "arguments": {"y": [2]}}]


def test_messages_of_text_and_of_parts_may_be_mixed(tmp_path: Path):
    parts = [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, SAID[1]]
    lines = [json.dumps({"messages": messages}) for messages in (SAID, parts)]
    (tmp_path / "mixed.jsonl").write_text("\n".join(lines))
    table, _ = read_file(tmp_path / "mixed.jsonl")
    form = recognise_form(table.column_names, table.to_list(), {})
    assert [conversation(row, form)[0] for row in table.to_list()] == [SAID, SAID]


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"role": "narrator", "content": "x"}, "the role 'narrator' is not known"),
        ({"content": "x"}, "a message has no role"),
        ("x", "a message is a str"),
        ({"role": "user", "content": [{"type": "image", "image": "a.png"}]}, "a message holds image, not only text"),
        ({"role": "assistant", "tool_calls": [{"id": "1"}]}, "a tool call names no function"),
    ],
)
def test_a_message_that_cannot_be_read_says_why(message: Any, says: str):
    with pytest.raises(Unusable, match=says):
        clean_message(message)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"messages": SAID[:1]}, "no message is the assistant's"),
        ({"messages": [SAID[0], {"role": "assistant", "content": " "}]}, "every message of the assistant's is empty"),
        ({"messages": []}, "there is no message"),
        ({"instruction": " ", "output": "x"}, "the prompt is empty"),
        ({"instruction": "x", "output": ""}, "every message of the assistant's is empty"),
    ],
)
def test_a_row_of_which_nothing_can_be_learnt_says_why(row: dict[str, Any], says: str):
    whole = {"messages": SAID, "instruction": "a", "output": "b"}
    form = recognise_form(list(row), [{key: whole[key] for key in row}], {})
    with pytest.raises(Unusable, match=says):
        conversation(row, form)


def test_pairs_of_a_chosen_and_a_rejected_answer_are_refused_with_the_part_that_can_be_learnt():
    row = {"prompt": "Hi", "chosen": "Hello.", "rejected": "Go away."}
    with pytest.raises(DataError, match="This is preference data: columns 'chosen' and 'rejected'") as caught:
        read([row])
    assert "columns: {prompt: prompt, completion: chosen}" in caught.value.fix
    assert read([row], prompt="prompt", completion="chosen")[1] == [(SAID, [])]


def test_pairs_of_equal_answers_are_counted():
    pairs = {"prompt": ["a", "b", "c", "d"], "Chosen": ["x", "y", "", None], "rejected": ["x", "z", "", None]}
    assert equal_pairs(pairs) == [0]  # an answer that is missing is another flaw
    assert equal_pairs({"prompt": ["a"], "completion": ["x"]}) == []
    messages = [{"role": "assistant", "content": "Hello."}]
    assert equal_pairs({"chosen": [messages], "rejected": [list(messages)]}) == [0]


def test_conversations_marked_good_or_bad_are_refused_with_the_part_that_can_be_learnt():
    rows = [{"messages": SAID, "label": True}, {"messages": SAID, "label": False}]
    with pytest.raises(DataError, match="column 'label' marks conversations as good or bad") as caught:
        read(rows)
    assert "columns: {messages: messages, label: label}" in caught.value.fix
    with pytest.raises(Unusable, match="marks it as bad"):
        read(rows, messages="messages", label="label")
    assert read(rows[:1], messages="messages", label="label")[1] == [(SAID, [])]


def test_columns_without_conversations_are_refused_with_their_names():
    with pytest.raises(DataError, match="No column of the data is known to hold conversations") as caught:
        read([{"text": "x", "label": 1}])
    assert "Its columns: text, label." in caught.value.fix
    with pytest.raises(
        DataError, match="Column 'question' is the prompt, and no column is known to hold the completion"
    ):
        read([{"question": "x", "n": 1}])
    with pytest.raises(DataError, match="Column 'messages' holds messages with speaker, text"):
        read([{"messages": [{"speaker": "a", "text": "b"}]}])


def test_tools_are_lists_of_objects():
    assert tool_list(None) == []
    assert tool_list([json.dumps(TOOL)]) == [{"type": "function", "function": TOOL}]
    with pytest.raises(Unusable, match="the tools are no list"):
        tool_list("weather")


REAL = [
    ("llamafactory/alpaca_en_demo.json", {}, 999),
    ("llamafactory/glaive_toolcall_en_demo.json", {}, 300),
    ("llamafactory/dpo_en_demo.json", {"messages": "conversations", "completion": "chosen"}, 300),
    ("llamafactory/kto_en_demo.json", {"messages": "messages", "label": "label"}, 150),
    ("sft_dpo/sft_train.json", {}, 935),
    ("sft_dpo/dpo_train.jsonl", {"prompt": "prompt", "completion": "chosen"}, 935),
]


@pytest.mark.parametrize(("name", "given", "count"), REAL, ids=[name for name, _, _ in REAL])
def test_files_as_people_have_them_are_read_as_they_are(name: str, given: dict[str, str], count: int):
    rows = read_file(shared(name))[0].to_list()
    if "dpo" in Path(name).stem or "kto" in name:
        with pytest.raises(DataError, match="This is preference data"):
            recognise_form(list(rows[0]), rows, {})
    form = recognise_form(list(rows[0]), rows, given)
    found = []
    for row in rows:
        try:
            found.append(conversation(row, form))
        except Unusable as error:
            assert "marks it as bad" in str(error)  # noqa: PT017 - the only reason there is in these files
    assert len(found) == count
    assert all(messages[-1]["role"] == "assistant" for messages, _ in found)
    if "toolcall" in name:
        calls = sum("tool_calls" in message for messages, _ in found for message in messages)
        assert calls == sum(m["from"] == "function_call" for row in rows for m in row["conversations"])
        assert sum(len(tools) for _, tools in found) == sum(len(json.loads(row["tools"] or "[]")) for row in rows)
