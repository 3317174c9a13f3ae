"""Advance each request of the docket stands: who has signed it, who has not, what is on the log (specs/desk.md §2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature

from bulletin.office.docket import Filed, read_docket, read_signed, signed_files
from bulletin.office.folder import Folder
from bulletin.office.objection import Objection
from bulletin.office.request import digest
from bulletin.office.signing import asked_bytes
from verifier import fold
from verifier.commission.certificate import decode_member, verify_member
from verifier.commission.roster import Roster, Signature
from verifier.election.manifest import Manifest
from verifier.log.tree import hash_leaf
from verifier.paper.papers import Accreditation, Paper
from verifier.records import encode
from verifier.state import State

Advance = Literal["in-effect", "on-the-log", "complete", "waiting"]


class Fault(NamedTuple):
    """A signed file that does not count: its owner has left, is unknown, or it is no signature of this request."""

    path: Path
    kind: Literal["left", "false", "other"]
    member: str


class Stand(NamedTuple):
    """A request: its quorum (0: nobody needs to sign), good signatures by member, who is missing, what is not good.

    `raw` is the record as it is sent: an observer's has the signature in it.
    """

    filed: Filed
    where: Advance
    quorum: int
    signatures: Mapping[str, Signature]
    missing: tuple[str, ...]
    faults: tuple[Fault, ...]
    raw: bytes


class Absence(NamedTuple):
    """The part of the key ceremony that is not whole yet, and the trustees whose records it waits for."""

    step: Literal["pledges", "contributions", "dealings", "acknowledgements"]
    trustees: tuple[str, ...]


def find_absent(state: State) -> Absence | None:
    """For whom the key ceremony waits; None if it does not."""
    if state.phase != "ceremony":
        return None
    made = state.ceremony
    steps: list[tuple[Literal["pledges", "contributions", "dealings", "acknowledgements"], Mapping[int, object]]] = [
        ("pledges", made.pledges),
        ("contributions", made.contributions),
        ("dealings", made.dealings),
        ("acknowledgements", made.acknowledgements),
    ]
    for step, held in steps:
        absent = [state.rules.trustees[number - 1].id for number in state.participants if number not in held]
        if absent:
            return Absence(step, tuple(absent))
    return None


class Docket(NamedTuple):
    """All requests, the manifest that they are bound to, and the log's state; None if nothing is on it.

    `rules` is that state, or without a log the one after the manifest alone. `seats` has the rosters that are asked
    for, by commission, `watchers` the certificates of those who are to be observers, by id.
    """

    filed: tuple[Filed, ...]
    manifest: Manifest
    state: State | None
    rules: State
    seats: Mapping[str, Roster]
    watchers: Mapping[str, bytes]

    @classmethod
    def read(cls, folder: Folder, state: State | None) -> Docket:
        """The docket of a folder; `Objection` if it has no manifest, or requests of another election."""
        filed = tuple(read_docket(folder))
        records = [each.request.content for each in filed]
        manifest = state.manifest if state else None
        manifest = manifest or next((each for each in records if isinstance(each, Manifest)), None)
        if manifest is None:
            raise Objection("no-manifest", folder=str(folder.docket))
        bound, rules = digest(manifest).hex(), state or _begin(manifest, filed)
        known = {"", *(commission.id for commission in manifest.commissions), *rules.commissions}
        for each in filed:
            if each.request.manifest != bound or not (each.request.observer or each.request.commission in known):
                raise Objection("other-election-here", file=each.path.name)
        seats = {each.commission: each for each in reversed(records) if isinstance(each, Roster)}
        accredited = [one for each in records if isinstance(each, Accreditation) for one in each.observers]
        return cls(filed, manifest, state, rules, seats, {one.id: one.certificate for one in accredited})

    def stands(self) -> list[Stand]:
        """Each request as it stands now, with what is signed for it now."""
        signed = signed_files(self.filed)
        return [self._stand(each, signed[each.path]) for each in self.filed]

    def roster(self, commission: str) -> Roster | None:
        """Who sits in the commission: by the log, or before that by the roster that is asked for."""
        if self.state and (seated := self.state.rosters.get(commission)):
            return seated[-1].roster
        return self.seats.get(commission)

    def _stand(self, filed: Filed, signed: Sequence[Path]) -> Stand:
        if filed.request.observer:
            return self._stand_by_observer(filed, signed)
        leaf, commission = bytes.fromhex(filed.request.leaf), filed.request.commission
        pending = self.state.pending.get(leaf) if self.state else None
        on_log = self.state is not None and leaf in self.state.leaves
        if not commission:
            return Stand(filed, "in-effect" if on_log else "complete", 0, {}, (), (), filed.request.raw)
        quorum = self._least(filed)
        if pending and pending.effective:
            return Stand(filed, "in-effect", quorum, {}, (), (), filed.request.raw)
        present = content.present if isinstance(content := filed.request.content, Paper) else None
        roster = self.roster(commission)
        held = {member.id: member.certificate for member in roster.members} if roster else {}
        good, faults = self._judge(filed, signed, held)
        posted = {signing.member for signing in pending.signers} if pending else set()
        seated = [member.id for member in roster.members if present is None or member.id in present] if roster else []
        missing = tuple(id for id in seated if id not in good and id not in posted)
        count = len({id for id in (*good, *posted) if id in seated})
        where: Advance = "complete" if count >= quorum else "waiting"
        if where == "waiting" and on_log:
            where = "on-the-log"
        return Stand(filed, where, quorum, good, missing, faults, filed.request.raw)

    def _stand_by_observer(self, filed: Filed, signed: Sequence[Path]) -> Stand:
        """An observer's record stands on the log once it is there with the signature."""
        id, watchers = filed.request.observer, self.watchers
        if self.state:
            watchers = {one.id: one.certificate for one in self.state.observers.values()}
        good, faults = self._judge(filed, signed, {} if id in self.rules.withdrawn else watchers)
        if id not in good:
            return Stand(filed, "waiting", 1, good, (id,), faults, filed.request.raw)
        raw = encode(msgspec.structs.replace(filed.request.content, signature=good[id].signature))
        on_log = self.state is not None and hash_leaf(raw) in self.state.leaves
        return Stand(filed, "in-effect" if on_log else "complete", 1, good, (), faults, raw)

    def _least(self, filed: Filed) -> int:
        """How many sign by the rules of the log, or of the manifest where it has not begun."""
        if filed.request.commission in self.rules.commissions:
            return self.rules.least(filed.request.commission, filed.request.content)
        return next(each.quorum for each in self.manifest.commissions if each.id == filed.request.commission)

    def _judge(
        self, filed: Filed, signed: Sequence[Path], seats: Mapping[str, bytes]
    ) -> tuple[dict[str, Signature], tuple[Fault, ...]]:
        """What was signed by those who have these certificates, and what does not count."""
        good: dict[str, Signature] = {}
        faults: list[Fault] = []
        for path in signed:
            named = path.name.removeprefix(f"{filed.path.stem}.").removesuffix(".signed")
            try:
                signature = read_signed(path)
            except Objection:
                faults.append(Fault(path, "other", named))
                continue
            kind = self._fault(filed, signature, seats)
            if kind:
                faults.append(Fault(path, kind, signature.member))
            else:
                good[signature.member] = signature
        return good, tuple(faults)

    def _fault(
        self, filed: Filed, signature: Signature, seats: Mapping[str, bytes]
    ) -> Literal["left", "false", "other"] | None:
        leaf = bytes.fromhex(filed.request.leaf)
        if signature.record != leaf:
            return "other"
        held = decode_member(seats[signature.member]) if signature.member in seats else None
        if held is None or filed.request.member(held.spki) != signature.member:
            return "left"
        try:
            message = asked_bytes(filed.request.content, digest(self.manifest), leaf)
            verify_member(held.key, signature.signature, message)
        except InvalidSignature:
            return "false"
        return None


def _begin(manifest: Manifest, filed: Sequence[Filed]) -> State:
    """The election after its first record, by the plan that lies beside the requests."""
    state = State()
    for _ in fold.replay(state, [(0, encode(manifest))], filed[0].blob):
        pass  # a manifest that boards would refuse leaves the state empty
    return state
