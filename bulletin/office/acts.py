"""The records that commissions sign, made from the election as it stands on the log, never typed.

Each function takes the replayed state, and raises `Objection` where the commission gave something that cannot stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from bulletin.office.objection import Objection
from verifier.client.card import Card
from verifier.client.plaintexts import recombine
from verifier.client.sign import with_signature
from verifier.commission.roster import Roster
from verifier.election.ceremony import Restart
from verifier.election.counting import Close, Freeze, Override, counted_set, frozen
from verifier.election.logkey import LogKey
from verifier.election.register import Credentials, Listings, Opening, Register, Row
from verifier.election.shuffle import Skip
from verifier.election.tally import Count, Tally, recount
from verifier.errors import Malformed
from verifier.log import note
from verifier.records import Blob, Record, encode
from verifier.state import State

MOST_TOLD = 20  # codes in a sentence


class Enactment(NamedTuple):
    """A record, and the blobs that it names."""

    record: Record
    blobs: tuple[bytes, ...] = ()


def registers(state: State, listed: Mapping[str, Credentials]) -> list[Enactment]:
    """Each commission's credentials, without those that are on the log already."""
    fresh = {commission: _fresh(state, commission, rows) for commission, rows in listed.items()}
    if not any(fresh.values()):
        raise Objection("nothing-to-register", commission=", ".join(listed))
    return [_register(commission, rows) for commission, rows in fresh.items() if rows]


def opening(state: State, listed: Mapping[str, Credentials]) -> Enactment:
    """The voting begins, under the trustees' key and with the registers that are in effect.

    Nobody can be registered later: `Objection` if a voter of `listed`, the commission's table, is not, or nobody is.
    """
    counts = {commission: len(_fresh(state, commission, rows)) for commission, rows in listed.items()}
    if any(counts.values()):
        missing = ", ".join(commission for commission, count in counts.items() if count)
        raise Objection("unregistered", commissions=missing, count=sum(counts.values()))
    if not state.credentials:
        raise Objection("nobody-registered")
    return Enactment(Opening(state.key, len(state.credentials)))


def override(state: State, commission: str, codes: Sequence[str]) -> Enactment:
    """The credentials of those who voted on paper, by the codes of this commission's registers."""
    keys = codes_of(state, commission)
    _object("unknown-codes", [code for code in codes if code not in keys], commission)
    _object("doubled-codes", sorted({code for code in codes if codes.count(code) > 1}), commission)
    _object("codes-again", [code for code in codes if keys[code] in state.overridden], commission)
    if not codes:
        raise Objection("no-codes", commission=commission)
    return Enactment(Override(commission, tuple(keys[code] for code in sorted(codes))))


def close(state: State, sign: Callable[[bytes], bytes] | None = None) -> Enactment:
    """The end of the voting: the operator's if it signs, else the central commission's."""
    return Enactment(with_signature(Close(bytes(64)), state.digest, sign) if sign else Close(b""))


def freeze(state: State) -> Enactment:
    """The counted sets."""
    blobs = {contest.id: counted_set(state, contest.id).trackers for contest in state.rules.contests}
    record = Freeze(tuple(frozen(contest, trackers) for contest, trackers in blobs.items()))
    return Enactment(record, tuple(dict.fromkeys(blobs.values())))


def skip(_state: State, mixer: str) -> Enactment:
    """The mixing goes on without this server."""
    return Enactment(Skip(mixer))


def tally(state: State) -> Enactment:
    """What the trustees' shares give, contest by contest."""
    counts: list[Count] = []
    blobs: list[bytes] = []
    for contest in state.mixable():
        course, threshold = state.courses[contest.id], state.rules.threshold
        if course.counted and len(course.shares) < threshold:
            raise Objection("few-shares", contest=contest.id, given=len(course.shares), threshold=threshold)
        columns = recombine(course.lists[-1], course.shares[:threshold])
        data = b"".join(bytes(points) for points in columns)
        blobs.append(data)
        counts.append(recount(contest, columns, Blob.of(data)))
    withheld = tuple(contest.id for contest in state.rules.contests if state.withheld(contest.id))
    return Enactment(Tally(tuple(counts), withheld), tuple(dict.fromkeys(blobs)))


def log_key(state: State, card: bytes, file: str, sign: Callable[[bytes], bytes] | None = None) -> Enactment:
    """The log's next key, from its card; `sign` is by the present key, if that is not lost."""
    try:
        handed = Card.decode(card)
        key = note.decode_key(handed.key) if handed.role == "log" else None
    except Malformed as error:
        raise Objection("bad-card", file=file, reason=error.said) from error
    if key is None:
        raise Objection("other-card", file=file, role=handed.role)
    if key.name != state.rules.origin:
        raise Objection("other-origin", file=file, name=key.name, origin=state.rules.origin)
    record = LogKey(signature=bytes(64) if sign else b"", key=key.public)
    return Enactment(with_signature(record, state.digest, sign) if sign else record)


def restart(state: State, without: Iterable[str]) -> Enactment:
    """Another attempt at the ceremony, without these trustees, by id or number."""
    ids = [trustee.id for trustee in state.rules.trustees]
    numbers = {str(number): number for number in range(1, len(ids) + 1)}
    known = numbers | {id: number for number, id in enumerate(ids, 1)}
    for each in without:
        if each not in known:
            raise Objection("unknown-trustee", trustee=each, known=", ".join(ids))
    return Enactment(Restart(state.ceremony.attempt + 1, tuple(sorted({known[each] for each in without}))))


def roster(_state: State, seated: Roster) -> Enactment:
    """Who sits in a commission from now on."""
    return Enactment(seated)


def codes_of(state: State, commission: str) -> dict[str, bytes]:
    """The keys of a commission's credentials, by code."""
    own = (key for key, held in state.credentials.items() if held.commission == commission)
    return {state.credentials.code(key): key for key in own}


def _register(commission: str, rows: tuple[Row, ...]) -> Enactment:
    data = encode(Credentials(rows))
    return Enactment(Register(commission, len(rows), Blob.of(data)), (data,))


def _fresh(state: State, commission: str, rows: Credentials) -> tuple[Row, ...]:
    listed = state.credentials
    return tuple(row for row in rows.credentials if not _is_listed(listed, commission, row))


def _is_listed(listed: Listings, commission: str, row: Row) -> bool:
    held = listed.get(row.key)
    return held is not None and (held.commission, listed.code(row.key)) == (commission, row.code)


def _object(kind: str, codes: Sequence[str], commission: str) -> None:
    if codes:
        more = f" … (+{len(codes) - MOST_TOLD})" if len(codes) > MOST_TOLD else ""
        raise Objection(kind, commission=commission, codes=", ".join(codes[:MOST_TOLD]) + more)
