"""Trust policies: which logs, which witnesses, how many; c2sp.org/tlog-policy (specs/log.md §6)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from verifier.errors import Malformed, refuse, say
from verifier.log import note
from verifier.log.checkpoint import Cosignature
from verifier.log.note import COSIGNATURE, ED25519, ML_DSA_44, Key
from verifier.place import Place

MAX_POLICY = 1 << 20
MAX_DEFINITIONS = 256
NONE = "none"
T = TypeVar("T")
_FORBIDDEN = {*range(0x20), 0x7F} - {0x09, 0x0A}


class Party(NamedTuple):
    """A log or a witness: its key, and its URL or ""."""

    key: Key
    url: str


class Group(NamedTuple):
    """A group witnesses a checkpoint when `threshold` of its members do."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Trusted logs, witnesses and groups under the policy's own names; `quorum` names one of them or is `none`."""

    quorum: str
    logs: tuple[Party, ...] = ()
    witnesses: Mapping[str, Party] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)

    @property
    def witness_keys(self) -> tuple[Key, ...]:
        """Keys of all witnesses, in the policy's order."""
        return tuple(witness.key for witness in self.witnesses.values())

    def log_keys(self, origin: str) -> tuple[Key, ...]:
        """Keys of the log `origin`; several while a key is being replaced."""
        return tuple(log.key for log in self.logs if log.key.name == origin)


def decode(raw: bytes) -> Policy:
    """Read a policy file."""
    if len(raw) > MAX_POLICY or set(raw) & _FORBIDDEN:
        raise Malformed("a policy is a short text without control characters")
    draft = _Draft()
    for number, line in enumerate(raw.decode(errors="surrogateescape").split("\n"), start=1):
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            draft.take(words)
        except Malformed as error:
            said = say("{}: {}", str(error.where), error.said) if error.where else error.said
            raise Malformed(said, Place("policy", line=number)) from error
    if len(draft.logs) + len(draft.witnesses) + len(draft.groups) > MAX_DEFINITIONS:
        raise Malformed(say("a policy defines at most {} logs, witnesses and groups", MAX_DEFINITIONS))
    if draft.quorum is None:
        raise Malformed("a policy has exactly one quorum line")
    return Policy(draft.quorum, tuple(draft.logs), draft.witnesses, draft.groups)


def check_quorum(clause: str, where: str, policy: Policy, cosignatures: Iterable[Cosignature]) -> None:
    """Refuse `clause` unless these (verified) cosignatures satisfy the policy's quorum."""
    keys = {cosignature.key for cosignature in cosignatures}
    if not is_quorum(policy, keys):
        refuse(clause, where, say("{} witnesses are not the quorum “{}”", len(keys), policy.quorum))


def is_quorum(policy: Policy, keys: Iterable[Key]) -> bool:
    """Whether these witnesses together satisfy the quorum; each counts once however often it signed."""
    present = set(keys)
    return policy.quorum == NONE or bool(
        _fold(policy, policy.quorum, lambda witness: witness.key in present, lambda k, parts: sum(parts) >= k)
    )


def earliest(policy: Policy, cosignatures: Iterable[Cosignature]) -> int | None:
    """Earliest time t at which the cosignatures dated ≤ t satisfy the quorum (specs/log.md §6.5), or None."""
    return _first_quorum(policy, sorted(cosignatures, key=lambda cosignature: cosignature.time))


def latest(policy: Policy, cosignatures: Iterable[Cosignature]) -> int | None:
    """Latest time t for which the cosignatures dated ≥ t satisfy the quorum (specs/log.md §6.5), or None."""
    return _first_quorum(policy, sorted(cosignatures, key=lambda cosignature: -cosignature.time))


def rule(policy: Policy) -> str:
    """The quorum in one spelling for all policies that ask for the same keys under the same thresholds."""
    if policy.quorum == NONE:
        return NONE
    return _fold(
        policy,
        policy.quorum,
        lambda witness: note.encode_key(witness.key).encode().hex(),
        lambda k, parts: f"{k}({' '.join(sorted(parts))})",
    )


def overlap(policy: Policy) -> int:
    """Fewest witnesses that must sign two different histories before both can reach the quorum: 2k − n for k of n."""
    if policy.quorum == NONE:
        return 0
    return _fold(policy, policy.quorum, lambda _: 1, lambda k, parts: sum(sorted(parts)[: max(0, 2 * k - len(parts))]))


def _first_quorum(policy: Policy, ordered: Sequence[Cosignature]) -> int | None:
    keys: set[Key] = set()
    for cosignature in ordered:
        keys.add(cosignature.key)
        if is_quorum(policy, keys):
            return cosignature.time
    return None


def _fold(policy: Policy, name: str, witness: Callable[[Party], T], group: Callable[[int, list[T]], T]) -> T:
    if name in policy.witnesses:
        return witness(policy.witnesses[name])
    threshold, members = policy.groups[name]
    return group(threshold, [_fold(policy, member, witness, group) for member in members])


class _Draft:
    """A policy while its lines are read; names are defined before use and used as a member once."""

    def __init__(self) -> None:
        self.logs: list[Party] = []
        self.witnesses: dict[str, Party] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self.taken: set[bytes | tuple[str, bytes]] = set()
        self.members: set[str] = set()

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self.logs.append(self._party(vkey, (ED25519,), url))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._define(name)
                self.witnesses[name] = self._party(vkey, (COSIGNATURE, ML_DSA_44), url)
            case ["group", name, rule, *members] if members:
                self._define(name)
                self.groups[name] = self._group(rule, members)
            case ["quorum", name] if self.quorum is None and (name == NONE or self._knows(name)):
                self.quorum = name
            case _:
                raise Malformed(say("this “{}” line is not understood, or names what no line above defines", words[0]))

    def _party(self, vkey: str, types: tuple[int, ...], url: list[str]) -> Party:
        key = note.decode_key(vkey)
        if key.type not in types:
            said = say("logs have keys of type 01, witnesses of type 04 or 06, not {}", f"{key.type:02x}")
            raise Malformed(said, vkey)
        for named in (key.public, (key.name, key.id)):
            if named in self.taken:
                raise Malformed("this public key, or another of its name and id, is listed twice", vkey)
            self.taken.add(named)
        return Party(key, *url, *[""][len(url) :])

    def _group(self, rule: str, members: list[str]) -> Group:
        spelled = {"any": "1", "all": str(len(members))}.get(rule, rule)
        if spelled not in map(str, range(1, len(members) + 1)):
            raise Malformed(say("a threshold is all, any or a number from 1 to {}", len(members)), rule)
        for member in members:
            if not self._knows(member) or member in self.members:
                raise Malformed("a member is defined above and belongs to one group only", member)
            self.members.add(member)
        return Group(int(spelled), tuple(members))

    def _define(self, name: str) -> None:
        if name == NONE or self._knows(name):
            raise Malformed("this name is taken", name)

    def _knows(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups
