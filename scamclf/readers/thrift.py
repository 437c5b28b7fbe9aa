"""Thrift's compact protocol, as far as Parquet's footers and page headers need it: integers, structs and lists."""

from typing import Any

__all__ = ["MAX_VALUES", "read_struct"]

MAX_VALUES = 2_000_000
"""Most values of one struct, those within it counted: a thousand row groups of twelve columns have a quarter of it."""

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_INTEGERS = (4, 5, 6)
_MAX_DEPTH = 16


def read_struct(data: bytes) -> tuple[dict[int, Any], int]:
    """Read the struct that some bytes begin with.

    Returns:
        Its fields by number and its length. Values are integers, structs and lists; all others are None.

    Raises:
        IndexError: the data end before the struct does.
        ValueError: it is no struct, or has more than `MAX_VALUES` values.
    """
    reader = _Reader(data)
    return reader.struct(0), reader.at


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.at = 0
        self._data = data
        self._left = MAX_VALUES

    def struct(self, depth: int) -> dict[int, Any]:
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            kind = head & 15
            # Of a field that is true or false, the type is the value.
            fields[number] = None if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"more than {MAX_VALUES:,} values")
        if kind in _INTEGERS:
            return self._integer()
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in (_LIST, _SET):
            head = self._byte()
            size = head >> 4 if head >> 4 < 15 else self._varint()
            return [self._value(head & 15, depth + 1) for _ in range(size)]
        if kind == _BINARY:
            return self._skip(self._varint())
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._skip(1)
        if kind == _DOUBLE:
            return self._skip(8)
        raise ValueError(f"a value of type {kind}")

    def _skip(self, length: int) -> None:
        self.at += length
        if self.at > len(self._data):
            raise IndexError("cut off")

    def _byte(self) -> int:
        byte = self._data[self.at]
        self.at += 1
        return byte

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) > 127:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError("a number of more than 64 bits")
        return value | byte << shift
