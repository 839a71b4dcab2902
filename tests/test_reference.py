"""The reference page is what the spec's own sentences say."""

from __future__ import annotations

import os
from pathlib import Path

from nbft.spec.reference import reference_markdown

PAGE = Path(__file__).parents[1] / "notebooks" / "reference.md"


def test_the_reference_page_is_not_stale():
    """NBFT_UPDATE_GOLDEN=1 writes it anew."""
    if os.environ.get("NBFT_UPDATE_GOLDEN"):
        PAGE.write_text(reference_markdown(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == reference_markdown()
