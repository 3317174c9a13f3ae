"""What may enter: a round's ballots are sorted out exactly, and every refusal has its code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from nacl.signing import SigningKey

from bulletin.board.admission import Admission, Posted, Refusal, explain, find_false, read_record
from bulletin.log.rollback import CannotContinue
from bulletin.office.people import HolderKey
from bulletin.office.signing import sign
from mixnet.ceremony import Dealer
from tests.support.elections import Election
from tests.support.returns import made
from tests.support.serving import cast, posted, seal
from verifier import fold
from verifier.client.board import authorized_bytes, posted_bytes
from verifier.election.ballot import Ballot
from verifier.election.ceremony import Contribution, Pledge
from verifier.election.counting import Close, Override
from verifier.election.shuffle import Skip
from verifier.errors import Incomplete, Malformed, Rejected
from verifier.log.note import ED25519, Key, encode_base64
from verifier.paper.papers import (
    NONE,
    Accreditation,
    Appeal,
    Attestation,
    Decision,
    ElectionResult,
    PaperBatch,
)
from verifier.records import Blob, encode

DIGEST = bytes(range(32))


@pytest.fixture(scope="module")
def voting() -> Election:
    return Election().set_up().hold_ceremony().register(6)


@pytest.fixture
def admission(voting: Election) -> Admission:
    made = Admission(voting.blobs.get, voting.manifest.origin, [log_key(voting)])
    made.replay(voting.records)
    return made


def log_key(election: Election) -> Key:
    return Key(election.manifest.origin, ED25519, election.manifest.log_key)


def falsely_signed(ballot: Ballot) -> Ballot:
    """A ballot whose signature has the right form and is by nobody."""
    flipped = bytes([ballot.signature[32] ^ 1])
    return msgspec.structs.replace(ballot, signature=ballot.signature[:32] + flipped + ballot.signature[33:])


def undecodable(ballot: Ballot) -> Ballot:
    sealed = msgspec.structs.replace(ballot.sealed, P=bytes([1]) + bytes(31))
    return msgspec.structs.replace(ballot, sealed=sealed)


def clauses(refused: list[tuple[Posted, Exception]]) -> dict[bytes, str]:
    return {each.leaf: error.id if isinstance(error, Rejected) else str(error) for each, error in refused}


def test_ballots_are_sorted_by_leaf_hash(voting: Election, admission: Admission) -> None:
    ballots = [posted(cast(voting, voter)) for voter in range(6)]
    chosen, refused, later = admission.select(99, ballots)
    assert [each.leaf for each in chosen] == sorted(each.leaf for each in ballots)
    assert (refused, later) == ([], [])


def test_false_ballots_are_refused_and_the_others_are_not(voting: Election, admission: Admission) -> None:
    honest = [posted(cast(voting, voter)) for voter in (0, 3, 6)]
    false = posted(falsely_signed(cast(voting, 1)))
    broken = [posted(undecodable(cast(voting, voter))) for voter in (2, 7)]
    unknown = cast(voting, 4)
    unknown = msgspec.structs.replace(unknown, sealed=msgspec.structs.replace(unknown.sealed, style="south"))
    wrong = posted(unknown)
    leaves_before, firsts_before = bytes(admission.state.leaves), bytes(admission.state.firsts)
    chosen, refused, later = admission.select(99, [false, honest[0], broken[0], honest[1], broken[1], wrong, honest[2]])
    assert {each.leaf for each in chosen} == {each.leaf for each in honest}
    assert clauses(refused) == {
        false.leaf: "BAL.7",
        broken[0].leaf: "BAL.4",
        broken[1].leaf: "BAL.4",
        wrong.leaf: "BAL.1",
    }
    assert later == []
    assert (bytes(admission.state.leaves), bytes(admission.state.firsts)) == (leaves_before, firsts_before)


def test_a_point_that_does_not_decode_hides_no_false_proof_beside_it(voting: Election, admission: Admission) -> None:
    def bend(voter: int, **changed: bytes) -> Posted:
        """A ballot that is signed as it should be, with something else sealed."""
        prepared = seal(voting, voter, [1])
        sealed = msgspec.structs.replace(prepared.sealed, **changed)
        return posted(cast(voting, voter, prepared._replace(sealed=sealed, tracker=sealed.tracker(voting.digest))))

    proof = seal(voting, 1, [1]).sealed.proof
    broken, unproved, honest = bend(0, R=bytes([1]) + bytes(31)), bend(1, proof=proof), posted(cast(voting, 2))
    chosen, refused, later = admission.select(99, [broken, unproved, honest])
    assert (chosen, later) == ([honest], [])
    assert clauses(refused) == {broken.leaf: "BAL.4", unproved.leaf: "BAL.6"}


def test_one_ballot_a_credential_and_the_first_that_is_true(voting: Election, admission: Admission) -> None:
    junk = [posted(falsely_signed(cast(voting, 0))) for _ in range(3)]
    first = seal(voting, 0, [1])
    one, rival = posted(cast(voting, 0, first)), posted(cast(voting, 0))
    chained = posted(cast(voting, 0, prev=first.tracker))
    chosen, refused, later = admission.select(99, [junk[0], one, junk[1], chained, rival, junk[2]])
    assert chosen == [one]
    assert clauses(refused) == dict.fromkeys((each.leaf for each in junk), "BAL.7")
    assert {each.leaf for each in later} == {chained.leaf, rival.leaf}


def test_what_waited_is_judged_by_the_ballot_that_went_first(voting: Election, admission: Admission) -> None:
    first = seal(voting, 0, [1])
    one, rival = posted(cast(voting, 0, first)), posted(cast(voting, 0))
    chained = posted(cast(voting, 0, prev=first.tracker))
    admission.apply(admission.prepare(99, one))
    chosen, refused, later = admission.select(100, [rival, chained])
    assert (chosen, later) == ([chained], [])
    assert clauses(refused) == {rival.leaf: "BAL.8"}


def test_a_challenge_takes_its_credentials_turn(voting: Election, admission: Admission) -> None:
    challenge = posted(voting.voters[0].challenge(voting.state.context, seal(voting, 0, [1])))
    ballot = posted(cast(voting, 0))
    assert admission.select(99, [challenge, ballot]).chosen == [challenge]


def test_a_batch_that_fails_without_a_name_is_settled_one_by_one(
    voting: Election, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballots = [cast(voting, 0), falsely_signed(cast(voting, 1)), cast(voting, 2)]
    claims = {
        n: fold.prepare(voting.state, n, encode(ballot), voting.blobs.get).claims for n, ballot in enumerate(ballots)
    }
    settle = fold.settle

    def fail(claims: Any) -> None:
        if len(claims) > 2:
            raise ZeroDivisionError
        settle(claims)

    monkeypatch.setattr(fold, "settle", fail)
    assert {place: error.id for place, error in find_false(claims).items() if isinstance(error, Rejected)} == {
        1: "BAL.7"
    }


def test_claims_are_settled_before_a_record_changes_anything() -> None:
    election = Election().set_up()
    admission = Admission(election.blobs.get, election.manifest.origin, [log_key(election)])
    admission.replay(election.records)
    A = bytes(Dealer.draw(2).A)
    proof = A[:32] + bytes(32)  # well formed, and proves nothing
    digest = hashlib.sha256(A + proof).digest()
    pledges = [Pledge(1, number, A[:32], digest, bytes(64)) for number in (1, 2, 3)]
    for number, (trustee, pledge) in enumerate(zip(election.trustees, pledges, strict=True)):
        each = posted(trustee.sign(pledge, election.digest))
        admission.apply(admission.prepare(99 + number, each))
    contribution = election.trustees[0].sign(Contribution(1, 1, A, proof, bytes(64)), election.digest)
    with pytest.raises(Rejected) as caught:
        admission.prepare(102, posted(contribution))
    assert caught.value.id == "KEY.5"
    assert admission.state.ceremony is not None
    assert (len(admission.state.ceremony.pledges), len(admission.state.ceremony.contributions)) == (3, 0)


@pytest.mark.parametrize(
    ("given", "clause"),
    [
        ({"origin": "another.example"}, "CFG.11"),
        ({"keys": [Key("board.example/tests", ED25519, bytes(SigningKey(bytes(32)).verify_key))]}, "CFG.11"),
        ({"manifest": DIGEST}, "CFG.10"),
    ],
)
def test_only_a_manifest_for_this_log_may_begin_it(voting: Election, given: dict[str, Any], clause: str) -> None:
    whole = {"origin": voting.manifest.origin, "keys": [log_key(voting)]} | given
    admission = Admission(voting.blobs.get, **whole)
    with pytest.raises(Rejected) as caught:
        admission.prepare(0, read_record(voting.records[0]))
    assert caught.value.id == clause
    assert admission.state.manifest is None


def test_the_expected_manifest_begins_the_log(voting: Election) -> None:
    admission = Admission(voting.blobs.get, voting.manifest.origin, [log_key(voting)], voting.digest)
    first = read_record(voting.records[0])
    admission.apply(admission.prepare(0, first))
    assert admission.state.digest == voting.digest


def test_a_log_that_the_rules_refuse_is_not_continued(voting: Election) -> None:
    admission = Admission(voting.blobs.get, voting.manifest.origin, [log_key(voting)])
    with pytest.raises(CannotContinue, match="CFG"):
        admission.replay(voting.records[1:])


def test_a_log_whose_blobs_are_lost_is_not_continued(voting: Election) -> None:
    admission = Admission(lambda _: None, voting.manifest.origin, [log_key(voting)])
    with pytest.raises(CannotContinue, match="is missing: restore the newest backup"):
        admission.replay(voting.records)


@pytest.mark.parametrize(
    ("error", "status", "code", "clause"),
    [
        (Rejected("CFG.4", "record 3", "?"), 400, "malformed", "CFG.4"),
        (Rejected("CRT.1", "record 3", "?"), 403, "not-signed", "CRT.1"),
        (Rejected("CRT.3", "record 3", "?"), 403, "not-signed", "CRT.3"),
        (Rejected("BAL.7", "record 3", "?"), 403, "not-signed", "BAL.7"),
        (Rejected("CFG.6", "record 3", "?"), 409, "wrong-phase", "CFG.6"),
        (Rejected("MIX.8", "record 3", "?"), 422, "rejected", "MIX.8"),
        (Incomplete("blob aa is missing", "record 3"), 424, "blob-missing", ""),
        (Malformed("?", "record 3"), 400, "malformed", "CFG.4"),
        (ZeroDivisionError(), 500, "fault", ""),
    ],
)
def test_every_refusal_has_its_code(error: Exception, status: int, code: str, clause: str) -> None:
    refusal = explain(error, Close(bytes(64)))
    assert (refusal.status, refusal.code, refusal.clause) == (status, code, clause)
    assert refusal.detail


def test_a_manifest_of_another_version_lacks_no_blob(voting: Election) -> None:
    assert explain(Incomplete("the log follows aikyn/2"), voting.manifest).code == "rejected"


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"type":"close"}', b'{"type":"unheard-of"}', b"\xff", b"[" * 60_000])
def test_what_is_no_record_is_malformed(raw: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        read_record(raw)
    assert (caught.value.code, caught.value.clause) == ("malformed", "CFG.4")


def uploaders(election: Election) -> dict[str, Callable[[bytes], bytes]]:
    """Every kind of person who may put a blob."""
    holders = {"operator": election.operator, "trustee-2": election.trustees[1], "mixer-1": election.mixers[0]}
    people = {f"central/{person.member.id}": person.key for person in election.central.people}
    signers: dict[str, Callable[[bytes], bytes]] = {id: partial(_sign, each) for id, each in holders.items()}
    return signers | {id: partial(sign, key) for id, key in people.items()}


def _sign(holder: HolderKey, message: bytes) -> bytes:
    return holder.key.sign(message).signature


@pytest.mark.parametrize(
    "id", ["operator", "trustee-2", "mixer-1", "central/central-1", "central/central-2", "central/central-3"]
)
def test_key_holders_and_members_may_put_blobs(voting: Election, admission: Admission, id: str) -> None:
    signer = uploaders(voting)[id]
    signature = encode_base64(signer(authorized_bytes(voting.digest, DIGEST, 7)))
    admission.check_uploader(f"Aikyn {id} {signature}", DIGEST, 7)
    for digest, length, name in (
        (DIGEST[::-1], 7, id),
        (DIGEST, 8, id),
        (DIGEST, 7, "trustee-1"),
        (DIGEST, 7, "nobody"),
        (DIGEST, 7, id.removeprefix("central/") if "/" in id else f"central/{id}"),
        (DIGEST, 7, f"precinct/{id.removeprefix('central/')}"),
    ):
        with pytest.raises(Refusal, match="not-signed"):
            admission.check_uploader(f"Aikyn {name} {signature}", digest, length)


@pytest.mark.parametrize("header", ["", "Aikyn", "Aikyn operator", "Aikyn operator ?", "Basic operator AAAA"])
def test_authorizations_of_another_form_are_refused(admission: Admission, header: str) -> None:
    with pytest.raises(Refusal, match="Authorization"):
        admission.check_uploader(header, DIGEST, 7)


@pytest.mark.parametrize(
    "id", ["operator", "trustee-2", "mixer-1", "central/central-1", "central/central-2", "central/central-3"]
)
def test_what_a_commission_has_yet_to_sign_is_taken_from_those_it_names(
    voting: Election, admission: Admission, id: str
) -> None:
    record = posted(Override("precinct", ()))
    signature = encode_base64(uploaders(voting)[id](posted_bytes(voting.digest, record.leaf)))
    admission.check_poster(f"Aikyn {id} {signature}", record)
    for other, name in ((posted(Override("north", ())), id), (record, "nobody")):
        with pytest.raises(Refusal, match="not-signed"):
            admission.check_poster(f"Aikyn {name} {signature}", other)
    with pytest.raises(Refusal, match="not-signed"):
        admission.check_uploader(f"Aikyn {id} {signature}", DIGEST, 7)


def test_whatever_kind_a_commission_signs_is_taken_from_those_it_names(voting: Election, admission: Admission) -> None:
    """The manifest comes first, and there is nobody yet who could hand it in."""
    paper, batch, decided = (
        made("p-1", "protocol", {}),
        PaperBatch("p-1", "f", "", 0, Blob(0, DIGEST)),
        Decision("p-1", "annul", (), "", "", "", 0, (), NONE, ""),
    )
    said = Appeal("p-1", (), "voter", DIGEST, "1", 0, "", b""), Attestation("p-1", "B9", 0, (), "", b"", "", "", b"")
    result = ElectionResult("p-1", "president", (), (), "failed", (), (), ())
    papers = (paper, batch, decided, *said, Accreditation((), ()), result)
    for record in (Skip("mixer-1"), Override("precinct", ()), Close(b""), voting.precinct.roster, *papers):
        with pytest.raises(Refusal, match="not-signed"):
            admission.check_poster("", posted(record))
    for by_an_observer in said:
        admission.check_poster("", posted(replace(by_an_observer, observer="kloop")))


def test_whoever_signs_a_record_needs_nobody_to_post_it(voting: Election, admission: Admission) -> None:
    for record in (voting.manifest, cast(voting, 0), voting.operator.sign(Close(bytes(64)), voting.digest)):
        admission.check_poster("", posted(record))


def test_before_the_manifest_nobody_puts_a_blob() -> None:
    with pytest.raises(Refusal, match="no manifest"):
        Admission(lambda _: None, "board.example", []).check_uploader("Aikyn operator AAAA", DIGEST, 7)
