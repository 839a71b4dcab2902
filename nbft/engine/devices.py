"""The device, the precision that pays on it, and the memory in use."""

from __future__ import annotations

import psutil
import torch

_BF16_UNITS = ("avx512_bf16", "amx_bf16", "avx10_2", "arm_bf16")
"""Parts of a processor that multiply bf16 numbers; without one, bf16 is emulated and slower than fp32."""

LENGTHS = 8
"""Lengths of batches that are multiples of it suit tensor cores."""


def device_name() -> str:
    """Returns `cuda`, `mps` or `cpu`, with the card's name where there is one."""
    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name(0)})"
    if torch.backends.mps.is_available():
        return "mps"
    threads = torch.get_num_threads()
    return f"cpu ({threads} thread{'s' * (threads > 1)})"


def choose_precision(wanted: str) -> str:
    """Returns bf16, fp16 or fp32; `auto` takes bf16 where the hardware does it well, by what it says of itself."""
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if torch.backends.mps.is_available():
        return "fp32"
    return "bf16" if _cpu_does_bf16() else "fp32"


def _cpu_does_bf16() -> bool:
    """By what the processor says of itself, not by a measurement: the same machine must always decide alike."""
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()  # torch 2.11 and newer
    return any(capabilities.get(name) for name in _BF16_UNITS)


def length_multiple(precision: str, model_limit: int | None) -> int | None:
    """Returns 8 where batches whose lengths are multiples of 8 take less time, else None.

    So it is on a GPU, whose tensor cores ask for it, and for bf16 on a CPU: oneDNN compiles its code for every length anew
    and keeps it. Measured with MiniLM and lengths of 8 to 128: 15% quicker, and 1.1 GB of memory in place of a growing 1.8.
    In fp32 on a CPU padding only adds work.
    """
    pays = torch.cuda.is_available() or precision == "bf16"
    return LENGTHS if pays and (model_limit or LENGTHS) % LENGTHS == 0 else None


def memory_bytes() -> int:
    """Returns the memory in use: of the GPU where there is one, else of this process."""
    memory = memory_in_use()
    return memory.get("device", memory["process"])


def memory_in_use() -> dict[str, int]:
    """Returns the bytes in use by this `process`, and on the `device` where that has memory of its own."""
    memory = {"process": int(psutil.Process().memory_info().rss)}
    if torch.cuda.is_available():
        memory["device"] = int(torch.cuda.memory_reserved())
    return memory


def less_memory(batch: int) -> str:
    """Returns lines of a spec of which each lets a run with such batches need less memory."""
    return (
        "Any of these needs less:\n    train: {gradient_accumulation: 4}   # same result, a quarter of the rows at once"
        f"\n    train: {{batch_size: {max(batch // 2, 1)}}}\n    data: {{max_tokens: 128}}"
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether the error says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "not enough memory" in str(error)
