"""The rows of a source, for somebody who looks at them: a file, a folder, a starter data set, or a set on the hub."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

from nbft.data.sources import read_source
from nbft.errors import NbftError
from nbft.record.folder import RunFolder


def answer(folder: RunFolder, request: Path) -> int:
    """Writes the training rows as rows.parquet beside the request, or `error` into it; returns the worker's exit code."""
    asked = json.loads(request.read_text(encoding="utf-8"))
    try:
        found = read_source(str(asked["data"]), folder.variables)
        found.splits["train"].to_parquet(str(request.with_name("rows.parquet")))
        asked["notes"], code = found.notes, 0
    except NbftError as error:
        asked["error"], code = error.to_record(), 78
    except Exception as error:
        traceback.print_exc()
        asked["error"], code = {"what": f"{type(error).__name__}: {error}", "fix": ""}, 1
    request.write_text(json.dumps(asked), encoding="utf-8")
    return code
