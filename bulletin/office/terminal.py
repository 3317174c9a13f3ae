"""The steps on the terminal, or as JSON for programs."""

from __future__ import annotations

import hashlib
import json
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from bulletin.office import practice, rehearsal, steps, templates
from bulletin.office.election import read_election
from bulletin.office.folder import Folder, write
from bulletin.office.mistake import Mistake, Mistakes
from bulletin.office.plans import READY
from bulletin.office.plans.planning import make_plan
from bulletin.office.plans.ready import ready_plan
from bulletin.office.practice import Wanted
from bulletin.office.printing import printers
from bulletin.office.processes import Failed
from bulletin.office.request import digest
from bulletin.office.steps import Stage, Work
from bulletin.office.teller import grouped
from bulletin.office.wording import speak
from verifier.desk.report.language import LANGUAGES, Language, words
from verifier.paper.consistency import complaints
from verifier.records import encode

MOST_NAMED = 8  # files of a folder
MOST_OF_A_KIND = 20  # lines of the same mistake on the terminal
MOST_NOTICES = 2  # and of what is only remarked


def show(directory: Path, language: Language, *, ask: bool, as_json: bool) -> bool:
    """Take the steps and say where they stand, or fill an empty folder; whether nothing is wrong or waited for."""
    folder = Folder(directory)
    directory.mkdir(parents=True, exist_ok=True)
    if templates.is_empty(folder):
        _tell_templates(templates.begin(folder, language), directory, language, as_json=as_json)
        return True
    later = printers(language)
    if ask:
        later[9] = steps.request
    work, stages = steps.prepare(folder, steps.clock(), later)
    if as_json:
        click.echo(json.dumps([_as_json(stage, directory) for stage in stages], ensure_ascii=False, indent=1))
    else:
        _tell(work, stages, directory, language)
    return not any(stage.state in {"mistakes", "waiting"} for stage in stages)


def plan(
    name: str, tables: tuple[Path | None, Path | None], least: Mapping[str, int], out: Path, language: Language
) -> bool:
    """Write a ready plan with the units and candidates of these tables; whether nothing was wrong with it.

    `least` lowers how many sign a form, by its id, "" for all.
    """
    w, found = speak(language), Mistakes()
    known = next((ready for ready in READY if ready == name), None)
    if known is None:
        click.echo(w.say("prepare.unknown-plan", name=name, known=", ".join(READY)), err=True)
        return False
    ready = {form.id: form.least for form in ready_plan(known).forms}
    if strangers := [id for id in least if id and id not in ready]:
        click.echo(w.say("prepare.unknown-form", forms=", ".join(strangers), known=", ".join(ready)), err=True)
        return False
    made = make_plan(known, *tables, found, least)
    for line in _sentences(found, language):
        click.echo(line, err=True)
    if found.grave:
        return False
    wrong = list(complaints(made, None))
    for said in wrong[:MOST_OF_A_KIND]:
        detail = words(language).detail(said)
        click.echo(w.say("prepare.wrong-plan", said=detail if isinstance(detail, str) else detail.quoted), err=True)
    if wrong:
        return False
    data = encode(made)
    if out.exists() and out.read_bytes() != data:
        click.echo(w.say("prepare.plan-stands", file=out), err=True)
        return False
    write(out, data)
    groups = grouped(hashlib.sha256(data).digest())
    click.echo(w.say("prepare.planned", file=out, groups=groups, units=len(made.units)))
    changed = [f"{form.id} {form.least} ({ready[form.id]})" for form in made.forms if form.least != ready[form.id]]
    if changed:
        click.echo(w.say("prepare.lowered", forms=", ".join(changed)))
    return True


def _tell_templates(files: list[Path], directory: Path, language: Language, *, as_json: bool) -> None:
    names = [str(file.relative_to(directory)) for file in files]
    if as_json:
        click.echo(json.dumps({"written": names}))
        return
    w = speak(language)
    click.echo("\n".join([w["prepare.templates"], *(f"  {name}" for name in names), w["prepare.begun"]]))


def _tell(work: Work, stages: list[Stage], directory: Path, language: Language) -> None:
    w = speak(language)
    for stage in stages:
        click.echo(f"{stage.number}  {stage.name(language)}: {w[f'states.{stage.state}']}")
        for line in [*_sentences(stage.mistakes, language), *stage.notes(work, language)]:
            click.echo(f"   {line}".replace("\n", "\n   "))
        for name in _names(stage.made, directory):
            click.echo(f"   {w.say('prepare.made', path=name)}")
    if work.manifest is not None:
        click.echo(w.say("prepare.manifest", digest=digest(work.manifest).hex()))


def _names(made: tuple[Path, ...], directory: Path) -> list[str]:
    """The files that were made; a folder's name alone where they are many."""
    counts = Counter(path.parent for path in made)
    many = {place for place, count in counts.items() if count > MOST_NAMED}
    places = [
        f"{path.parent.relative_to(directory)}/" if path.parent in many else path.relative_to(directory)
        for path in made
    ]
    return list(dict.fromkeys(map(str, places)))


def _sentences(mistakes: Mistakes, language: Language) -> list[str]:
    """The sentences; of a kind that is met too often, the first ones and how many more there are."""
    kinds: dict[str, list[Mistake]] = {}
    for mistake in sorted(mistakes, key=lambda each: each.severity == "notice"):
        kinds.setdefault(mistake.kind, []).append(mistake)
    sentences: list[str] = []
    for alike in kinds.values():
        most = MOST_NOTICES if alike[0].severity == "notice" else MOST_OF_A_KIND
        sentences += [mistake.tell(language) for mistake in alike[:most]]
        if len(alike) > most:
            sentences.append(speak(language).say("prepare.further", count=len(alike) - most))
    return sentences


def _as_json(stage: Stage, directory: Path) -> dict[str, Any]:
    return {
        "step": stage.number,
        "state": stage.state,
        "mistakes": [
            {
                "kind": mistake.kind,
                "severity": mistake.severity,
                "file": mistake.file,
                "line": mistake.line,
                "says": {language: mistake.tell(language) for language in LANGUAGES},
            }
            for mistake in stage.mistakes
        ],
        "made": [str(path.relative_to(directory)) for path in stage.made],
    }


def rehearse(directory: Path, language: Language, voters: int) -> bool:
    """Rehearse the election in the folder, and tell each scene; whether it was accepted."""
    folder, w, found = Folder(directory), speak(language), Mistakes()
    draft = read_election(folder, steps.clock(), found)
    if draft is None:
        click.echo("\n".join(_sentences(found, language)))
        return False
    try:
        rehearsal.rehearse(folder, draft, lambda scene: click.echo(w[f"rehearsal.{scene}"]), voters)
    except Failed as failed:
        click.echo(f"{w['rehearsal.failed']}: {failed}")
        return False
    click.echo(w["rehearsal.accepted"])
    return True


def practise(directory: Path, language: Language, wanted: Wanted) -> None:
    """Make and serve a practice election, until somebody ends it."""
    w = speak(language)

    def show(app: str) -> None:
        click.echo(f"listening on {app}")
        click.echo(w.say("practice.open", app=app, language=language), err=True)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with suppress(KeyboardInterrupt):
        practice.practise(directory, wanted, lambda scene: click.echo(w[f"rehearsal.{scene}"], err=True), show)
