"""What a copy lacks hides as little as can be: the rest is checked, and what is false stays false."""

from __future__ import annotations

from nacl.signing import SigningKey

from tests.corpus import boards
from tests.corpus.twin import Liar, honest, phases
from tests.support import copies
from tests.support.copies import publish, sheet
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
    liar.enact(LogKey(bytes(new.verify_key), b""))
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
