"""One reading of the pages: where two verifiers disagreed, or one party could do too much, the corpus decides."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import Any

import pytest

from tests.corpus import boards, replay
from tests.support.house import HOUSE, read_vectors
from verifier.errors import Malformed
from verifier.log import policy
from verifier.log.reading import blob_path

FILE = replay.load()


def refused(*names: str) -> None:
    """Each of these elections is rejected, by its clause at its place."""
    for name in names:
        replay.check_rejected(FILE, known("rejected", name))


def accepted(*names: str) -> None:
    """Nothing is wrong with these elections."""
    for name in names:
        replay.check_accepted(FILE, known("accepted", name))


def known(result: str, name: str) -> dict[str, Any]:
    """The file's election of this name."""
    return next(vector for vector in FILE[result] if vector["name"] == name)


def test_an_override_reaches_its_own_voters_only() -> None:
    """A3: whatever a commission signs; the register that lists a voter first says whose the voter is."""
    refused(
        "an override of another precincts voter",
        "an override of ones own and anothers voter",
        "an override by the commission above",
        "an override by whoever copied the key",
        "an override signed by another commission",
    )


def test_no_two_keys_that_a_line_could_mean_are_taken() -> None:
    """A5: a log's next key with a former one's id, and two keys of one name and id in a policy."""
    refused("a log key with a former keys id", "a log key that the log has already")
    twins = [
        one for one in read_vectors("policy")["policies"] if one["comment"].endswith("two keys of one name and id")
    ]
    assert len(twins) == 1
    with pytest.raises(Malformed, match="or another of its name and id"):
        policy.decode(twins[0]["policy"].encode())


def test_a_restart_begins_the_attempt_after_the_present_one() -> None:
    """B4: after a complaint that is the one after the next; whether anybody has pledged does not matter."""
    accepted("a restart of an attempt without a pledge", "a restart after a complaint to the attempt after the next")
    refused(
        "a restart of what a complaint has ended",
        "a restart of the present attempt",
        "a restart that skips an attempt",
    )


def test_the_form_of_a_code_stands_on_the_page() -> None:
    """E2: 4 to 16 of A-Z and 0-9, and nothing that resembles them."""
    refused(
        "a code of three letters",
        "a code of seventeen letters",
        "a code in small letters",
        "a code with another alphabets letter",
        "a code that ends with a line feed",
    )


def test_an_attempt_is_over_with_a_complaint_or_a_restart() -> None:
    """E5: and the next has begun; records of the one that is over come too late."""
    accepted("a dealer who cheats and another attempt", "a restart of an attempt without a pledge")
    refused(
        "an acknowledgement in a void attempt",
        "a pledge of the old attempt after a restart",
        "a pledge for the second attempt",
    )


@pytest.mark.parametrize("kind", ["register", "freeze", "mix", "share", "tally"])
def test_each_kind_says_when_its_blobs_are_needed(kind: str) -> None:
    """E6: when it is posted; those of a freeze at the signature that completes its quorum."""
    board = boards.honest()
    kinds = [json.loads(raw)["type"] for raw in board.records]
    index = kinds.index(kind)
    needed = kinds.index("mix") - 1 if kind == "freeze" else index
    digests = [bytes.fromhex(name[-64:]) for name in board.files if name.startswith("blobs")]
    first = {digest: next(n for n, raw in enumerate(board.records) if b64encode(digest) in raw) for digest in digests}
    named = [digest for digest in digests if first[digest] == index]
    assert named
    for digest in named:
        report = boards.audit(board, **{blob_path(digest): None})
        assert (report.exit, report.failures) == (2, ())
        assert [line.where.record for line in report.incomplete] == [needed]


def test_what_a_record_says_of_its_blobs_is_judged_without_them() -> None:
    """E6: a length or a count that no clause allows is false, though the file is missing."""
    refused("neither output nor proof", "no shares", "no plaintexts", "more credentials than a blob can list")


def test_a_log_key_is_signed_as_every_key_holders_record() -> None:
    """E10: one text, that of records §4.1; no other form of it is right."""
    refused(
        "a log key signed in a form of its own",
        "a log key signed by another than the old key",
        "a log key signed by the key before the last",
    )


def test_the_ceremony_is_in_no_contest() -> None:
    """E11: the contest of all its transcripts is empty, in the vectors too."""
    assert {vector["contest"] for vector in read_vectors("ceremony")["accepted"]} == {""}
    refused("a contribution proved in a contest")


def test_a_false_complaint_shows_nobodys_lie() -> None:
    """E12: where KEY.6 is false there is no finding KEY.7."""
    names = ("a complaint with a false secret", "a complaint with a false response")
    refused(*names)
    for name in names:
        report = replay.Replay(FILE, known("rejected", name)).audit()
        assert [line.id for line in report.findings] == []
    accepted("a trustee who complains of a share that holds")


def test_what_is_left_of_the_pages_is_said() -> None:
    """E14: a share of an empty contest breaks DEC.1, a signature of half its length CFG.4, options are a contest's."""
    refused("a share of an empty contest")
    accepted("options of two contests that have one id")
    broken = {vector["name"]: vector["expect"] for vector in read_vectors("records")["rejected"]}
    assert broken["half a signature of the operator"] == broken["half a signature of the log"] == "CFG.4"
    for page, said in {
        "certificates": "r and s, coded as",
        "records": "`telephone`, `origin`, `policy`, `path`, `type`, `prefix` and `csp` are",
        "decryption": "a share that is posted breaks `DEC.1`",
        "transcript": "`change` replaced",
        "ballot": "`vectors/choice.json`",
        "verification": "so a CR alone is refused too",
    }.items():
        text = (HOUSE / "specs" / f"{page}.md").read_text(encoding="utf-8")
        assert said in " ".join(text.split())


def test_the_fields_of_the_vectors_stand_on_the_page() -> None:
    """E14: of each kind of proof its fields, and no others."""
    page = (HOUSE / "specs" / "transcript.md").read_text(encoding="utf-8").partition("\n11. ")[2]
    common = {"name", "kind", "election", "manifest", "contest", "least", "most", "width", "options"}
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)
    listed = {kind: {*re.findall("`(\\w+)`", fields)} for kind, fields in rows}
    found: dict[str, set[str]] = {}
    for name in ("transcript", "ceremony", "choice", "ballot", "sealing", "shuffle", "decryption", "tally"):
        for vector in read_vectors(name)["accepted"]:
            found.setdefault(vector["kind"], set()).update(vector.keys() - common)
    assert {kind: fields - {"cast", "challenge"} for kind, fields in listed.items()} == found
