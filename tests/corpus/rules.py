"""Lies about the rules of the election and who sits where: coding, manifest, rosters, members' signatures."""

from __future__ import annotations

import json
from functools import partial
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from nacl.signing import SigningKey

from tests.corpus.twin import Liar, bent, fault, honest, lies
from tests.support.copies import witness_key
from tests.support.elections import LOG, ORIGIN
from verifier.commission.roster import Signature, member_bytes
from verifier.election.counting import Override
from verifier.election.logkey import LogKey
from verifier.election.manifest import Contest, KeyHolder, Manifest, Option, Style
from verifier.election.register import Opening, Register
from verifier.election.timetable import TimeLimit
from verifier.log.note import COSIGNATURE, ED25519, Key, encode_key
from verifier.log.tree import hash_leaf
from verifier.paper.papers import Accreditation
from verifier.records import Text, encode

if TYPE_CHECKING:
    from bulletin.office.people import Person


def _small(**changes: object) -> Manifest:
    """A manifest of few lines, bent."""
    twin = honest().manifest
    small = bent(
        twin,
        contests=(ONE,),
        styles=(Style("one", ("one",)),),
        commissions=twin.commissions[:1],
        trustees=twin.trustees[:1],
        threshold=1,
        least_trustees=1,
        mixers=twin.mixers[:1],
        title=NONE,
        telephone="",
    )
    return bent(small, **changes)


def _bent_manifest(changes: dict[str, object], _: Liar) -> Manifest:
    return _small(**changes)


def _contest(**changes: object) -> dict[str, object]:
    return {"contests": (bent(ONE, **changes),)}


TWIN = honest().manifest
CENTRAL, PRECINCT, DISTRICT, SUBURB = TWIN.commissions
NONE = Text("", "", "")
ONE = Contest("one", NONE, (Option("one-1", NONE), Option("one-2", NONE)), 0, 1, 1)
TWO = Contest("two", NONE, (Option("two-1", NONE),), 0, 1, 1)
THIRTY = bent(ONE, options=tuple(Option(f"o-{number}", NONE) for number in range(30)), most=30)
KEYS = [KeyHolder(f"t-{number}", bytes([number]) * 32) for number in range(33)]
BEGINS = TimeLimit("voting-begins", "opening", "from", 10, inclusive=False, words=NONE)
ENDS = TimeLimit("voting-ends", "opening", "by", 11, inclusive=True, words=NONE)
MANIFESTS: dict[str, dict[str, object]] = {
    "a_contest_twice": {"contests": (ONE, bent(TWO, id="one"))},
    "an_option_twice": _contest(options=(ONE.options[0], ONE.options[0])),
    "a_style_twice": {"styles": (Style("one", ("one",)), Style("one", ("one",)))},
    "a_commission_twice": {"commissions": (CENTRAL, CENTRAL)},
    "a_trustee_named_like_a_mix_server": {"mixers": (bent(TWIN.mixers[0], id=TWIN.trustees[0].id),)},
    "a_trustee_with_a_mix_servers_key": {"mixers": (bent(TWIN.mixers[0], key=TWIN.trustees[0].key),)},
    "two_mix_servers_with_one_key": {"mixers": (TWIN.mixers[0], bent(TWIN.mixers[1], key=TWIN.mixers[0].key))},
    "the_operator_with_the_logs_key": {"operator": TWIN.log_key},
    "a_threshold_above_the_trustees": {"threshold": 2, "least_trustees": 2},
    "a_threshold_above_the_least_trustees": {"threshold": 2, "trustees": TWIN.trustees[:2]},
    "more_trustees_at_least_than_there_are": {"least_trustees": 2},
    "more_mixes_than_mix_servers": {"mixes": 2},
    "no_trustee": {"trustees": ()},
    "more_than_32_trustees": {"trustees": tuple(KEYS), "least_trustees": 33},
    "no_mix_server": {"mixers": ()},
    "an_unknown_central_commission": {"central": "nowhere"},
    "a_central_commission_of_another_level": {"commissions": (bent(CENTRAL, level="precinct"),)},
    "a_quorum_above_the_members": {"commissions": (bent(CENTRAL, quorum=4),)},
    "a_commission_of_more_than_15": {"commissions": (bent(CENTRAL, members=16),)},
    "a_commission_above_the_central_one": {"commissions": (bent(CENTRAL, above="precinct"), PRECINCT)},
    "a_commission_below_nobody": {"commissions": (CENTRAL, bent(PRECINCT, above=""))},
    "a_commission_below_one_that_there_is_not": {"commissions": (CENTRAL, bent(PRECINCT, above="nowhere"))},
    "a_commission_below_one_of_its_level": {"commissions": (CENTRAL, bent(PRECINCT, above="suburb"), DISTRICT, SUBURB)},
    "commissions_in_a_circle": {"commissions": (CENTRAL, bent(DISTRICT, above="suburb"), SUBURB)},
    "a_second_central_commission": {"commissions": (CENTRAL, bent(PRECINCT, level="central"))},
    "a_contest_without_options": _contest(options=(), most=0),
    "least_above_most": _contest(least=2),
    "most_above_the_options": _contest(most=3),
    "more_marks_than_the_columns_hold": {"contests": (THIRTY,)},
    "nine_columns": _contest(width=9),
    "a_style_without_contests": {"styles": (Style("one", ("one",)), Style("two", ()))},
    "a_style_with_a_contest_twice": {"styles": (Style("one", ("one", "one")),)},
    "a_style_with_an_unknown_contest": {"styles": (Style("one", ("one", "two")),)},
    "a_contest_in_no_style": {"contests": (ONE, TWO)},
    "a_time_limit_twice": {"timetable": (ENDS, ENDS)},
    "a_time_that_is_over_when_it_begins": {"timetable": (BEGINS, bent(ENDS, instant=10))},
    "a_time_that_is_over_before_it_begins": {"timetable": (ENDS, bent(BEGINS, instant=12))},
    "a_beginning_with_a_day_included": {"timetable": (bent(BEGINS, inclusive=True),)},
    "more_than_32_time_limits": {"timetable": tuple(bent(ENDS, id=f"limit-{number}") for number in range(33))},
}
for name, changes in MANIFESTS.items():
    lies("CFG.2", "setup", **{name: partial(_bent_manifest, changes)})


def lined(contests: int, lines: int) -> dict[str, object]:
    """Changes of a manifest that has so many contests, with so many lines of a tally in all."""
    sizes = [
        (lines - 4 * contests) // contests + (number < (lines - 4 * contests) % contests) for number in range(contests)
    ]
    made = tuple(
        bent(ONE, id=f"c{number}", options=tuple(Option(f"{number}-{option}", NONE) for option in range(size)))
        for number, size in enumerate(sizes)
    )
    return {"contests": made, "styles": (Style("all", tuple(contest.id for contest in made)),)}


@fault("CFG.2", "setup", told_here=True)
def a_tally_that_no_record_could_hold(liar: Liar) -> None:
    liar.lie(_small(**lined(4, 801)))


@fault("CFG.2", "setup", told_here=True)
def a_freeze_and_tally_of_too_many_contests(liar: Liar) -> None:
    liar.lie(_small(**lined(161, 805)))


WITNESSES = [f"witness w{number} {encode_key(witness_key(number - 1))}" for number in (1, 2, 3)]
SAFE = "group g 2 w1 w2 w3\nquorum g\n"


def _named(name: str, kind: int, public: bytes) -> str:
    return encode_key(Key(name, kind, public))


POLICIES = {
    "a_policy_that_cannot_be_read": "quorum nobody\n",
    "a_policy_without_a_quorum": "\n".join([*WITNESSES, ""]),
    "a_policy_whose_quorum_is_none": "\n".join([*WITNESSES, "quorum none\n"]),
    "a_quorum_of_one_in_two": "\n".join([*WITNESSES[:2], "group g 1 w1 w2\nquorum g\n"]),
    "a_safe_group_beside_an_unsafe_one": "\n".join(
        [*WITNESSES, "group pair any w1 w2\ngroup g all pair w3\nquorum pair\n"]
    ),
    "a_policy_of_another_log": "\n".join([f"log {_named('other.example', ED25519, TWIN.log_key)}", *WITNESSES, SAFE]),
    "a_policy_with_another_log_key": "\n".join(
        [f"log {_named(TWIN.origin, ED25519, bytes(SigningKey(bytes(32)).verify_key))}", *WITNESSES, SAFE]
    ),
    "a_witness_with_the_logs_key": "\n".join(
        [f"witness w1 {_named('w1.example', COSIGNATURE, TWIN.log_key)}", *WITNESSES[1:], SAFE]
    ),
    "a_witness_with_a_trustees_key": "\n".join(
        [f"witness w1 {_named('w1.example', COSIGNATURE, TWIN.trustees[0].key)}", *WITNESSES[1:], SAFE]
    ),
}
for name, asked in POLICIES.items():
    lies("CFG.12", "setup", **{name: partial(_bent_manifest, {"policy": asked})})

lies("CFG.1", "setup", a_roster_first=lambda liar: liar.central.roster)
lies("CFG.1", "ceremony", a_second_manifest=lambda _: _small())
lies(
    "CFG.4",
    "voting",
    bytes_that_are_no_record=lambda _: b"{",
    an_unknown_kind=lambda _: b'{"type":"rumour"}',
    a_record_with_white_space=lambda liar: encode(liar.cast(0)) + b"\n",
    a_record_with_unsorted_members=lambda liar: _unsorted(encode(liar.cast(0))),
)
lies("CFG.5", "closed", a_leaf_twice=lambda liar: honest().records[len(liar.records) - 8])
lies(
    "CFG.6",
    "registration",
    a_pledge_after_the_ceremony=lambda _: honest().records[9].replace(b'"attempt":1', b'"attempt":2'),
    an_override_before_the_opening=lambda _: Override("precinct", ()),
)
lies("CFG.6", "closed", a_ballot_after_the_close=lambda liar: liar.cast(1))
lies("PRT.3", "voting", observers_without_a_plan=lambda _: Accreditation((), ()))


def _unsorted(raw: bytes) -> bytes:
    return json.dumps(dict(reversed(json.loads(raw).items())), separators=(",", ":")).encode()


@fault("CFG.6", "closed")
def an_override_completed_after_the_freeze(liar: Liar) -> None:
    leaf = liar.post(Override("precinct", (liar.voters[1].key,)))
    first, second = liar.precinct.sign(liar.digest, leaf)
    liar.post(first)
    for raw in honest().records[len(liar.records) - 2 :][:3]:
        liar.write(raw)
    assert liar.state.phase == "frozen"
    liar.lie(second)


# Members' signatures under an opening.


def _opening(liar: Liar) -> bytes:
    return liar.post(Opening(liar.state.key, 9))


def _signed(liar: Liar, number: int, message: bytes | None = None, scheme: str = "right", salt: int = 32) -> Signature:
    """A central member's signature, over another message or by another scheme."""
    leaf = _opening(liar)
    person: Person = liar.central.people[number]
    message = message or member_bytes(liar.digest, leaf)
    key = person.key
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
        signature = key.sign(message, padding.PKCS1v15() if scheme == "old" else pss, hashes.SHA256())
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(message, ec.ECDSA(hashes.SHA384() if scheme == "old" else hashes.SHA256()))
    else:
        signature = key.sign(message)
    return Signature(leaf, person.member.id, signature)


def _other(liar: Liar) -> bytes:
    return member_bytes(liar.digest, bytes(32))


lies(
    "CRT.1",
    "registration",
    10,
    an_rsa_signature_of_another_record=lambda liar: _signed(liar, 0, _other(liar)),
    an_rsa_signature_with_old_padding=lambda liar: _signed(liar, 0, scheme="old"),
    an_rsa_signature_with_another_salt=lambda liar: _signed(liar, 0, salt=20),
    an_ecdsa_signature_of_another_record=lambda liar: _signed(liar, 1, _other(liar)),
    an_ecdsa_signature_with_another_hash=lambda liar: _signed(liar, 1, scheme="old"),
    an_ed25519_signature_of_another_record=lambda liar: _signed(liar, 2, _other(liar)),
    a_signature_of_another_election=lambda liar: _signed(liar, 2, member_bytes(bytes(32), bytes(32))),
    a_signature_of_no_length=lambda liar: bent(_signed(liar, 2), signature=b""),
    a_signature_under_anothers_name=lambda liar: bent(_signed(liar, 2), member="central-1"),
)


def _stranger(liar: Liar) -> Signature:
    leaf = liar.post(Override("precinct", ()))
    return liar.central.sign(liar.digest, leaf)[0]


lies(
    "CRT.2",
    "registration",
    10,
    a_register_of_no_commission=lambda liar: Register("nowhere", 0, liar.put(b'{"credentials":[]}')),
    a_signature_under_no_record=lambda _: Signature(bytes(32), "central-1", bytes(64)),
    a_signature_under_a_pledge=lambda liar: Signature(hash_leaf(liar.records[9]), "central-1", bytes(64)),
    a_member_of_another_commission=lambda liar: bent(_signed(liar, 2), member="precinct-1"),
)
lies(
    "CRT.2",
    "setup",
    1,
    a_signature_without_a_roster=lambda liar: liar.central.sign(liar.digest, hash_leaf(liar.records[0]))[0],
)
lies("CRT.2", "voting", an_override_signed_by_another_commission=_stranger)


@fault("CRT.2", "registration", 10)
def a_member_signs_twice(liar: Liar) -> None:
    leaf = _opening(liar)
    person = liar.central.people[0]
    for say in (liar.post, liar.lie):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        assert isinstance(person.key, rsa.RSAPrivateKey)
        say(Signature(leaf, person.member.id, person.key.sign(member_bytes(liar.digest, leaf), pss, hashes.SHA256())))


# The log's next key.


@fault("CRT.3", "voting")
def a_log_key_signed_by_another_than_the_old_key(liar: Liar) -> None:
    liar.enact_lie(liar.operator.sign(LogKey(b"", bytes(range(32))), liar.digest))


@fault("CRT.3", "voting")
def a_log_key_signed_in_a_form_of_its_own(liar: Liar) -> None:
    key = bytes(range(32))
    liar.enact_lie(LogKey(LOG.key.sign(b"aikyn/1 log key\n" + liar.digest + key).signature, key))


@fault("CRT.3", "voting")
def a_log_key_signed_by_the_key_before_the_last(liar: Liar) -> None:
    liar.enact(LogKey(b"", bytes(range(32))))
    liar.enact_lie(LOG.sign(LogKey(b"", bytes(range(1, 33))), liar.digest))


@fault("CFG.13", "voting")
def a_log_key_that_the_log_has_already(liar: Liar) -> None:
    liar.enact_lie(LogKey(b"", bytes(LOG.key.verify_key)))


@fault("CFG.13", "voting")
def a_log_key_with_a_former_keys_id(liar: Liar) -> None:
    """Two of 2^16 keys or so have one id of four bytes."""
    seen: dict[bytes, bytes] = {}
    for number in count():
        key = sha256(number.to_bytes(8, "big")).digest()
        if (twin := seen.setdefault(Key(ORIGIN, ED25519, key).id, key)) != key:
            break
    liar.enact(LogKey(b"", twin))
    liar.enact(LogKey(b"", bytes(range(32))))
    liar.enact_lie(LogKey(b"", key))
