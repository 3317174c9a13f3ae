"""What the keeper of a copy can do without a key: damage is named, nobody is accused, and no fork is hidden by it."""

import pytest

from tests.support.logs import KEY, ORIGIN, SECRETS, WITNESSES, check, entry, publish, sign, sign_body, small, told
from verifier.errors import Incomplete, VerifierError
from verifier.log import checkpoint, note
from verifier.log.checkpoint import Checkpoint
from verifier.log.note import ED25519, Key, Note, SignatureLine
from verifier.log.reading import Log

TEXT = checkpoint.encode_body(Checkpoint(ORIGIN, 9, small(9)["root"]))
FALSE = checkpoint.encode_cosignature(WITNESSES[2], 1, bytes(64))


def test_a_false_cosignature_is_an_absent_one() -> None:
    """C1: beside a quorum it is told and left out."""
    good = note.decode(sign(TEXT, 1, 2)).signatures
    timeless = SignatureLine(WITNESSES[2].name, WITNESSES[2].id, bytes(72))
    for more in ((), (FALSE,), (timeless,), (FALSE, timeless)):
        files = publish(small(9), note.encode(Note(TEXT, (*good, *more))))
        assert check(files) == [9, 9]
        assert told(files) == [("Rejected", "BRD.5", name) for name in ("checkpoint", "checkpoints/0") if more]


def test_without_a_quorum_nobody_has_lied() -> None:
    """C2: lines that are gone or false leave the quorum open."""
    good = note.decode(sign(TEXT, 1, 2)).signatures
    for lines in (good[:1], good[:2], (*good[:2], good[1]), (*good[:2], FALSE)):
        files = publish(small(9), note.encode(Note(TEXT, lines)))
        with pytest.raises(Incomplete, match="not the quorum") as caught:
            check(files)
        assert (caught.value.id, str(caught.value.where)) == ("BRD.4", "checkpoint")


def test_what_the_log_has_not_signed_is_open() -> None:
    root = small(9)["root"]
    text = checkpoint.encode_body(Checkpoint(ORIGIN, 9, root))
    good = note.decode(sign(text, 1, 2)).signatures
    stranger = Key(ORIGIN, ED25519, bytes(SECRETS[4].verify_key))
    other = SignatureLine(ORIGIN, stranger.id, SECRETS[4].sign(text).signature)
    false = good[0]._replace(blob=bytes(64))
    honest = publish(small(9), sign(text, 1, 2))
    for lines in ((other, *good[1:]), (false, *good[1:])):
        raw = note.encode(Note(text, lines))
        assert told({**honest, "checkpoint": raw}) == [("Incomplete", "BRD.1", "checkpoint")]
        assert told({**honest, "checkpoints/0": raw}) == [("Incomplete", "BRD.1", "checkpoints/0")]
    for lines in ((false, *good[1:]), (*good, false)):  # who signs badly is not asked about the tree
        with pytest.raises(Incomplete) as caught:
            Log({"checkpoint": note.encode(Note(text, lines))}.get, ORIGIN, [KEY])
        assert (caught.value.id, str(caught.value.where)) == ("BRD.1", "checkpoint")


def fork(size: int = 5) -> bytes:
    """What the log signed of another history."""
    return sign_body(size, small(size, {4: b"what others saw"})["root"], 1)


def test_a_fork_behind_a_gap_is_seen() -> None:
    """C3: every file in `checkpoints/` is judged, whatever is missing before it."""
    files = publish(small(9), sign_body(9, small(9)["root"], 1, 2))
    files["checkpoints/7"] = fork()
    assert told(files) == [("Rejected", "BRD.3", "checkpoints/7"), ("Incomplete", "BRD.3", "checkpoints/1")]


def test_gaps_and_an_unexpected_end_are_named() -> None:
    """E1: a number that is missing before another, or after the last, is a file that is missing, and open."""
    files = small(9)
    for size in (2, 5, 7, 9):
        files = publish(files, sign_body(size, small(size)["root"], 1, 2))
    assert told(files) == []
    for number in range(4):
        cut = {name: raw for name, raw in files.items() if name != f"checkpoints/{number}"}
        assert told(cut) == [("Incomplete", "BRD.3", f"checkpoints/{number}")]
    bare = {name: raw for name, raw in files.items() if not name.startswith("checkpoints/")}
    assert told(bare) == [("Incomplete", "BRD.3", "checkpoints/0")]
    with pytest.raises(Incomplete, match="missing"):
        check(bare)


@pytest.mark.parametrize("lost", ["tile/0/001", "tile/1/000.p/2", "tile/0/002.p/8", "tile/entries/001"])
def test_what_can_be_judged_is_judged_beside_damage(lost: str) -> None:
    """C4: a fork, a false line, a checkpoint that nobody signed: each is told whatever else is gone."""
    files = small(520)
    for size in (100, 300, 520):
        files = publish(files, sign_body(size, small(size)["root"], 1, 2))
    files["checkpoints/0"] = fork(100)
    files["checkpoints/1"] = files["checkpoints/1"].replace(b"w1", b"w9").replace(b"example\n300", b"example\n301")
    files["checkpoint"] += note.encode_lines([checkpoint.encode_cosignature(WITNESSES[2], 1, bytes(64))])
    expected = {
        ("Incomplete", "BRD.2", lost),
        ("Incomplete", "BRD.1", "checkpoints/1"),
        ("Rejected", "BRD.3", "checkpoints/0"),
        ("Rejected", "BRD.5", "checkpoint"),
    }
    for bend in (lambda _: None, lambda raw: raw[:-1], lambda raw: raw[:-1] + bytes([raw[-1] ^ 1])):
        made = {name: raw for name, raw in files.items() if name != lost}
        if (bent := bend(files[lost])) is not None:
            made[lost] = bent
        assert set(told(made)) == expected


def test_without_any_tree_signatures_are_still_compared() -> None:
    """C4: signatures need no tiles."""
    files = {"checkpoint": sign_body(9, small(9)["root"], 1, 2), "checkpoints/0": fork(9)}
    assert ("Rejected", "BRD.3", "checkpoints/0") in told(files)
    files = {"checkpoint": fork(9).replace(b"log.example", b"log.exampel"), "checkpoints/0": fork(7)}
    files["checkpoints/1"] = sign_body(7, small(7)["root"], 2)
    lines = told(files)
    assert ("Rejected", "BRD.3", "checkpoints/1") in lines
    assert {line[0] for line in lines} == {"Rejected", "Incomplete"}


def test_entries_are_enough_where_hash_tiles_are_gone() -> None:
    files = publish(small(600), sign_body(600, small(600)["root"], 1, 2))
    bare = {name: raw for name, raw in files.items() if not name.startswith(("tile/0", "tile/1"))}
    errors: list[VerifierError] = []
    opened = Log(bare.get, ORIGIN, [KEY], errors.append)
    assert [raw for _, raw in opened.entries()] == [entry(index) for index in range(600)]
    assert {str(error.where) for error in errors} == {"tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"}
    with pytest.raises(Incomplete):
        Log(bare.get, ORIGIN, [KEY])


@pytest.mark.parametrize("size", [2**62, 2**63 - 1])
def test_a_size_that_nobody_could_fill_ends_at_the_first_file_missing(size: int) -> None:
    """C6: signed or not: what is not there is not looked for."""
    asked: list[str] = []
    files = small(300)

    def read(name: str) -> bytes | None:
        asked.append(name)
        return files.get(name)

    for by in (SECRETS[0], SECRETS[4]):
        text = checkpoint.encode_body(Checkpoint(ORIGIN, size, bytes(32)))
        key = Key(ORIGIN, ED25519, bytes(by.verify_key))
        files["checkpoint"] = note.encode(Note(text, (SignatureLine(ORIGIN, key.id, by.sign(text).signature),)))
        errors: list[VerifierError] = []
        assert not Log(read, ORIGIN, [KEY], errors.append).leads
        assert [type(error) for error in errors] == [Incomplete]
    assert len(asked) < 20
