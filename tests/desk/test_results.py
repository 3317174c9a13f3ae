"""Announced figures beside recounted ones, wherever both can be had (specs/verification.md §3.7)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.corpus.shares import share
from tests.corpus.twin import Liar, bent, honest, phases, with_scalar
from tests.support import copies
from tests.support.desk import SHEET, files
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.desk.report.language import LANGUAGES, words
from verifier.desk.report.report import compose
from verifier.desk.report.results import Recount
from verifier.desk.report.section import ContestResult, Mark, Paragraph
from verifier.desk.report.telling import tell, tell_briefly
from verifier.election.counting import Freeze
from verifier.election.tally import Count, Tally, Votes
from verifier.log.reading import blob_path
from verifier.records import Blob
from verifier.rules import CODEC

if TYPE_CHECKING:
    from verifier.desk.report.report import Report


def judged(liar: Liar, **left_out: bytes) -> Report:
    """The report of the liar's log, from which some blobs may be missing."""
    held = files(liar)
    for digest in left_out.values():
        held.pop(blob_path(digest))
    return compose(Audit(held.get, trust.decode(SHEET)).run(), held.get)


def tally_of(made: Any) -> Tally:
    return next(record for raw in made.records if isinstance(record := CODEC.decode(raw), Tally))


def swapped(count: Count) -> Count:
    """The count with the votes of its strongest and its weakest option exchanged."""
    most = max(count.votes, key=lambda votes: votes.count)
    least = min(count.votes, key=lambda votes: votes.count)
    assert most.count != least.count
    given = {most.option: least.count, least.option: most.count}
    return msgspec.structs.replace(
        count, votes=tuple(Votes(votes.option, given.get(votes.option, votes.count)) for votes in count.votes)
    )


@cache
def false_tally() -> Liar:
    """The honest election with two lines of the tally's first contest swapped."""
    liar = Liar(honest(), phases()["decrypting"])
    liar.decrypt()
    lie(liar)
    return liar


def lie(liar: Liar) -> None:
    true = tally_of(honest())
    liar.lie(msgspec.structs.replace(true, contests=(swapped(true.contests[0]), *true.contests[1:])))


def test_of_a_certified_tally_the_audit_has_recounted_the_figures() -> None:
    """F7: of a certified tally the audit has recounted the figures."""
    report = copies.audit(files(honest()), SHEET)
    assert report.announced == "certified"
    for result in report.results:
        figures = (result.counted, result.valid, result.invalid, result.votes)
        assert result.recounted == Recount("audit", *figures)
        assert not result.differs


def test_a_false_tally_stands_beside_the_count_of_the_shares() -> None:
    """F7: a false tally stands beside the count of the shares."""
    report, true = judged(false_tally()), copies.audit(files(honest()), SHEET)
    assert "TAL.5" in {line.id for line in report.failures}
    assert report.announced == "void"
    for result, right in zip(report.results, true.results, strict=True):
        assert result.recounted is not None
        assert result.recounted == msgspec.structs.replace(right.recounted, source="shares")  # type: ignore[type-var]
        assert result.differs == (result.votes != right.votes)
    assert [result.differs for result in report.results] == [True, *[False] * (len(report.results) - 1)]


def test_where_a_share_is_false_the_published_plaintexts_are_counted() -> None:
    """F7: where a share is false the published plaintexts are counted."""
    liar = Liar(honest(), phases()["decrypting"])
    liar.decrypt()
    third = share(liar)
    liar.post(liar.trustees[2].sign(bent(third, proof=with_scalar(third.proof, 2)), liar.digest))
    lie(liar)
    report, sure = judged(liar), judged(false_tally())
    assert {"DEC.4", "TAL.5"} <= {line.id for line in report.failures}
    sources = {result.recounted.source for result in report.results if result.recounted}
    assert sources == {"plaintexts"}
    again = [
        result.recounted and msgspec.structs.replace(result.recounted, source="shares") for result in report.results
    ]
    assert again == [result.recounted for result in sure.results]


def test_a_dropped_ballot_is_seen_in_the_counted_set() -> None:
    """F7: a dropped ballot is seen in the counted set."""
    liar = Liar(honest(), phases()["closed"])
    freeze = next(record for raw in honest().records if isinstance(record := CODEC.decode(raw), Freeze))
    first, *others = freeze.contests
    trackers = honest().blobs[first.blob.sha256][32:]
    short = msgspec.structs.replace(first, count=first.count - 1, blob=Blob.of(trackers))
    liar.blobs[Blob.of(trackers).sha256] = trackers
    liar.enact_lie(bent(freeze, contests=(short, *others)))
    true = tally_of(honest())
    contest = next(count for count in true.contests if count.contest == first.contest)
    fewer = msgspec.structs.replace(contest, counted=contest.counted - 1)
    liar.lie(
        msgspec.structs.replace(true, contests=tuple(fewer if each is contest else each for each in true.contests))
    )
    report = judged(liar)
    assert (report.announced, report.phase) == ("void", "closed")
    [result] = [each for each in report.results if each.contest == first.contest]
    assert result.recounted is not None
    assert (result.counted, result.recounted.counted) == (first.count - 1, first.count)
    assert result.recounted.source == "plaintexts"
    lost = judged(liar, plaintexts=contest.plaintexts.sha256)
    assert [each.recounted for each in lost.results if each.contest == first.contest] == [None]


def test_a_tally_that_waits_for_its_signatures_is_announced_as_such() -> None:
    """F7: a tally that waits for its signatures is announced as such."""
    unsigned = Liar(honest(), len(honest().records) - 1)
    report = judged(unsigned)
    assert (report.verdict, report.announced, report.phase) == ("accepted", "awaiting", "tallied")
    assert report.results == copies.audit(files(honest()), SHEET).results
    assert judged(Liar(honest(), phases()["voting"])).announced == "none"


def test_without_the_copy_a_void_tally_is_not_looked_for() -> None:
    report = compose(Audit(files(false_tally()).get, trust.decode(SHEET)).run())
    assert (report.announced, report.results) == ("none", ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_differs_is_marked_and_a_screen_shows_nothing_else(language: Any) -> None:
    """F7: what differs is marked and a screen shows nothing else."""
    report, w = judged(false_tally()), words(language)
    whole, brief = (
        next(section for section in told.sections if section.id == "results").parts
        for told in (tell(report, language), tell_briefly(report, language))
    )
    assert [type(part) for part in whole] == [ContestResult] * len(report.results) + [Paragraph] * len(report.withheld)
    assert [type(part) for part in brief][:2] == [ContestResult, Paragraph]
    for part in (whole[0], brief[0]):
        assert isinstance(part, ContestResult)
        assert part.table.heads[1:3] == (w["columns.announced"], w["columns.recounted"])
        assert part.note == w["results.shares"]
        rows = part.table.groups[0][1]
        assert sum(isinstance(row[2], Mark) for row in rows) == 2
        assert len(rows) == (2 if part is brief[0] else len(report.results[0].votes))
    assert isinstance(brief[1], Paragraph)
    assert w["results.agree"].format(title="", counted="", valid="")[-20:] == brief[1].text[-20:]
