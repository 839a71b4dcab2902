"""Encodings, seen from real texts of several languages."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from nbft.data.encodings import TextFile
from nbft.data.files import Options, read_file
from nbft.errors import DataError
from tests.shared import shared

GERMAN = "Zwei Männer überqueren die Straße.\nEin größeres Mädchen läuft.\n"
CHINESE = "text,label\n这家餐厅很好吃！,好\n服务太差了。,不好\n"


def written(folder: Path, text: str, encoding: str) -> Path:
    file = folder / "a.txt"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize(
    ("text", "encoding", "codec"),
    [
        (GERMAN, "utf-8", "utf-8-sig"),
        (GERMAN, "utf-8-sig", "utf-8-sig"),
        (GERMAN, "utf-16", "utf-16"),
        (GERMAN, "utf-32", "utf-32"),
        (GERMAN, "utf-16-le", "utf-16-le"),
        (GERMAN, "utf-16-be", "utf-16-be"),
        (CHINESE, "utf-16-le", "utf-16-le"),
        (GERMAN, "cp1252", "cp1252"),
        (CHINESE, "gb18030", "gb18030"),
        ("“Où ça ?”, dit-elle à Noël. 5 €\n", "cp1252", "cp1252"),
        ("ÄÖÜ ÄÖÜ\nSão João\n", "cp1252", "cp1252"),
        ("好", "gb18030", "gb18030"),
    ],
)
def test_an_encoding_is_seen(tmp_path: Path, text: str, encoding: str, codec: str):
    found = TextFile(written(tmp_path, text, encoding))
    assert found.codec == codec
    assert found.read() == text
    assert bool(found.notes) == (codec != "utf-8-sig")


def test_the_note_names_line_and_letter(tmp_path: Path):
    assert TextFile(written(tmp_path, "a\nb\nSão\n", "cp1252")).notes == [
        "a.txt is not UTF-8 (line 3); it was read as Windows-1252, where that byte is 'ã'."
    ]
    assert TextFile(written(tmp_path, "a\n好吃\n", "gb18030")).notes == [
        "a.txt is not UTF-8 (line 2); it was read as GB18030."
    ]


def test_one_broken_byte_does_not_spoil_a_text_in_utf_8(tmp_path: Path):
    file = tmp_path / "a.txt"
    file.write_bytes(GERMAN.encode() * 10 + b"\xe9")
    found = TextFile(file)
    assert found.read() == GERMAN * 10 + "\ufffd"
    assert found.notes == ["a.txt is not UTF-8 (line 21): bytes that can't be read stand in it as '�'."]


def test_the_latin_1_copy_of_sms_spam_is_read_as_windows_1252():
    rows, notes = read_file(shared("sms_spam/kaggle_latin1.csv"))
    assert "Windows-1252" in notes[0]
    assert sum("£" in text for text in rows["v2"]) > 250


@pytest.mark.parametrize("count", [1, 3, 30])
def test_a_few_real_sentences_are_enough(tmp_path: Path, count: int):
    chance = random.Random(count)
    lines = shared("multi30k/train_8k.jsonl").read_text(encoding="utf-8").splitlines()
    french = [text for line in lines if not (text := json.loads(line)["translation"]["fr"]).isascii()]
    rows = shared("tatoeba_en_zh/train.jsonl").read_text(encoding="utf-8").splitlines()
    chinese = [json.loads(row)["zh"] for row in rows]
    for texts, encoding in ((french, "cp1252"), (chinese, "gb18030")):
        for _ in range(60):
            text = "text,label\n" + "".join(f"{line},1\n" for line in chance.sample(texts, count))
            found = TextFile(written(tmp_path, text.encode(encoding, "ignore").decode(encoding), encoding))
            assert found.codec == encoding, text


def test_an_encoding_that_is_named_is_taken(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_bytes("text,label\nпривет,да\n".encode("cp1251"))
    rows, notes = read_file(file, Options(encoding="cp1251"))
    assert (rows["text"][:], notes) == (["привет"], [])


def test_a_wrong_encoding_is_refused_with_its_place(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_bytes("text,label\nja,1\nSão,1\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"a\.csv, line 3: byte 0xE3 can't be read as utf-8\.") as caught:
        read_file(file, Options(encoding="utf-8"))
    assert caught.value.path == "encoding"
    with pytest.raises(DataError, match="'utf-9' is no encoding"):
        read_file(file, Options(encoding="utf-9"))


def test_packed_text_is_read_as_if_it_were_not(tmp_path: Path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CHINESE.encode("gb18030")))
    rows, notes = read_file(tmp_path / "a.csv.gz")
    assert rows["label"][:] == ["好", "不好"]
    assert notes == ["a.csv.gz is not UTF-8 (line 2); it was read as GB18030."]
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(CHINESE.encode())[:-12])
    with pytest.raises(DataError, match=r"b\.csv\.gz is no whole gzip file"):
        read_file(tmp_path / "b.csv.gz")
