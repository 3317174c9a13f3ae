"""What records are made of: records.md §1, the canonical form and the types of members. Refusals raise `Fails`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.reference.group import Fails
from tests.reference.log import unbase64

Type = Callable[[Any], bool]
Record = dict[str, Any]


def code(value: Any) -> bytes:
    """RFC 8785 of what records are made of: sorted names, no white space, no escape that is not needed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def decode_json(data: bytes, type_: Type) -> Any:
    try:
        value = json.loads(data)
        canonical = code(value) == data
    except (ValueError, RecursionError):
        raise Fails("CFG.4") from None
    if not canonical or not type_(value):
        raise Fails("CFG.4")
    return value


def is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def is_ordinal(value: Any) -> bool:
    return type(value) is int and 1 <= value < 2**31


def is_string(value: Any) -> bool:
    return type(value) is str


def is_id(value: Any) -> bool:
    return is_string(value) and re.fullmatch("[a-z0-9-]{1,40}", value) is not None


def is_code(value: Any) -> bool:
    return is_string(value) and re.fullmatch("[A-Z0-9]{4,16}", value) is not None


def data(least: int, most: int | None = None) -> Type:
    """So many bytes, or from the one number to the other."""

    def is_data(value: Any) -> bool:
        try:
            return is_string(value) and least <= len(unbase64(value)) <= (most or least)
        except Fails:
            return False

    return is_data


def is_signature_or_none(value: Any) -> bool:
    return value == "" or data(64)(value)


def one_of(*words: str) -> Type:
    return lambda value: is_string(value) and value in words


def items(type_: Type) -> Type:
    return lambda value: type(value) is list and all(map(type_, value))


def mapping(key: Type, value: Type) -> Type:
    return lambda found: type(found) is dict and all(key(name) and value(found[name]) for name in found)


def sentence(least: int, most: int) -> Type:
    """So many characters."""
    return lambda value: is_string(value) and least <= len(value) <= most


def or_none(type_: Type) -> Type:
    """An id or label that may be missing."""
    return lambda value: value == "" or type_(value)


def is_label(value: Any) -> bool:
    return is_string(value) and re.fullmatch("[A-Za-z0-9-]{1,40}", value) is not None


def is_truth(value: Any) -> bool:
    return type(value) is bool


def members(left_out: dict[str, Type] | None = None, /, **types: Type) -> Type:
    """An object with these members, and perhaps those that may be left out."""
    every = types | (left_out or {})
    return lambda value: (
        type(value) is dict
        and types.keys() <= value.keys() <= every.keys()
        and all(every[name](value[name]) for name in value)
    )


TEXT = members(en=is_string, ky=is_string, ru=is_string)
BLOB = members(length=is_number, sha256=data(32))
