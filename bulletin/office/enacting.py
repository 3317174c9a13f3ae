"""From an act to a request: only what the board would take, signed as it is, goes into the docket."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import UNSET
from msgspec.structs import replace

from bulletin.office.acts import Enactment
from bulletin.office.asking import ask
from bulletin.office.docket import Filed
from bulletin.office.folder import Folder
from bulletin.office.objection import Named, Objection
from bulletin.office.people import Authority
from bulletin.office.recital import by_leaf
from bulletin.office.signing import observer_of, sign
from bulletin.office.teller import Known
from bulletin.office.wording import speak
from verifier import fold
from verifier.client.files import Directory
from verifier.commission.quorum import Pending
from verifier.commission.roster import Roster
from verifier.election.assets import Assets
from verifier.errors import Rejected, VerifierError
from verifier.log.reading import blob_path
from verifier.log.tree import hash_leaf
from verifier.paper.decisions import observer_bytes
from verifier.paper.papers import Observer, Of, Paper
from verifier.place import Place
from verifier.records import Blobs, Record, encode
from verifier.rules import RULES, rule
from verifier.state import State


def need_phase(state: State, kind: type[Record]) -> None:
    """`Objection` unless this is the time for such a record."""
    phases = RULES[kind].phases
    if state.phase not in phases:
        raise Objection("wrong-phase", now=Named("phases", (state.phase,)), when=Named("phases", phases))


def enact(folder: Folder, state: State, made: Enactment, filed: list[Filed]) -> Filed:
    """Ask for signatures under what was made, or just file what needs none; `filed` is the docket as it was read.

    `state` is spent by this, but for another record of the same kind: look again before the next act.
    """
    held = {hashlib.sha256(data).digest(): data for data in made.blobs}
    copy = Directory(folder.board)
    if not folder.settled and state.rules.central in state.rosters:
        _begin(folder, state, copy, filed)
    by = judge(state, made.record, lambda digest: held[digest] if digest in held else copy(blob_path(digest)))
    codes = {key: state.credentials.code(key) for key in state.credentials}
    known = Known(state.rules, codes, state.plan, _stood(state, made.record))
    former = tuple(encode(record) for record in known.records.values())
    return ask(folder, made.record, state.rules, by, (*made.blobs, *former), known, filed)


def _begin(folder: Folder, state: State, copy: Directory, filed: list[Filed]) -> None:
    """The manifest and the plan, for a desk that did not make them, as an observer's: signers read names by them."""
    named, central = state.rules.paper, state.rosters[state.rules.central][0].roster
    plan = copy(blob_path(named.sha256)) if named is not UNSET else None
    ask(folder, state.rules, state.rules, central, [plan] if plan else [], Known(state.rules, plan=state.plan), filed)


def _stood(state: State, record: Record) -> Mapping[bytes, Record]:
    """What a paper or an app follows, which lies beside the request: its signers see what changes."""
    if isinstance(record, Assets):
        return by_leaf([state.assets] if state.assets else [])
    if not isinstance(record, Paper):
        return {}
    history = state.versions.get(Of(record.commission, record.contest, record.form), ())
    return by_leaf(version.paper for version in history[-1:])


def judge(state: State, record: Record, blobs: Blobs) -> Roster | Observer | None:
    """Who has to sign the record, None if nobody; `Objection` if the board would refuse it, now or once it is signed.

    It is asked what the board itself asks: the rules of admission, and those for the signature that completes a quorum.
    """
    need_phase(state, type(record))
    observer = state.observers.get(observer_of(record))
    if observer:
        record = _sign_in_place(state, observer, record)
    raw, where = encode(record), Place(record=len(state.leaves))
    owner, complete, leaf = rule(record).owner(state, record), rule(record).complete, hash_leaf(raw)
    try:
        if leaf in state.leaves:
            _check_waiting(state, leaf)
        else:
            fold.settle(fold.prepare(state, len(state.leaves), raw, blobs).claims)
            state.pending[leaf] = Pending(len(state.leaves), record)
        if owner and complete:
            complete(state, record, where, blobs)
    except Rejected as error:
        raise _refused(error) from error
    except VerifierError as error:
        raise Objection("refused", clause="", reason=error.said) from error
    roster = state.roster(owner, where.order) if owner else None
    if owner and roster is None:
        raise Objection("no-roster", commission=owner)
    return roster or observer


def _sign_in_place(state: State, observer: Observer, record: Record) -> Record:
    """The record with a signature that this spent state takes: all but the observer's own is judged before it is asked.

    An observer signs the record itself, so there is none to be judged until then.
    """
    key = Ed25519PrivateKey.generate()
    state.observers[observer.id] = replace(observer, certificate=Authority("stand-in").certify(observer.id, key))
    return replace(record, signature=sign(key, observer_bytes(state.digest, record)))


def _check_waiting(state: State, leaf: bytes) -> None:
    """What is on the log may be asked for again while it has no effect: the commission may have other members now."""
    pending = state.pending.get(leaf)
    if pending is None or pending.effective:
        raise Objection("done")


def _refused(error: Rejected) -> Objection:
    """In the words for this clause, if what to do about it can be said."""
    kind = "refused-" + error.id.replace(".", "-")
    known = kind in speak("en").names("objection")
    return Objection(kind if known else "refused", clause=error.id, reason=error.said)
