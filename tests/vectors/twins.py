"""The rejected twins of the vectors of certificates: each is an accepted certificate with one thing changed."""

from __future__ import annotations

from collections.abc import Iterator

from tests.vectors.authorities import (
    AUTHORITY,
    BASIC,
    EC_PUBLIC_KEY,
    NO_AUTHORITY,
    NULL,
    SIGNS,
    TRUE,
    UNKNOWN,
    USAGE,
    attribute,
    bits,
    extension,
    extensions,
    generalized,
    integer,
    named,
    oid,
    pss_algorithm,
    seq,
    tlv,
    utc,
)

Twins = Iterator[tuple[str, str, dict[str, bytes]]]  # name, reason, the parts that are other


def whole(raw: bytes) -> dict[str, bytes]:
    """Codings of the certificate as a whole."""
    body = raw[4:]
    return {
        "nothing": b"",
        "one byte": raw[:1],
        "the last byte cut off": raw[:-1],
        "a byte after it": raw + b"\0",
        "a byte before it": b"\0" + raw,
        "itself after it": raw + raw,
        "a length in three bytes": b"\x30\x83\0" + raw[2:],
        "a length that is not definite": b"\x30\x80" + body + b"\0\0",
        "a length in 127 bytes": b"\x30\xff" + raw[2:4].rjust(127, b"\0") + body,
        "a SET": b"\x31" + raw[1:],
        "a SEQUENCE that is not constructed": b"\x10" + raw[1:],
        "a tag in two bytes": b"\x3f\x30" + raw[1:],
        "PEM": b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    }


def fields() -> Twins:
    long_oid = tlv(0x06, b"\x2a" + b"\x81" * 99 + b"\x01")
    yield "no version", "version", {"version": b""}
    for number in (0, 1, 3):
        yield f"version {number + 1}", "version", {"version": tlv(0xA0, integer(number))}
    yield "a serial number of 0", "serial", {"serial": integer(0)}
    yield "a negative serial number", "serial", {"serial": integer(-1)}
    yield "a serial number of 21 bytes", "serial", {"serial": integer(2**159)}
    yield "a serial number with a zero in front", "encoding", {"serial": b"\2\2\0\7"}
    yield "a negative serial number with FF in front", "encoding", {"serial": b"\2\2\xff\x87"}
    yield "a serial number without a byte", "encoding", {"serial": b"\2\0"}
    yield "a serial number that is an ENUMERATED", "encoding", {"serial": b"\x0a\1\7"}
    yield "a serial number with a long length", "encoding", {"serial": b"\2\x81\1\7"}
    yield "a unique identifier of the issuer", "encoding", {"unique": tlv(0x81, b"\0\1")}
    yield "a unique identifier of the subject", "encoding", {"unique": tlv(0x82, b"\0\1")}
    yield "extensions under another tag", "encoding", {"extensions": tlv(0xA4, seq(SIGNS))}
    yield "a field after the extensions", "encoding", {"extensions": extensions(SIGNS) + NULL}
    yield "no subject", "encoding", {"subject": b""}
    yield "a signature with unused bits", "encoding", {"string": bits(b"\x30\x00", 1)}
    yield "a signature that is an OCTET STRING", "encoding", {"string": tlv(0x04, b"\0\x30\0")}
    yield "a signature without a byte", "encoding", {"string": tlv(0x03)}
    yield "a fourth part", "encoding", {"after": NULL}
    algorithm = seq(oid("1.2.840.10045.4.3.2"), NULL, NULL)
    yield "an algorithm with two parameters", "encoding", {"inner": algorithm, "outer": algorithm}
    yield "an algorithm without a name", "encoding", {"inner": seq(), "outer": seq()}
    yield "an algorithm with a long name", "encoding", {"inner": seq(long_oid), "outer": seq(long_oid)}
    other = seq(oid("1.2.840.10045.4.3.3"))
    yield "another algorithm outside", "mismatch", {"outer": other}
    yield "another algorithm inside", "mismatch", {"inner": other}
    yield "parameters outside alone", "mismatch", {"outer": seq(oid("1.2.840.10045.4.3.2"), NULL)}


def names() -> Twins:
    one, other = attribute("2.5.4.3", "A"), attribute("2.5.4.10", "B")
    both = "two attributes in one part"
    for place in ("issuer", "subject"):
        yield f"no name of the {place}", "name", {place: seq()}
    yield "an empty part of a name", "name", {"subject": seq(tlv(0x31))}
    yield "an empty part beside another", "name", {"subject": seq(tlv(0x31, one), tlv(0x31))}
    yield "a name that is a number", "name", {"subject": seq(tlv(0x31, seq(oid("2.5.4.3"), integer(7))))}
    yield "a name that is a BIT STRING", "name", {"subject": seq(tlv(0x31, seq(oid("2.5.4.45"), bits(b"\1"))))}
    yield f"{both}, not in order", "encoding", {"subject": seq(tlv(0x31, other, one))}
    yield f"{both}, the same", "encoding", {"subject": seq(tlv(0x31, one, one))}
    yield "a part of a name that is a SEQUENCE", "encoding", {"subject": seq(seq(one))}
    yield "an attribute without a value", "encoding", {"subject": seq(tlv(0x31, seq(oid("2.5.4.3"))))}
    yield "an attribute with two values", "encoding", {"subject": seq(tlv(0x31, seq(one[2:], b"\x0c\0")))}
    padded, cut, empty = tlv(0x06, b"\x55\x80\x04\x03"), tlv(0x06, b"\x55\x04\x83"), tlv(0x06)
    for what, kind in (("padded", padded), ("cut off", cut), ("empty", empty)):
        yield (
            f"an object identifier that is {what}",
            "encoding",
            {"subject": seq(tlv(0x31, seq(kind, tlv(0x0C, b"A"))))},
        )


def times() -> Twins:
    first, last = utc("230101000000Z"), utc("321229235959Z")
    written = {
        "fractions of a second": generalized("20500101000000.5Z"),
        "fractions in a UTCTime": utc("230101000000.5Z"),
        "an offset": utc("230101000000+0600"),
        "an offset of nothing": utc("230101000000+0000"),
        "no zone": utc("230101000000"),
        "no seconds": utc("2301010000Z"),
        "four digits of the year in a UTCTime": utc("20230101000000Z"),
        "two digits of the year in a GeneralizedTime": generalized("510101000000Z"),
        "a GeneralizedTime before 2050": generalized("20230101000000Z"),
        "a GeneralizedTime of 1949": generalized("19491231235959Z"),
        "the year 0": generalized("00000101000000Z"),
        "month 13": utc("231301000000Z"),
        "month 0": utc("230001000000Z"),
        "day 0": utc("230100000000Z"),
        "30 February": utc("230230000000Z"),
        "29 February of no leap year": utc("230229000000Z"),
        "hour 24": utc("230101240000Z"),
        "minute 60": utc("230101006000Z"),
        "second 60": utc("230101000060Z"),
        "a small z": utc("230101000000z"),
        "a blank for a digit": utc("23010100000 Z"),
        "digits of another script": utc("٢٣٠١٠١٠٠٠٠٠٠Z"),
        "a zero byte after it": utc("230101000000Z\0"),
        "no digit": utc(""),
        "a string for a time": tlv(0x0C, b"230101000000Z"),
        "seconds as a number": integer(1_672_531_200),
    }
    for name, time in written.items():
        yield name, "time", {"validity": seq(time, last)}
    yield "a last second that is no time", "time", {"validity": seq(first, utc("321329235959Z"))}
    yield "no last second", "encoding", {"validity": seq(first)}
    yield "a third time", "encoding", {"validity": seq(first, last, last)}
    yield "an end before the beginning", "validity", {"validity": seq(last, first)}
    yield "an end a second before the beginning", "validity", {"validity": seq(first, utc("221231235959Z"))}
    yield (
        "an end before 2050, a beginning after",
        "validity",
        {"validity": seq(generalized("20500101000000Z"), utc("491231235959Z"))},
    )


def listed() -> Twins:
    """What may be wrong with the list of extensions."""

    named_, value = oid(UNKNOWN), tlv(0x04, b"")
    constraint = extension("2.5.29.30", seq(tlv(0xA0, seq(tlv(0x84, named("A"))))), TRUE)
    lists = {
        "no extension in the list": ("encoding", []),
        "an extension without a value": ("encoding", [seq(named_)]),
        "an extension without a name": ("encoding", [seq(TRUE, value)]),
        "an extension of four parts": ("encoding", [seq(named_, TRUE, value, NULL)]),
        "an extension whose value is a BIT STRING": ("encoding", [seq(named_, bits(b""))]),
        "an extension that is a SET": ("encoding", [tlv(0x31, named_, value)]),
        "critical FALSE, written": ("encoding", [seq(named_, b"\1\1\0", value)]),
        "critical 01": ("encoding", [seq(named_, b"\1\1\1", value)]),
        "critical in two bytes": ("encoding", [seq(named_, b"\1\2\xff\xff", value)]),
        "critical as a number": ("encoding", [seq(named_, integer(1), value)]),
        "the key usage twice": ("duplicate", [SIGNS, SIGNS]),
        "the key usage twice, in two forms": ("duplicate", [SIGNS, extension(USAGE, bits(b"\x80", 7))]),
        "an unknown extension twice": ("duplicate", [extension(UNKNOWN, b""), extension(UNKNOWN, b"\0")]),
        "an unknown critical extension": ("critical", [extension(UNKNOWN, b"", TRUE)]),
        "a critical extended key usage": ("critical", [extension("2.5.29.37", seq(oid(UNKNOWN)), TRUE)]),
        "critical policies": ("critical", [extension("2.5.29.32", seq(seq(oid(UNKNOWN))), TRUE)]),
        "a critical alternative name": ("critical", [extension("2.5.29.17", seq(tlv(0x82, b"a.kg")), TRUE)]),
        "critical name constraints": ("critical", [constraint]),
    }
    for name, (reason, parts) in lists.items():
        yield name, reason, {"extensions": extensions(*parts)}
    yield "something after the list", "encoding", {"extensions": tlv(0xA3, seq(SIGNS), NULL)}


def uses() -> Twins:
    """Basic constraints and key usage."""
    constraints = {
        "authority FALSE, written": seq(b"\1\1\0"),
        "authority 01": seq(b"\1\1\1"),
        "a path length without an authority": seq(integer(0)),
        "constraints with a third part": seq(TRUE, integer(0), NULL),
        "constraints that are no SEQUENCE": NULL,
        "constraints that are followed by something": seq() + NULL,
        "constraints of nothing": b"",
    }
    for name, value in constraints.items():
        yield name, "encoding", {"extensions": extensions(extension(BASIC, value, TRUE), SIGNS)}
    usages = {
        "a key usage of no bits": bits(b""),
        "a key usage without a byte": tlv(0x03),
        "a key usage with a zero bit at its end": bits(b"\xc0", 5),
        "a key usage with a zero byte at its end": bits(b"\xc0\0"),
        "a key usage whose unused bits are not zero": bits(b"\xc1", 6),
        "a key usage of ten bits": bits(b"\xc0\x40", 6),
        "a key usage of nine bits with zeros after them": bits(b"\xc0\x80", 3),
        "a key usage with eight unused bits": bits(b"\xc0", 8),
        "a key usage that is an OCTET STRING": tlv(0x04, b"\6\xc0"),
        "a key usage that is followed by something": bits(b"\xc0", 6) + NULL,
    }
    for name, value in usages.items():
        yield name, "encoding", {"extensions": extensions(NO_AUTHORITY, extension(USAGE, value, TRUE))}
    for what, bit in (
        ("encipherment", bits(b"\x20", 5)),
        ("agreement", bits(b"\x08", 3)),
        ("certificates", bits(b"\4", 2)),
    ):
        yield f"a key for {what}", "usage", {"extensions": extensions(NO_AUTHORITY, extension(USAGE, bit, TRUE))}
    yield (
        "a key usage of the ninth bit alone",
        "usage",
        {"extensions": extensions(extension(USAGE, bits(b"\0\x80", 7), TRUE))},
    )
    yield "an authority's certificate", "authority", {"extensions": extensions(AUTHORITY, SIGNS)}


def algorithms() -> Twins:
    """Ways of signing that are not taken, whoever signs."""
    plain = {
        "algorithm": {
            "ECDSA and SHA-1": seq(oid("1.2.840.10045.4.1")),
            "ECDSA and SHA-224": seq(oid("1.2.840.10045.4.3.1")),
            "RSA and SHA-1": seq(oid("1.2.840.113549.1.1.5"), NULL),
            "RSA and MD5": seq(oid("1.2.840.113549.1.1.4"), NULL),
            "DSA": seq(oid("2.16.840.1.101.3.4.3.2")),
            "Ed448": seq(oid("1.3.101.113")),
            "a name that is a key's": seq(oid(EC_PUBLIC_KEY)),
        },
        "gost": {
            "GOST 34.310, by TUMAR-CSP": seq(oid("1.3.6.1.4.1.6801.1.2.2"), NULL),
            "GOST 34.310, by Kazakhstan's name": seq(oid("1.2.398.3.10.1.1.1.2"), NULL),
            "GOST R 34.10-2012": seq(oid("1.2.643.7.1.1.3.2")),
        },
        "parameters": {
            "ECDSA with parameters": seq(oid("1.2.840.10045.4.3.2"), NULL),
            "RSA without parameters": seq(oid("1.2.840.113549.1.1.11")),
            "RSA with an empty list": seq(oid("1.2.840.113549.1.1.11"), seq()),
            "Ed25519 with parameters": seq(oid("1.3.101.112"), NULL),
            "RSA-PSS without parameters": seq(oid("1.2.840.113549.1.1.10")),
            "RSA-PSS with a salt of 20 bytes": pss_algorithm("SHA-256", 20),
            "RSA-PSS with its trailer written": pss_algorithm("SHA-256", 32, tlv(0xA3, integer(1))),
            "RSA-PSS whose digests have no parameters": pss_algorithm("SHA-256", 32, parameters=b""),
        },
    }
    for reason, ways in plain.items():
        for name, algorithm in ways.items():
            yield f"signed with {name}", reason, {"inner": algorithm, "outer": algorithm}
