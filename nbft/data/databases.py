"""Databases -> rows: SQLite files by the standard library, any other by SQLAlchemy; what a query gives, or the one table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from nbft.data.gathering import BATCH_ROWS
from nbft.data.plain_values import plain_value
from nbft.data.tables import Batch, batch_of
from nbft.errors import DataError

_MISSING = "Install what reads databases:  pip install 'nbft[sql]'"


def read_sqlite(file: Path, query: str | None) -> Iterator[Batch]:
    """Yields the rows of a query, or of the one table; the file is opened for reading only. Raises DataError."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            cursor = connection.execute(query or _whole_table(connection, file))
            if cursor.description is None:
                raise DataError(f"{file.name}: the query gives no rows.", "It begins with SELECT.", "query")
            names = [column[0] for column in cursor.description]
            yield from _batches(names, iter(lambda: cursor.fetchmany(BATCH_ROWS), []), file.name)
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise DataError(f"{file.name}: {error}.", _tables_fix(file), "query" if query else "") from None


def _tables(connection: sqlite3.Connection) -> list[str]:
    wanted = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
    return [name for (name,) in connection.execute(wanted)]


def _whole_table(connection: sqlite3.Connection, file: Path) -> str:
    names = _tables(connection)
    if not names:
        raise DataError(f"{file.name} holds no table.")
    if len(names) > 1:
        what = f"{file.name} holds {len(names)} tables: {', '.join(names[:12])}."
        example = f'SELECT * FROM "{names[0]}"'  # noqa: S608 - shown, not run
        raise DataError(what, f"Say which rows, as in   {{source: {file.name}, query: '{example}'}}", "query")
    quoted = names[0].replace('"', '""')
    return f'SELECT * FROM "{quoted}"'  # noqa: S608 - the file's own table


def _tables_fix(file: Path) -> str:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return f"Its tables: {', '.join(_tables(connection)[:12]) or 'none'}."
    except sqlite3.Error:
        return ""


def read_database(url: str, query: str) -> Iterator[Batch]:
    """Yields the rows that a query gives at a URL of SQLAlchemy; nothing is committed. Raises DataError."""
    try:
        import sqlalchemy
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
    except ModuleNotFoundError:
        raise DataError("The source is a database.", _MISSING) from None
    try:
        place = sqlalchemy.make_url(url)
        engine = sqlalchemy.create_engine(place)
    except (ArgumentError, NoSuchModuleError) as error:
        raise DataError(f"The URL of the database can't be used: {_first_line(error)}.", "", "source") from None
    except ModuleNotFoundError as error:
        what = f"The driver for {url.partition(':')[0]} databases is not installed: {error.name}."
        raise DataError(what, f"pip install {error.name}", "source") from None
    said = place.render_as_string(hide_password=True)
    try:
        with engine.connect().execution_options(stream_results=True) as connection:
            result = connection.exec_driver_sql(query)
            if not result.returns_rows:
                raise DataError(f"{said}: the query gives no rows.", "It begins with SELECT.", "query")
            yield from _batches(list(result.keys()), result.partitions(BATCH_ROWS), said)
    except SQLAlchemyError as error:
        raise DataError(f"{said}: {_first_line(getattr(error, 'orig', None) or error)}.", "", "query") from None
    finally:
        engine.dispose()


def _batches(names: list[str], parts: Iterable[Sequence[Any]], said: str) -> Iterator[Batch]:
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        fix = f"Name one of them otherwise:   SELECT ... AS {twice[0]}_2"
        raise DataError(f"{said}: column {twice[0]!r} appears twice.", fix, "query")
    first = 1
    for part in parts:
        rows = [dict(zip(names, map(plain_value, row), strict=True)) for row in part]
        yield batch_of(rows, said, first)
        first += len(rows)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
