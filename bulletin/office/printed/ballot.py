"""The ballot to sign off: what a voter will see, as page and as PDF, with every name in all three languages."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from bulletin.office.printed.press import press
from bulletin.office.printed.trial import is_trial
from bulletin.office.printed.wording import HERE, speak
from verifier.desk.report.language import Language, Words, groups
from verifier.desk.report.letters import is_blank, visible
from verifier.election.manifest import Contest, Manifest, Style
from verifier.records import Text, encode

LABELS = ("what", "check", "signatures", "digest", "preview")


def show_ballot(manifest: Manifest, style: Style, language: Language) -> str:
    """The page: one file of HTML without a script, which fetches nothing."""
    template, sheet = (HERE.joinpath(f"ballot.{kind}").read_text(encoding="utf-8") for kind in ("html", "css"))
    markup = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, finalize=_show)
    allowed = b64encode(sha256(sheet.encode()).digest()).decode()
    own = {"sheet": Markup(sheet), "allowed": allowed, "language": language}  # noqa: S704  the sheet is ours
    return markup.from_string(template).render(own | _tell(manifest, style, language))


def print_ballot(manifest: Manifest, style: Style, language: Language) -> bytes:
    """The PDF; the same manifest, the same bytes. ImportError without typst."""
    return press("ballot", language, _tell(manifest, style, language))


def _show(value: object) -> object:
    """What cannot be seen is written out."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _tell(manifest: Manifest, style: Style, language: Language) -> dict[str, object]:
    w = speak(language)
    central = next(one for one in manifest.commissions if one.id == manifest.central)
    contests = [contest for id in style.contests for contest in manifest.contests if contest.id == id]
    return {
        **{name: w[f"ballot.{name}"] for name in LABELS},
        "heading": f"{w['ballot.what']} · {w.text(manifest.title)}",
        "title": w.text(manifest.title),
        "titles": _others(manifest.title, w),
        "trial": w["trial.mark"] if is_trial((), manifest.title) else "",
        "trial_lead": w["trial.lead"],
        "facts": [(w["ballot.election"], manifest.election), (w["ballot.style"], style.id)],
        "contests": [_contest(contest, w) for contest in contests],
        "groups": groups(sha256(encode(manifest)).hexdigest()),
        "signing": w.names("signing"),
        "lines": central.members,
        "commission": w.text(central.name),
    }


def _contest(contest: Contest, w: Words) -> dict[str, object]:
    return {
        "title": w.text(contest.title),
        "titles": _others(contest.title, w),
        "rule": _rule(contest, w),
        "count": w.say("ballot.options", count=len(contest.options)),
        "kind": "radio" if contest.most == 1 else "checkbox",
        "options": [
            {"number": number, "name": w.text(option.name), "names": _others(option.name, w)}
            for number, option in enumerate(contest.options, 1)
        ],
    }


def _rule(contest: Contest, w: Words) -> str:
    """How many marks, in words; numerals stand where no language has to decline what follows them."""
    least, most = contest.least, contest.most
    if most == 1:
        return w["ballot.one" if least else "ballot.one_optional"]
    if least == most:
        return w.say("ballot.exact", most=most)
    return w.say("ballot.range" if least else "ballot.most", least=least, most=most)


def _others(text: Text, w: Words) -> list[str]:
    """The text in the other languages, each wording once."""
    said = (text.ky, text.ru, text.en)
    return [one for one in dict.fromkeys(said) if not is_blank(one) and one != w.text(text)]
