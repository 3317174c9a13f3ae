"""The witnesses' policy: how many of them make a quorum, and what two histories would take (specs/log.md §6)."""

from __future__ import annotations

from collections.abc import Iterable

from bulletin.board.feeder import check_room
from bulletin.office.holders import Holders
from bulletin.office.mistake import Mistakes
from bulletin.office.wording import speak
from bulletin.settings import Unusable
from verifier.desk.report.language import Language
from verifier.log import policy as policies
from verifier.log.note import Key, encode_key
from verifier.log.policy import Policy

GROUP = "witnesses"


def compose_policy(log: Key, witnesses: Iterable[tuple[Key, str]], quorum: int) -> str:
    """The policy of `quorum` of these witnesses; an address that is not empty stands behind its witness."""
    named = [(f"w{number}", key, address) for number, (key, address) in enumerate(witnesses, 1)]
    lines = [f"log {encode_key(log)}"]
    lines += [f"witness {name} {encode_key(key)} {address}".rstrip() for name, key, address in named]
    lines += [f"group {GROUP} {quorum} {' '.join(name for name, _, _ in named)}", f"quorum {GROUP}"]
    return "\n".join(lines) + "\n"


def explain(policy: Policy, language: Language) -> str:
    """What a policy protects against: how many witnesses must sign two histories before both can be cosigned."""
    w, overlap = speak(language), policies.overlap(policy)
    way = "unsafe" if not overlap else "one" if overlap == 1 else "more"
    return w.say(f"policy.{way}", count=len(policy.witnesses), quorum=tell_quorum(policy, language), overlap=overlap)


def tell_quorum(policy: Policy, language: Language) -> str:
    """How many witnesses must sign; of a quorum that is made of groups, its name."""
    w, group = speak(language), policy.groups.get(policy.quorum)
    if group is None or not set(group.members) <= set(policy.witnesses):
        return w.say("policy.named", name=policy.quorum)
    return w.say("policy.any", threshold=group.threshold, count=len(group.members))


def judge_quorum(file: str, line: int, quorum: int, holders: Holders, found: Mistakes) -> str | None:
    """The policy without addresses; None if this quorum is impossible or not safe, which is said."""
    count = len(holders.witnesses)
    if not 1 <= quorum <= count:
        found.note("witness-quorum", file, line, quorum=quorum, count=count)
        return None
    text = compose_policy(holders.log, ((key, "") for key, _ in holders.witnesses), quorum)
    policy = policies.decode(text.encode())
    if not policies.overlap(policy):
        found.note("unsafe-quorum", file, line, quorum=quorum, count=count, least=count // 2 + 1)
        return None
    try:
        check_room(policy)
    except Unusable:
        found.note("large-witnesses", "holders.csv", count=count)
        return None
    return text
