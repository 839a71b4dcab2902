"""What panels ask for is kept in a list."""

from __future__ import annotations

import pytest

from nbft.record.events import Command


@pytest.fixture
def sent() -> list[Command]:
    """The commands that panels sent: give them `sent.append`."""
    return []
