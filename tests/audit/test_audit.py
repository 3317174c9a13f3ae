"""The audit as a whole: verdicts, exit statuses, damaged copies, bare trust sheets, and those who act on a log."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from bulletin.office.people import HolderKey
from tests.corpus import boards, replay
from tests.corpus.boards import LIES, Lie
from tests.corpus.odd import ODD, hold
from tests.corpus.shares import dishonest_share, share
from tests.corpus.twin import FAULTS, UNDECODABLE, Liar, bent, honest, phases, tell, with_scalar
from tests.support import copies
from tests.support.copies import NOW, publish, sheet
from tests.support.elections import AUTHORITY, LOG
from verifier.audit import audit, trust
from verifier.audit.clauses import CLAUSES
from verifier.audit.verdict import verdict
from verifier.desk.report.report import Report, compose
from verifier.election.logkey import LogKey
from verifier.errors import Incomplete, Rejected
from verifier.log import checkpoint, note
from verifier.log.checkpoint import cosigned_message, encode_cosignature
from verifier.log.note import ML_DSA_44, Key

if TYPE_CHECKING:
    pass

TREE = ("tile", "blobs")


def named(report: Report) -> str:
    """Everything that the report says of files."""
    return " ".join(f"{line.where!s} {line.detail}" for line in (*report.incomplete, *report.failures))


DUTIES = {"DUT.3", "DUT.4", "DUT.9"}
NO_PLAN = {id for id in CLAUSES if id[:3] in {"PRT", "DUT"}}


def test_the_honest_election_is_accepted_and_says_what_it_checked() -> None:
    board = boards.honest()
    report = boards.audit(board)
    assert (report.verdict, report.exit, report.complete, report.phase) == ("accepted", 0, True, "certified")
    assert {check.status for check in report.checks} <= {"PASS", "N-A"}
    assert {check.id for check in report.checks if check.status == "N-A"} == {
        "ART.1",
        "ART.2",
        "ART.3",
        "CFG.13",
        "KEY.6",
        "KEY.7",
        "KEY.10",
        "MIX.10",
        *NO_PLAN,
    }
    counts = {check.id: check.count for check in report.checks}
    assert (counts["CFG.4"], counts["BAL.6"], counts["SPL.2"], counts["MIX.8"]) == (len(board.records), 9, 1, 4)
    assert report.figures["log entries"] == len(board.records)
    assert report.figures["credentials"] == 9
    assert report.figures["overridden"] == 1
    assert report.figures["counted"] == 6
    assert report.figures["smallest mixed group"] == 2
    assert [(result.contest, result.counted) for result in report.results] == [("north", 2), ("south", 3)]
    assert report.fingerprints["manifest"] == sha256(board.records[0]).hexdigest()


def test_two_runs_say_the_same_bytes() -> None:
    board = boards.honest()
    seen: list[tuple[str, int, int]] = []
    first = msgspec.json.encode(boards.audit(board))
    watched = compose(audit.Audit(board.files.get, trust.decode(board.sheet), lambda *step: seen.append(step)).run())
    assert msgspec.json.encode(watched) == first
    assert msgspec.json.decode(first, type=Report) == watched
    assert {stage for stage, _, _ in seen} == {"replay", "proofs"}
    assert all(done <= total for _, done, total in seen)


@pytest.mark.parametrize("told", LIES, ids=lambda told: f"{told.expect} {told.name}")
def test_a_board_that_lies_or_was_spoiled_is_judged_by_what_is_signed(told: Lie) -> None:
    report = boards.judge(told)
    assert (report.verdict, *boards.first(report)) == (told.verdict, told.expect, told.where)
    status = {check.id: check.status for check in report.checks}
    words = {"rejected": "FAIL", "could not be checked": "SKIPPED", "accepted with findings": "FINDING"}
    assert status[told.expect] == words[told.verdict]
    assert bool(report.failures) == (told.verdict == "rejected")


def test_what_a_stranger_made_up_is_not_told() -> None:
    """No record of a log that nobody signed is judged, counted or shown."""
    told = next(told for told in LIES if told.name == "a log that a stranger made up")
    report = boards.judge(told)
    assert (report.archive is not None and report.archive.vouched, report.void, report.results) == ("nobody", 0, ())
    assert (report.phase, report.timeline, report.findings) == ("setup", (), ())


@pytest.mark.parametrize("name", [name for name in boards.honest().files if name.startswith(TREE)])
def test_one_flipped_bit_could_not_be_checked_and_names_its_file(name: str) -> None:
    board = boards.honest()
    data = board.files[name]
    for bit in {0, 3, 4 * len(data), 8 * len(data) - 1}:
        bent = bytearray(data)
        bent[bit // 8] ^= 1 << bit % 8
        report = boards.audit(board, **{name: bytes(bent)})
        assert (report.verdict, report.exit, report.failures) == ("could not be checked", 2, ())
        assert name.rpartition("/")[2] in named(report)


@pytest.mark.parametrize("name", [name for name in boards.honest().files if name.startswith(TREE)])
@pytest.mark.parametrize("cut", [None, -1, 0])
def test_a_missing_or_cut_file_could_not_be_checked(name: str, cut: int | None) -> None:
    board = boards.honest()
    report = boards.audit(board, **{name: None if cut is None else board.files[name][:cut]})
    assert (report.verdict, report.exit) == ("could not be checked", 2)
    assert name.rpartition("/")[2] in named(report)


@given(st.sampled_from(["checkpoint", "checkpoints/0", "checkpoints/1"]), st.integers(0))
def test_one_flipped_bit_in_a_checkpoint_never_gives_another_result(name: str, at: int) -> None:
    """Nobody is accused of it. Only a cosignature that nobody needs may be spoiled, and is then left out."""
    board = boards.honest()
    bent = bytearray(board.files[name])
    at %= 8 * len(bent)
    bent[at // 8] ^= 1 << at % 8
    report = boards.audit(board, **{name: bytes(bent)})
    assert report.failures == ()
    if report.exit == 0:
        assert bytes(bent).split(b"\n\n")[0] == board.files[name].split(b"\n\n")[0]
        assert report.results == boards.audit(board).results
    else:
        assert name in named(report)


def test_a_copy_that_was_cut_off_could_not_be_checked() -> None:
    board = boards.honest()
    half = publish(board.records[:40], {})
    older = {name: data for name, data in half.items() if not name.startswith("checkpoints")}
    report = copies.audit(board.files | older, board.sheet)
    assert (report.exit, report.failures) == (2, ())
    assert "the log has published more" in named(report)


def test_a_fork_is_not_hidden_by_a_longer_checkpoint() -> None:
    board = boards.honest()
    records = [*board.records[:30], *board.records[31:40]]
    files = publish(records, {}) | {name: data for name, data in board.files.items() if name.startswith("blobs")}
    later = {"checkpoints/2": board.files["checkpoint"]}
    assert "BRD.3" not in {line.id for line in copies.audit(files | later, board.sheet).failures}
    early = {"checkpoints/3": copies.sign(copies.body(board.records[:35]))}
    report = copies.audit(files | later | early, board.sheet)
    assert (report.exit, report.failures[0].id, str(report.failures[0].where)) == (1, "BRD.3", "checkpoints/3")


def test_nothing_at_all_could_not_be_checked() -> None:
    board = boards.honest()
    report = copies.audit({}, board.sheet)
    assert (report.exit, str(report.incomplete[0].where)) == (2, "checkpoint")
    empty = copies.audit(publish([], {}), board.sheet)
    assert (empty.exit, empty.failures) == (2, ())


@pytest.mark.parametrize(
    ("without", "ids"),
    [
        (("witness", "group", "quorum"), {"BRD.4", "BRD.5", "CFG.12", "CRT.5", *DUTIES}),
        (("root",), {"CRT.4"}),
        (("manifest",), {"CFG.10"}),
        (
            ("root", "manifest", "witness", "group", "quorum"),
            {"BRD.4", "BRD.5", "CRT.4", "CRT.5", "CFG.10", "CFG.12", *DUTIES},
        ),
    ],
)
def test_what_the_sheet_lacks_is_skipped_and_said(without: tuple[str, ...], ids: set[str]) -> None:
    board = boards.honest()
    bare = sheet(board.records[0], [], **{word: [] for word in without}) if "root" in without else None
    whole = replay.Replay(replay.load(), {"log": []}).roots
    report = copies.audit(board.files, bare or sheet(board.records[0], whole, **{word: [] for word in without}))
    assert (report.verdict, report.exit, report.complete) == ("could not be checked", 2, False)
    assert {check.id for check in report.checks if check.status == "SKIPPED"} == ids
    assert all(check.detail for check in report.checks if check.status == "SKIPPED")


@pytest.mark.parametrize(("name", "stands"), [("a leaf twice", True), ("two candidates swapped", False)])
def test_the_report_says_whether_the_tally_stands_without_the_void_records(name: str, stands: bool) -> None:  # noqa: FBT001
    file = replay.load()
    vector = next(vector for vector in file["rejected"] if vector["name"] == name)
    rest = [[phases()["closed"], len(honest().records)]] if name == "a leaf twice" else []
    made = replay.Replay(file, vector | {"log": [*vector["log"], *rest]})
    report = made.audit()
    assert report.exit == 1
    assert report.stands is stands


def test_a_false_mix_that_was_counted_takes_the_tally_with_it() -> None:
    liar = tell(next(fault for fault in FAULTS if fault.name == "a ballot replaced and counted to the end"))
    report = copies.published(liar.records, liar.blobs)
    assert (report.phase, report.exit) == ("certified", 1)
    assert report.stands is False


def test_a_false_share_that_nobody_needs_leaves_the_tally() -> None:
    liar = Liar(honest(), len(honest().records))
    third = share(liar)
    liar.post(liar.trustees[2].sign(bent(third, proof=with_scalar(third.proof, 2)), liar.digest))
    report = copies.published(liar.records, liar.blobs)
    assert [line.id for line in report.failures] == ["DEC.4", "DEC.5"]
    assert report.stands is True


def test_a_tally_that_a_false_share_made_does_not_stand() -> None:
    """Without that share the other trustees' shares give other plaintexts."""
    liar = Liar(honest(), phases()["decrypting"])
    liar.post(dishonest_share(liar, "north"))
    liar.decrypt([1, 2]).tally()
    report = copies.published(liar.records, liar.blobs)
    assert (report.phase, [line.id for line in report.failures]) == ("certified", ["DEC.5"])
    assert report.stands is False


def test_what_is_not_well_formed_hides_nothing_that_is_false() -> None:
    """A share with a response above the order beside a false mix, an undecodable ballot beside a false one."""
    twin = honest()
    liar = tell(next(fault for fault in FAULTS if fault.name == "a ballot replaced and counted to the end"))
    third = share(liar)
    proof = third.proof[:-32] + UNDECODABLE
    liar.post(liar.trustees[2].sign(bent(third, proof=proof), liar.digest))
    report = copies.published(liar.records, liar.blobs)
    assert {("MIX.8", phases()["frozen"]), ("CFG.4", len(liar.records) - 1)} <= set(replay.failures(report))
    assert report.stands is False
    voters = Liar(twin, phases()["voting"])
    opened = voters.challenge(0)
    voters.post(bent(opened, sealed=bent(opened.sealed, R=UNDECODABLE)))
    for voter in (1, 2):
        voters.post(voters.cast(voter, nonce=bytes(16)))
    voters.vote(6, [1])
    voters.close().mix().decrypt().tally()
    report = copies.published(voters.records, voters.blobs)
    assert report.exit == 1
    assert report.stands is False


def test_a_cosignature_that_cannot_be_checked_here_accuses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    key = Key("w4.example", ML_DSA_44, secret.public_key().public_bytes_raw())
    board = boards.honest()
    signed = checkpoint.decode(board.files["checkpoint"])
    line = encode_cosignature(key, NOW, secret.sign(cosigned_message(key, signed.note.text, NOW)))
    files = board.files | {"checkpoint": signed.raw + note.encode_lines([line])}
    group = b"group all-witnesses 2 w1 w2 w3"
    more = f"witness w4 {note.encode_key(key)}\ngroup all-witnesses".encode()
    sheets = [board.sheet.replace(group, more + members) for members in (b" 2 w1 w2 w3 w4", b" 3 w1 w2 w4")]
    for trusted in sheets:
        report = copies.audit(files, trusted)
        assert (report.verdict, report.fingerprints["witness w4"]) == ("accepted", sha256(key.public).hexdigest())
    monkeypatch.setattr(note, "MLDSA44PublicKey", None)
    for trusted, said in zip(sheets, ("accepted with findings", "could not be checked"), strict=True):
        report = copies.audit(files, trusted)  # it counts as absent: what matters is whether the others are a quorum
        assert (report.verdict, report.failures) == (said, ())
        absent = [one for one in report.findings if one.id == "BRD.5"]  # without a quorum times are open, too
        assert [str(one.where) for one in absent] == ["checkpoint"]
        assert "`cryptography` 48" in str(absent[0].detail)
        assert {one.id for one in report.incomplete} == ({"BRD.4"} if report.exit else set())


def test_a_log_that_changed_its_key() -> None:
    new, stranger = SigningKey(b"n" * 32), SigningKey(b"s" * 32)
    for old in (b"", "signed"):
        liar = Liar(honest(), phases()["voting"])
        key = bytes(new.verify_key)
        record = LogKey(b"", key)
        liar.enact(LOG.sign(record, liar.digest) if old else record)
        for by, opens in ((LOG.key, set()), (new, set()), (stranger, {"BRD.1"})):
            report = copies.published(liar.records, liar.blobs, by)
            assert (report.exit, report.failures) == (2 if opens else 0, ())
            assert {line.id for line in report.incomplete} == opens


def test_a_key_is_introduced_by_the_election_of_the_sheet_alone() -> None:
    """Anybody can make an election up whose log introduces a key."""
    new, liar = SigningKey(b"n" * 32), Liar(honest(), phases()["voting"])
    liar.enact(LogKey(b"", bytes(new.verify_key)))
    files = publish(liar.records, liar.blobs, new)
    manifests: list[list[str]] = [["00" * 32], []]
    for manifest in manifests:
        report = copies.audit(files, sheet(liar.records[0], [AUTHORITY.der], manifest=manifest))
        assert (report.exit, report.failures, report.incomplete[0].id) == (2, (), "BRD.1")


def test_the_next_key_is_signed_by_the_one_before_it() -> None:
    first, second = SigningKey(b"1" * 32), SigningKey(b"2" * 32)
    for by, exit in ((first, 0), (LOG.key, 1)):
        liar = Liar(honest(), phases()["voting"])
        liar.enact(LogKey(b"", bytes(first.verify_key)))
        liar.enact(HolderKey("log", by).sign(LogKey(b"", bytes(second.verify_key)), liar.digest))
        report = copies.published(liar.records, liar.blobs)
        assert (report.exit, [line.id for line in report.failures]) == (exit, ["CRT.3"] * exit)


# Those who act on a log.


def test_who_acts_has_the_state_of_a_log_on_which_nothing_is_void() -> None:
    board = boards.honest()
    state = audit.replay(board.files.get, trust.decode(board.sheet))
    assert (state.phase, len(state.leaves)) == ("certified", len(board.records))


@pytest.mark.parametrize("told", LIES, ids=lambda told: f"{told.expect} {told.name}")
def test_who_acts_refuses_a_board_that_lies(told: Lie) -> None:
    board = told.tell(boards.honest())
    if told.where.startswith("checkpoints/") or told.expect in {"BRD.5", "CFG.11", "CRT.5", *DUTIES}:
        return  # kept checkpoints, hence time, and the manifest's own words are for auditors: its digest is pinned
    with pytest.raises((Incomplete, Rejected)) as caught:
        audit.replay(board.files.get, trust.decode(board.sheet))
    error = caught.value
    assert isinstance(error, Incomplete | Rejected)
    assert error.id == told.expect
    assert isinstance(error, Rejected) == (told.verdict == "rejected")


@pytest.mark.parametrize("word", ["witness", "manifest", "root"])
def test_who_acts_needs_the_whole_sheet(word: str) -> None:
    board = boards.honest()
    words = ("witness", "group", "quorum") if word == "witness" else (word,)
    roots = replay.Replay(replay.load(), {"log": []}).roots
    with pytest.raises(Incomplete, match="trust sheet"):
        audit.replay(board.files.get, trust.decode(sheet(board.records[0], roots, **{word: [] for word in words})))


@pytest.mark.parametrize(
    "vector",
    [vector for vector in replay.load()["rejected"] if vector["name"] in ("a false s1 of north", "a leaf twice")],
    ids=lambda vector: vector["name"],
)
def test_who_acts_refuses_a_log_with_a_void_record(vector: dict[str, object]) -> None:
    made = replay.Replay(replay.load(), vector)
    files = publish(made.records, made.blobs)
    with pytest.raises(Rejected) as caught:
        audit.replay(files.get, trust.decode(sheet(made.records[0], made.roots)))
    assert caught.value.id == vector["expect"]


def test_findings_do_not_reject() -> None:
    complained = next(odd for odd in ODD if "cheats" in odd.name)
    held = hold(complained)
    report = copies.published(held.records, held.blobs)
    assert (report.verdict, report.exit) == ("accepted with findings", 0)
    assert [(line.id, str(line.where)) for line in report.findings] == [("KEY.7", "record 14")]
    assert "trustee 1 dealt a share that does not hold" in str(report.findings[0].detail)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((0, 0, 0, 0), "accepted"),
        ((0, 0, 0, 2), "accepted with findings"),
        ((0, 0, 1, 2), "could not be checked"),
        ((0, 1, 0, 0), "could not be checked"),
        ((1, 1, 1, 1), "rejected"),
    ],
)
def test_verdicts(counts: tuple[int, int, int, int], said: str) -> None:
    assert verdict(*counts) == said


@given(st.integers(0, 53), st.binary(max_size=40), st.integers(0), st.integers(0, 9))
def test_whatever_stands_on_a_log_the_audit_ends_with_a_report(index: int, data: bytes, at: int, cut: int) -> None:
    board = boards.honest()
    raw = board.records[index]
    at %= len(raw)
    records = [*board.records]
    records[index] = raw[:at] + data + raw[at + cut :]
    files = publish(records, {}) | {name: data for name, data in board.files.items() if name.startswith("blobs")}
    report = copies.audit(files, board.sheet)
    unknown = index == 0 and b'"spec":"aikyn/1"' not in records[0]  # a log of another version is not judged
    assert report.exit in ({1, 2} if unknown else {1} if records != board.records else {0})


def test_what_the_witnesses_leave_open_is_a_finding() -> None:
    """Seen first before the certificates expired, next after that: nobody can tell on which side one signed."""
    board = boards.seen(boards.honest(), boards.EXPIRED - 1, boards.EXPIRED - 1, file="checkpoints/0")
    for file in ("checkpoints/1", "checkpoint"):
        board = boards.seen(board, boards.EXPIRED + 1, boards.EXPIRED + 1, file=file)
    report = boards.audit(board)
    assert (report.verdict, report.exit) == ("accepted with findings", 0)
    assert {line.id for line in report.findings} == {"CRT.5"}
    assert [str(line.where) for line in report.findings] == [f"record {n}" for n in (30, 31, 42, 43, 46, 47, 57, 58)]
    board = boards.seen(
        boards.seen(board, boards.EXPIRED, boards.EXPIRED, file="checkpoints/1"), NOW, NOW, file="checkpoint"
    )
    assert boards.audit(board).verdict == "accepted"
