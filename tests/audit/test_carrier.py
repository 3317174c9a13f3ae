"""Whoever carries a copy and has no key: whatever is dropped, cut, bent, swapped or added, nobody is accused of it.

The verdict is "accepted", with findings at most, or "could not be checked"; and it is never accepted over a fork that
the log signed and that is still there.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.corpus import boards
from tests.support import copies
from tests.support.copies import KEY, NOW, Files, body, publish, sign, tiled, witness_key
from tests.support.house import read_vectors
from tests.vectors.copies import changed, judged
from verifier.errors import VerifierError
from verifier.log import checkpoint, note
from verifier.log.checkpoint import SignedCheckpoint
from verifier.log.note import Note, SignatureLine
from verifier.log.tree import compute_root, hash_leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from verifier.desk.report.report import Report

COPIES = read_vectors("copy")
HONEST = boards.honest()
RECORDS = HONEST.records
STRANGER = SigningKey(b"whoever carries it and has a key")


class Archive(NamedTuple):
    """What a board published, and the text of what it signed against itself, if it did."""

    files: Files
    fork: bytes


@cache
def archive(kind: str) -> Archive:
    """An honest one, or one with a fork in the middle of what it published."""
    size = len(RECORDS)
    fork = sign(body([*RECORDS[:29], b"what others saw"]))
    kept = [sign(body(RECORDS[:number])) for number in (9, 27, 40)] + [sign(body(RECORDS))]
    if kind == "forked":
        kept.insert(2, fork)
    files = {name: raw for name, raw in HONEST.files.items() if not name.startswith("checkpoint")}
    numbered = {f"checkpoints/{number}": raw for number, raw in enumerate(kept)}
    assert body(RECORDS).size == size
    return Archive(files | numbered | {"checkpoint": kept[-1]}, note.decode(fork).text if kind == "forked" else b"")


@cache
def honest() -> Report:
    report = copies.audit(archive("honest").files, HONEST.sheet)
    assert report.verdict == "accepted"
    return report


def test_a_fork_alone_is_what_rejects_the_other() -> None:
    report = copies.audit(archive("forked").files, HONEST.sheet)
    assert [(line.id, str(line.where)) for line in report.failures] == [("BRD.3", "checkpoints/2")]
    assert report.incomplete == ()


# What can be done without a key.


def notes(files: Files) -> list[str]:
    return [name for name in files if name.startswith("checkpoint")]


def opened(raw: bytes) -> Note | None:
    try:
        return note.decode(raw)
    except VerifierError:
        return None


def with_lines(raw: bytes, bend: Callable[[tuple[SignatureLine, ...]], tuple[SignatureLine, ...]]) -> bytes:
    """The note with other lines; what is no note, or would be none, stays."""
    found = opened(raw)
    lines = bend(found.signatures) if found else ()
    return note.encode(Note(found.text, lines)) if found and lines else raw


def spoil(lines: tuple[SignatureLine, ...], number: int, blob: bytes) -> tuple[SignatureLine, ...]:
    return (*lines[:number], lines[number]._replace(blob=blob), *lines[number + 1 :])


def one_by_one(files: Files) -> Iterator[tuple[str, Files]]:
    """Every file and every line of a small archive, each spoiled in every way by itself."""
    for name, raw in files.items():
        rest = {other: data for other, data in files.items() if other != name}
        yield f"{name} gone", rest
        for what, bent in (
            ("empty", b""),
            ("cut", raw[:-1]),
            ("half", raw[: len(raw) // 2]),
            ("longer", raw + b"\0"),
            ("doubled", raw + raw),
            ("zeros", bytes(len(raw))),
            ("first bit", bytes([raw[0] ^ 1]) + raw[1:]),
            ("last bit", raw[:-1] + bytes([raw[-1] ^ 128])),
            ("a letter", b"Dear auditor, all is well.\n"),
        ):
            yield f"{name} {what}", {**rest, name: bent}
        for other in [*notes(files), *(one for one in files if one.startswith("tile")), max(files), min(files)]:
            if other != name:
                yield f"{name} is {other}", {**files, name: files[other]}
    for name in notes(files):
        yield from ((f"{name} {what}", {**files, name: raw}) for what, raw in spoiled_lines(files[name]))
    for number in (len(notes(files)) - 1, 50):
        for other in notes(files):
            yield f"{other} again as {number}", {**files, f"checkpoints/{number}": files[other]}


def spoiled_lines(raw: bytes) -> Iterator[tuple[str, bytes]]:
    lines = note.decode(raw).signatures
    for number, line in enumerate(lines):
        yield f"line {number} gone", with_lines(raw, lambda old, n=number: old[:n] + old[n + 1 :])  # type: ignore[misc]
        yield f"line {number} twice", with_lines(raw, lambda old, one=line: (*old, one))  # type: ignore[misc]
        for blob in (bytes(len(line.blob)), line.blob[:8] + bytes(64), bytes(8) + line.blob[8:], line.blob[:-1]):
            yield f"line {number} spoiled", with_lines(raw, lambda old, n=number, b=blob: spoil(old, n, b))  # type: ignore[misc]
    yield "lines reversed", with_lines(raw, lambda old: old[::-1])
    yield "only the first", with_lines(raw, lambda old: old[:1])
    for key in (KEY, witness_key(0), witness_key(2)):
        yield (
            f"a false line of {key.name}",
            with_lines(
                raw,
                lambda old, k=key: (*old, SignatureLine(k.name, k.id, bytes(72))),  # type: ignore[misc]
            ),
        )
    stranger = SignatureLine(KEY.name, b"abcd", STRANGER.sign(note.decode(raw).text).signature)
    yield "a stranger's line", with_lines(raw, lambda old: (stranger, *old))


def judge(files: Files, kind: str, *, whole: bool = True) -> Report:
    """What holds of every copy that a carrier has had."""
    report = copies.audit(files, HONEST.sheet)
    fork = archive(kind).fork
    if not fork:
        assert report.failures == (), report.failures
    assert {line.id for line in report.failures} <= {"BRD.3"}
    if report.exit == 0:
        assert report.archive is not None
        assert report.archive.root == compute_root(map(hash_leaf, RECORDS[: report.archive.size])).hex()
        if report.archive.size == len(RECORDS):
            assert (report.results, report.phase) == (honest().results, honest().phase)
        assert not any(shows(raw, fork) for name, raw in files.items() if name.startswith("checkpoint"))
        assert whole or not fork
    return report


def shows(raw: bytes, fork: bytes) -> bool:
    """Whether this is the fork, under the log's signature."""
    found = opened(raw)
    if not fork or found is None or found.text != fork:
        return False
    signed = SignedCheckpoint(checkpoint.decode_body(found.text), found, raw)
    try:
        checkpoint.check_log_signature("BRD.1", "", signed, KEY.name, [KEY])
    except VerifierError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["honest", "forked"])
def test_each_file_and_each_line_spoiled_by_itself(kind: str) -> None:
    """A fork is found, or its file is missed; the only exception is another in its place, as if it had never been."""
    verdicts = set()
    for what, files in one_by_one(archive(kind).files):
        report = judge(files, kind, whole=what.startswith("checkpoints/2 is "))
        verdicts.add(report.verdict)
    assert (
        verdicts
        == {
            "honest": {"accepted", "accepted with findings", "could not be checked"},
            "forked": {"rejected", "could not be checked", "accepted"},
        }[kind]
    )


NAMES = st.sampled_from(
    [
        *archive("honest").files,
        *(f"checkpoints/{number}" for number in range(9)),
        *("tile/0/000", "tile/entries/000", "tile/1/000", "tile/1/000.p/1", "tile/0/000.p/27", "README"),
    ]
)
INDEX = st.integers(0, 2**20)


def bend_bytes(draw: st.DrawFn, raw: bytes) -> bytes:
    at = draw(INDEX) % (8 * len(raw) + 1)
    flipped = bytes([raw[at // 8] ^ 1 << at % 8]) if at // 8 < len(raw) else b""
    cut, bent = raw[: at // 8], raw[: at // 8] + flipped + raw[at // 8 + 1 :]
    return draw(st.sampled_from([cut, bent, raw + draw(st.binary(max_size=40))]))


def bend_lines(draw: st.DrawFn, raw: bytes, donor: bytes) -> bytes:
    other = opened(donor)
    more = other.signatures if other else (SignatureLine("w1.example", witness_key(0).id, NOW.to_bytes(72)),)

    def bend(lines: tuple[SignatureLine, ...]) -> tuple[SignatureLine, ...]:
        some = tuple(draw(st.permutations(lines)))[: draw(INDEX) % 5]
        return draw(st.sampled_from([some, (*lines, *more), (*some, *more)]))

    return with_lines(raw, bend)


def make_up(draw: st.DrawFn, files: Files) -> Files:
    records = [*RECORDS]
    records[draw(INDEX) % len(records)] = draw(st.sampled_from([b"another", *RECORDS]))
    head = draw(st.sampled_from([files.get("checkpoint", b""), sign(body(records), by=STRANGER)]))
    return files | tiled(records) | {"checkpoint": head}


@st.composite
def spoiled(draw: st.DrawFn, kind: str) -> Files:
    """A copy after one to five things that take no key."""
    files = dict(archive(kind).files)
    for _ in range(draw(st.integers(1, 5))):
        name, other = (draw(st.sampled_from(sorted(files)) if files else NAMES) for _ in range(2))
        raw, theirs = files.get(name, b""), files.get(other, b"")
        match draw(st.sampled_from(["drop", "bytes", "copy", "swap", "lines", "lines", "make up"])):
            case "drop":
                files.pop(name, None)
            case "bytes":
                files[name] = bend_bytes(draw, raw)
            case "copy":
                files[draw(NAMES)] = raw
            case "swap":
                files[name], files[other] = theirs, raw
            case "lines":
                files[name] = bend_lines(draw, raw, theirs)
            case "make up":
                files = make_up(draw, files)
    return files


@pytest.mark.slow
@settings(max_examples=200)
@given(spoiled("honest"))
def test_whatever_a_carrier_does_nobody_is_accused(files: Files) -> None:
    judge(files, "honest")


@pytest.mark.slow
@settings(max_examples=200)
@given(spoiled("forked"))
def test_whatever_a_carrier_does_a_fork_that_is_there_is_not_accepted(files: Files) -> None:
    judge(files, "forked")


def test_a_log_that_is_made_up_whole_is_nobodys() -> None:
    """The carrier has a key of its own, and makes everything: records, tree, checkpoints."""
    for records in (RECORDS, RECORDS[:40], RECORDS[1:], [b"a"], []):
        report = judge(HONEST.files | publish(records, {}, STRANGER), "honest")
        assert (report.verdict, report.void, report.phase) == ("could not be checked", 0, "setup")


# The committed copies.


@pytest.mark.parametrize("vector", COPIES["accepted"] + COPIES["rejected"], ids=lambda vector: vector["name"])
def test_copies_are_judged_as_their_vectors_say(vector: dict[str, Any]) -> None:
    """E8: each clause of the log as a whole, and each of the sheet's, has a copy that breaks it or leaves it open."""
    expected = {kind: vector.get(kind, []) for kind in ("false", "open", "found")}
    assert judged(*changed(vector, COPIES)) == {"verdict": vector.get("verdict", "accepted"), **expected}
