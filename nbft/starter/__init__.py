"""A model and data that ship with nbft, so that the first run needs no network."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent

STARTER_MODELS = {"starter-encoder": FOLDER / "encoder"}
STARTER_DATA = {"starter-reviews": FOLDER / "reviews", "starter-messages": FOLDER / "messages"}
