"""The electronic pilot and its paper precincts on one log: what e-voters cast joins the sums as a unit."""

from __future__ import annotations

from msgspec.structs import replace

from tests.support.elections import Election
from tests.support.papers import PLAN, RACE
from tests.support.returns import PRECINCTS, UNDATED, PaperElection, made
from verifier.election.manifest import Contest, Style
from verifier.log.tree import hash_leaf
from verifier.paper.papers import Paper
from verifier.records import encode

JOINED = replace(PLAN, duties=UNDATED, offline=2**40)
OVERRIDDEN = 1
CHOICES = ([1], [1], [2], [4], [3])


class JoinedElection(PaperElection):
    """An election in which one precinct has e-voters."""

    def __init__(self) -> None:
        super().__init__(JOINED)
        options = JOINED.contests[0].options
        contest = Contest(RACE, JOINED.contests[0].title, options, 0, 1, 1)
        self.contests, self.precinct = (contest,), self.seated["p-1"]
        self.registrars = {RACE: self.precinct}
        self.manifest = replace(
            self.manifest,
            contests=self.contests,
            styles=(Style(RACE, (RACE,)),),
            trustees=tuple(trustee.public for trustee in self.trustees),
            mixers=tuple(mixer.public for mixer in self.mixers),
            threshold=2,
            least_trustees=2,
            mixes=1,
            commissions=tuple(self.seated[id].commission for id in ("cec", "tec-1", "p-1")),
            roster=hash_leaf(encode(self.central.roster)),
        )

    def vote_electronically(self) -> JoinedElection:
        """From the ceremony to the tally; one e-voter has voted on paper."""
        self.hold_ceremony().register(len(CHOICES))
        for voter, choice in enumerate(CHOICES):
            self.vote(voter, choice)
        Election.close(self.override([0]))
        self.mix().decrypt().tally()
        return self

    def report_electronic(self, **lines: int) -> Paper:
        """What the electronic unit signs: the verified tally."""
        assert self.state.result is not None
        count = self.state.result.contests[0]
        stated = {"e-listed": len(CHOICES), "e-overridden": OVERRIDDEN, "e-counted": count.counted}
        stated |= {"invalid": count.invalid, "valid": count.valid}
        votes = tuple(each.count for each in count.votes)
        return made("e-1", "e-protocol", stated | {key.replace("_", "-"): n for key, n in lines.items()}, votes)


def joined(on_paper: int = OVERRIDDEN, **electronic: int) -> JoinedElection:
    """The whole election; with so many e-voters on the first precinct's list, other figures of the electronic unit."""
    election = JoinedElection()
    election.set_up()
    election.vote_electronically()
    election.accredit()
    election.on_paper["p-1"] = on_paper
    for unit in PRECINCTS:
        election.report(unit)
    election.file(election.report_electronic(**electronic))
    election.conclude()
    return election
