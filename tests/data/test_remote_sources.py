"""Data sets of the hub and files at URLs, as far as they can be had without a network: a server on this machine, folders."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import fsspec
import pytest

from tests.data.test_sources import CSV, ROWS, own_cache, read, refused

__all__ = ["own_cache"]


# The hub


@pytest.fixture
def laid_out(place: Path) -> Path:
    """A folder like a data set of the hub, with two configs."""
    folder = place / "ann" / "reviews"
    folder.mkdir(parents=True)
    configs = "".join(f"- config_name: {name}\n  data_files: {name}.csv\n" for name in ("de", "en"))
    (folder / "README.md").write_text(f"---\nconfigs:\n{configs}---\n# Reviews\n")
    (folder / "de.csv").write_text(CSV)
    (folder / "en.csv").write_text("text,label\n" + "".join(f"{i},{i % 2}\n" for i in range(10)))
    return folder


def test_a_data_set_of_the_hub_takes_config_and_split(laid_out: Path, place: Path):
    assert read({"source": "ann/reviews", "config": "de"}, place).splits["train"].to_list() == ROWS
    sliced = read({"source": "ann/reviews", "config": "en", "split": "train[:20%]"}, place)
    assert sliced.splits["train"]["text"][:] == [0, 1]
    error = refused({"source": "ann/reviews", "config": "en", "split": "test"}, place)
    assert error.path == "data.train.split"
    assert "has no split 'test'" in error.what


def test_a_config_that_is_missing_or_wrong_is_named_with_those_there_are(laid_out: Path, place: Path):
    for source in ("ann/reviews", {"source": "ann/reviews", "config": "fr"}):
        error = refused(source, place)
        assert "Its configs: de, en." in error.fix
        assert error.path.startswith("data.train")


def test_a_name_of_the_hub_that_cannot_be_looked_for_says_so(place: Path):
    error = refused("ann/nothing", place)
    assert error.what.startswith("'ann/nothing' is no file here, and the hub can't be reached")


# URLs


class Server:
    """Serves the folder `served` on this machine; says by an ETag which version of a file it is, unless told not to."""

    def __init__(self, place: Path) -> None:
        folder = place / "served"
        folder.mkdir()
        self.has_tags = True
        server = self

        class Answer(SimpleHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Says nothing."""

            def end_headers(self) -> None:
                file = Path(self.translate_path(self.path))
                if server.has_tags and file.is_file():
                    self.send_header("ETag", str(file.stat().st_mtime_ns))
                super().end_headers()

        self._server = HTTPServer(("127.0.0.1", 0), partial(Answer, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(place: Path) -> Iterator[Server]:
    found = Server(place)
    yield found
    found.close()


def test_a_file_on_the_web_is_downloaded_once(server: Server, place: Path):
    address = f"{server.url}/a.csv"
    (place / "served" / "a.csv").write_text(CSV)
    found = read(f"{address}?token=secret", place)
    assert found.splits["train"]["text"][:] == ["gut", "schlecht"]
    assert found.notes == [f"{address} was downloaded (0.1 kB)."]
    assert found.name == address
    assert read(f"{address}?token=secret", place).notes == [f"{address} was downloaded before (0.1 kB)."]
    (place / "served" / "a.csv").write_text(CSV + "neu,1\n")
    assert read(f"{address}?token=secret", place).splits["train"].num_rows == 3


def test_a_file_whose_server_says_no_version_is_downloaded_each_time(server: Server, place: Path):
    server.has_tags = False
    for word in ("gut", "gar"):
        (place / "served" / "a.csv").write_text(CSV.replace("gut", word))
        assert read(f"{server.url}/a.csv", place).splits["train"]["text"][0] == word


def test_a_file_of_which_only_the_time_of_its_change_is_known_is_downloaded_once_that_is_past(
    server: Server, place: Path
):
    server.has_tags = False
    file = place / "served" / "a.csv"
    for word, changed in (("gut", 1_700_000_000), ("gar", 1_700_000_001)):
        file.write_text(CSV.replace("gut", word))
        os.utime(file, (changed, changed))
        for note in ("was downloaded (", "was downloaded before ("):
            found = read(f"{server.url}/a.csv", place)
            assert note in found.notes[0]
            assert found.splits["train"]["text"][0] == word


def test_a_url_that_is_wrong_or_cannot_be_reached_is_a_sentence(server: Server, place: Path):
    assert refused(f"{server.url}/b.csv", place).what == f"There is nothing at {server.url}/b.csv."
    assert "names no file that nbft can read" in refused(f"{server.url}/b", place).what
    away = refused("http://ann:secret@127.0.0.1:9/a.csv?token=secret", place)
    assert away.what.startswith("http://127.0.0.1:9/a.csv can't be reached")
    assert "secret" not in str(away)
    assert refused("s3://bucket/a.csv", place).fix == "pip install s3fs"
    assert "offline mode" in refused("hf://datasets/ann/reviews/a.csv", place).what


def test_a_copy_of_an_earlier_run_is_read_where_the_server_is_away(server: Server, place: Path):
    (place / "served" / "a.csv").write_text(CSV)
    read(f"{server.url}/a.csv", place)
    server.close()
    found = read(f"{server.url}/a.csv", place)
    assert found.notes == [f"{server.url}/a.csv can't be reached; the copy of an earlier run was read."]


def test_what_fsspec_reaches_is_read(place: Path):
    with fsspec.open("memory://bucket/a.jsonl", "w") as file:
        file.write("\n".join(map(json.dumps, ROWS)))  # pyright: ignore[reportAttributeAccessIssue]
    assert read("memory://bucket/a.jsonl", place).splits["train"].to_list() == ROWS
    (place / "a.csv").write_text(CSV)
    assert read((place / "a.csv").as_uri(), place).splits["train"]["label"][:] == ["1", "0"]
    assert not list(place.glob("cache/downloads*/*/a.csv"))
