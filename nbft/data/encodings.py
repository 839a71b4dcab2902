"""Bytes -> text: in which encoding a file is, seen from its bytes, and said."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from nbft.errors import DataError
from nbft.spec.text_files import is_encoding

_CHUNK = 2**20
_HEAD = 2**12
_MOST_SEEN = 2**16
"""Bytes of lines beyond ASCII that decide between encodings."""
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; the mark of UTF-32 begins as that of UTF-16 does."""
_BEYOND_ASCII = re.compile(rb"[^\n]*[\x80-\xff][^\n]*\n?")
_COMMON = 0.8
"""So much of Chinese text is common hanzi (GB2312, level 1) and signs; of Latin text that is read as Chinese, hardly any."""


class Fault(NamedTuple):
    """The first byte that an encoding can't take."""

    line: int
    byte: int


class TextFile:
    """A text file, packed by gzip or not, whose encoding is known; raises DataError where it can't be read in it."""

    def __init__(self, file: Path, encoding: str | None = None, notes: list[str] | None = None) -> None:
        self.file = file
        self.name = file.name
        self.notes = [] if notes is None else notes
        self._errors = "replace"
        with whole(file):
            self.codec = self._given(encoding) if encoding else self._seen()

    def open(self, newline: str = "") -> io.TextIOWrapper:
        """Returns the text as a stream; `newline` is that of Python's own open."""
        return io.TextIOWrapper(open_bytes(self.file), self.codec, errors=self._errors, newline=newline)

    def read(self) -> str:
        """Returns the whole text, line ends as they are."""
        with whole(self.file), self.open() as stream:
            return stream.read()

    def _given(self, encoding: str) -> str:
        if not is_encoding(encoding):
            fix = "Known are utf-8, utf-16, windows-1252, gb18030 and others, by Python's names."
            raise DataError(f"{encoding!r} is no encoding.", fix, "encoding")
        codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        fault = first_fault(self.file, codec)
        if fault:
            what = f"{self.name}, line {fault.line}: byte 0x{fault.byte:02X} can't be read as {encoding}."
            raise DataError(what, "Name the encoding that it has, or leave it out to have it seen.", "encoding")
        return codec

    def _seen(self) -> str:
        with open_bytes(self.file) as raw:
            head = raw.read(_HEAD)
        codec = next((codec for mark, codec in _MARKS if head.startswith(mark)), "") or _without_mark(head)
        if codec:
            self.notes.append(f"{self.name} was read as {codec[:6].upper()}.")
            return codec
        fault = first_fault(self.file, "utf-8-sig")
        return "utf-8-sig" if fault is None else self._eight_bits(fault)

    def _eight_bits(self, fault: Fault) -> str:
        seen = _beyond_ascii(self.file)
        said = f"{self.name} is not UTF-8 (line {fault.line})"
        if _is_broken_utf8(seen):
            self.notes.append(f"{said}: bytes that can't be read stand in it as {chr(0xFFFD)!r}.")
            return "utf-8-sig"
        if _is_chinese(seen):
            self.notes.append(f"{said}; it was read as GB18030.")
            return "gb18030"
        found = bytes([fault.byte]).decode("cp1252", errors="replace")
        self.notes.append(f"{said}; it was read as Windows-1252, where that byte is {found!r}.")
        return "cp1252"


def open_bytes(file: Path) -> BinaryIO:
    """Returns the file's bytes as a stream, unpacked where its name ends in .gz."""
    if file.suffix.lower() == ".gz":
        return cast("BinaryIO", gzip.open(file, "rb"))
    return file.open("rb")


@contextmanager
def whole(file: Path) -> Iterator[None]:
    """Turns the errors of a packed file that is cut off, or is none at all, into sentences."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{file.name} is no whole gzip file: {error}.") from None


def _chunks(file: Path) -> Iterator[bytes]:
    with open_bytes(file) as raw:
        while chunk := raw.read(_CHUNK):
            yield chunk


def first_fault(file: Path, codec: str) -> Fault | None:
    """Returns the first byte that can't be read in an encoding; None where all can."""
    decoder, line = codecs.getincrementaldecoder(codec)(), 1
    try:
        for chunk in _chunks(file):
            line += decoder.decode(chunk).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += error.object[: error.start].decode(codec, errors="replace").count("\n")
        return Fault(line, error.object[error.start])
    return None


def _without_mark(head: bytes) -> str:
    """Text of which every second byte is zero, or many of them, is UTF-16; no other encoding of text holds zeros."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if not even and not odd:
        return ""
    codec = "utf-16-be" if even > odd else "utf-16-le"
    few, many = sorted((even, odd))
    try:
        head[: len(head) // 2 * 2 - 2].decode(codec)  # the last two bytes may be half a character
    except UnicodeDecodeError:
        return ""
    return codec if few * 20 <= many and many * 100 >= len(head) else ""


def _beyond_ascii(file: Path) -> bytes:
    """Returns the first lines that hold more than ASCII."""
    found = b""
    for chunk in _chunks(file):
        found += b"".join(_BEYOND_ASCII.findall(chunk))
        if len(found) >= _MOST_SEEN:
            break
    return found[:_MOST_SEEN]


def _is_broken_utf8(seen: bytes) -> bool:
    """Letters of other encodings hardly ever follow each other as the bytes of UTF-8 do."""
    beyond = [char for char in seen.decode("utf-8", errors="replace") if char > "\x7f"]
    return len(beyond) > 5 * beyond.count("\ufffd")


def _is_chinese(seen: bytes) -> bool:
    beyond = [char for char in seen.decode("gb18030", errors="replace") if char > "\x7f"]
    return sum(map(_is_common, beyond)) >= _COMMON * len(beyond)


def _is_common(char: str) -> bool:
    """Returns whether it is a hanzi of GB2312's first level, or one of its signs."""
    code = char.encode("gb18030")
    return len(code) == 2 and code[1] >= 0xA1 and (0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7)
