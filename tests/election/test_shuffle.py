"""A shuffle changes nothing but order and randomness, and proves it (specs/shuffle.md)."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mixnet.shuffle
from mixnet.secrets import Secrets
from mixnet.shuffle import Pad, draw_permutation, permute, shuffle
from tests.support.ciphertexts import of_rows
from tests.support.elections import Election, contest
from tests.support.folding import admit
from verifier.election.shuffle import Mix, Shuffled, proof_length
from verifier.errors import Incomplete, Malformed, Rejected
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import G, Points, Scalars
from verifier.proof.transcript import Context
from verifier.rules import CODEC
from verifier.state import State

CONTEXT = Context("example", bytes(range(32)))
SECRET = Secrets.draw()
KEY = bytes((SECRET * G).points())
SIZES = st.tuples(st.integers(0, 6), st.integers(1, 3))


def seal(rows: list[list[int]], w: int) -> Ciphertexts:
    """Ciphertexts of the multiples of G that the rows name."""
    columns = []
    for k in range(w):
        r, M = Secrets.draw(len(rows)), Secrets.of(Scalars.of(row[k] for row in rows))
        columns.append(((r * G).points(), (r * Points.packed(KEY) + M * G).points()))
    return Ciphertexts(tuple(R for R, _ in columns), tuple(P for _, P in columns))


def opened(mixed: Ciphertexts) -> list[tuple[bytes, ...]]:
    """The rows' plaintexts."""
    M = [bytes((-SECRET * R + P).points()) for R, P in zip(mixed.R, mixed.P, strict=True)]
    return [tuple(column[32 * i : 32 * i + 32] for column in M) for i in range(len(mixed))]


def check(before: Ciphertexts, after: Ciphertexts, proof: bytes, place: int = 1) -> None:
    batch = Batch()
    for points in (*before.R, *before.P):
        batch.read("MIX.4", points, "input")
    Shuffled.put(
        [
            Shuffled(
                context=CONTEXT,
                contest="contest",
                place=place,
                key=KEY,
                before=before,
                after=after,
                proof=proof,
                where=Place("mix"),
            )
        ],
        batch,
    )
    batch.settle()


@given(SIZES, st.data())
def test_the_votes_come_out_as_they_went_in(size: tuple[int, int], data: st.DataObject) -> None:
    N, w = size
    row = st.lists(st.integers(0, 3), min_size=w, max_size=w)
    before = seal(data.draw(st.lists(row, min_size=N, max_size=N)), w)
    after, proof = shuffle(CONTEXT, "contest", 1, KEY, before)
    assert Counter(opened(after)) == Counter(opened(before))
    assert len(proof) == proof_length(N, w)
    check(before, after, proof)
    if N:
        before_parts, after_parts = (set(cut(each.encode())) for each in (before, after))
        assert before_parts.isdisjoint(after_parts)
        assert len(after_parts) == 2 * N * w


def cut(data: bytes) -> list[bytes]:
    return [data[i : i + 32] for i in range(0, len(data), 32)]


@given(st.integers(2, 5), st.integers(1, 2), st.data())
def test_rows_and_columns_cannot_be_exchanged_afterwards(N: int, w: int, data: st.DataObject) -> None:
    before = seal([[i] * w for i in range(N)], w)
    after, proof = shuffle(CONTEXT, "contest", 1, KEY, before)
    order = data.draw(st.permutations(range(N)))
    moved = Ciphertexts(tuple(permute(R, order) for R in after.R), tuple(permute(P, order) for P in after.P))
    if order == list(range(N)):
        check(before, moved, proof)
        return
    one_column = Ciphertexts((permute(after.R[0], order), *after.R[1:]), after.P)
    for wrong in (moved, one_column):
        with pytest.raises(Rejected, match=r"MIX\.[5-9]"):
            check(before, wrong, proof)


@settings(max_examples=20)
@given(st.integers(1, 4), st.integers(1, 2))
def test_a_proof_is_good_for_one_place_only(N: int, w: int) -> None:
    before = seal([[i] * w for i in range(N)], w)
    after, proof = shuffle(CONTEXT, "contest", 1, KEY, before)
    for wrong in ((before, after, proof, 2), (after, before, proof, 1), (after, after, proof, 1)):
        with pytest.raises(Rejected):
            check(*wrong)


@pytest.mark.parametrize("length", [0, 32, 31, -32, 1])
def test_a_proof_ends_where_it_must(length: int) -> None:
    before = seal([[1], [2]], 1)
    after, proof = shuffle(CONTEXT, "contest", 1, KEY, before)
    changed = (proof + bytes(length))[:-1] if length == 0 else proof[:length] if length < 0 else proof + bytes(length)
    with pytest.raises(Malformed):
        check(before, after, changed)


def test_a_pad_has_fresh_randomness_for_every_row_and_column() -> None:
    pad = Pad.draw(4, 3)
    secrets = [part for each in (*pad.rho, pad.r, pad.A, pad.B, pad.y) for part in cut(bytes(each.expose()))]
    assert len(set(secrets)) == len(secrets) == 4 * 7


def test_a_server_publishes_nothing_it_has_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    before = seal([[1], [2]], 1)
    monkeypatch.setattr(mixnet.shuffle, "prove", lambda *_: bytes(proof_length(2, 1)))
    with pytest.raises(Rejected, match=r"our own shuffle"):
        shuffle(CONTEXT, "contest", 1, KEY, before)


def test_an_input_that_does_not_decode_is_not_shuffled() -> None:
    before = seal([[1], [2]], 1)
    broken = Ciphertexts((Points.packed(b"\1" + bytes(before.R[0])[1:]),), before.P)
    with pytest.raises((Malformed, ValueError)):
        shuffle(CONTEXT, "contest", 1, KEY, broken)


def test_all_permutations_are_drawn() -> None:
    drawn = Counter(tuple(draw_permutation(3)) for _ in range(3000))
    assert len(drawn) == 6
    assert all(350 < count < 650 for count in drawn.values())  # eight standard deviations on either side


@given(SIZES)
def test_lists_are_coded_column_by_column(size: tuple[int, int]) -> None:
    N, w = size
    listed = seal([[i] * w for i in range(N)], w)
    coded = listed.encode()
    assert len(coded) == 64 * N * w
    again = Ciphertexts.decode(coded, w)
    assert again == listed
    assert again.digest() == listed.digest()
    rows = [(b"".join(bytes(R[i]) for R in listed.R), b"".join(bytes(P[i]) for P in listed.P)) for i in range(N)]
    assert of_rows(rows, w) == listed
    for other, width in ((coded + b"\0", w), (coded[1:] or b"\0", w), (coded + bytes(32), w), (coded, 0)):
        with pytest.raises(Malformed):
            Ciphertexts.decode(other, width)


def failures(before: Ciphertexts, after: Ciphertexts, proof: bytes) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as caught:
        check(before, after, proof)
    return [(error.id, str(error.where)) for error in (caught.value, *caught.value.also)]


def bent(data: bytes, number: int) -> bytes:
    """The canonical scalar of this number (from the end if negative) made one larger."""
    at = 32 * number % len(data)
    scalar = Scalars.of([int.from_bytes(data[at : at + 32], "little") + 1])
    return data[:at] + bytes(scalar) + data[at + 32 :]


def test_what_is_false_is_named_by_its_row_or_column() -> None:
    N, w = 4, 3
    before = seal([[row, 1, 2] for row in range(N)], w)
    after, proof = shuffle(CONTEXT, "contest", 1, KEY, before)
    for row in range(N):
        assert failures(before, after, bent(proof, row - N)) == [("MIX.9", f"mix, row {row + 1}")]
    for k in range(w):
        assert failures(before, after, bent(proof, k - w - 2 * N)) == [("MIX.8", f"mix, column {k + 1}")] * 2
    for row in range(N):
        packed = bytes(after.R[1])
        R = (after.R[0], Points.packed(packed[: 32 * row] + b"\1" + bytes(31) + packed[32 * row + 32 :]), after.R[2])
        assert ("MIX.4", f"mix, output row {row + 1}") in failures(before, Ciphertexts(R, after.P), proof)


def test_a_mix_whose_proof_is_missing_says_which_record_names_it() -> None:
    made = Election([contest("mayor")]).set_up().hold_ceremony().register()
    for voter in range(2):
        made.vote(voter, [1])
    made.close().mix()
    state = State()
    mix = next(index for index, raw in enumerate(made.records) if isinstance(CODEC.decode(raw), Mix))
    for index, raw in enumerate(made.records[:mix]):
        admit(state, index, raw, made.blobs.get)
    record = CODEC.decode(made.records[mix])
    assert isinstance(record, Mix)
    for blob in (record.output, record.proof):
        rest = {digest: data for digest, data in made.blobs.items() if digest != blob.sha256}
        with pytest.raises(Incomplete) as caught:
            admit(state, mix, made.records[mix], rest.get)
        assert str(caught.value.where) == f"record {mix}"
