"""Stops a child process at its file-changing system calls, to kill it there or to let the call fail.

Linux' ptrace through ctypes: it sees what Python, Rust (safetensors) and C++ (torch) do to files, and needs no
compiler. The child must be forked by the calling thread; `begin_trace` and `end_trace` frame what is watched.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

X86_64 = {
    1: "write", 2: "open", 18: "pwrite", 20: "writev", 40: "sendfile", 74: "fsync", 75: "fdatasync",
    76: "truncate", 77: "ftruncate", 82: "rename", 83: "mkdir", 84: "rmdir", 85: "creat", 86: "link", 87: "unlink",
    88: "symlink", 90: "chmod", 91: "fchmod", 257: "open", 258: "mkdir", 263: "unlink", 264: "rename", 265: "link",
    266: "symlink", 268: "chmod", 285: "fallocate", 316: "rename", 326: "copy", 452: "chmod",
}  # fmt: skip
AARCH64 = {
    34: "mkdir", 35: "unlink", 36: "symlink", 37: "link", 38: "rename", 45: "truncate", 46: "ftruncate",
    47: "fallocate", 52: "fchmod", 53: "chmod", 56: "open", 64: "write", 66: "writev", 68: "pwrite",
    71: "sendfile", 82: "fsync", 83: "fdatasync", 276: "rename", 285: "copy", 452: "chmod",
}  # fmt: skip
CALLS = {"x86_64": X86_64, "aarch64": AARCH64}.get(platform.machine(), {})
OPENAT = {"x86_64": 257, "aarch64": 56}.get(platform.machine())
KILL = {"x86_64": 62, "aarch64": 129}.get(platform.machine())
WRITES = ("write", "pwrite", "writev")
FLUSHES = ("fsync", "fdatasync")
TAKES_ROOM = (*WRITES, *FLUSHES, "open", "mkdir", "rename", "ftruncate", "fallocate")
"""Calls that a full disk may refuse; what only removes goes through."""

_TRACEME, _CONT, _GETREGS, _SETREGS, _DETACH, _SYSCALL = 0, 7, 12, 13, 17, 24
_SETOPTIONS, _GET_SYSCALL_INFO = 0x4200, 0x420E
_SYSGOOD_AND_EXITKILL = 1 | 1 << 20
_ENTRY, _ORIG_RAX, _RAX = 1, 15, 10
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)


class Call(NamedTuple):
    """A file-changing system call of the child, before it is made."""

    number: int
    """Counted from 0."""
    name: str
    path: str
    """The file or folder that a write or a flush goes to; empty for other calls."""


class _SyscallInfo(ctypes.Structure):
    _fields_ = (
        ("op", ctypes.c_uint8),
        ("padding", ctypes.c_uint8 * 3),
        ("arch", ctypes.c_uint32),
        ("instruction", ctypes.c_uint64),
        ("stack", ctypes.c_uint64),
        ("number", ctypes.c_uint64),  # of an exit: the returned value
        ("args", ctypes.c_uint64 * 6),
        ("more", ctypes.c_uint64 * 2),
    )


def why_not() -> str | None:
    """The reason why this machine can't trace, None where it can."""
    if platform.system() != "Linux" or not CALLS:
        return "stopping a process at its system calls is written for Linux on x86_64 and arm64 only"
    pid = os.fork()
    if pid == 0:
        try:
            begin_trace()
            end_trace()
        finally:
            os._exit(0)
    try:
        watch(pid, Path("/nowhere"), lambda call: None)
        os.waitpid(pid, 0)
    except OSError as error:
        return f"this machine does not let a process trace its own child ({error.strerror})"
    return None


def begin_trace() -> None:
    """In the child: from here on the parent sees every system call."""
    _ptrace(_TRACEME, 0)
    os.kill(os.getpid(), signal.SIGSTOP)


def end_trace() -> None:
    """In the child: lets the parent's `watch` return, while the child goes on by itself."""
    os.kill(os.getpid(), 0)


def watch(pid: int, folder: Path, decide: Callable[[Call], str | int | None]) -> bool:
    """Runs the child and asks `decide` before each call that changes files (writes: below `folder` only).

    The answer `kill` kills the child before the call, `half` after half of a write, an errno lets the call fail
    (x86_64 only), None lets it pass. Returns whether the child lives on.
    """
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status):
        raise PermissionError(errno.EPERM, "the child could not begin its trace")
    _ptrace(_SETOPTIONS, pid, 0, _SYSGOOD_AND_EXITKILL)
    number = 0
    while _to_next_call(pid):
        info = _info(pid)
        if info.op != _ENTRY:
            continue
        if info.number == KILL and info.args[1] == 0:
            _ptrace(_DETACH, pid)
            return True
        name = _changes(pid, info, folder)
        if name is None:
            continue
        path = _path(pid, int(info.args[0])) if name in (*WRITES, *FLUSHES) else ""
        answer = decide(Call(number, name, path))
        number += 1
        if answer == "half":
            _make_half(pid, int(info.args[0]))
        if answer in ("kill", "half"):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return False
        if isinstance(answer, int):
            _fail(pid, answer)
    return False


def _changes(pid: int, info: _SyscallInfo, folder: Path) -> str | None:
    """The call's name, None where it changes no file below the folder."""
    name = CALLS.get(info.number)
    if name == "open":
        flags = info.args[2 if info.number == OPENAT else 1]
        return name if flags & (os.O_CREAT | os.O_TRUNC) else None
    if name in WRITES and not _path(pid, int(info.args[0])).startswith(f"{folder}/"):
        return None
    return name


def _path(pid: int, handle: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/fd/{handle}").readlink())
    except OSError:
        return ""


def _make_half(pid: int, handle: int) -> None:
    """Lets the write pass and cuts the second half of it off again."""
    path = Path(f"/proc/{pid}/fd/{handle}")
    before = path.stat().st_size
    _to_next_call(pid)
    after = path.stat().st_size
    os.truncate(path, (before + after) // 2)


def _fail(pid: int, error: int) -> None:
    """Replaces the call by one that does not exist, and its answer by the error."""
    _set_register(pid, _ORIG_RAX, -1)
    _to_next_call(pid)
    _set_register(pid, _RAX, -error)


def _set_register(pid: int, register: int, value: int) -> None:
    registers = (ctypes.c_int64 * 27)()
    _ptrace(_GETREGS, pid, 0, ctypes.addressof(registers))
    registers[register] = value
    _ptrace(_SETREGS, pid, 0, ctypes.addressof(registers))


def _to_next_call(pid: int) -> bool:
    """Lets the child run to its next entry into or exit from a system call; False where it ended instead."""
    passed_on = 0
    while True:
        _ptrace(_SYSCALL, pid, 0, passed_on)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            return False
        if os.WSTOPSIG(status) == signal.SIGTRAP | 0x80:
            return True
        passed_on = os.WSTOPSIG(status)


def _info(pid: int) -> _SyscallInfo:
    info = _SyscallInfo()
    _ptrace(_GET_SYSCALL_INFO, pid, ctypes.sizeof(info), ctypes.addressof(info))
    return info


def _ptrace(request: int, pid: int, address: int = 0, data: int = 0) -> None:
    if _libc.ptrace(request, pid, address, data) == -1:
        raise OSError(ctypes.get_errno(), errno.errorcode.get(ctypes.get_errno(), "") or "ptrace failed")
