"""Elections on paper in which a few things are bent at random: figures, versions, decisions, copies, sums, results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tests.corpus.decisions import decision
from tests.corpus.papers import TYPING, PaperLiar
from tests.support.papers import EVENING, RACE
from tests.support.returns import MAYOR, NIGHT, PRECINCTS, PaperElection, counted, made
from verifier import fold
from verifier.commission.roster import Signature
from verifier.errors import Rejected
from verifier.paper.papers import (
    NONE,
    Appeal,
    Attestation,
    Dissent,
    Explanation,
    Of,
    PaperBatch,
    Reason,
    Typed,
    TypedPapers,
)
from verifier.records import encode
from verifier.rules import CODEC

if TYPE_CHECKING:
    from random import Random

    from verifier.paper.papers import Paper

TERRITORIES = ("tec-1", "tec-2")
ACTS = ("act-unused", "list-totals", "aeu", "protocol", "meeting", "copies")
EVERYWHERE = (*PRECINCTS, *TERRITORIES, "cec")


class Bender(PaperLiar):
    """Somebody with every key, who goes on from the first records of an election and bends what comes to mind."""

    def __init__(self, whole: PaperElection, size: int, random: Random) -> None:
        self.refused: list[tuple[str, int]] = []
        super().__init__(whole, size)
        self.random, self.later = random, whole.later

    def write(self, raw: bytes) -> bytes:
        """Put it on the log, and note if it is void."""
        try:
            fold.prepare(self.state, len(self.records), raw, self.blobs.get)
        except Rejected as error:
            self.refused.append((error.id, len(self.records)))
        return super().write(raw)

    def bend(self) -> None:
        """One thing."""
        self.random.choice(
            (
                self.bend_paper,
                self.bend_paper,
                self.bend_signing,
                self.decide,
                self.decide,
                self.enter,
                self.watch,
                self.complain,
                self.bend_sum,
                self.take_in_some,
                self.declare,
                self.attest,
            )
        )()

    def begin(self, rest: list[bytes], lacking: str) -> None:
        """Go on with these records, as if a precinct had not reported."""
        for raw in rest:
            record = CODEC.decode(raw)
            left_out = isinstance(record, Signature) and record.record not in self.state.pending
            if not left_out and not (lacking and f'"commission":"{lacking}"'.encode() in raw):
                self.write(raw)

    def versioned(self, unit: str, form: str, contest: str) -> Paper:
        """The version in force once more, as a new version; or a first one."""
        held = EVENING + self.random.choice((0, 900, len(self.records)))
        history = self.state.versions.get(Of(unit, contest, form))
        if history:
            return replace(history[-1].paper, supersedes=history[-1].leaf, reason=TYPING, held=held)
        lines = {line.key: 1 for line in self.state.forms[form].lines}
        votes: tuple[int, ...] = ()
        if form == "protocol":
            lines, votes = counted(unit)
            votes = votes if contest == RACE else votes[:2]
        elif form == "aeu":
            votes = counted(unit)[1][: 4 if contest == RACE else 2]
        return made(unit, form, lines, votes, contest=contest, held=held)

    def bent(self) -> Paper:
        """A paper of a precinct with other figures, or with the same."""
        choice = self.random.choice
        unit, form = choice(PRECINCTS), choice(ACTS)
        contest = RACE if form in {"aeu", "protocol"} else ""
        contest = choice((RACE, MAYOR)) if contest and unit == "p-5" else contest
        paper = self.versioned(unit, form, contest)
        lines, votes = dict(paper.lines), list(paper.votes)
        for key in self.random.sample(sorted(lines), choice((0, 1, 1, 2)) if len(lines) > 1 else 1):
            lines[key] = max(0, lines[key] + choice((-1, 0, 1, 7, -50)))
        if votes and self.random.random() < 0.5:
            first = self.random.randrange(len(votes) - 1)
            votes[first], votes[first + 1] = votes[first + 1], votes[first]
        elif votes and self.random.random() < 0.5:
            votes[0] += choice((-300, -1, 2, 40))
        return replace(paper, lines=lines, votes=tuple(max(0, number) for number in votes))

    def bend_paper(self) -> None:
        self.file(self.bent())

    def bend_signing(self) -> None:
        """Who signs, who typed, who dissents, what is explained."""
        choice, paper = self.random.choice, self.bent()
        ids = [person.member.id for person in self.seated[paper.commission].people]
        paper = replace(
            paper,
            present=tuple(ids),
            typed=tuple(choice(([ids[0], ids[0]], [], ids[:2]))),
            dissent=choice(((), (Dissent(ids[0], "no"),))),
            explains=choice(((), (Explanation("C3", "more were delivered"),), (Explanation("C1", "counted twice"),))),
        )
        self.file(paper, choice((("1", "2"), ("1", "2", "3"), ("2", "3"), ("1",))))

    def decide(self) -> None:
        """A decision, or one that revokes another."""
        state = self.state
        standing = [one for one in state.decided if one.leaf not in state.revoked]
        if standing and self.random.random() < 0.5:
            former = self.random.choice(standing)
            what = "restore" if former.record.what in {"annul", "strike", "withdraw"} else "dismiss"
            if what in state.planned.may:
                units, contest = former.record.units, former.record.contest
                self.enact_by(decision("cec", what, units, contest=contest, revokes=former.leaf), "cec", 2)
            return
        choice = self.random.choice
        what = choice(("annul", "annul", "recount", "strike", "amend"))
        by = "tec-1" if what == "recount" else choice(("cec", "cec", "tec-1")) if what == "annul" else "cec"
        units = tuple(self.random.sample(("p-1", "p-2", "p-3"), choice((0, 1, 1, 2))))
        option = choice(("anar", "bolot")) if what == "strike" else ""
        contest = choice(("", RACE)) if what == "annul" else "" if what == "amend" else RACE
        changes: dict[str, Any] = {}
        if what == "amend":
            changes = {"duty": "B5", "until": NIGHT + choice((100, 7_200))}
        basis = f"the {len(state.decided)}th"
        self.enact_by(decision(by, what, units, contest=contest, option=option, basis=basis, **changes), by, 2)

    def enter(self) -> None:
        """Figures of a precinct that its territory enters."""
        unit, form = self.random.choice(PRECINCTS), self.random.choice(("aeu", "protocol"))
        paper = self.versioned(unit, form, RACE)
        above = self.state.units[unit].above
        typed = Typed(unit, RACE, paper.lines, paper.votes)
        blob = self.put(encode(TypedPapers((typed,))))
        source = f"a call, the {len(self.records)}th"
        self.enact_by(PaperBatch(above, form, source, 1, blob), above, 2)

    def watch(self) -> None:
        """An observer's copy, or a refusal."""
        choice, unit = self.random.choice, self.random.choice(PRECINCTS)
        history = self.state.versions.get(Of(unit, RACE, "protocol"), [])
        if not history:
            return
        paper, watcher = choice(history).paper, choice((0, 1)) if unit == "p-1" else 0
        votes = (paper.votes[0] + choice((0, 0, 1)), *paper.votes[1:])
        refused = choice((False, False, True))
        shown = {} if refused else paper.lines
        copy = self.observe(
            unit,
            observer=("kloop", "school")[watcher],
            lines=shown,
            votes=() if refused else votes,
            of=choice((NONE, history[0].leaf, history[-1].leaf)),
            copy=len(self.records),
            stamped=choice((True, False)),
            refused=refused,
        )
        self.post(self.watched(copy, watcher))

    def complain(self) -> None:
        """A complaint, with or without an answer, or an answer that names what was ordered."""
        choice, unit = self.random.choice, self.random.choice(EVERYWHERE)
        by = self.enact_by(Appeal(unit, (), "voter", bytes(32), str(len(self.records)), EVENING, "", b""), unit)
        if choice((True, False)):
            self.enact_by(decision("cec", "annul", (), about=(by,), basis=f"answer {len(self.records)}"), "cec", 2)
        orders = [one for one in self.state.decided if one.record.what == "recount"]
        if orders:
            order = choice(orders)
            named = replace(self.versioned("tec-1", "protocol-tec", RACE), parts=(order.leaf,)) if self.summed else None
            anew = replace(self.versioned("p-1", "protocol", RACE), reason=Reason("recount", ""))
            self.file(choice((named, anew)) or anew)

    @property
    def summed(self) -> bool:
        return Of("tec-1", RACE, "protocol-tec") in self.state.versions

    def bend_sum(self) -> None:
        """A sum, with a line, an option, or a row that is not right."""
        choice, unit = self.random.choice, self.random.choice((*TERRITORIES, "cec"))
        form = "protocol-cec" if unit == "cec" else "protocol-tec"
        table = self.table(unit, form)
        rows = list(table.rows)
        number = self.random.randrange(len(rows))
        if rows[number].votes and self.random.random() < 0.5:
            row = rows[number]
            rows[number] = choice(
                (
                    replace(row, votes=(row.votes[0] + 5, *row.votes[1:])),
                    replace(row, lines=dict(row.lines) | {"invalid": row.lines["invalid"] + 1}),
                    replace(row, lines={}, votes=(), paper=NONE),
                    replace(row, paper=bytes(31) + b"\1"),
                )
            )
        paper = self.sum_up(unit, form, table=self.put(encode(replace(table, rows=tuple(rows)))))
        lines = dict(paper.lines)
        key = choice(sorted(lines))
        lines[key] = max(0, lines[key] + choice((0, 0, 3)))
        votes = (paper.votes[0] + choice((0, 0, 1)), *paper.votes[1:]) if paper.votes else (0, 0, 0, 0)
        reason = TYPING if paper.supersedes != NONE else paper.reason
        self.file(replace(paper, lines=lines, votes=votes, reason=reason, held=EVENING + len(self.records)))

    def take_in_some(self) -> None:
        self.post(self.take_in(bytes([len(self.records) % 256]) * 32, bytes(32)))

    def declare(self) -> None:
        """A result, which may be wrong."""
        choice = self.random.choice
        if any(not row.votes for row in self.table("cec", "protocol-cec").rows):
            return
        on = (self.head("cec", "protocol-cec"),)
        plain = self.result(*(on if on != (NONE,) else ()))
        options = choice((("anar",), ("anar",), ("bolot",), ("anar", "bolot")))
        shares = choice((plain.shares, (plain.shares[0] + choice((1, 2)), *plain.shares[1:])))
        outcome = choice(("elected", "elected", "second round", "failed"))
        lots = choice(((), (), on if on != (NONE,) else ()))
        self.enact_by(replace(plain, options=options, shares=shares, outcome=outcome, lots=lots), "cec", 2)

    def attest(self) -> None:
        duty, unit = self.random.choice((("B11", self.random.choice(PRECINCTS)), ("B23", "cec"), ("B27", "cec")))
        digest = self.random.choice((b"", bytes(32), bytes(31)))
        address = self.random.choice(("", "https://shailoo.example"))
        held = EVENING + len(self.records)
        self.enact_by(Attestation(unit, duty, held, (), address, digest, "", "", b""), unit)
