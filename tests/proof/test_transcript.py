"""Writer, Reader and Readers hash the same bytes; nothing is left over, nothing is missing (specs/transcript.md)."""

import hashlib
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixnet.secrets import Secrets
from mixnet.transcript import Writer
from tests.vectors.dishonest import OPENING
from verifier.errors import Malformed, Rejected
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.group import ORDER, G, Points, Scalars
from verifier.proof.transcript import Context, Reader, Readers, Transcript, message, tracing

CONTEXT = Context("example", bytes(range(32)))
LABELS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


class Message(NamedTuple):
    """What a proof is made of: absorbed data, a point or scalar count, or a challenge."""

    kind: str
    label: str
    data: bytes
    size: int


MESSAGES = st.builds(
    Message,
    st.sampled_from(["absorb", "points", "scalars", "challenge"]),
    LABELS,
    st.binary(max_size=40),
    st.integers(1, 3),
)


def write(messages: list[Message], place: str = "here") -> tuple[bytes, list[Scalars]]:
    t = Writer("example", CONTEXT, "contest", place)
    challenges = []
    for kind, label, data, size in messages:
        match kind:
            case "absorb":
                t.absorb(label, data)
            case "points":
                t.write(label, Secrets.draw(size) * G)
            case "scalars":
                t.write(label, Secrets.draw(size))
            case _:
                challenges.append(t.challenge(label))
    return t.proof(), challenges


def row(number: int) -> Place:
    return Place(f"row {number}")


def read(messages: list[Message], proof: bytes) -> list[Scalars]:
    batch = Batch()
    t = Reader("example", CONTEXT, "contest", "here", proof, batch, "TST.1", Place("the proof"))
    challenges = []
    for kind, label, data, size in messages:
        match kind:
            case "absorb":
                t.absorb(label, data)
            case "points":
                assert len(t.points(label, size)) == size
            case "scalars":
                assert len(t.scalars(label, size)) == size
            case _:
                challenges.append(t.challenge(label))
    t.end()
    batch.settle()
    return challenges


def read_side_by_side(messages: list[Message], proofs: list[bytes], absorbed: list[bytes]) -> list[Scalars]:
    """Where a message is absorbed, row i absorbs the data and its own 4 bytes, and then the data alone."""
    batch = Batch()
    t = in_order(messages, proofs, absorbed, batch)
    challenges = []
    for kind, label, data, size in messages:
        match kind:
            case "absorb":
                assert t.column(label) == b"".join(data + own for own in absorbed)
                t.absorb(label, data)
            case "points":
                assert len(t.points(label)) == size * len(proofs)
            case "scalars":
                assert len(t.scalars(label)) == size * len(proofs)
            case _:
                challenges.append(t.challenge(label))
    t.end()
    batch.settle()
    return challenges


def in_order(messages: list[Message], proofs: list[bytes], absorbed: list[bytes], batch: Batch) -> Readers:
    """Rows of each proof's messages, in the order in which they are read, with what is absorbed between them."""
    widths = []
    rows: list[bytes] = [b""] * len(proofs)
    read = 0
    for kind, _, data, size in messages:
        if kind == "absorb":
            widths.append(len(data) + len(absorbed[0]))
            rows = [row + data + own for row, own in zip(rows, absorbed, strict=True)]
        elif kind != "challenge":
            widths.append(32 * size)
            rows = [row + proof[read : read + 32 * size] for row, proof in zip(rows, proofs, strict=True)]
            read += 32 * size
    rows = [row + proof[read:] for row, proof in zip(rows, proofs, strict=True)]
    return Readers("example", CONTEXT, "contest", "here", rows, widths, batch, "TST.1", row)


@given(st.lists(MESSAGES, max_size=6))
def test_who_reads_hashes_what_was_written(messages: list[Message]) -> None:
    proof, challenges = write(messages)
    assert read(messages, proof) == challenges


@given(st.lists(MESSAGES, max_size=5), st.integers(1, 4))
def test_rows_hash_what_single_proofs_hash(messages: list[Message], n: int) -> None:
    absorbed = [i.to_bytes(4, "big") for i in range(n)]
    proofs, singly = [], []
    for own in absorbed:
        doubled = [
            each for m in messages for each in ([m._replace(data=m.data + own), m] if m.kind == "absorb" else [m])
        ]
        proof, challenges = write(doubled)
        proofs.append(proof)
        singly.append(challenges)
    together = read_side_by_side(messages, proofs, absorbed)
    assert [list(row) for row in zip(*singly, strict=True)] == [[column[i] for i in range(n)] for column in together]


@given(st.lists(MESSAGES, min_size=1, max_size=5), st.integers(1, 40))
def test_too_long_and_too_short_proofs_are_malformed(messages: list[Message], cut: int) -> None:
    proof, _ = write(messages)
    with pytest.raises(Malformed, match=r"^the proof: \d+ bytes after the end"):
        read(messages, proof + bytes(cut))
    if proof:
        with pytest.raises(Malformed, match=r"^the proof: the proof ends before"):
            read(messages, proof[: -min(cut, len(proof))])


def test_too_long_and_too_short_rows_are_malformed() -> None:
    messages = [Message("points", "T", b"", 1), Message("challenge", "z", b"", 0), Message("scalars", "s", b"", 1)]
    proofs = [write(messages)[0] for _ in range(3)]
    absorbed = [b""] * 3
    read_side_by_side(messages, proofs, absorbed)
    above = (int.from_bytes(proofs[1][32:], "little") + ORDER).to_bytes(32, "little")
    for wrong in (
        proofs[1][:32] + above,
        proofs[1] + b"\0",
        proofs[1] + bytes(32),
        proofs[1][:-1],
        proofs[1][:-32],
        proofs[1][:20],
        b"",
    ):
        with pytest.raises(Malformed, match="row 1: "):
            read_side_by_side(messages, [proofs[0], wrong, proofs[2]], absorbed)


def test_rows_that_make_up_for_each_other_are_malformed() -> None:
    messages = [Message("points", "T", b"", 1), Message("scalars", "s", b"", 1)]
    first, second = (write(messages)[0] for _ in range(2))
    with pytest.raises(Malformed):
        read_side_by_side(messages, [first[:-32], second + first[-32:]], [b"", b""])


def test_what_is_read_must_decode_and_be_canonical() -> None:
    messages = [Message("points", "T", b"", 2), Message("scalars", "s", b"", 2)]
    proof, _ = write(messages)
    with pytest.raises(Rejected, match=r"TST.1 the proof, T 2"):
        read(messages, proof[:32] + b"\1" + bytes(31) + proof[64:])
    s = int.from_bytes(proof[96:], "little") + ORDER
    with pytest.raises(Malformed, match="the proof, s: scalar 1 "):
        read(messages, proof[:96] + s.to_bytes(32, "little"))


def test_a_point_that_does_not_decode_is_named_by_its_row() -> None:
    messages = [Message("points", "T", b"", 2)]
    proofs = [write(messages)[0] for _ in range(3)]
    for index in range(6):
        joined = bytearray(b"".join(proofs))
        joined[32 * index : 32 * index + 32] = b"\1" + bytes(31)
        with pytest.raises(Rejected, match=f"^TST.1 row {index // 2}: "):
            read_side_by_side(messages, [bytes(joined[at : at + 64]) for at in (0, 64, 128)], [b""] * 3)


def test_one_point_and_one_scalar_are_read_as_vectors_of_one() -> None:
    messages = [Message("points", "T", b"", 1), Message("scalars", "s", b"", 1), Message("challenge", "z", b"", 0)]
    proof, challenges = write(messages)
    t = Reader("example", CONTEXT, "contest", "here", proof, Batch(), "TST.1", Place("the proof"))
    assert (bytes(t.point("T")), bytes(t.scalar("s"))) == (proof[:32], proof[32:])
    t.end()
    assert [t.challenge("z")] == challenges


@given(
    st.lists(st.tuples(LABELS, st.binary(max_size=20)), max_size=4),
    st.lists(st.tuples(LABELS, st.binary(max_size=20)), max_size=4),
)
def test_different_messages_give_different_challenges(
    first: list[tuple[str, bytes]], second: list[tuple[str, bytes]]
) -> None:
    assert (challenge_of(first) == challenge_of(second)) is (first == second)


def opening(name: str, context: Context, contest: str, place: str) -> bytes:
    texts = ("aikyn/1", name, context.election), (contest, place)
    parts = [*(text.encode() for text in texts[0]), context.manifest, *(text.encode() for text in texts[1])]
    return b"".join(message(label, data) for label, data in zip(OPENING, parts, strict=True))


def challenge_of(messages: list[tuple[str, bytes]]) -> Scalars:
    t = Transcript("example", CONTEXT, "contest", "here")
    for label, data in messages:
        t.absorb(label, data)
    return t.challenge("z")


def test_each_part_of_the_opening_counts() -> None:
    openings = [
        ("example", CONTEXT, "contest", "here"),
        ("exampl", CONTEXT, "contest", "here"),
        ("example", CONTEXT._replace(election="exampl"), "contest", "here"),
        ("example", CONTEXT._replace(manifest=bytes(32)), "contest", "here"),
        ("example", CONTEXT, "contes", "here"),
        ("example", CONTEXT, "contest", "her"),
        ("example", CONTEXT, "contesth", "ere"),
        ("example", CONTEXT, "", "contesthere"),
    ]
    assert len({int(Transcript(*each).challenge("z")) for each in openings}) == len(openings)


@given(st.integers(0, 40))
def test_short_challenges_come_three_from_a_block(count: int) -> None:
    t = Transcript("example", CONTEXT, "contest", "here")
    u = t.challenges("u", count)
    absorbed = opening("example", CONTEXT, "contest", "here")
    digest = hashlib.sha512(absorbed + b"\x01u" + (8).to_bytes(8, "big") + count.to_bytes(8, "big")).digest()
    stream = b"".join(hashlib.sha512(digest + j.to_bytes(8, "big")).digest()[:60] for j in range(14))
    assert [int(u[i]) for i in range(count)] == [
        int.from_bytes(stream[20 * i : 20 * i + 20], "little") for i in range(count)
    ]
    assert t.challenge("z") != Transcript("example", CONTEXT, "contest", "here").challenge("z")


def test_the_trace_names_every_message() -> None:
    lines: list[str] = []
    with tracing(lines.append):
        t = Transcript("example", CONTEXT, "contest", "here")
    t.absorb("R", bytes(range(32)))
    t.challenge("z")
    t.challenges("u", 2)
    digest = hashlib.sha512(
        opening("example", CONTEXT, "contest", "here") + message("R", bytes(range(32))) + message("z", b"")
    )
    assert [line.split()[0] for line in lines] == [*OPENING, "R", "z", "z", "u", "u"]
    assert lines[6] == "R 32 000102030405060708090a0b0c0d0e0f"
    assert lines[8] == f"z challenge {digest.hexdigest()[:32]}"


def test_a_message_of_several_points_is_one_message() -> None:
    P, Q = (Secrets.draw() * G).points(), (Secrets.draw() * G).points()
    joined = Points.packed(bytes(P) + bytes(Q))
    assert challenge_of([("A", bytes(joined))]) != challenge_of([("A", bytes(P)), ("A", bytes(Q))])


def side_by_side(*lengths: int, widths: tuple[int, ...] = (32, 32)) -> Readers:
    """Rows of so many zeros."""
    rows = [bytes(length) for length in lengths]
    return Readers("example", CONTEXT, "", "", rows, widths, Batch(), "TST.1", row)


def test_rows_have_one_length_and_are_read_to_the_end() -> None:
    with pytest.raises(Malformed, match="row 1: a row takes 64 bytes, not 65"):
        side_by_side(64, 65)
    with pytest.raises(Malformed, match="row 2: a row takes 64 bytes, not 0"):
        side_by_side(64, 64, 0)
    readers = side_by_side(64, 64)
    readers.scalars("s")
    with pytest.raises(Malformed, match=r"^row 0: a row.s part of 32 bytes is left over"):
        readers.end()
    readers = side_by_side(64, 64)
    readers.scalars("s")
    readers.scalars("t")
    readers.end()


@given(st.lists(MESSAGES, max_size=6))
def test_who_reads_side_by_side_traces_the_first_as_if_alone(messages: list[Message]) -> None:
    (proof, _), (other, _) = write(messages), write(messages)
    alone: list[str] = []
    together: list[str] = []
    with tracing(alone.append):
        read([each for m in messages for each in ([m, m] if m.kind == "absorb" else [m])], proof)
    with tracing(together.append):
        read_side_by_side(messages, [proof, other], [b"", b""])
    assert together == alone
