"""What the commissions' papers say to whoever signs them: every line with its printed number (specs/desk.md §2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from bulletin.office.objection import Objection
from bulletin.office.teller import Teller, grouped
from verifier.commission.certificate import Unfit, decode_member
from verifier.desk.report.language import Language, words
from verifier.errors import Malformed
from verifier.log.tree import hash_leaf
from verifier.paper.figures import judge_ratios
from verifier.paper.fitting import BATCH, TABLE
from verifier.paper.papers import (
    NONE,
    Accreditation,
    Appeal,
    Attestation,
    Decision,
    ElectionResult,
    Intake,
    Observation,
    Of,
    Paper,
    PaperBatch,
    Version,
)
from verifier.paper.plan import Form
from verifier.paper.standing import Judgement, Papers
from verifier.records import Blob, Record, encode
from verifier.rule import Finding

PERCENT = 100  # parts of the 10,000 that a share counts
SHOWN = 20  # units of a batch or a table in the text; the blob has all


def recite_paper(teller: Teller, it: Paper) -> Iterator[str]:
    """A paper: of what it is, what it follows, each figure, who was there, what does not hold."""
    form = _need_form(teller, it.form)
    former = teller.known.records.get(it.supersedes)
    yield teller.say("paper", form=teller.w.text(form.name), id=form.id, unit=teller.commission(it.commission))
    if it.contest:
        yield teller.say("in-contest", title=teller.title(it.contest))
    if it.supersedes == NONE:
        yield teller.say("first-version")
    else:
        yield teller.say("version", why=teller.w[f"cause.{it.reason.code}"], text=it.reason.text or "–")
        if not isinstance(former, Paper):
            yield teller.say("former-unknown", groups=grouped(it.supersedes))
    yield teller.say("held", moment=words(teller.w.language).moment(it.held))
    before = former if isinstance(former, Paper) else None
    yield from _recite_figures(teller, form, it, before)
    yield teller.say("present", members=", ".join(it.present) or "–", least=form.least)
    yield teller.say("typed", members=", ".join(it.typed) or "–")
    yield from (teller.say("dissent", member=one.member, text=one.text) for one in it.dissent)
    if it.parts or it.photos:
        yield teller.say("attached", parts=len(it.parts), photos=len(it.photos))
    if it.table is not UNSET:
        yield from _recite_table(teller, it)
    for finding in broken_ratios(teller, it):
        yield teller.say("broken", said=_said(finding, teller.w.language))
    yield from (teller.say("explained", ratio=one.ratio, text=one.text) for one in it.explains)


def broken_ratios(teller: Teller, it: Paper) -> list[Finding]:
    """The control ratios that this paper breaks by itself, as an auditor will find them (PRT.10)."""
    plan = teller.known.plan
    unit = next((unit for unit in plan.units if unit.id == it.commission), None) if plan else None
    if plan is None or unit is None:
        return []
    of = Of(it.commission, it.contest, it.form)
    alone, ratios = Papers(), tuple(one for one in plan.ratios if one.form == it.form)
    alone.adopt(replace(plan, units=(unit,), ratios=ratios))
    alone.versions[of] = [Version(NONE, 0, 0, it)]
    judgement = Judgement(alone, alone.planned)
    judge_ratios(judgement)
    return judgement.findings


def _said(finding: Finding, language: Language) -> str:
    said = words(language).detail(finding.detail)
    return said if isinstance(said, str) else said.quoted


def _recite_figures(teller: Teller, form: Form, it: Paper | Observation, before: Paper | None) -> Iterator[str]:
    """Each line with its number and name, each option; beside what has changed, what the version in force says."""
    for line in form.lines:
        was = before.lines.get(line.key) if before else None
        yield _figure(teller, f"{line.number}. {teller.w.text(line.name)}", it.lines.get(line.key), was)
    race = teller.race(it.contest)
    for place, option in enumerate(race.options if race and form.votes else ()):
        was = before.votes[place] if before else None
        yield _figure(teller, teller.w.text(option.name), it.votes[place] if place < len(it.votes) else None, was)
    if before:
        same = (before.lines, before.votes) == (it.lines, it.votes)
        yield teller.say("unchanged" if same else "changed-only")


def _figure(teller: Teller, name: str, number: int | None, was: int | None) -> str:
    shown = "–" if number is None else teller.w.number(number)
    if was is None or was == number:
        return teller.say("figure", name=name, number=shown)
    return teller.say("changed", name=name, number=shown, was=was)


def _recite_table(teller: Teller, it: Paper) -> Iterator[str]:
    assert it.table is not UNSET  # noqa: S101  asked by the caller
    rows = _decode(TABLE, teller.fetch(it.table), it.table).rows
    out = [row.unit for row in rows if row.paper == NONE and not row.lines]
    yield teller.say("rows", count=len(rows) - len(out), groups=grouped(it.table.sha256))
    entered = [row.unit for row in rows if row.paper == NONE and row.lines]
    for key, units in (("not-summed", out), ("entered-rows", entered)):
        if units:
            yield teller.say(key, units=_shown(teller, units))


def recite_batch(teller: Teller, it: PaperBatch) -> Iterator[str]:
    """Figures of units beneath, entered from above."""
    form = _need_form(teller, it.form)
    yield teller.say("batch", commission=teller.commission(it.commission), form=teller.w.text(form.name), id=form.id)
    yield teller.say("source", source=it.source, count=it.count)
    rows = _decode(BATCH, teller.fetch(it.blob), it.blob).papers
    if len(rows) != it.count:
        raise Objection("other-count", file=f"blobs/{it.blob.sha256.hex()}")
    for line in form.lines:
        total = sum(row.lines.get(line.key, 0) for row in rows)
        yield teller.say("figure", name=f"{line.number}. {teller.w.text(line.name)}", number=teller.w.number(total))
    yield teller.say("units", units=_shown(teller, [row.unit for row in rows]))
    yield teller.say("digest", groups=grouped(it.blob.sha256))


def recite_decision(teller: Teller, it: Decision) -> Iterator[str]:
    """What is decided, about whom, on which ground."""
    report = words(teller.w.language)
    what = report.name("rulings", it.what)
    yield teller.say("decision", commission=teller.commission(it.commission), what=what)
    if it.units:
        yield teller.say("units", units=_shown(teller, it.units))
    if it.contest:
        yield teller.say("in-contest", title=teller.title(it.contest))
    if it.option:
        yield teller.say("option", option=_option(teller, it.contest, it.option))
    if it.duty:
        yield teller.say("amended", duty=it.duty, moment=report.moment(it.until))
    if it.revokes != NONE:
        yield teller.say("revokes", groups=grouped(it.revokes))
    yield from (teller.say("about", groups=grouped(leaf)) for leaf in it.about)
    yield teller.say("basis", basis=it.basis)
    if it.blob is not UNSET:
        yield teller.say("digest", groups=grouped(it.blob.sha256))


def recite_appeal(teller: Teller, it: Appeal) -> Iterator[str]:
    """A complaint, whose text stays with the commission."""
    yield teller.say("appeal", commission=teller.commission(it.commission), number=it.number)
    moment = words(teller.w.language).moment(it.received)
    yield teller.say("received", by=teller.w[f"complainant.{it.by}"], moment=moment)
    yield from (teller.say("about", groups=grouped(leaf)) for leaf in it.about)
    yield teller.say("digest", groups=grouped(it.text))
    yield from _recite_observer(teller, it.observer)


def recite_attestation(teller: Teller, it: Attestation) -> Iterator[str]:
    """That a duty was done."""
    plan = teller.known.plan
    duty = next((duty for duty in plan.duties if duty.id == it.duty), None) if plan else None
    law = teller.w.text(duty.words) if duty else "–"
    yield teller.say("attestation", commission=teller.commission(it.commission), duty=it.duty, law=law)
    yield teller.say("held", moment=words(teller.w.language).moment(it.held))
    yield teller.say("shown", address=it.address or "–", note=it.note or "–", photos=len(it.photos))
    yield from _recite_observer(teller, it.observer)


def recite_observation(teller: Teller, it: Observation) -> Iterator[str]:
    """What a copy shows, or that none was given."""
    form = _need_form(teller, it.form)
    key = "refused-copy" if it.refused else "observation"
    yield teller.say(key, form=teller.w.text(form.name), id=form.id, unit=teller.commission(it.unit))
    if it.contest:
        yield teller.say("in-contest", title=teller.title(it.contest))
    yield teller.say("held", moment=words(teller.w.language).moment(it.held))
    if not it.refused:
        of = grouped(it.of) if it.of != NONE else teller.w["told.first-copied"]
        yield teller.say("copy", number=it.copy, stamp=teller.w["told.stamped" if it.stamped else "told.unstamped"])
        yield teller.say("copied", of=of)
        yield from _recite_figures(teller, form, it, None)
    yield teller.say("attached", parts=0, photos=len(it.photos))
    yield from _recite_observer(teller, it.observer)
    if not it.observer:
        yield teller.say("handed-in")


def recite_intake(teller: Teller, it: Intake) -> Iterator[str]:
    """How many copies were handed in without a key, and why some are not shown."""
    yield teller.say("intake", count=it.count)
    yield teller.say("digest", groups=grouped(it.leaves.sha256))
    yield from (teller.say("unshown", groups=grouped(one.leaf), reason=one.reason) for one in it.withheld)


def _recite_observer(teller: Teller, observer: str) -> Iterator[str]:
    if observer:
        yield teller.say("by-observer", observer=observer)


def recite_accreditation(teller: Teller, it: Accreditation) -> Iterator[str]:
    """Who may watch, and who may no more."""
    yield teller.say("accreditation", count=len(it.observers))
    for one in it.observers:
        try:
            held = decode_member(one.certificate)
        except Unfit as error:
            raise Objection("unfit-certificate", member=one.id, reason=error.said) from error
        units = _shown(teller, one.units) if one.units else teller.w["told.everywhere"]
        yield teller.say("observer", id=one.id, organisation=one.organisation, name=held.subject, units=units)
    if it.withdrawn:
        yield teller.say("withdrawn", observers=", ".join(it.withdrawn))


def recite_result(teller: Teller, it: ElectionResult) -> Iterator[str]:
    """The outcome by the rule, with the share of each option."""
    yield teller.say("result", title=teller.title(it.contest), commission=teller.commission(it.commission))
    yield teller.say("outcome", outcome=words(teller.w.language).name("outcomes", it.outcome))
    yield from (teller.say("chosen", option=_option(teller, it.contest, id)) for id in it.options)
    yield teller.say("denominator", lines=" + ".join(it.denominator) or "–")
    race = teller.race(it.contest)
    for option, share in zip(race.options if race else (), it.shares, strict=False):
        percent = f"{share // PERCENT}{teller.w['form.decimal']}{share % PERCENT:02}"
        yield teller.say("share", option=teller.w.text(option.name), share=percent)
    yield from (teller.say("stands-on", groups=grouped(leaf)) for leaf in it.on)
    yield from (teller.say("lot", groups=grouped(leaf)) for leaf in it.lots)


def _need_form(teller: Teller, id: str) -> Form:
    """The plan's form; without it nobody could read what is signed."""
    form = teller.form(id)
    if form is None:
        raise Objection("no-plan", form=id)
    return form


def _option(teller: Teller, contest: str, id: str) -> str:
    race = teller.race(contest)
    name = next((option.name for option in race.options if option.id == id), None) if race else None
    return f"{teller.w.text(name)} ({id})" if name else id


def _shown(teller: Teller, units: Sequence[str]) -> str:
    more = f" … (+{len(units) - SHOWN})" if len(units) > SHOWN else ""
    return ", ".join(teller.commission(unit) for unit in units[:SHOWN]) + more


def _decode(codec: Any, data: bytes, blob: Blob) -> Any:  # noqa: ANN401  a codec of one of two blobs
    try:
        return codec.decode(data)
    except Malformed as error:
        raise Objection("other-count", file=f"blobs/{blob.sha256.hex()}") from error


def by_leaf(records: Iterable[Record]) -> Mapping[bytes, Record]:
    """Records by their leaf hashes."""
    return {hash_leaf(encode(record)): record for record in records}


RECITALS: dict[type[Record], Callable[[Any, Any], Iterator[str]]] = {
    Paper: recite_paper,
    PaperBatch: recite_batch,
    Decision: recite_decision,
    Appeal: recite_appeal,
    Attestation: recite_attestation,
    Accreditation: recite_accreditation,
    Observation: recite_observation,
    Intake: recite_intake,
    ElectionResult: recite_result,
}
