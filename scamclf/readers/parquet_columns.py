"""Which columns of a Parquet file or of an Arrow table are a call's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from scamclf.errors import ReaderError

__all__ = ["Columns", "choose_columns", "choose_names"]

_OPTIONAL = ("label", "language", "direction", "source", "family", "group", "started_at")
_TEXTS_OF_A_TURN = ("speaker", "text")
_NUMBERS_OF_A_TURN = ("start_s", "end_s", "confidence")


@dataclass(frozen=True, slots=True)
class Columns:
    """What is read of a file.

    Args:
        names: the file's columns by the fields of canonical JSON.
        leaves: indexes of their leaves, each with whether it lies in a list.
        paths: what pyarrow calls those leaves.
        texts: those that are texts by their index, to be read as dictionaries.
    """

    names: Mapping[str, str]
    leaves: Mapping[int, bool]
    paths: list[str]
    texts: Mapping[int, str]


def choose_columns(parquet: Any, id_column: str, text_column: str) -> Columns:
    """Choose the columns of a `pyarrow.parquet.ParquetFile`.

    Raises:
        ReaderError: one is missing, or of a type that a call's cannot be.
    """
    names = choose_names(parquet.schema_arrow, id_column, text_column)
    leaves = {i: leaf for i in range(len(parquet.schema)) if _is_read(leaf := parquet.schema.column(i), names)}
    return Columns(
        names,
        {i: leaf.max_repetition_level > 0 for i, leaf in leaves.items()},
        [leaf.path for leaf in leaves.values()],
        {i: leaf.path for i, leaf in leaves.items() if leaf.physical_type == "BYTE_ARRAY"},
    )


def choose_names(schema: pa.Schema, id_column: str, text_column: str) -> dict[str, str]:
    """Choose columns by the fields of canonical JSON. A text column with a name of its own is read even where there
    are `turns`.

    Raises:
        ReaderError: one is missing, or of a type that a call's cannot be.
    """
    either = ["turns", "text"] if text_column == "text" else [text_column]
    if id_column not in schema.names or not set(either) & set(schema.names):
        wanted = f"{id_column} and {'one of turns, text' if text_column == 'text' else text_column}"
        raise ReaderError("missing_column", f"columns are {[name[:40] for name in schema.names[:20]]}; wanted {wanted}")
    wanted_names = {field: field for field in _OPTIONAL} | {"call_id": id_column, "text": text_column}
    wanted_names |= {"turns": "turns"} if text_column == "text" else {}
    names = {field: name for field, name in wanted_names.items() if name in schema.names}
    for field, name in names.items():
        if schema.names.count(name) > 1:
            raise ReaderError("bad_column", f"column {name[:40]} is there {schema.names.count(name)} times; wanted one")
        _check_type(field, name, schema.field(name).type)
    return names


def _is_read(leaf: Any, names: Mapping[str, str]) -> bool:
    top, _, field = leaf.path.partition(".")
    if "turns" in names and top == "turns":
        return field.rpartition(".")[2] in (*_TEXTS_OF_A_TURN, *_NUMBERS_OF_A_TURN)
    return leaf.path in names.values()


def _check_type(field: str, name: str, kind: Any) -> None:
    if field == "turns":
        fits, wanted = _are_turns(kind), "a list of structs with text, and times and confidence that are numbers"
    elif field == "started_at":
        fits, wanted = _is_text(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind), "text or a time"
    else:
        fits, wanted = _is_text(kind) or pa.types.is_integer(kind), "text"
    if not fits:
        raise ReaderError("bad_column", f"column {name} is {str(kind)[:80]}; wanted {wanted}")


def _are_turns(kind: Any) -> bool:
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not pa.types.is_struct(kind.value_type):
        return bool(pa.types.is_null(kind))
    fields = {field.name: field.type for field in kind.value_type}
    return all(_is_text(fields[name]) for name in _TEXTS_OF_A_TURN if name in fields) and all(
        pa.types.is_floating(fields[name]) or pa.types.is_integer(fields[name]) or pa.types.is_null(fields[name])
        for name in _NUMBERS_OF_A_TURN
        if name in fields
    )


def _is_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind))
