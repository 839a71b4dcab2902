"""Sessions over a few texts, in an empty folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nbft.labelling.journal import Journal, identity
from nbft.labelling.session import Session
from nbft.labelling.texts import Text

WORDS = ("one", "two", "three", "four", "five")


def texts_of(*words: str) -> list[Text]:
    """Returns texts that nobody has labelled."""
    return [Text(identity(word), word, (place,)) for place, word in enumerate(words)]


@pytest.fixture
def start(place: Path) -> Callable[..., Session]:
    """Starts a session on the journal `numbers`; a second call is what a restarted kernel does."""

    def begin(*words: str, labels: tuple[str, ...] = ("odd", "even"), **how: bool) -> Session:
        return Session(texts_of(*(words or WORDS)), Journal("numbers", "label"), labels, **how)

    return begin
