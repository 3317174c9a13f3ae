"""Key cards: the vectors of specs/card.md, and groups as people say and type them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.house import read_vectors
from verifier.client.card import ROLES, Card, read_groups
from verifier.errors import Malformed

CARDS = read_vectors("card")
FIRST = CARDS["accepted"][0]


@pytest.mark.parametrize("v", CARDS["accepted"], ids=lambda v: v["name"])
def test_a_card_is_read_however_it_was_saved(v: dict[str, Any]) -> None:
    card = Card.decode(v["card"].encode())
    assert (card.role, card.key, card.groups) == (v["role"], v["key"], v["groups"])
    assert Card.decode(card.encode()) == card


@pytest.mark.parametrize("v", CARDS["rejected"], ids=lambda v: v["name"])
def test_a_bent_card_is_refused_by_its_line(v: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as refused:
        Card.decode(v["card"].encode())
    assert (refused.value.where.file, refused.value.where.line) == ("key card", v["line"])


def test_a_card_of_bytes_is_the_one_that_is_read() -> None:
    card = Card.decode(FIRST["card"].encode())
    assert Card.of("trustee", card.public) == card
    assert len(card.public) == 32


def test_the_groups_stand_for_role_and_key_together() -> None:
    public = Card.decode(FIRST["card"].encode()).public
    cards = [Card.of(role, public) for role in ROLES] + [Card.of("voter", bytes(32))]
    assert len({card.groups for card in cards}) == len(cards)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_an_editor_s_mark_of_the_encoding_is_no_fault(codec: str) -> None:
    assert Card.decode(FIRST["card"].encode(codec)).groups == FIRST["groups"]


def test_bytes_that_are_no_text_are_refused() -> None:
    for raw in (b"\xff" * 40, b"\0" * 40, b"", FIRST["card"].encode() * 1000):
        with pytest.raises(Malformed):
            Card.decode(raw)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("abcd efgh ijkl mnop qrst uv27", "ABCD-EFGH-IJKL-MNOP-QRST-UV27"),
        ("ABCD.EFGH.IJKL.MN0P.QRST.UV27", "ABCD-EFGH-IJKL-MNOP-QRST-UV27"),
        ("АВCD-EFGH-IJКL-МNОР-QRSТ-UV27", "ABCD-EFGH-IJKL-MNOP-QRST-UV27"),
    ],
)
def test_groups_are_read_as_people_type_them(typed: str, read: str) -> None:
    assert read_groups(typed) == read


@pytest.mark.parametrize("typed", ["", "ABCD", "ABCD-EFGH-IJKL-MNOP-QRST-UVWXY", "ÄBCD-EFGH-IJKL-MNOP-QRST-UVWX"])
def test_what_cannot_be_six_groups_is_refused(typed: str) -> None:
    with pytest.raises(Malformed, match="six groups"):
        read_groups(typed)
