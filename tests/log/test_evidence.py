"""Evidence against a log: what proves two histories, what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.support.copies import body, sheet, sign
from tests.support.forks import SIZES, proved, signed
from tests.support.house import read_vectors
from verifier.audit import trust
from verifier.client.evidence import encode, pair, proves
from verifier.errors import Incomplete, Malformed, Rejected, VerifierError
from verifier.log import checkpoint, evidence, note
from verifier.log.checkpoint import Checkpoint
from verifier.log.evidence import Evidence
from verifier.log.tree import EMPTY_ROOT

FILE = read_vectors("witness")
SHEET = sheet(b"no manifest", [])
TRUST = trust.decode(SHEET)


def check(found: Evidence) -> str:
    with pytest.raises((Incomplete, Rejected)) as caught:
        evidence.check(found, TRUST.origin, TRUST.log_keys)
    error: VerifierError = caught.value
    if isinstance(error, Rejected):
        assert error.evidence == (found.first.raw, found.second.raw)
        return error.id
    return error.detail


@pytest.mark.parametrize("v", FILE["evidence"], ids=lambda v: v["comment"])
def test_evidence_is_judged_as_its_vectors_say(v: dict[str, str]) -> None:
    key = note.decode_key(FILE["log"])
    files = {name: raw.encode() for name, raw in v.items()}
    with pytest.raises(VerifierError) as caught:
        evidence.check(evidence.decode(files.get), key.name, [key])
    error = caught.value
    assert (error.id if isinstance(error, Rejected) else type(error).__name__.lower()) == v["result"]


@pytest.mark.parametrize(("old", "size"), [(3, 7), (4, 8), (8, 9), (5, 40)])
def test_a_proof_from_another_beginning_is_proof_of_two_histories(old: int, size: int) -> None:
    found = proved(old, size, 0, 1)
    assert check(found) == "BRD.3"
    assert proves(found)


@pytest.mark.parametrize(("old", "size"), SIZES)
def test_a_log_that_grew_is_not_accused(old: int, size: int) -> None:
    found = proved(old, size, 1, 1)
    assert check(found) == "the two checkpoints are of one history"
    assert not proves(found)


def test_two_roots_of_one_size_need_nothing_else() -> None:
    assert check(pair(signed(9), signed(9, 1))) == "BRD.3"
    assert check(pair(signed(9), signed(9))) == "the two checkpoints are of one history"


def test_an_empty_tree_has_one_root() -> None:
    other = checkpoint.decode(sign(Checkpoint(body([]).origin, 0, bytes(32))))
    empty = checkpoint.decode(sign(Checkpoint(body([]).origin, 0, EMPTY_ROOT)))
    assert check(pair(other, signed(9))) == "BRD.3"
    assert check(pair(empty, signed(9))) == "the two checkpoints are of one history"


@pytest.mark.parametrize("at", ["start", "proof", "length", "none"])
def test_a_proof_that_does_not_lead_there_shows_nothing(at: str) -> None:
    found = proved(5, 40, 0, 1)
    bent = {
        "start": found._replace(start=bytes(32)),
        "proof": found._replace(proof=(bytes(32), *found.proof[1:])),
        "length": found._replace(proof=found.proof[1:]),
        "none": found._replace(start=b"", proof=()),
    }[at]
    assert check(bent) not in {"BRD.3", "the two checkpoints are of one history"}
    assert not proves(bent)


@pytest.mark.parametrize("number", [0, 1])
def test_what_the_log_did_not_sign_does_not_bind_it(number: int) -> None:
    """Else anybody could accuse a log."""
    stranger = SigningKey(b"x" * 32)
    both = [signed(9), signed(9, 1)]
    both[number] = signed(9, number, stranger)
    assert "not bound" in check(pair(*both))
    assert "not bound" in check(pair(signed(9), checkpoint.decode(signed(9, 1).raw.replace(b"9\n", b"8\n", 1))))


BASE = encode(proved(5, 40, 0, 1))


@given(st.sampled_from(["first", "second", "proof"]), st.binary(max_size=200), st.integers(0, 400))
def test_any_files_are_read_or_said_not_to_be_evidence(name: str, patch: bytes, at: int) -> None:
    raw = BASE[name]
    bent = {**BASE, name: raw[:at] + patch + raw[at + len(patch) :]}
    with pytest.raises((Malformed, Incomplete, Rejected)) as caught:
        evidence.check(evidence.decode(bent.get), TRUST.origin, TRUST.log_keys)
    if isinstance(caught.value, Rejected):  # nothing that was changed was needed: not a proof, nor what the log signed
        assert bent["proof"] == BASE["proof"]
        assert all(note.decode(bent[each]).text == note.decode(BASE[each]).text for each in ("first", "second"))


def test_the_larger_tree_does_not_come_first() -> None:
    with pytest.raises(Malformed, match="smaller"):
        evidence.decode({**BASE, "first": BASE["second"], "second": BASE["first"]}.get)
    long = b"".join(BASE["proof"].splitlines(keepends=True)[:1] * 65)
    with pytest.raises(Malformed, match="64 lines"):
        evidence.decode({**BASE, "proof": long}.get)
    assert len(evidence.decode({**BASE, "proof": long[: -len(long) // 65]}.get).proof) == 63
