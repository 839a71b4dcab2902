from __future__ import annotations

import pytest
import torch

from nbft.engine.devices import choose_precision, is_out_of_memory, memory_bytes


def test_a_precision_that_was_asked_for_is_taken():
    assert choose_precision("fp32") == "fp32"
    assert choose_precision("bf16") == "bf16"


@pytest.mark.skipif(torch.cuda.is_available(), reason="on a GPU the GPU decides")
@pytest.mark.parametrize(
    ("units", "expected"), [({"avx512_bf16": True}, "bf16"), ({"amx_bf16": False}, "fp32"), ({}, "fp32")]
)
def test_the_processor_decides_what_auto_means(units: dict, expected: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units, raising=False)
    assert choose_precision("auto") == expected


def test_memory_in_use_is_more_than_torch_alone():
    assert memory_bytes() > 50_000_000


def test_running_out_of_memory_is_told_from_other_errors():
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(
        RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 9")
    )
    assert not is_out_of_memory(RuntimeError("shapes do not match"))
