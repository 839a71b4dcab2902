"""`data` of an evaluation: a source by its name, rows, or a mapping that says how a source is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag, WithJsonSchema

from nbft.spec.cleaning import CleanSteps, NewLabels, WrongStep, read_step
from nbft.spec.columns import Columns
from nbft.spec.findings import Finding
from nbft.spec.row_source import BRANCHES, Holds, RowSource, Sheet
from nbft.spec.section import Section
from nbft.spec.source_checks import check_one
from nbft.spec.types import Text, Words
from nbft.spec.variables import is_data, is_function

_NAME, _MAPPING, *_ = BRANCHES


class JudgedRows(Section):
    """A source of rows to judge on, and what it takes to read it."""

    shorthand: ClassVar[str] = "source"
    source: Annotated[Text, Field(examples=["other.xlsx", "glue"])]
    """A file, a folder, a URL, a database, a hub id or a `$variable`."""
    config: Annotated[Text | None, Field(examples=["sst2"])] = None
    """Which part of a data set on the hub, as `sst2` of `glue`."""
    split: Annotated[Text | None, Field(examples=["validation"])] = None
    """Which of its splits, or a slice of one; `test` where there is one if left out."""
    sheet: Annotated[Sheet | None, Field(examples=["March"])] = None
    """Which sheet of an Excel file; the first that holds rows if left out."""
    query: Annotated[Text | None, Field(examples=["SELECT text, label FROM reviews"])] = None
    """The rows of a database, in SQL."""
    encoding: Annotated[Text | None, Field(examples=["gb18030"])] = None
    """In which encoding a text file is; seen from its bytes, and said, if left out."""
    columns: Columns | None = None
    """Which column holds what, where the columns are not those of the first run's data."""
    labels: Annotated[NewLabels | None, Field(examples=[{"0": "negative", "1": "positive"}])] = None
    """New names for labels, in place of the first run's."""
    clean: Annotated[CleanSteps | None, Field(examples=[["strip-html", "drop-duplicates"]])] = None
    """Steps that the rows go through, in place of the first run's."""


def _form(value: Any) -> str | None:
    if isinstance(value, Mapping | JudgedRows) and not is_data(value):
        return _MAPPING
    is_rows = value is None or is_data(value) or (isinstance(value, str) and value.strip())
    return _NAME if is_rows else None


GivenRows = Annotated[
    Annotated[Any, Tag(_NAME)] | Annotated[JudgedRows, Tag(_MAPPING)],
    Discriminator(_form, "rows", "must be a source or rows"),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "array", "items": {"type": "object"}}]}),
    Words("a source (a file, a hub id, a `$variable`), a mapping with `source`, or a list of rows"),
    Holds(JudgedRows, "a row, as {text: ..., label: ...}"),
]


def source_alone(rows: JudgedRows) -> RowSource:
    """Returns the source of a mapping, as a run's data has sources."""
    said = rows.model_dump(exclude_defaults=True)
    return RowSource.model_validate({name: said[name] for name in RowSource.model_fields if name in said})


def check_rows(rows: JudgedRows, variables: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Finds a source that is not there, options that its kind doesn't take, and steps of cleaning that there are not."""
    yield from check_one(("data",), source_alone(rows))
    for place, item in enumerate(rows.clean or []):
        path = ("data", "clean", place)
        try:
            step = read_step(item)
        except WrongStep as wrong:
            yield Finding(path, wrong.what, wrong.fix)
            continue
        if step.function and not is_function((variables or {}).get(step.function)):
            yield Finding(path, f"there is no function {step.function!r}.", "Define it in a cell above.")
