"""Chat templates by name: how a conversation is written as one text, with the assistant's words marked as generated."""

from __future__ import annotations

import json
from dataclasses import dataclass

Around = tuple[str, str]
"""What stands before and after a message."""


@dataclass(frozen=True)
class Style:
    """What a template writes around the messages of each role."""

    user: Around
    assistant: str
    """What stands before the assistant's words: what a reply begins after."""
    end: str | None
    """What ends the assistant's turn, and is learnt; None for the tokenizer's own end-of-text token."""
    after: str
    """What follows that end, and is not learnt."""
    tool: Around
    system: Around | None = None
    """None where system messages stand at the head of the first user message."""
    lead: str = ""
    """What the assistant's words begin with."""
    tokens: tuple[str, ...] = ()
    """Special tokens that the style needs."""


_TOOL = ("<tool_response>\n", "\n</tool_response>")
STYLES = {
    "chatml": Style(
        system=("<|im_start|>system\n", "<|im_end|>\n"),
        user=("<|im_start|>user\n", "<|im_end|>\n"),
        tool=("<|im_start|>tool\n", "<|im_end|>\n"),
        assistant="<|im_start|>assistant\n",
        end="<|im_end|>",
        after="\n",
        tokens=("<|im_start|>", "<|im_end|>"),
    ),
    "llama3": Style(
        system=("<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"),
        user=("<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
        tool=("<|start_header_id|>ipython<|end_header_id|>\n\n", "<|eot_id|>"),
        assistant="<|start_header_id|>assistant<|end_header_id|>\n\n",
        end="<|eot_id|>",
        after="",
        tokens=("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    ),
    "zephyr": Style(
        system=("<|system|>\n", "</s>\n"),
        user=("<|user|>\n", "</s>\n"),
        tool=("<|tool|>\n", "</s>\n"),
        assistant="<|assistant|>\n",
        end="</s>",
        after="\n",
        tokens=("</s>",),
    ),
    "gemma": Style(
        user=("<start_of_turn>user\n", "<end_of_turn>\n"),
        tool=(f"<start_of_turn>user\n{_TOOL[0]}", f"{_TOOL[1]}<end_of_turn>\n"),
        assistant="<start_of_turn>model\n",
        end="<end_of_turn>",
        after="\n",
        tokens=("<start_of_turn>", "<end_of_turn>"),
    ),
    "mistral": Style(
        user=("[INST] ", " [/INST]"),
        tool=(f"[INST] {_TOOL[0]}", f"{_TOOL[1]} [/INST]"),
        assistant="",
        lead=" ",
        end=None,
        after="",
    ),
    "alpaca": Style(
        system=("", "\n\n"),
        user=("### Instruction:\n", "\n\n"),
        tool=("### Input:\n", "\n\n"),
        assistant="### Response:\n",
        end=None,
        after="\n\n",
    ),
    "plain": Style(
        system=("", "\n"),
        user=("User:\n", "\n"),
        tool=("Tool:\n", "\n"),
        assistant="Assistant:\n",
        end=None,
        after="\n",
    ),
}
_JINJA = """\
{%- macro said(message) -%}
  {{- message.content or '' -}}
  {%- for call in message.tool_calls or [] -%}
    {%- set function = call.function or call -%}
    {%- if message.content or not loop.first -%}{{- '\\n' -}}{%- endif -%}
    {{- '<tool_call>\\n{"name": ' + (function.name | tojson) + ', "arguments": ' -}}
    {{- (function.arguments if function.arguments is string else function.arguments | tojson) + '}\\n</tool_call>' -}}
  {%- endfor -%}
{%- endmacro -%}
{%- set head = namespace(text='') -%}
{%- if messages and messages[0].role == 'system' -%}{%- set head.text = messages[0].content -%}{%- endif -%}
{%- if tools -%}
  {%- if head.text -%}{%- set head.text = head.text + '\\n\\n' -%}{%- endif -%}
  {%- set head.text = head.text + 'You may call these functions, each call as ' -%}
  {%- set head.text = head.text + '<tool_call>{"name": ..., "arguments": ...}</tool_call>:' -%}
  {%- for tool in tools -%}{%- set head.text = head.text + '\\n' + (tool | tojson) -%}{%- endfor -%}
{%- endif -%}
{{- bos_token -}}
HEAD
{%- for message in messages -%}
  {%- if message.role == 'assistant' -%}
    {{- ASSISTANT -}}
    {%- generation -%}{{- LEAD -}}{{- said(message) -}}{{- END -}}{%- endgeneration -%}
    {{- AFTER -}}
  {%- elif message.role == 'tool' -%}
    {{- TOOL_BEFORE -}}{{- message.content or '' -}}{{- TOOL_AFTER -}}
  {%- elif message.role == 'user' -%}
    {{- USER_BEFORE -}}FIRST{{- message.content or '' -}}{{- USER_AFTER -}}
  {%- elif not loop.first -%}
    {{- SYSTEM_BEFORE -}}{{- message.content or '' -}}{{- SYSTEM_AFTER -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- ASSISTANT -}}{%- endif -%}
"""
"""One text for all styles; the words in capitals are filled in."""
_HEAD = "{%- if head.text -%}{{- SYSTEM_BEFORE -}}{{- head.text -}}{{- SYSTEM_AFTER -}}{%- endif -%}"
_FIRST = "{%- if head.text -%}{{- head.text + '\\n\\n' -}}{%- set head.text = '' -%}{%- endif -%}"


def template_of(name: str) -> str:
    """Returns a style of STYLES as Jinja text."""
    style = STYLES[name]
    system = style.system or style.user
    words = {
        "HEAD\n": f"{_HEAD}\n" if style.system else "",
        "FIRST": "" if style.system else _FIRST,
        "SYSTEM_BEFORE": _quoted(system[0]),
        "SYSTEM_AFTER": _quoted(system[1]),
        "USER_BEFORE": _quoted(style.user[0]),
        "USER_AFTER": _quoted(style.user[1]),
        "TOOL_BEFORE": _quoted(style.tool[0]),
        "TOOL_AFTER": _quoted(style.tool[1]),
        "ASSISTANT": _quoted(style.assistant),
        "LEAD": _quoted(style.lead),
        "END": "eos_token" if style.end is None else _quoted(style.end),
        "AFTER": _quoted(style.after),
    }
    text = _JINJA
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _quoted(text: str) -> str:
    return json.dumps(text)
