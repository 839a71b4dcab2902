"""The device, the precision that pays on it, and the memory in use."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import torch

_PROBE_SIZE = (256, 768)
_PROBE_ROUNDS = 5
_PAYS = 0.8
"""bf16 is taken where it needs less than this share of fp32's time: casts around it cost something too."""


def device_name() -> str:
    """Returns `cuda`, `mps` or `cpu`, with the card's name where there is one."""
    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name(0)})"
    if torch.backends.mps.is_available():
        return "mps"
    threads = torch.get_num_threads()
    return f"cpu ({threads} thread{'s' * (threads > 1)})"


def choose_precision(wanted: str) -> str:
    """Returns bf16, fp16 or fp32; `auto` takes bf16 where the hardware does it well, by capability or a short measurement."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if torch.backends.mps.is_available():
        return "fp32"
    return "bf16" if _bf16_ratio() < _PAYS else "fp32"


def _bf16_ratio() -> float:
    """Returns the time of a bf16 matrix product over that of an fp32 one on this processor."""
    rows, width = _PROBE_SIZE
    full = (torch.rand(rows, width), torch.rand(width, width))
    half = (full[0].bfloat16(), full[1].bfloat16())
    return _best_time(lambda: torch.mm(*half)) / _best_time(lambda: torch.mm(*full))


def _best_time(work: Callable[[], torch.Tensor]) -> float:
    work()
    times = []
    for _ in range(_PROBE_ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def memory_bytes() -> int:
    """Returns the memory in use: of the GPU where there is one, else of this process."""
    if torch.cuda.is_available():
        return int(torch.cuda.memory_reserved())
    return int(psutil.Process().memory_info().rss)


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether the error says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "not enough memory" in str(error)
