"""Names of a manifest that people cannot tell apart; the report prints the ids beside them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from verifier.desk.report.language import LANGUAGES, text_in
from verifier.desk.report.letters import skeleton
from verifier.records import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from verifier.election.manifest import Manifest


class Namesakes(msgspec.Struct, frozen=True):
    """Options of a contest, by id, that look the same in a language; contests that do, where `contest` is empty."""

    contest: str
    names: dict[str, Text]


def namesakes(manifest: Manifest) -> Iterator[Namesakes]:
    """All of them: the same letters, or letters that look the same or cannot be seen."""
    yield from _alike("", {contest.id: contest.title for contest in manifest.contests})
    for contest in manifest.contests:
        yield from _alike(contest.id, {option.id: option.name for option in contest.options})


def ambiguous(found: Iterable[Namesakes], contest: str) -> set[str]:
    """The ids in this contest whose names need their id beside them."""
    return {id for one in found if one.contest == contest for id in one.names}


def _alike(contest: str, names: Mapping[str, Text]) -> Iterator[Namesakes]:
    told = set()
    for language in LANGUAGES:
        seen = defaultdict(list)
        for id, name in names.items():
            seen[skeleton(text_in(language, name))].append(id)
        for ids in map(tuple, seen.values()):
            if len(ids) > 1 and ids not in told:
                told.add(ids)
                yield Namesakes(contest, {id: names[id] for id in ids})
