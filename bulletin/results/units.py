"""What the page of a unit shows: scanner, hand and copies side by side, ratios, versions, what disagrees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bulletin.results.counts import standing
from bulletin.results.edition import Edition, Span
from verifier.paper.papers import (
    NONE,
    Appeal,
    Attestation,
    Decision,
    Effective,
    Observation,
    Of,
    Reason,
)
from verifier.paper.plan import VOTES, ControlRatio, Form, PlanContest, Unit
from verifier.paper.standing import Figures, Papers
from verifier.rule import Finding


class Compared(NamedTuple):
    """A line of a form, or an option where that is ""; of the copies each number and how many have it."""

    form: str
    key: str
    scanner: int | None
    hand: int | None
    copies: tuple[tuple[int, int], ...]

    @property
    def unlike(self) -> bool:
        """Whether two numbers of the row differ."""
        return (
            len({number for number in (self.scanner, self.hand, *(n for n, _ in self.copies)) if number is not None})
            > 1
        )


class CopyShown(NamedTuple):
    """An observer's copy: who has it, what it is a copy of (a version's number, 0 if that is not known)."""

    observer: str
    organisation: str
    record: int
    span: Span
    copy: int
    version: int
    stamped: bool
    refused: bool
    held: int


class RatioSide(NamedTuple):
    """One side of a ratio with its numbers: factor, line and amount of each term."""

    terms: tuple[tuple[int, str, int], ...]
    amount: int


class RatioShown(NamedTuple):
    """A control ratio with the numbers put in; `why` is the commission's explanation if it has given one."""

    id: str
    form: str
    relation: str
    left: RatioSide
    right: RatioSide
    holds: bool
    why: str


class MemberSigned(NamedTuple):
    """A member who signed, and when that was seen."""

    member: str
    role: str
    record: int
    span: Span


class Issue(NamedTuple):
    """A version of a paper: from which record on it stood, what it says, what the one before said."""

    form: str
    contest: str
    number: int
    leaf: bytes
    record: int
    span: Span
    held: int
    reason: Reason
    present: int
    signers: tuple[MemberSigned, ...]
    typed: tuple[str, ...]
    dissent: tuple[tuple[str, str], ...]
    explains: tuple[tuple[str, str], ...]
    photos: tuple[bytes, ...]
    lines: Mapping[str, int]
    votes: tuple[int, ...]
    before: tuple[Mapping[str, int], tuple[int, ...]] | None
    after: int


class RaceShown(NamedTuple):
    """A contest at a unit; the forms are "" where the unit signs none."""

    contest: str
    preliminary: str
    official: str
    standings: tuple[str, str]
    void: bool
    rows: tuple[Compared, ...]
    copies: tuple[CopyShown, ...]
    ratios: tuple[RatioShown, ...]


class UnitSheet(NamedTuple):
    """All that is known of a unit's own papers; `rests` is the newest record that it shows."""

    unit: str
    path: tuple[str, ...]
    races: tuple[RaceShown, ...]
    issues: tuple[Issue, ...]
    findings: tuple[Finding, ...]
    decided: tuple[Effective[Decision], ...]
    appeals: tuple[Effective[Appeal], ...]
    attested: tuple[Effective[Attestation], ...]
    rests: int
    span: Span


class Desk(NamedTuple):
    """What concerns each unit, gathered once for all pages."""

    issues: dict[str, list[Of]]
    copies: dict[tuple[str, str], list[Effective[Observation]]]
    findings: dict[str, list[Finding]]
    decided: dict[str, list[Effective[Decision]]]
    appeals: dict[str, list[Effective[Appeal]]]
    attested: dict[str, list[Effective[Attestation]]]
    void: dict[str, set[str]]


def gather(state: Papers, findings: Iterable[Finding]) -> Desk:
    """Sort papers, copies, findings and decisions by the unit that they are about."""
    desk = Desk({}, {}, {}, {}, {}, {}, {race: state.annulled(race) for race in state.races})
    for of in state.versions:
        desk.issues.setdefault(of.unit, []).append(of)
    for noted in state.observed:
        desk.copies.setdefault((noted.record.unit, noted.record.contest), []).append(noted)
    for finding in findings:
        desk.findings.setdefault(finding.where.unit, []).append(finding)
    for decided in state.decisions():
        about = {state.owners[leaf] for leaf in decided.record.about if leaf in state.owners}
        for unit in dict.fromkeys((*decided.record.units, *sorted(about))):
            desk.decided.setdefault(unit, []).append(decided)
    for appeal in state.appeals:
        about = {state.owners[leaf] for leaf in appeal.record.about if leaf in state.owners}
        for unit in dict.fromkeys((appeal.record.commission, *sorted(about))):
            desk.appeals.setdefault(unit, []).append(appeal)
    for one in state.attested:
        desk.attested.setdefault(one.record.commission, []).append(one)
    return desk


def show_unit(edition: Edition, desk: Desk, unit: Unit) -> UnitSheet:
    """The page of one unit, except for what is beneath it."""
    state = edition.state
    issues = tuple(_order(issue for of in desk.issues.get(unit.id, ()) for issue in _issues(edition, of)))
    races = tuple(_show_race(edition, desk, unit, state.races[contest]) for contest in unit.contests)
    decided, appeals = tuple(desk.decided.get(unit.id, ())), tuple(desk.appeals.get(unit.id, ()))
    attested, findings = tuple(desk.attested.get(unit.id, ())), tuple(desk.findings.get(unit.id, ()))
    shown = [issue.record for issue in issues] + [copy.record for race in races for copy in race.copies]
    shown += [*(one.since for one in decided), *(one.since for one in appeals), *(one.since for one in attested)]
    rests = max(shown, default=-1)
    span = edition.span(rests) if rests >= 0 else Span(None, None)
    path = tuple(_above(state, unit.id))
    return UnitSheet(unit.id, path, races, issues, findings, decided, appeals, attested, rests, span)


def forms_of(state: Papers, unit: Unit) -> tuple[str, str]:
    """The unit's preliminary form and the one of its official return, "" where there is none."""
    own = [form for form in state.returns(unit.level) if form.electronic == unit.electronic]
    scanners = [
        form
        for form in state.forms.values()
        if form.stage == "preliminary" and form.votes and (form.level, form.electronic) == (unit.level, unit.electronic)
    ]
    return scanners[0].id if scanners else "", own[0].id if own else ""


def spell(ratio: ControlRatio, form: Form, found: Figures, *, holds: bool) -> RatioShown:
    """The ratio with the figures put in, in the order in which the form prints them; the judge says if it holds."""
    order = [*(line.key for line in form.lines), VOTES]
    sides = []
    for side in (ratio.left, ratio.right):
        terms = tuple(
            (side[key], key, sum(found.votes) if key == VOTES else found.lines[key]) for key in order if key in side
        )
        sides.append(RatioSide(terms, sum(factor * amount for factor, _, amount in terms)))
    left, right = sides
    explains = found.paper.explains if found.paper else ()
    why = next((one.text for one in explains if one.ratio == ratio.id), "")
    return RatioShown(ratio.id, ratio.form, ratio.relation, left, right, holds, why)


def _above(state: Papers, unit: str) -> Iterator[str]:
    """The units above, from the top down."""
    over = state.units[unit].above
    if over:
        yield from _above(state, over)
        yield over


def _order(issues: Iterable[Issue]) -> list[Issue]:
    return sorted(issues, key=lambda issue: (issue.record, issue.form, issue.contest))


def _issues(edition: Edition, of: Of) -> Iterator[Issue]:
    state, before = edition.state, None
    history = state.versions[of]
    for number, (leaf, _, since, paper) in enumerate(history, 1):
        yield Issue(
            of.form,
            of.contest,
            number,
            leaf,
            since,
            edition.span(since),
            paper.held,
            paper.reason,
            len(paper.present),
            tuple(_signers(edition, paper.commission, leaf)),
            paper.typed,
            tuple((one.member, one.text) for one in paper.dissent),
            tuple((one.ratio, one.text) for one in paper.explains),
            tuple(photo.sha256 for photo in paper.photos),
            paper.lines,
            paper.votes,
            before,
            len(history) - number,
        )
        before = paper.lines, paper.votes


def _signers(edition: Edition, unit: str, leaf: bytes) -> Iterator[MemberSigned]:
    pending = edition.state.pending.get(leaf)
    for signer in pending.signers if pending else ():
        role = edition.state.signed(unit, signer).role
        yield MemberSigned(signer.member, role, signer.position, edition.span(signer.position))


def _show_race(edition: Edition, desk: Desk, unit: Unit, race: PlanContest) -> RaceShown:
    state = edition.state
    scanner_form, hand_form = forms_of(state, unit)
    scanner, hand = (state.figures(Of(unit.id, race.id, form)) if form else None for form in (scanner_form, hand_form))
    noted = [one for one in desk.copies.get((unit.id, race.id), ()) if one.record.form == hand_form]
    given = [one.record for one in noted if not one.record.refused]
    pairs = _paired(edition, scanner_form, hand_form)
    rows = tuple(_compare(state, race, scanner_form, hand_form, scanner, hand, given, pairs))
    standings = tuple(standing(state, found) if found else "" for found in (scanner, hand))
    failing = {one.where for one in desk.findings.get(unit.id, ()) if one.id == "PRT.10"}
    return RaceShown(
        race.id,
        scanner_form,
        hand_form,
        (standings[0], standings[1]),
        unit.id in desk.void[race.id],
        rows,
        tuple(_show_copy(edition, one) for one in noted),
        tuple(
            spell(ratio, state.forms[ratio.form], found, holds=found.place(ratio.id) not in failing)
            for found in (hand, scanner)
            if found
            for ratio in edition.plan.ratios
            if ratio.form == found.of.form
        ),
    )


def _paired(edition: Edition, scanner: str, hand: str) -> dict[str, str]:
    """The scanner's key of each line of the hand's, where the plan matches them by other names."""
    pairs: dict[str, str] = {}
    for match in edition.plan.matches:
        if match.forms == (scanner, hand):
            pairs |= {other: one for one, other in match.pairs}
        elif match.forms == (hand, scanner):
            pairs |= dict(match.pairs)
    return pairs


def _compare(
    state: Papers,
    race: PlanContest,
    scanner_form: str,
    hand_form: str,
    scanner: Figures | None,
    hand: Figures | None,
    copies: Sequence[Observation],
    pairs: Mapping[str, str],
) -> Iterator[Compared]:
    """The rows: the lines of the hand's form, those that only the scanner has, the options."""
    keys = [(line.key, pairs.get(line.key, line.key)) for line in state.forms[hand_form].lines] if hand_form else []
    theirs = [line.key for line in state.forms[scanner_form].lines] if scanner_form else []
    keys += [("", key) for key in theirs if key not in {scanned for _, scanned in keys}]
    for key, scanned in keys:
        one = scanner.lines.get(scanned) if scanner and scanned in theirs else None
        other = hand.lines.get(key) if hand and key else None
        named = (hand_form, key) if key else (scanner_form, scanned)
        yield Compared(*named, one, other, _tally(copy.lines.get(key) for copy in copies))
    for number, option in enumerate(race.options):
        one, other = (found.votes[number] if found and found.votes else None for found in (scanner, hand))
        seen = _tally(copy.votes[number] if copy.votes else None for copy in copies)
        yield Compared("", option.id, one, other, seen)


def _tally(numbers: Iterable[int | None]) -> tuple[tuple[int, int], ...]:
    seen: dict[int, int] = {}
    for number in numbers:
        if number is not None:
            seen[number] = seen.get(number, 0) + 1
    return tuple(seen.items())


def _show_copy(edition: Edition, noted: Effective[Observation]) -> CopyShown:
    state, record = edition.state, noted.record
    history = state.versions.get(Of(record.unit, record.contest, record.form), ())
    version = next((n for n, one in enumerate(history, 1) if one.leaf == record.of and record.of != NONE), 0)
    observer = state.observers.get(record.observer)
    return CopyShown(
        record.observer,
        observer.organisation if observer else "",
        noted.since,
        edition.span(noted.since),
        record.copy,
        version,
        record.stamped,
        record.refused,
        record.held,
    )
