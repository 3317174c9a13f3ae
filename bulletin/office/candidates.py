"""`candidates.csv`: the lines of each contest's ballot, in their order."""

from __future__ import annotations

from bulletin.office.election import Draft
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.table import SPOKEN, TableRow, read
from verifier.desk.report.letters import skeleton
from verifier.election.manifest import MOST_LINES, MOST_OPTIONS, Contest, Option
from verifier.records import Text

MOST_LETTERS = 200  # of a name on a ballot


def read_contests(folder: Folder, draft: Draft, found: Mistakes) -> tuple[Contest, ...]:
    """The contests with their candidates, none of an election on paper; what is wrong is said."""
    if draft.on_paper:
        return ()
    file = folder.table("candidates").name
    contests = {contest.id: contest for contest in draft.contests}
    options: dict[str, dict[str, Option]] = {id: {} for id in contests}
    lines: dict[tuple[str, str], int] = {}
    said = Mistakes()
    entries = read(folder.table("candidates"), "candidates", said)
    for entry in entries:
        contest = entry["contest"]
        if contest not in contests:
            said.note("unknown-contest", file, entry.line, contest=contest)
        elif _is_new(file, entry, lines, said):
            options[contest][entry["id"]] = Option(entry["id"], read_text(entry))
    if not said.grave:
        _judge(draft, options, file, said)
    found.extend(said)
    return tuple(
        Contest(each.id, each.title, tuple(options[each.id].values()), each.least, each.most, each.width)
        for each in draft.contests
    )


def read_text(entry: TableRow) -> Text:
    """The names of a row."""
    return Text(**{language: entry[f"name_{language}"] for language in SPOKEN})


def _is_new(file: str, entry: TableRow, lines: dict[tuple[str, str], int], found: Mistakes) -> bool:
    """Whether nobody in the contest has this id, or a name that looks the same, or one that is too long."""
    contest, id = entry["contest"], entry["id"]
    for language in SPOKEN:
        name = entry[f"name_{language}"]
        first = lines.setdefault((contest, f"{language} {skeleton(name)}"), entry.line)
        if len(name) > MOST_LETTERS:
            found.note("long-cell", file, entry.line, column=f"name_{language}", most=MOST_LETTERS)
            return False
        if first != entry.line:
            found.note("doubled-name", file, entry.line, cell=name, first=first)
            return False
    first = lines.setdefault((contest, id), entry.line)
    if first != entry.line:
        found.note("doubled-id", file, entry.line, cell=id, first=first)
    return first == entry.line


def _judge(draft: Draft, options: dict[str, dict[str, Option]], file: str, found: Mistakes) -> None:
    for number, contest in enumerate(draft.contests):
        count = len(options[contest.id])
        if not count:
            found.note("no-candidates", file, contest=contest.id)
        elif count > MOST_OPTIONS:
            found.note("many-candidates", file, contest=contest.id, count=count, most=MOST_OPTIONS)
        elif contest.most > count:
            line = draft.toml.line("contest", str(number), "most")
            found.note("more-marks", draft.toml.file, line, contest=contest.id, marks=contest.most, count=count)
    if sum(4 + len(each) for each in options.values()) > MOST_LINES:
        found.note("many-lines", file, most=MOST_LINES)
