"""What tests of the desk's printed pages print: the corpus's manifest with other names, and every language's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tests.corpus import boards
from verifier.election.manifest import Contest, Manifest, Option, Style
from verifier.records import Text
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Sequence

TITLE = Text("Election of the village council", "Айылдык кеңештин депутаттарын шайлоо", "Выборы депутатов")
NAMES = (
    Text("Asanov Bakyt", "Асанов Бакыт Өмүр уулу", "Асанов Бакыт Омурович"),
    Text("Usönov Eldar", "Үсөнов Эльдар", "Усонов Эльдар"),
    Text("Against all", "Баарына каршы", "Против всех"),
)
HOSTILE = (
    '#panic("run")',
    "#{ panic() }",
    "$ x $ *b* _i_ @ref <label> = head \\ `raw`",
    '"); panic("',
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% for %}",
    "日本語 😀 שלום \u202egnol\u202c\x00",
    "Ж" * 500,
)


def manifest(
    title: Text = TITLE, names: Sequence[Text] = NAMES, least: int = 1, most: int = 1, members: int = 3
) -> Manifest:
    """The corpus's manifest with one contest."""
    record = CODEC.decode(boards.honest().records[0])
    assert isinstance(record, Manifest)
    options = tuple(Option(f"o{number}", name) for number, name in enumerate(names))
    commissions = tuple(replace(one, members=members) for one in record.commissions)
    contest = Contest("head", title, options, least, most, 1)
    style = Style("all", ("head",))
    return replace(record, title=title, contests=(contest,), styles=(style,), commissions=commissions)


def same(text: str) -> Text:
    """The same in three languages."""
    return Text(text, text, text)
