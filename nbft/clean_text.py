"""Steps of `data.clean` that change a text: the same in training and in prediction, and with no library behind them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from typing import Literal

from nbft.spec.cleaning import Step

Change = Callable[[str], str]

_INLINE = (
    *("a", "abbr", "acronym", "audio", "b", "bdi", "bdo", "big", "button", "canvas", "center", "cite", "code", "data"),
    *("del", "dfn", "em", "embed", "font", "i", "iframe", "img", "input", "ins", "kbd", "label", "link"),
    *("mark", "meta", "meter", "noscript", "object", "output", "picture", "progress", "q", "rp", "rt", "ruby", "s"),
    *("samp", "script", "select", "small", "source", "span", "strike", "strong", "style", "sub", "sup", "svg"),
    *("template", "time", "title", "tt", "u", "var", "video", "wbr"),
)
_BLOCKS = (
    *("address", "article", "aside", "base", "blockquote", "body", "br", "caption", "dd", "details", "dialog", "div"),
    *("dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head"),
    *("header", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section", "summary"),
    *("table", "tbody", "tfoot", "thead", "tr", "ul"),
)
"""Elements that begin on a line of their own."""
_CELLS = ("td", "th")
_HIDDEN = ("script", "style")
"""Elements whose content is no text."""
_NAMES = frozenset((*_INLINE, *_BLOCKS, *_CELLS))
_OPENING = re.compile(r"<(?:/?([A-Za-z][A-Za-z0-9]*)(?=[\s/>])|(!--)|(!doctype)\b)?", re.IGNORECASE)


class _Reader(HTMLParser):
    """Keeps what a browser would show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in _HIDDEN
        self._part(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False
        if tag != "br":
            self._part(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)

    def _part(self, tag: str) -> None:
        between = "\n" if tag in _BLOCKS else " " if tag in _CELLS else ""
        self.parts += [between] if between and self.parts else []


def strip_html(text: str) -> str:
    """Returns the text of HTML: tags, comments, scripts and styles out, `<br>` a line's end, entities decoded once.

    What is no tag of HTML stays as it is: `a < b`, `<3`, `List<String>`, `<name>`.
    """
    if "<" not in text and "&" not in text:
        return text
    lower = text.lower()
    last = {sign: lower.rfind(sign) for sign in (">", "-->", *(f"</{name}" for name in _HIDDEN))}

    def escaped(found: re.Match[str]) -> str:
        name = (found[1] or "").lower()
        closes = [">"] if name in _NAMES or found[3] else ["-->"] if found[2] else []
        if name in _HIDDEN and found[0][1] != "/":
            closes.append(f"</{name}")
        is_tag = bool(closes) and all(last[sign] >= found.end() for sign in closes)
        return found[0] if is_tag else f"&lt;{found[0][1:]}"

    reader = _Reader()
    reader.feed(_OPENING.sub(escaped, text))
    reader.close()
    return "".join(reader.parts).strip()


_LINE_ENDS = re.compile("[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_JOINED = "[^\x00-\u024f\\s\u200c\u200d]"
"""A character of a script, or an emoji, to which a joiner beside it may belong."""
_JOINER = re.compile(f"(?<!{_JOINED})[\u200c\u200d]|[\u200c\u200d](?!{_JOINED})")


def normalize_unicode(text: str, form: Literal["NFC", "NFKC"] = "NFC") -> str:
    """Returns the text in one form of Unicode, without control characters and those that nobody sees.

    Joiners stay between characters that are not Latin: Persian words and composed emoji are made of them.
    """
    if text.isascii() and text.isprintable():
        return text
    made = _LINE_ENDS.sub("\n", text)
    while True:
        before, made = made, unicodedata.normalize(form, _INVISIBLE.sub("", made))
        made = unicodedata.normalize(form, _JOINER.sub("", made))
        if made == before:
            return made


def collapse_whitespace(text: str) -> str:
    """Returns the text with one space wherever it had white space, line ends too, and none at its ends."""
    return " ".join(text.split())


_EMAIL = re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b")
_LETTER = "A-Za-z\u00aa-\u1fff"
"""Letters of scripts with spaces between words: a digit beside one is part of a word, as in 2nd and covid19."""
_ALONE = rf"(?<![{_LETTER}\d_])(?<!\d[.,:/])"
_ENDS = rf"(?![{_LETTER}\d_]|[.,:/]\d)"
_PHONE = re.compile(
    rf"{_ALONE}(?:\+\d{{1,3}}|\(\+?\d{{1,5}}\)|0\d{{1,4}}(?=[ /-]))(?:[ ./-]{{0,2}}\(?\d{{1,5}}\)?){{1,6}}{_ENDS}"
    rf"|{_ALONE}\d{{2,4}}(?:[.-]\d{{2,4}}){{2,4}}{_ENDS}"
)
_NUMBER = re.compile(rf"{_ALONE}\d+(?:[.,:/]\d+)*%?{_ENDS}")


def mask_emails_and_numbers(text: str) -> str:
    """Returns the text with `<email>` for each address, and `<number>` for each number, telephone numbers too.

    Digits that are part of a word stay: 2nd, covid19, B2B.
    """
    made = _EMAIL.sub("<email>", text) if "@" in text else text
    return _NUMBER.sub("<number>", _PHONE.sub("<number>", made))


def text_step(step: Step) -> Change | None:
    """Returns what a step does to a text, None where it does something else."""
    if step.name == "normalize-unicode":
        return partial(normalize_unicode, form=step.option or "NFC")
    steps: dict[str, Change] = {
        "strip-html": strip_html,
        "collapse-whitespace": collapse_whitespace,
        "mask-emails-and-numbers": mask_emails_and_numbers,
    }
    return steps.get(step.name)
