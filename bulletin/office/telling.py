"""What a record says, in three languages, computed from the record and its blobs (specs/desk.md §2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET

from bulletin.office.objection import Objection
from bulletin.office.policy import tell_quorum
from bulletin.office.recital import RECITALS
from bulletin.office.request import digest
from bulletin.office.teller import Known, Teller, grouped
from bulletin.office.wording import speak
from verifier.commission.certificate import Unfit, decode_member
from verifier.commission.roster import Roster
from verifier.desk.report import language as languages
from verifier.desk.report.language import Language
from verifier.desk.report.letters import visible
from verifier.desk.report.timetable import spoken
from verifier.election.assets import FIRST, Assets, list_changes
from verifier.election.ceremony import Restart
from verifier.election.choice import decode_points
from verifier.election.counting import Close, Freeze, Override
from verifier.election.logkey import LogKey
from verifier.election.manifest import Contest, Manifest
from verifier.election.register import CODEC, Opening, Register
from verifier.election.shuffle import Skip
from verifier.election.tally import Count, Tally, recount
from verifier.errors import Malformed
from verifier.log import policy
from verifier.log.note import ED25519, Key
from verifier.proof.group import SIZE, Points
from verifier.records import Blobs, Record, Text, kind

TRACKER = 32
SHOWN = 16  # hexadecimal digits by which a credential is known whose code is not


def tell(record: Record, blobs: Blobs, language: Language, known: Known | None = None) -> list[str]:
    """The lines that a member reads before signing; `Objection` if a blob that they tell of is not at hand."""
    teller = _Teller(speak(language), blobs, known or Known())
    return [visible(line) for line in _TELL[type(record)](teller, record)]


def tell_all(record: Record, blobs: Blobs, known: Known | None = None) -> Text:
    """The same in the three languages."""
    return Text(**{each: "\n".join(tell(record, blobs, each, known)) for each in languages.LANGUAGES})


def headlines(records: Iterable[Record], language: Language, known: Known) -> Iterator[str]:
    """The first line of what each record says, which needs no blob; its kind where no plan names its form."""
    teller = _Teller(speak(language), lambda _: None, known)
    for record in records:
        try:
            yield visible(next(_TELL[type(record)](teller, record)))
        except Objection:
            yield kind(record)


class _Teller(Teller):
    def manifest(self, it: Manifest) -> Iterator[str]:
        yield self.say("manifest", title=self.w.text(it.title), id=it.election)
        yield self.say("digest", groups=grouped(digest(it)))
        yield self.say("origin", origin=it.origin, telephone=it.telephone)
        for contest in it.contests:
            title, many = self.w.text(contest.title), len(contest.options)
            yield self.say("contest", title=title, id=contest.id, most=contest.most, least=contest.least, options=many)
            yield from (f"    {n}. {self.w.text(each.name)}" for n, each in enumerate(contest.options, 1))
        for each in it.commissions:
            yield self.say(
                "commission", name=self.w.text(each.name), id=each.id, quorum=each.quorum, members=each.members
            )
        trustees = ", ".join(each.id for each in it.trustees)
        yield self.say("trustees", trustees=trustees, threshold=it.threshold, least=it.least_trustees)
        yield self.say("mixers", mixers=", ".join(each.id for each in it.mixers), mixes=it.mixes)
        yield self.say("minimum", minimum=it.minimum)
        if it.policy:
            asked = policy.decode(it.policy.encode())
            names = ", ".join(party.key.name for party in asked.witnesses.values())
            yield self.say("witnesses", names=names or "–", quorum=tell_quorum(asked, self.w.language))
        w = languages.words(self.w.language)
        for limit in it.timetable:
            what, said = w[f"steps.{limit.what}"], spoken(limit, w)
            yield self.say("limit", what=what, id=limit.id, said=said, law=w.text(limit.words))
        if it.paper is not UNSET:
            yield self.say("plan", groups=grouped(it.paper.sha256))

    def roster(self, it: Roster) -> Iterator[str]:
        yield self.say("roster", commission=self.commission(it.commission), members=len(it.members))
        roles = languages.words(self.w.language)
        for member in it.members:
            try:
                held = decode_member(member.certificate)
            except Unfit as error:
                raise Objection("unfit-certificate", member=member.id, reason=error.said) from error
            until = f"{datetime.fromtimestamp(held.not_after, UTC):%Y-%m-%d}"
            role = roles.name("roles", member.role)
            yield self.say("member", role=role, id=member.id, name=held.subject, issuer=held.issuer, until=until)

    def register(self, it: Register) -> Iterator[str]:
        yield self.say("register", commission=self.commission(it.commission), count=it.count)
        try:
            rows = CODEC.decode(self.fetch(it.blob)).credentials
        except Malformed as error:
            raise Objection("other-count", file=f"blobs/{it.blob.sha256.hex()}") from error
        if len(rows) != it.count:
            raise Objection("other-count", file=f"blobs/{it.blob.sha256.hex()}")
        for style, count in sorted(Counter(row.style for row in rows).items()):
            yield self.say("style", style=style, count=count)
        yield self.say("codes", first=rows[0].code, last=rows[-1].code) if rows else self.say("nobody")
        yield self.say("digest", groups=grouped(it.blob.sha256))

    def opening(self, it: Opening) -> Iterator[str]:
        yield self.say("opening", count=it.count)
        yield self.say("key", groups=grouped(it.key))

    def override(self, it: Override) -> Iterator[str]:
        yield self.say("override", commission=self.commission(it.commission), count=len(it.credentials))
        codes = self.known.codes
        named = sorted(codes[key] for key in it.credentials if key in codes)
        if named:
            yield self.say("voted-on-paper", codes=", ".join(named))
        unnamed = [key.hex()[:SHOWN] for key in it.credentials if key not in codes]
        if unnamed:
            yield self.say("unnamed", count=len(unnamed), keys=", ".join(unnamed))

    def close(self, it: Close) -> Iterator[str]:
        yield self.say("close-operator" if it.signature else "close")

    def freeze(self, it: Freeze) -> Iterator[str]:
        yield self.say("freeze", count=sum(each.count for each in it.contests))
        for each in it.contests:
            if len(self.fetch(each.blob)) != TRACKER * each.count:
                raise Objection("other-count", file=f"blobs/{each.blob.sha256.hex()}")
            yield self.say("frozen", title=self.title(each.contest), count=each.count)

    def skip(self, it: Skip) -> Iterator[str]:
        yield self.say("skip", mixer=it.mixer)

    def tally(self, it: Tally) -> Iterator[str]:
        yield self.say("tally")
        for count in it.contests:
            contest = self.contest(count.contest)
            title, invalid = self.title(count.contest), count.invalid
            yield self.say("count", title=title, counted=count.counted, valid=count.valid, invalid=invalid)
            names = {option.id: self.w.text(option.name) for option in contest.options} if contest else {}
            for votes in count.votes:
                yield self.say("votes", option=names.get(votes.option, votes.option), count=votes.count)
            self.recount(contest, count)
            if contest and not contest.least:
                yield self.say("blank", count=_count_blank(contest, self.fetch(count.plaintexts)))
        yield from (self.say("withheld", title=self.title(each)) for each in it.withheld)
        if self.known.manifest:
            yield self.say("recounted")

    def recount(self, contest: Contest | None, count: Count) -> None:
        """The figures are those of the plaintexts that lie beside the request."""
        data = self.fetch(count.plaintexts)
        if contest is None:
            return
        column = len(data) // contest.width
        if len(data) % (SIZE * contest.width) or count != recount(
            contest, [Points.packed(data[k * column :][:column]) for k in range(contest.width)], count.plaintexts
        ):
            raise Objection("other-count", file=f"blobs/{count.plaintexts.sha256.hex()}")

    def restart(self, it: Restart) -> Iterator[str]:
        yield self.say("restart", attempt=it.attempt)
        trustees = self.known.manifest.trustees if self.known.manifest else ()
        for number in it.without:
            id = trustees[number - 1].id if number <= len(trustees) else ""
            yield self.say("without", number=number, id=f" ({id})" if id else "")

    def log_key(self, it: LogKey) -> Iterator[str]:
        yield self.say("log-key")
        if self.known.manifest:
            key = Key(self.known.manifest.origin, ED25519, it.key)
            yield self.say("digest", groups=grouped(key.fingerprint))
        else:
            yield self.say("key", groups=grouped(it.key))
        yield self.say("old-signed" if it.signature else "old-lost")

    def assets(self, it: Assets) -> Iterator[str]:
        yield self.say("assets", count=len(it.files), size=sum(len(self.fetch(file.blob)) for file in it.files))
        yield self.say("app-digest", groups=grouped(it.app))
        yield self.say("app-reason", reason=self.w.text(it.reason))
        former = self.known.records.get(it.replaces)
        if isinstance(former, Assets):
            for what, paths in zip(("app-added", "app-removed", "app-changed"), list_changes(former, it), strict=True):
                yield self.say(what, paths=", ".join(paths) or "–")
        elif it.replaces != FIRST:
            yield self.say("former-unknown", groups=grouped(it.replaces))
        yield from (self.say("app-policy", prefix=policy.prefix, csp=policy.csp) for policy in it.headers)


def _count_blank(contest: Contest, data: bytes) -> int:
    """Valid ballots without a mark, among plaintexts that are stored column by column."""
    column = len(data) // contest.width
    columns = [data[k * column :][:column] for k in range(contest.width)]
    rows = Counter(b"".join(each[i : i + SIZE] for each in columns) for i in range(0, column, SIZE))
    return sum(times for row, times in rows.items() if _is_blank(contest, row))


def _is_blank(contest: Contest, row: bytes) -> bool:
    try:
        return not decode_points(contest, row)
    except Malformed:
        return False


_TELL: dict[type[Record], Callable[[_Teller, Any], Iterator[str]]] = {
    Manifest: _Teller.manifest,
    Roster: _Teller.roster,
    Register: _Teller.register,
    Opening: _Teller.opening,
    Override: _Teller.override,
    Close: _Teller.close,
    Freeze: _Teller.freeze,
    Skip: _Teller.skip,
    Tally: _Teller.tally,
    Restart: _Teller.restart,
    LogKey: _Teller.log_key,
    Assets: _Teller.assets,
    **RECITALS,
}
