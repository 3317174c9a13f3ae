"""`election.toml`: what is elected, the dates as the law says them, and the numbers (specs/desk.md §1.1)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import product
from typing import Any, Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo, available_timezones

from bulletin.office.dates import ACTS, Bound, LegalDate
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.spelling import is_mixed, mend_name
from bulletin.office.table import ID, SPOKEN
from bulletin.office.toml import Toml, read_toml
from verifier.desk.report.letters import is_blank, is_inkless, visible
from verifier.election.manifest import COLUMN, MOST_COLUMNS, Style
from verifier.election.timetable import MOST_LIMITS
from verifier.records import Text

ZONE = "Asia/Bishkek"
ShareSource = Literal["none", "file"]  # of a credential: where it comes from
NONE: ShareSource = "none"
MOST_LETTERS = 300  # of a title
LONGEST = timedelta(days=366)  # from today to the last date
SERVER = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
ORIGIN = re.compile(r"[a-z0-9.-]+(/[a-z0-9./-]+)?")
DIGEST = re.compile(r"[0-9a-f]{64}")

# What each section holds: the kind of each value, with a question mark where it may be missing.
SECTIONS = {
    "election": {
        "id": "id",
        "title": "text",
        "telephone": "line",
        "zone": "zone?",
        "plan": "line?",
        "second_share": "share?",
    },
    "board": {
        "server": "server",
        "origin": "origin",
        "verifier": "digest?",
        "vote": "server?",
        "check": "server?",
        "practice": "server?",
        "app": "digest?",
    },
    "numbers": dict.fromkeys(("threshold", "least_trustees", "witnesses", "mixes", "minimum"), "number"),
}
ARRAYS = {
    "contest": {"id": "id", "title": "text", "least": "number", "most": "number"},
    "style": {"id": "id", "contests": "ids"},
    "date": {
        "id": "id",
        "what": "act",
        "from": "date?",
        "by": "date?",
        "inclusive": "flag?",
        "words": "text",
    },
}


class DraftContest(NamedTuple):
    """A contest before its candidates are known."""

    id: str
    title: Text
    least: int
    most: int
    line: int

    @property
    def width(self) -> int:
        """Columns that hold `most` marks and their number (specs/ballot.md)."""
        return -(-(1 + self.most) // COLUMN)


class Draft(NamedTuple):
    """All that `election.toml` says; `witnesses` is how many of them make the quorum, `plan` the file of the plan.

    `vote` and `check` are the machines that serve the voters' app, `practice` that of a practice election's, `app` the
    app's digest for the trust sheet.
    """

    id: str
    title: Text
    telephone: str
    server: str
    origin: str
    threshold: int
    least_trustees: int
    witnesses: int
    mixes: int
    minimum: int
    contests: tuple[DraftContest, ...]
    styles: tuple[Style, ...]
    dates: tuple[LegalDate, ...]
    toml: Toml
    zone: str = ZONE
    verifier: str = ""
    vote: str = ""
    check: str = ""
    practice: str = ""
    app: str = ""
    plan: str = ""
    second_share: ShareSource = NONE

    @property
    def on_paper(self) -> bool:
        """Whether nobody votes electronically: a plan of papers is named, and no contest."""
        return bool(self.plan) and not self.contests

    @property
    def has_app(self) -> bool:
        """Whether voters are given an app: its machine is named, and somebody votes electronically."""
        return bool(self.vote) and not self.on_paper

    def end(self, now: datetime) -> datetime:
        """The last date of the election; now, if an election on paper has none."""
        return max((each.instant for each in self.dates), default=now)


def read_election(folder: Folder, now: datetime, found: Mistakes) -> Draft | None:
    """Read and judge the file; None if something in it is wrong, which is said."""
    toml = read_toml(folder.election, found)
    if toml is None:
        return None
    said = Mistakes()
    read = _Reader(toml, said)
    one = {name: read.section(name, fields) for name, fields in SECTIONS.items()}
    many = {name: list(read.array(name, fields)) for name, fields in ARRAYS.items()}
    for name in set(toml.values) - {*SECTIONS, *ARRAYS}:
        said.note("unknown-section", toml.file, toml.line(name), section=name)
    if not _zones():
        said.note("no-zones", toml.file)
    draft = None if said.grave else _draft(toml, one, many)
    if draft is not None:
        _judge(draft, _today(folder, draft, now), said)
    found.extend(said)
    return None if said.grave else draft


class _Reader:
    """Reads values of the kinds that `SECTIONS` and `ARRAYS` name, and says what is wrong with one."""

    def __init__(self, toml: Toml, found: Mistakes) -> None:
        self.toml, self.found = toml, found

    def section(self, name: str, fields: dict[str, str]) -> dict[str, Any]:
        held = self.toml.values.get(name)
        if not isinstance(held, dict):
            self.found.note("missing-section", self.toml.file, self.toml.line(name), section=name)
            return {}
        return self._fields((name,), held, fields)

    def array(self, name: str, fields: dict[str, str]) -> Iterator[dict[str, Any]]:
        held = self.toml.values.get(name, [])
        if not isinstance(held, list) or not all(isinstance(each, dict) for each in held):
            self.found.note("not-an-array", self.toml.file, self.toml.line(name), section=name)
            return
        for number, each in enumerate(held):
            path = (name, str(number))
            yield {**self._fields(path, each, fields), "line": self.toml.line(*path)}

    def _fields(self, path: tuple[str, ...], held: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
        for name in held.keys() - fields.keys():
            self._note("unknown-field", path, name, known=", ".join(fields))
        read = {}
        for name, kind in fields.items():
            if name in held:
                read[name] = self._value(path, name, kind.rstrip("?"), held[name])
            elif not kind.endswith("?"):
                self._note("missing-field", path, name)
        return read

    def _value(self, path: tuple[str, ...], name: str, kind: str, value: Any) -> Any:  # noqa: ANN401  as TOML has it
        if kind == "text":
            return self._text((*path, name), value)
        if kind == "date" and isinstance(value, date):
            if isinstance(value, datetime) and value.tzinfo is not None:
                self._note("zoned-date", path, name)
            return value
        fitting = {
            "number": type(value) is int and 0 <= value < 1 << 31,
            "flag": isinstance(value, bool),
            "act": value in ACTS,
            "share": value in get_args(ShareSource),
            "ids": isinstance(value, list) and all(isinstance(each, str) for each in value),
        }.get(kind, isinstance(value, str) and kind != "date" and bool(value.strip()))
        if not fitting:
            words = {"act": ACTS, "share": get_args(ShareSource)}.get(kind)
            known = {"known": ", ".join(words)} if words else {}
            self._note("empty-field" if value == "" else f"no-{kind}", path, name, cell=str(value), **known)
        elif kind in {"id", "server", "origin", "zone", "digest"}:
            self._word(path, name, kind, value.strip())
        return value.strip() if isinstance(value, str) else value

    def _word(self, path: tuple[str, ...], name: str, kind: str, value: str) -> None:
        if kind == "id" and not ID.fullmatch(value):
            self._note("capital-id" if ID.fullmatch(value.lower()) else "id-form", path, name, cell=value)
        if kind == "server" and not SERVER.fullmatch(value):
            self._note("no-server", path, name, cell=value)
        if kind == "origin" and not ORIGIN.fullmatch(value):
            self._note("no-origin", path, name, cell=value)
        if kind == "digest" and not DIGEST.fullmatch(value):
            self._note("no-digest", path, name, cell=value)
        if kind == "zone" and _zones() and value not in _zones():
            self._note("no-zone", path, name, cell=value)

    def _text(self, path: tuple[str, ...], value: object) -> Text:
        texts = value if isinstance(value, dict) else {}
        for language in texts.keys() - set(SPOKEN):
            self._note("unknown-field", path, language, known=", ".join(SPOKEN))
        return Text(**{language: self._translation(path, language, texts.get(language, "")) for language in SPOKEN})

    def _translation(self, path: tuple[str, ...], language: Any, value: object) -> str:  # noqa: ANN401  one of SPOKEN
        text = " ".join(value.split()) if isinstance(value, str) else ""
        mended = mend_name(text, language)
        if is_blank(text):
            self._note("missing-translation", path, language)
        elif len(text) > MOST_LETTERS:
            self._note("long-cell", path, language, most=MOST_LETTERS)
        elif not text.isprintable() or any(map(is_inkless, text)):
            self._note("invisible", path, language, cell=visible(text))
        elif is_mixed(mended):
            self._note("mixed-letters", path, language, cell=text)
        elif mended != text:
            self._note("mended", path, language, cell=text, mended=mended)
        return mended

    def _note(self, kind: str, path: tuple[str, ...], name: str, **values: str | int) -> None:
        column = ".".join(part for part in (*path, name) if not part.isdigit())
        self.found.note(kind, self.toml.file, self.toml.line(*path, name), **({"column": column} | values))


@lru_cache(maxsize=1)
def _zones() -> set[str]:
    return available_timezones()


def _draft(toml: Toml, one: dict[str, dict[str, Any]], many: dict[str, list[dict[str, Any]]]) -> Draft:
    contests = tuple(DraftContest(**each) for each in many["contest"])
    styles = tuple(Style(each["id"], tuple(each["contests"])) for each in many["style"])
    zone = one["election"].setdefault("zone", ZONE)
    dates = []
    for each in many["date"]:
        bound: Bound = "from" if "from" in each else "by"
        inclusive = each.get("inclusive", bound == "from")
        dates.append(
            LegalDate(each["id"], each["what"], bound, each.get(bound, date.min), inclusive, each["words"], zone)
        )
    ids = tuple(dict.fromkeys(contest.id for contest in contests))
    only = (Style("all", ids),) if ids or not one["election"].get("plan") else ()
    values = {**one["election"], **one["board"], **one["numbers"]}
    return Draft(**values, contests=contests, styles=styles or only, dates=tuple(dates), toml=toml)


def _today(folder: Folder, draft: Draft, now: datetime) -> date:
    """Today; but the day of the first date at the latest, once the dates stand and are no mistakes any more."""
    today = now.astimezone(ZoneInfo(draft.zone)).date()
    return min([today, *(each.day for each in draft.dates)]) if folder.settled else today


def _judge(draft: Draft, today: date, found: Mistakes) -> None:
    toml = draft.toml
    if not draft.contests and not draft.on_paper:
        found.note("no-contest", toml.file)
    for section, ids in (
        ("contest", [contest.id for contest in draft.contests]),
        ("style", [style.id for style in draft.styles]),
        ("date", [each.id for each in draft.dates]),
    ):
        for number, id in enumerate(ids):
            if id in ids[:number]:
                first = toml.line(section, str(ids.index(id)))
                found.note("doubled-id", toml.file, toml.line(section, str(number), "id"), cell=id, first=first)
    for number, contest in enumerate(draft.contests):
        if not contest.least <= contest.most <= COLUMN * MOST_COLUMNS - 1 or not contest.most:
            found.note(
                "marks", toml.file, toml.line("contest", str(number), "most"), least=contest.least, most=contest.most
            )
    if "style" in toml.values:
        _judge_styles(draft, found)
    _judge_dates(draft, today, found)


def _judge_styles(draft: Draft, found: Mistakes) -> None:
    known = [contest.id for contest in draft.contests]
    used: Counter[str] = Counter()
    for number, style in enumerate(draft.styles):
        line = draft.toml.line("style", str(number), "contests")
        used.update(style.contests)
        if not style.contests or len(set(style.contests)) < len(style.contests):
            found.note("style-contests", draft.toml.file, line, style=style.id)
        for contest in style.contests:
            if contest not in known:
                found.note("style-stranger", draft.toml.file, line, style=style.id, contest=contest)
    for number, contest in enumerate(known):
        if not used[contest]:
            found.note("no-style-has", draft.toml.file, draft.toml.line("contest", str(number), "id"), contest=contest)


def _judge_dates(draft: Draft, today: date, found: Mistakes) -> None:
    if not draft.dates and not draft.on_paper:
        found.note("no-dates", draft.toml.file)
    if len(draft.dates) > MOST_LIMITS:
        found.note("many-dates", draft.toml.file, most=MOST_LIMITS)
    said = Mistakes()
    for number, each in enumerate(draft.dates):
        _judge_date(draft, str(number), each, today, said)
    if not said.grave:
        _judge_order(draft, said)
    found.extend(said)


def _judge_date(draft: Draft, number: str, each: LegalDate, today: date, found: Mistakes) -> None:
    toml, held = draft.toml, draft.toml.values["date"][int(number)]
    line = toml.line("date", number, each.bound)
    if ("from" in held) == ("by" in held):
        found.note("one-bound", toml.file, toml.line("date", number), date=each.id)
    elif isinstance(each.said, datetime) and "inclusive" in held:
        found.note("inclusive-moment", toml.file, toml.line("date", number, "inclusive"), date=each.id)
    elif each.day < today:
        found.note("past-date", toml.file, line, date=each.id, day=f"{each.day:%d.%m.%Y}")
    elif each.day > today + LONGEST:
        found.note("far-date", toml.file, line, date=each.id, day=f"{each.day:%d.%m.%Y}")


def _judge_order(draft: Draft, found: Mistakes) -> None:
    """What begins comes before what ends."""
    for (number, one), other in product(enumerate(draft.dates), draft.dates):
        if (one.what, one.bound, other.bound) == (other.what, "by", "from") and other.instant >= one.instant:
            line = draft.toml.line("date", str(number), "by")
            found.note("crossed-dates", draft.toml.file, line, date=one.id, other=other.id)
