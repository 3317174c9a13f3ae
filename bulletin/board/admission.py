"""What may enter the log: `verifier.fold` decides; this sorts a round and says it over HTTP (specs/api.md)."""

import hashlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from msgspec import UNSET

from bulletin.board.anchors import find_strangers
from bulletin.board.keyring import keys_of
from bulletin.log.archive import StoreFailed
from bulletin.log.rollback import RESTORE, CannotContinue
from verifier import fold, rules
from verifier.audit.timeline import Timeline
from verifier.client.board import authorized_bytes, posted_bytes
from verifier.commission.certificate import Certificate, verify_member
from verifier.commission.roster import Roster
from verifier.election.ballot import Ballot, Challenge
from verifier.election.manifest import Manifest
from verifier.errors import Incomplete, Malformed, Rejected, VerifierError, refuse
from verifier.log.note import Key
from verifier.log.tree import hash_leaf
from verifier.place import Place
from verifier.records import LIMIT, Blobs, Record, fetch
from verifier.rule import Claim, Step
from verifier.state import State

STATUS = {
    "malformed": 400,
    "not-signed": 403,
    "unknown": 404,
    "wrong-phase": 409,
    "too-large": 413,
    "media-type": 415,
    "rejected": 422,
    "blob-missing": 424,
    "fault": 500,
    "busy": 503,
}
CODES = {"CFG.4": "malformed", "CFG.6": "wrong-phase", "BAL.7": "not-signed", "PRT.2": "not-signed"}
SCHEME = "Aikyn"
BALLOTS = (Ballot, Challenge)


class Refusal(Exception):
    """An answer other than success (specs/api.md §6); `retry` is the seconds after which to ask again.

    `status` is given where the code does not tell it.
    """

    def __init__(
        self, code: str, detail: str, clause: str = "", retry: int | None = None, status: int | None = None
    ) -> None:
        super().__init__(code, detail)
        self.status, self.code, self.detail, self.clause, self.retry = (
            status or STATUS[code],
            code,
            detail,
            clause,
            retry,
        )


def say_busy(detail: str, retry: int = 1) -> Refusal:
    """The refusal for load."""
    return Refusal("busy", detail, retry=retry)


@dataclass(slots=True, eq=False)
class Posted:
    """A record on its way to its place; the end of a round gives it its `index`, or the `refusal`."""

    raw: bytes
    record: Record
    leaf: bytes
    index: int | None = None
    refusal: Refusal | None = None

    @property
    def settled(self) -> bool:
        """Whether it is durable in its place, or refused."""
        return self.index is not None or self.refusal is not None


class Selection(NamedTuple):
    """A round's ballots: those to be admitted, sorted by leaf hash; those refused, and why; those for another round."""

    chosen: list[Posted]
    refused: list[tuple[Posted, Exception]]
    later: list[Posted]


class Admission:
    """The election's state on the board, and who may change it; only the sequencer calls what changes it.

    `keys` are the log's own and `manifest` is the digest of the only manifest that may come first (empty: any): anybody
    can post the first record, and it can never be taken back. `state` is the one after a log's first entries, if kept;
    `timeline` is what was noted so far.
    `roots` are the authorities that certify members (empty: whoever does, the audit will tell).
    """

    def __init__(
        self,
        blobs: Blobs,
        origin: str,
        keys: Iterable[Key],
        manifest: bytes = b"",
        state: State | None = None,
        roots: tuple[Certificate, ...] = (),
        timeline: Timeline | None = None,
    ) -> None:
        self.state, self.timeline = state or State(), timeline or Timeline()
        self._blobs, self._origin, self._manifest, self._roots = blobs, origin, manifest, roots
        self._keys = {key.public for key in keys}

    def replay(self, entries: Iterable[bytes], start: int = 0) -> None:
        """Take in what is on the log from `start` on; its claims were settled before it was committed."""
        for judged in fold.replay(self.state, enumerate(entries, start), self._blobs):
            match judged.step:
                case Rejected() as error:
                    raise CannotContinue(f"this version refuses what the log has ({error}): run the former one")
                case Incomplete() as error:
                    raise CannotContinue(f"{error}: {RESTORE}")
                case Step() as step:
                    self.timeline.see(judged.number, step)
            if self.state.unjudged:
                raise CannotContinue(f"the archive lacks the plan that the manifest names: {RESTORE}")

    def prepare(self, index: int, posted: Posted) -> Step:
        """What admitting the record does; its claims are settled here, or were by `select` if that chose the ballot."""
        if isinstance(posted.record, Manifest):
            self._check_first(posted.record, posted.raw)
            self._check_plan(posted.record)
        step = self._judge(index, posted)
        if isinstance(posted.record, Roster) and self._roots:
            for stranger in find_strangers(posted.record, self._roots):
                raise stranger
        if step.claims and not is_ballot(posted.record):
            fold.settle(step.claims)
        return step

    def apply(self, step: Step) -> None:
        """Admit a prepared record."""
        fold.apply(self.state, step)
        self.timeline.see(len(self.state.leaves) - 1, step)

    def select(self, index: int, ballots: Sequence[Posted]) -> Selection:
        """Settle ballots and challenges (in arrival order) together, and choose one for each credential.

        A false ballot in a voter's name costs that voter nothing: only a true one, which the credential itself
        signed, makes the others of its credential wait.
        """
        refused: list[tuple[Posted, Exception]] = []
        later: list[Posted] = []
        claims: dict[int, tuple[Claim, ...]] = {}
        playing: set[bytes] = set()
        for place, posted in enumerate(ballots, index):
            try:
                claims[place] = self._judge(place, posted).claims
                playing.add(credential_of(posted))
            except Exception as error:  # noqa: BLE001  a fault in one record is answered to its sender alone
                if credential_of(posted) in playing:
                    later.append(posted)  # it may follow the one that is in play
                else:
                    refused.append((posted, error))
        false = find_false(claims)
        chosen: dict[bytes, Posted] = {}
        for place in claims:
            posted = ballots[place - index]
            if place in false:
                refused.append((posted, false[place]))
            elif chosen.setdefault(credential_of(posted), posted) is not posted:
                later.append(posted)
        return Selection(sorted(chosen.values(), key=lambda posted: posted.leaf), refused, later)

    def check_uploader(self, authorization: str, digest: bytes, length: int) -> None:
        """Refuse unless a key holder, member or observer whom the log knows signed this blob (specs/api.md §2)."""
        self._check_sender(
            authorization, authorized_bytes(self.state.digest, digest, length), "blob and length", observers=True
        )

    def check_poster(self, authorization: str, posted: Posted) -> None:
        """Refuse a record that a commission has yet to sign unless one of these signed for it (specs/api.md §1)."""
        record = posted.record
        if not isinstance(record, Manifest) and rules.rule(record).owner(self.state, record):
            self._check_sender(authorization, posted_bytes(self.state.digest, posted.leaf), "record")

    def _judge(self, index: int, posted: Posted) -> Step:
        return fold.prepare_read(self.state, Place(record=index), posted.record, posted.leaf, self._blobs)

    def _check_sender(self, authorization: str, message: bytes, what: str, *, observers: bool = False) -> None:
        if self.state.manifest is None:
            raise Refusal("not-signed", "there is no manifest yet: this is taken from those whom it names")
        scheme, _, rest = authorization.partition(" ")
        id, _, encoded = rest.partition(" ")
        try:
            signature = b64decode(encoded, validate=True)
        except NotBase64:
            signature = b""
        if scheme != SCHEME or not signature:
            raise Refusal("not-signed", "the header is `Authorization: Aikyn <id> <signature in base64>`")
        for key in keys_of(self.state, id, observers=observers):
            try:
                verify_member(key, signature, message)
            except InvalidSignature:
                continue
            return
        raise Refusal("not-signed", f"no key of {id} on this log signed this manifest's digest and {what}")

    def _check_first(self, manifest: Manifest, raw: bytes) -> None:
        if manifest.origin != self._origin or manifest.log_key not in self._keys:
            refuse("CFG.11", "record 0", f"the manifest names another log or key; this is {self._origin}")
        if self._manifest and hashlib.sha256(raw).digest() != self._manifest:
            refuse("CFG.10", "record 0", "this is not the manifest that the board was set up for")

    def _check_plan(self, manifest: Manifest) -> None:
        """An auditor may lack the plan, a board may not: it would admit papers that nobody has judged."""
        if manifest.paper is UNSET:
            return
        try:
            fetch(self._blobs, manifest.paper, Place(record=0))
        except Incomplete as error:
            named, mend = manifest.paper.sha256.hex(), "its operator gives it with `plan` or --plan FILE and starts it"
            raise Refusal(
                "blob-missing", f"the board lacks the plan {named} that the manifest names: {mend}"
            ) from error


def read_record(raw: bytes) -> Posted:
    """The pre-check that needs no state: size and canonical form of a known record."""
    if len(raw) > LIMIT:
        raise Refusal("too-large", f"a record has at most {LIMIT:,} bytes; put bulk data in a blob")
    try:
        return Posted(raw, rules.CODEC.decode(raw), hash_leaf(raw))
    except Malformed as error:
        raise Refusal("malformed", error.detail, "CFG.4") from error


def is_ballot(record: Record) -> bool:
    """Whether the record waits for its round, so that its place does not tell when it came."""
    return isinstance(record, BALLOTS)


def credential_of(posted: Posted) -> bytes:
    """The credential of a ballot or challenge."""
    assert isinstance(posted.record, BALLOTS)  # noqa: S101  the sequencer pools no other kind
    return posted.record.sealed.credential


def find_false(claims: Mapping[int, tuple[Claim, ...]]) -> dict[int, Exception]:
    """Settle all records' claims in one batch and name the false ones, by index.

    What remains is settled again until it holds: a point that does not decode hides the equations beside it.
    """
    false: dict[int, Exception] = {}
    left = dict(claims)
    while left:
        try:
            fold.settle([claim for each in left.values() for claim in each])
            break
        except Rejected as error:
            found = {place: culprit for culprit in (*reversed(error.also), error) if (place := _place(culprit)) in left}
        except Exception:  # noqa: BLE001  whose fault it was shows below
            found = {}
        if not found:
            return false | _find_singly(left)
        false |= found
        left = {place: each for place, each in left.items() if place not in found}
    return false


def explain(error: Exception, record: Record) -> Refusal:
    """The answer to the sender of a record that was not admitted."""
    if isinstance(error, StoreFailed):
        error = say_busy("the archive's store does not answer; send the record again", 5)
    match error:
        case Refusal():
            return error
        case Rejected():
            code = "not-signed" if error.id.startswith("CRT.") else CODES.get(error.id, "rejected")
            return Refusal(code, error.detail, error.id)
        case Incomplete() if isinstance(record, Manifest):
            return Refusal("rejected", error.detail)
        case Incomplete():
            return Refusal("blob-missing", f"{error.detail}: put it first, then post the record again")
        case VerifierError():
            return Refusal("malformed", error.detail, "CFG.4")
    return Refusal("fault", "the board failed at this record; it is logged, and nothing was stored")


def _find_singly(claims: Mapping[int, tuple[Claim, ...]]) -> dict[int, Exception]:
    false: dict[int, Exception] = {}
    for place, each in claims.items():
        try:
            fold.settle(each)
        except Exception as error:  # noqa: BLE001  a fault in one record is answered to its sender alone
            false[place] = error
    return false


def _place(culprit: Rejected) -> int:
    return culprit.where.order
