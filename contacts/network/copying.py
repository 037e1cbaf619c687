"""Rows of fixed width from PostgreSQL into one array, by COPY in its binary format, without an object a row."""

from typing import Any, Final

import numpy as np
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

WIDTHS: Final = {"bigint": ">i8", "float8": ">f8", "uuid": "V16"}
_HEADER: Final = 19
"""Bytes before the first row: a signature of eleven, four of flags, four that say there is no more of a header."""
_PIECE: Final = 1 << 23


def copied(cursor: CursorWrapper, query: str, columns: dict[str, str]) -> NDArray[Any]:
    """The rows of `query` as a structured array. columns: name -> bigint, float8 or uuid, as the query gives them.

    No column may be null. `query` is sent as it stands. Streams: beside the array itself some 8 MB of memory.
    Raises ValueError where a row has another form. Source of the format: PostgreSQL's manual, COPY, "Binary Format".
    """
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for name, kind in columns.items():
        fields += [(f"{name} size", ">i4"), (name, WIDTHS[kind])]
    form = np.dtype(fields)
    wanted = np.dtype([(name, WIDTHS[kind].replace(">", "<")) for name, kind in columns.items()])
    pieces: list[NDArray[Any]] = []
    waiting = bytearray()
    is_begun = False
    with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:
        for block in copy:
            waiting += block
            if not is_begun and len(waiting) >= _HEADER:
                del waiting[:_HEADER]
                is_begun = True
            if len(waiting) > _PIECE:
                whole = len(waiting) // form.itemsize * form.itemsize
                pieces.append(_rows(bytes(waiting[:whole]), form, wanted))
                del waiting[:whole]
    # The last two bytes say -1: no row follows.
    if not is_begun or waiting[-2:] != b"\xff\xff":
        raise ValueError("the copy ended before its end")
    pieces.append(_rows(bytes(waiting[:-2]), form, wanted))
    return np.concatenate(pieces)


def _rows(raw: bytes, form: np.dtype[Any], wanted: np.dtype[Any]) -> NDArray[Any]:
    rows = np.frombuffer(raw, form)
    found = np.empty(rows.size, wanted)
    for name in wanted.names or ():
        if (rows[f"{name} size"] != wanted[name].itemsize).any():
            raise ValueError(f"{name} has rows of another width")
        found[name] = rows[name]
    return found
