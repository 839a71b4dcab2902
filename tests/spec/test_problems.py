"""The wording of every problem, held in golden files: `NBFT_UPDATE_GOLDEN=1 pytest tests/spec` writes them anew for review."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbft.errors import SpecError
from nbft.spec.load import read_spec

CASES = sorted((Path(__file__).parent / "problems").glob("*.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_broken_spec_gets_its_golden_message(case, variables, in_rows):
    with pytest.raises(SpecError) as caught:
        read_spec(case.read_bytes().decode(), variables=variables, name="cell In[4]", first_line=2)
    said = f"{caught.value}\n".replace(str(in_rows), "/home/ann/notebooks")
    golden = case.with_suffix(".txt")
    if os.environ.get("NBFT_UPDATE_GOLDEN"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")


def test_there_are_at_least_sixty_golden_messages():
    assert len(CASES) >= 60
    assert {case.stem for case in CASES} == {golden.stem for golden in CASES[0].parent.glob("*.txt")}
