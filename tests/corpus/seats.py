"""Lies about who sits where: rosters that nobody above has signed, one key in two seats, members who have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from bulletin.office.people import Authority, Person, Sitting
from tests.corpus.odd import finish, odd
from tests.corpus.twin import Liar, bent, fault, honest, lies
from tests.support.elections import AUTHORITY
from verifier.commission.roster import Commission, Member, Roster
from verifier.election.counting import Override
from verifier.election.register import Opening, Row
from verifier.log.tree import hash_leaf
from verifier.records import encode

if TYPE_CHECKING:
    from bulletin.office.signing import PrivateKey

P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
CENTRAL, PRECINCT, DISTRICT, SUBURB = honest().manifest.commissions
SEATED = 2  # records of the setup when the central roster is in force
OPENS = 10  # of the registration, before the opening


def seat(commission: Commission, *names: str, authority: Authority = AUTHORITY) -> Sitting:
    """A commission with other people: new members of these names."""
    return Sitting(commission, tuple(person(name, ed25519.Ed25519PrivateKey.generate(), authority) for name in names))


def person(name: str, key: PrivateKey, authority: Authority = AUTHORITY) -> Person:
    return Person(Member(name, "member", authority.certify(name, key)), key)


def joined(sitting: Sitting, *people: Person) -> Sitting:
    """The commission with these people in its first seats."""
    return sitting._replace(people=(*people, *sitting.people[len(people) :]))


STRANGE = Authority("Root of nobody")
CLERKS = [seat(PRECINCT, f"clerk-{number}", "clerk").people[0] for number in (1, 2)]
SQUATTERS = seat(PRECINCT, "squatter-1", "squatter-2")
USURPERS = seat(CENTRAL, "usurper-1", "usurper-2", "usurper-3")
SUCCESSOR = seat(PRECINCT, "successor", "other").people[0]


def _roster(liar: Liar, number: int = 0, **changes: object) -> Roster:
    """The precinct's roster with one member bent."""
    members = list(liar.precinct.roster.members)
    members[number] = bent(members[number], **changes)
    return Roster("precinct", tuple(members))


def _certified(curve: ec.EllipticCurve | None) -> bytes:
    if curve is None:
        return AUTHORITY.certify("weak", rsa.generate_private_key(public_exponent=65537, key_size=1024))
    return AUTHORITY.certify("strange", ec.generate_private_key(curve))


def mirrored(der: bytes) -> bytes:
    """The certificate with n − s for the s of its ECDSA signature, which is as right."""
    certificate = x509.load_der_x509_certificate(der)
    r, s = decode_dss_signature(certificate.signature)
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    signature = _der(0x03, b"\0" + encode_dss_signature(r, P256 - s))
    return _der(0x30, certificate.tbs_certificate_bytes + algorithm + signature)


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    size = bytes([length]) if length < 128 else b"\x82" + length.to_bytes(2, "big")
    return bytes([tag]) + size + content


def _with_key_of(other: Person, liar: Liar, place: int = 0) -> Roster:
    """The precinct's roster, in which a member has another's key under a certificate of its own."""
    return _roster(liar, place, certificate=AUTHORITY.certify("alias", other.key))


lies(
    "CFG.3",
    "setup",
    SEATED,
    a_roster_with_a_member_too_few=lambda liar: Roster("precinct", liar.precinct.roster.members[:1]),
    a_member_id_twice=lambda liar: _roster(liar, id="precinct-2"),
    a_certificate_twice=lambda liar: _roster(liar, certificate=liar.precinct.roster.members[1].certificate),
    a_certificate_that_is_none=lambda liar: _roster(liar, certificate=b"certificate"),
    a_certificate_with_a_key_of_another_curve=lambda liar: _roster(liar, certificate=_certified(ec.SECP521R1())),
    a_certificate_with_a_short_rsa_key=lambda liar: _roster(liar, certificate=_certified(None)),
    one_rsa_key_under_two_certificates=lambda liar: _with_key_of(liar.precinct.people[0], liar, 1),
    one_ecdsa_key_under_two_certificates=lambda liar: _with_key_of(liar.precinct.people[1], liar),
    one_certificate_with_both_of_its_signatures=lambda liar: _roster(
        liar, certificate=mirrored(liar.precinct.roster.members[1].certificate)
    ),
    a_central_member_in_a_precinct=lambda liar: _roster(liar, certificate=liar.central.roster.members[2].certificate),
    a_central_members_key_in_a_precinct=lambda liar: _with_key_of(liar.central.people[2], liar),
)


lies("CRT.2", "setup", SEATED, a_roster_of_no_commission=lambda liar: bent(liar.precinct.roster, commission="nowhere"))


@fault("CFG.3", "registration", OPENS)
def a_member_who_has_taken_another_seat_meanwhile(liar: Liar) -> None:
    """Two rosters wait with one person on both; the second to take effect is refused."""
    pending = liar.post(Roster("suburb", (SUCCESSOR.member,)))
    liar.enact(joined(liar.precinct, SUCCESSOR).roster)
    [last] = liar.district.sign(liar.digest, pending)
    liar.lie(last)


@odd()
def a_new_precinct_after_the_end(liar: Liar) -> None:
    finish(liar)
    liar.enact(joined(liar.precinct, SUCCESSOR).roster)


# Nobody seats itself.


def _sign_own(liar: Liar, squatters: Sitting) -> None:
    """Post a roster, and have it signed by whoever is on it."""
    leaf = liar.post(squatters.roster)
    liar.lie(squatters.sign(liar.digest, leaf)[0])


@fault("CRT.2", "setup", SEATED)
def a_roster_that_its_own_members_sign(liar: Liar) -> None:
    _sign_own(liar, SQUATTERS)


@fault("CRT.2", "setup", 1)
def a_central_roster_that_the_manifest_does_not_fix(liar: Liar) -> None:
    _sign_own(liar, USURPERS)


@fault("CRT.2", "setup", SEATED)
def a_second_central_roster_that_its_own_members_sign(liar: Liar) -> None:
    _sign_own(liar, USURPERS)


@fault("CRT.2", "voting")
def a_roster_that_the_members_before_sign(liar: Liar) -> None:
    """Who sits in the precinct cannot choose who comes after."""
    leaf = liar.post(joined(liar.precinct, SUCCESSOR).roster)
    liar.lie(liar.precinct.sign(liar.digest, leaf)[0])


@fault("CRT.2", "voting")
def a_roster_signed_two_levels_above(liar: Liar) -> None:
    """The suburb is the district's to seat."""
    leaf = liar.post(Roster("suburb", (SUCCESSOR.member,)))
    liar.lie(liar.central.sign(liar.digest, leaf)[0])


@fault("CRT.2", "voting")
def a_central_roster_signed_from_below(liar: Liar) -> None:
    leaf = liar.post(joined(liar.central, SUCCESSOR).roster)
    liar.lie(liar.district.sign(liar.digest, leaf)[0])


@fault("CRT.2", "setup", 1)
def the_manifests_roster_signed_again(liar: Liar) -> None:
    """It took effect as it was posted, and waits for nobody."""
    leaf = liar.post(liar.central.roster)
    liar.lie(liar.central.sign(liar.digest, leaf)[0])


@fault("CFG.6", "setup", SEATED)
def a_pledge_under_a_squatted_precinct(liar: Liar) -> None:
    """Rosters that nobody has signed begin nothing."""
    liar.post(SQUATTERS.roster)
    liar.lie(honest().records[7])


# Whoever has left.


@fault("CRT.2", "voting")
def a_member_who_has_left_signs(liar: Liar) -> None:
    liar.enact(joined(liar.precinct, SUCCESSOR).roster)
    leaf = liar.post(Override("precinct", (liar.voters[0].key,)))
    liar.lie(liar.precinct.sign(liar.digest, leaf)[0])


@fault("CRT.2", "voting")
def a_central_member_who_has_left_signs(liar: Liar) -> None:
    liar.enact(joined(liar.central, SUCCESSOR).roster)
    leaf = liar.post(Roster("district", (CLERKS[0].member,)))
    liar.lie(liar.central.sign(liar.digest, leaf)[0])


@fault("CRT.2", "voting")
def one_key_signs_under_two_names(liar: Liar) -> None:
    """A member signs, gets another name on the next roster, and signs again."""
    leaf = liar.post(Override("precinct", (liar.voters[0].key,)))
    first, second = liar.precinct.people
    liar.post(liar.countersign(second, leaf))
    renamed = person("renamed", second.key)
    liar.enact(Sitting(PRECINCT, (first, renamed)).roster)
    liar.lie(liar.countersign(renamed, leaf))


@fault("CFG.6", "registration", OPENS)
def a_ballot_under_an_opening_that_one_who_has_left_signed(liar: Liar) -> None:
    """Two have signed, of whom one sits in the commission when the second signs: no quorum of two."""
    leaf = liar.post(Opening(liar.state.key, 9))
    first, second = liar.central.sign(liar.digest, leaf)
    liar.post(first)
    liar.enact(joined(liar.central, SUCCESSOR).roster)
    liar.post(second)
    liar.lie(liar.cast(0))


# Members whom no root of the sheet certifies.


def with_a_stranger(liar: Liar) -> bytes:
    """Begin with a central commission whose third member nobody vouches for; the manifest's leaf, yet unsigned."""
    stranger = seat(CENTRAL, "stranger", authority=STRANGE).people[0]
    liar.central = liar.central._replace(people=(*liar.central.people[:2], stranger))
    liar.manifest = bent(liar.manifest, roster=hash_leaf(encode(liar.central.roster)))
    liar.__dict__.pop("digest", None)
    leaf = liar.post(liar.manifest)
    liar.post(liar.central.roster)
    return leaf


@fault("CRT.4", "setup")
def a_quorum_with_somebody_whom_no_root_certifies(liar: Liar) -> None:
    leaf = with_a_stranger(liar)
    liar.post(liar.countersign(liar.central.people[0], leaf))
    liar.lie(encode(liar.countersign(liar.central.people[2], leaf)))


# Acts reach a commission's own voters only.


@fault("SEL.1", "voting")
def an_override_of_another_precincts_voter(liar: Liar) -> None:
    liar.enact_lie(Override("suburb", (liar.voters[0].key,)), "suburb")


@fault("SEL.1", "voting")
def an_override_of_ones_own_and_anothers_voter(liar: Liar) -> None:
    liar.enact_lie(Override("precinct", (liar.voters[0].key, liar.voters[6].key)), "precinct")


@fault("SEL.1", "voting")
def an_override_by_the_commission_above(liar: Liar) -> None:
    liar.enact_lie(Override("district", (liar.voters[6].key,)), "district")


@fault("SEL.1", "registration", OPENS)
def an_override_by_whoever_copied_the_key(liar: Liar) -> None:
    """The suburb lists a voter of the precinct, whose register stands before it; the voter stays the precinct's."""
    liar.list("suburb", [Row("D0001", liar.voters[0].key, "hamlet")])
    liar.enact(Opening(liar.state.key, 9))
    liar.enact_lie(Override("suburb", (liar.voters[0].key,)), "suburb")
