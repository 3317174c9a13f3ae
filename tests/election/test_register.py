"""The registers: whose a credential is, if several list it (specs/election.md §7)."""

from __future__ import annotations

import pytest

from mixnet.ballot import Credential
from tests.corpus.twin import NORTH, Liar, honest, phases
from verifier import fold
from verifier.client.files import MAX_BLOB
from verifier.election.manifest import MOST_COLUMNS
from verifier.election.register import MOST_CREDENTIALS, Credentials, Listing, Register, Row
from verifier.errors import Incomplete, Rejected, say
from verifier.place import Place
from verifier.proof.group import SIZE
from verifier.records import Blob, encode
from verifier.rule import Finding

BEGUN = phases()["registration"] + 5  # the precinct's register comes next, then its two signatures


def listed(liar: Liar, key: bytes) -> tuple[str, Listing]:
    """The code and the listing of a credential."""
    return liar.state.credentials.code(key), liar.state.credentials[key]


def told(record: int, count: int) -> Finding:
    detail = say("{} keys of this register were listed before", count)
    return Finding("CFG.7", "warning", Place(record=record), detail)


def test_a_credential_is_of_the_register_that_lists_it_first() -> None:
    """Not of the one that takes effect first: whoever copies a register that waits takes nothing."""
    liar = Liar(honest(), BEGUN)
    waiting = liar.write(honest().records[BEGUN])
    copied = [Row(f"T{number:04d}", liar.voters[number].key, "hamlet") for number in NORTH]
    own = Credential().key
    liar.list("suburb", [*copied, Row("U0001", own, "hamlet")])
    assert listed(liar, liar.voters[0].key) == ("T0000", Listing("hamlet", "suburb", BEGUN + 1))
    assert liar.state.findings == []
    for signature in liar.precinct.sign(liar.digest, waiting):
        liar.post(signature)
    assert listed(liar, liar.voters[0].key) == ("C00001", Listing("north", "precinct", BEGUN))
    assert liar.state.credentials[own].commission == "suburb"
    assert liar.state.findings == [told(BEGUN + 1, 3)]
    assert len(liar.state.credentials) == 7


def test_the_later_of_two_registers_is_told() -> None:
    """A4: a key that is listed twice counts once, and the later row is a finding."""
    liar = Liar(honest(), phases()["voting"] - 3)
    place = len(liar.records)
    liar.list("precinct", [Row(f"D{number:04d}", liar.voters[number].key, "south") for number in NORTH])
    assert liar.state.credentials.code(liar.voters[0].key) == "C00001"
    assert liar.state.findings == [told(place, 3)]
    assert len(liar.state.credentials) == 9


def test_in_one_register_the_first_row_counts() -> None:
    liar, key = Liar(honest(), BEGUN), Credential().key
    liar.list("precinct", [Row("D0001", key, "north"), Row("D0002", key, "south"), Row("D0003", key, "south")])
    assert (listed(liar, key), len(liar.state.credentials)) == (("D0001", Listing("north", "precinct", BEGUN)), 1)
    assert liar.state.findings == [told(BEGUN, 2)]
    assert liar.state.codes_of("precinct") == {f"D000{number}" for number in (1, 2, 3)}


def test_two_commissions_may_give_the_same_code() -> None:
    """A4: codes are unique within their commission."""
    held = Liar(honest(), phases()["voting"]).state.credentials
    assert {listing.commission for key, listing in held.items() if held.code(key) == "C00001"} == {"precinct", "suburb"}


def test_there_are_no_more_credentials_than_a_blob_can_list() -> None:
    """B3: 2²³ ballots of eight columns are a list of 2³² bytes; one register more is refused without its blob."""
    assert 2 * SIZE * MOST_COLUMNS * MOST_CREDENTIALS == MAX_BLOB
    for begun, room in ((BEGUN, MOST_CREDENTIALS), (phases()["voting"] - 3, MOST_CREDENTIALS - 9)):
        liar = Liar(honest(), begun)
        assert MOST_CREDENTIALS - len(liar.state.credentials) == room
        for count, raised in ((room, Incomplete), (room + 1, Rejected)):
            raw = encode(Register("precinct", count, Blob(0, bytes(32))))
            with pytest.raises(raised):
                fold.prepare(liar.state, begun, raw, liar.blobs.get)


def test_a_register_of_nobody_is_one() -> None:
    liar = Liar(honest(), BEGUN)
    blob = liar.put(encode(Credentials(())))
    liar.enact(Register("precinct", 0, blob), liar.precinct)
    assert (len(liar.state.credentials), liar.state.findings) == (0, [])
