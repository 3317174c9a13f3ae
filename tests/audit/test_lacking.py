"""What a copy lacks hides as little as can be: the rest is checked, and what is false stays false."""

from __future__ import annotations

import pytest
from nacl.signing import SigningKey

from tests.corpus import boards
from tests.corpus.twin import Liar, honest, phases
from tests.support import copies
from tests.support.copies import publish, sheet
from tests.support.elections import AUTHORITY
from verifier.election.logkey import LogKey


def test_what_is_false_outweighs_what_is_missing() -> None:
    board = boards.honest()
    forged = [*board.records, board.records[30]]
    files = publish(forged, {}) | {name: data for name, data in board.files.items() if name.startswith("blobs")}
    bare = sheet(board.records[0], [], root=[])
    assert copies.audit(files, bare).exit == 1
    lacking = next(name for name in files if name.startswith("blobs"))
    report = copies.audit({name: data for name, data in files.items() if name != lacking}, bare)
    assert report.exit == 2


def test_a_missing_blob_leaves_the_log_to_be_checked() -> None:
    board = boards.honest()
    lacking = [name for name in board.files if name.startswith("blobs")][-1]
    report, whole = boards.audit(board, **{lacking: None}), boards.audit(board)
    assert (report.exit, [line.id for line in report.incomplete]) == (2, ["BRD"])
    counts = [{check.id: check.count for check in one.checks} for one in (report, whole)]
    unlike = {id for id in counts[0] if counts[0][id] != counts[1][id]}
    assert not unlike & {"BRD.1", "BRD.2", "BRD.3", "BRD.4", "BRD.5", "CFG.10", "CFG.11", "CFG.12"}
    assert counts[0]["CFG.4"] < counts[1]["CFG.4"]


def test_a_key_that_an_unjudged_record_introduces_is_not_false() -> None:
    new, liar = SigningKey(b"n" * 32), Liar(honest(), phases()["voting"])
    register = next(digest for digest in liar.blobs)
    liar.enact(LogKey(b"", bytes(new.verify_key)))
    lacking = {digest: data for digest, data in liar.blobs.items() if digest != register}
    for blobs, exit in ((liar.blobs, 0), (lacking, 2)):
        report = copies.published(liar.records, blobs, new)
        assert (report.exit, report.failures) == (exit, ())


def test_what_is_void_is_not_weighed_where_something_is_missing() -> None:
    board = boards.honest()
    forged = [*board.records[:31], *board.records[30:]]
    blobs = {name: data for name, data in board.files.items() if name.startswith("blobs")}
    last = list(blobs)[-1]
    report = copies.audit(
        publish(forged, {}) | {name: data for name, data in blobs.items() if name != last}, board.sheet
    )
    assert (report.stands, len(report.incomplete)) == (None, 1)


def test_a_false_proof_is_named_though_a_later_file_is_missing() -> None:
    liar = Liar(honest(), phases()["voting"])
    liar.post(liar.cast(1, nonce=bytes(16)))
    liar.close()
    report = copies.published(liar.records, honest().blobs)
    assert (report.exit, len(report.incomplete)) == (1, 1)
    assert [(line.id, str(line.where)) for line in report.failures] == [("BAL.6", f"record {phases()['voting']}")]


FORK = copies.sign(copies.body([*boards.honest().records[:20], b"what others saw"]))


@pytest.mark.parametrize("lost", [name for name in boards.honest().files if name.startswith(("tile", "blobs"))])
def test_false_checkpoints_and_a_missing_quorum_are_judged_beside_what_is_lost(lost: str) -> None:
    """C4: whatever is gone or damaged: the fork is found, and that the quorum is missing is said."""
    board = boards.honest()
    lonely = copies.sign(copies.body(board.records), (0,))
    files = board.files | {"checkpoints/0": FORK, "checkpoints/1": lonely, "checkpoint": lonely}
    raw = board.files[lost]
    for bent in (None, raw[:-1], raw[:-1] + bytes([raw[-1] ^ 1])):
        changed = {name: data for name, data in files.items() if name != lost} | ({} if bent is None else {lost: bent})
        report = copies.audit(changed, board.sheet)
        assert [(line.id, str(line.where)) for line in report.failures] == [("BRD.3", "checkpoints/0")]
        opens = [line for line in report.incomplete if line.id != "BRD.4"]
        assert "BRD.4" in {line.id for line in report.incomplete}
        assert len(opens) == 1
        assert lost.rpartition("/")[2] in str(opens[0].where) + str(opens[0].detail)


def test_damaged_hashes_leave_the_records_to_be_judged() -> None:
    """C4: entries are enough: a false record is found, and the tally is told."""
    board = boards.honest()
    forged = [*board.records, board.records[30]]
    blobs = {name: data for name, data in board.files.items() if name.startswith("blobs")}
    for records, failures in ((board.records, []), (forged, ["CFG.5"])):
        files = publish(records, {}) | blobs
        name = next(name for name in files if name.startswith("tile/0"))
        for bent in (b"", bytes(len(files[name]))):
            report = copies.audit(files | {name: bent}, board.sheet)
            assert [line.id for line in report.failures] == failures
            assert [(line.id, str(line.where)) for line in report.incomplete] == [("BRD.2", name)]
            assert report.phase == "certified"


def test_what_stands_before_a_damaged_bundle_is_judged() -> None:
    """C4: a false record before the damage is named beside it."""
    liar = Liar(honest(), phases()["voting"])
    liar.post(liar.cast(1, nonce=bytes(16)))
    while len(liar.records) < 300:
        liar.vote(len(liar.records) % 9, [1])
    files = publish(liar.records, liar.blobs)
    cut = {name: data for name, data in files.items() if not name.startswith("tile/entries/001")}
    report = copies.audit(cut, sheet(liar.records[0], [AUTHORITY.der]))
    assert [(line.id, line.where.record) for line in report.failures] == [("BAL.6", phases()["voting"])]
    assert [str(line.where) for line in report.incomplete] == ["tile/entries/001.p/44"]


def test_what_the_manifest_lacks_of_the_sheet_is_named_whole() -> None:
    """E13: CFG.10 to CFG.12 stand at record 0, each by itself, and before what other records do."""
    told = next(told for told in boards.LIES if told.expect == "CFG.12")
    board = told.tell(boards.honest())
    other = board.sheet.replace(b"manifest ", b"manifest 00", 1)[: -len(b"\n")]
    digest = other.split(b"manifest ")[1].split(b"\n")[0]
    trusted = other.replace(digest, digest[:64]) + b"\n"
    report = copies.audit(board.files, trusted)
    assert [(line.id, str(line.where)) for line in report.failures] == [("CFG.10", "record 0"), ("CFG.12", "record 0")]
    liar = Liar(boards_twin := honest(), len(boards_twin.records))
    liar.write(liar.records[30])
    trusted = sheet(b"another manifest", [AUTHORITY.der])
    report = copies.published(liar.records, liar.blobs)
    assert [line.id for line in report.failures] == ["CFG.5"]
    report = copies.audit(publish(liar.records, liar.blobs) | {"checkpoints/0": FORK}, trusted)
    assert [line.id for line in report.failures] == ["BRD.3", "CFG.10", "CFG.5"]
