"""What stands behind a magic on its line: a name, flags, and flags with values."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

from nbft.errors import NbftError
from nbft.spec.guess import did_you_mean

EXAMPLES = {
    "--set": "train.learning_rate=1e-4",
    "--labels": "positive,negative",
    "--text": "review",
    "--into": "sentiment",
    "--save": "labelled.csv",
    "--model": "reviews",
    "--name": "sentiment",
    "--data": "other.csv",
    "--metrics": "accuracy,f1",
    "--by": "label",
    "--require": "'accuracy >= 0.85'",
    "--harness": "hellaswag,gsm8k",
    "--harness-tasks": "tasks/",
    "--prompt": "question",
}
"""What may stand behind a flag; behind the others a number may."""


@dataclass
class Line:
    """A magic's line."""

    name: str | None = None
    flags: set[str] = field(default_factory=set)
    values: dict[str, list[str]] = field(default_factory=dict)
    """What was given to flags that take a value, in order."""
    more: list[str] = field(default_factory=list)
    """Words behind the name."""

    def count(self, flag: str) -> int:
        """Returns the whole number given to a flag, the last one where there are several; 0 where it was left out."""
        given = self.values.get(flag, [])
        if not given:
            return 0
        if not given[-1].isdecimal() or int(given[-1]) < 1:
            raise NbftError(f"{flag} takes a whole number of at least 1, not {given[-1]!r}.", f"As in: {flag} 10")
        return int(given[-1])


def split_line(magic: str, line: str, flags: tuple[str, ...], valued: tuple[str, ...] = ()) -> Line:
    """Reads a line; `valued` are the flags of which each takes a value, as `--set a=1` or `--set=a=1`."""
    found = Line()
    words = _words(magic, line)
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            found.more.append(word)
            continue
        flag, equals, value = word.partition("=")
        if flag in valued:
            found.values.setdefault(flag, []).append(value if equals else _value(flag, words))
        elif word in flags:
            found.flags.add(word)
        else:
            raise NbftError(f"{magic} knows no flag {word!r}.", _fix(flag, (*flags, *valued)))
    found.name = found.more.pop(0) if found.more else None
    return found


def read_line(magic: str, line: str, flags: tuple[str, ...], valued: tuple[str, ...] = (), *, names: int = 1) -> Line:
    """Reads a line that has at most so many names; raises NbftError for anything else on it."""
    found = split_line(magic, line, flags, valued)
    given = [word for word in (found.name, *found.more) if word]
    if len(given) > names:
        takes = "one name" if names == 1 else f"{names} words"
        raise NbftError(f"{magic} takes {takes}, not {len(given)}: {' '.join(given)}", f"As in: {magic} {given[0]}")
    return found


def _words(magic: str, line: str) -> list[str]:
    """Splits at blanks outside of quotes; a backslash is a character like others, as in paths of Windows."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=False)
    reader.whitespace_split, reader.commenters, reader.escape = True, "", ""
    try:
        return list(reader)
    except ValueError:
        raise NbftError(f"A quote on the line of {magic} is never closed.", "Close it, or leave it out.") from None


def _value(flag: str, words: list[str]) -> str:
    if not words or words[0].startswith("--"):
        example = EXAMPLES.get(flag, "10")
        raise NbftError(f"{flag} needs a value.", f"As in: {flag} {example}")
    return words.pop(0)


def _fix(flag: str, known: tuple[str, ...]) -> str:
    if flag in known:
        return f"{flag} takes no value."
    return did_you_mean(flag, known) if known else "It knows none."
