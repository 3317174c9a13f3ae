"""The trust sheet on paper: what auditors compare by telephone, and `trust.txt` as code, as text and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from bulletin.office.printed.press import Attachment, draw_code, press
from bulletin.office.printed.trial import is_trial
from bulletin.office.printed.wording import speak
from bulletin.office.sheet import SHEET
from verifier.audit import trust
from verifier.audit.trust import TrustSheet
from verifier.commission.certificate import Certificate
from verifier.desk.page.typesetting import legible
from verifier.desk.report.language import Language, Words, groups
from verifier.election.manifest import Manifest
from verifier.log.policy import Policy, overlap

MOST_CODE = 2_188  # bytes that a code of version 34 holds; at its size on the page, zbar reads it at 100 dots per inch
LINE = 100  # signs of a printed line
SIGNATURES = 5  # where no manifest says how many members there are


class AppAddresses(NamedTuple):
    """Where voters open their app, and where a second device checks; "" if there is none."""

    vote: str = ""
    check: str = ""


NOWHERE = AppAddresses()


def print_trust_sheet(raw: bytes, manifest: Manifest | None, language: Language, app: AppAddresses = NOWHERE) -> bytes:
    """The trust sheet `raw` as PDF, with itself attached. `Malformed` if it is none, ImportError without typst."""
    w, sheet = speak(language), trust.decode(raw)
    text = raw.decode("utf-8", "replace")
    whole = len(raw) <= MOST_CODE
    central = manifest and next((one for one in manifest.commissions if one.id == manifest.central), None)
    title = w.text(manifest.title) if manifest else sheet.origin
    account = {
        **{
            name: w[f"trust.{name}"] for name in ("what", "keys", "use", "text", "text_lead", "keys_lead", "signatures")
        },
        "title": title,
        "heading": f"{w['trust.what']} · {title}",
        "trial": w["trial.mark"] if is_trial(sheet.roots, manifest.title if manifest else None) else "",
        "trial_lead": w["trial.lead"],
        "facts": [*_facts(sheet, manifest, w), *_served(app, w)],
        "protects": list(_protects(sheet.witnesses, w)),
        "prints": list(_prints(sheet, w)),
        "code": draw_code(raw if whole else f"{sha256(raw).hexdigest()}  {SHEET}\n".encode()),
        "code_says": w["trust.code_whole" if whole else "trust.code_digest"],
        "code_alt": w["trust.code_alt"],
        "digest": {"name": w["trust.digest"], "detail": "", "groups": groups(sha256(raw).hexdigest())},
        "steps": [(w[f"trust.step_{step}"], command) for step, command in _steps(w)],
        "text_lines": [_wrap(str(legible(line))) for line in text.rstrip().replace("\r\n", "\n").split("\n")],
        "signing": w.names("signing"),
        "lines": central.members if central else SIGNATURES,
        "commission": w.text(central.name) if central else "",
    }
    return press("trust", language, account, Attachment(SHEET, raw))


def _steps(w: Words) -> Iterator[tuple[str, str]]:
    """What an auditor does with the sheet, each with its command or ""."""
    yield "get", ""
    yield "compare", f"sha256sum {SHEET}"
    yield "run", f"aikyn-verify election {w['trust.address']} --trust {SHEET}"
    yield "keep", ""


def _facts(sheet: TrustSheet, manifest: Manifest | None, w: Words) -> Iterator[tuple[str, str]]:
    yield w["trust.origin"], sheet.origin
    if manifest:
        yield w["trust.election"], manifest.election
        yield w["trust.telephone"], manifest.telephone or "–"


def _served(app: AppAddresses, w: Words) -> Iterator[tuple[str, str]]:
    """Where people find the app whose digest is below."""
    yield from ((w[f"trust.{name}"], address) for name, address in app._asdict().items() if address)


def _protects(policy: Policy | None, w: Words) -> Iterator[str]:
    """What the quorum asks for, group by group, and whom two histories would need."""
    if policy is None:
        yield w["trust.unwitnessed"]
        return
    only = policy.groups.get(policy.quorum) if len(policy.groups) == 1 else None
    if only:
        yield w.say("trust.any", threshold=only.threshold, count=len(only.members), members=", ".join(only.members))
    else:
        for name, group in policy.groups.items():
            of = ", ".join(group.members)
            yield w.say("trust.group", name=name, threshold=group.threshold, count=len(group.members), members=of)
        yield w.say("trust.quorum", quorum=policy.quorum)
    both = overlap(policy)
    yield w.say("trust.overlap", count=both) if both else w["trust.unsafe"]


def _prints(sheet: TrustSheet, w: Words) -> Iterator[dict[str, object]]:
    """Everything that is compared, as the check sheet groups it (specs/verification.md §2)."""
    if sheet.manifest is not None:
        yield _print(w["trust.manifest"], "", sheet.manifest)
    for key in sheet.log_keys:
        yield _print(w["trust.log_key"], key.name, key.fingerprint)
    for root in sheet.roots:
        yield _print(w["trust.root"], _described(root, w), sha256(root.der).digest())
    for name, party in sheet.witnesses.witnesses.items() if sheet.witnesses else ():
        yield _print(w.say("trust.witness", name=name), party.key.name, party.key.fingerprint)
    if sheet.verifier is not None:
        yield _print(w["trust.verifier"], "", sheet.verifier)
    if sheet.app is not None:
        yield _print(w["trust.app"], "", sheet.app)


def _print(name: str, detail: str, digest: bytes) -> dict[str, object]:
    return {"name": name, "detail": detail, "groups": groups(digest.hex())}


def _described(root: Certificate, w: Words) -> str:
    return w.say("trust.valid", subject=root.subject, first=_day(root.not_before), last=_day(root.not_after))


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%d.%m.%Y}"


def _wrap(line: str) -> list[str]:
    """A line in pieces that fit the page; an empty line is one piece."""
    return [line[start : start + LINE] for start in range(0, max(len(line), 1), LINE)]
