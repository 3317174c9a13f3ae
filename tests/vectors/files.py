"""`python -m tests.vectors.files` makes the vectors of tiles, trust sheets, witnesses and refusals (specs/vectors)."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from msgspec.structs import replace
from nacl.signing import SigningKey

from tests.support.copies import KEY, witness_key
from tests.support.elections import AUTHORITY
from tests.support.house import VECTORS
from tests.support.trees import Tree
from verifier.client import merkle
from verifier.client.witness import Request, encode_request
from verifier.log import checkpoint, note, tiles, tree
from verifier.log.checkpoint import Checkpoint
from verifier.log.note import COSIGNATURE, ED25519, ML_DSA_44, Key, Note, SignatureLine
from verifier.log.refusal import SignedRefusal, refusal_bytes
from verifier.log.tiles import ENTRIES, Tile
from verifier.records import encode

File = dict[str, Any]

# --- Tiles ---

REFUSED_PATHS = [
    *("tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/00/000", "tile/64/000", "tile/-1/000"),
    *("tile/0/x000/001", "tile/0/1", "0/000", "tile/0", "", "tile/0/x1/000", "tile/0/٣٣٣", "tile/0/000.p/1.p/1"),
    *("tile/0/001/000", "tile/0/x001/x000", "tile/entries", "tile/entries/../000", "tile/0/000 ", "/tile/0/000"),
]


def make_tiles() -> File:
    some = [
        Tile(0, 0),
        Tile(0, 1234067),
        Tile(ENTRIES, 999, 1),
        Tile(ENTRIES, 1000, 255),
        Tile(63, 999_999),
        Tile(9, 7),
    ]
    shown = [["entries" if t.level == ENTRIES else str(t.level), t.number, t.width, t.path] for t in some]
    sizes = (0, 1, 255, 256, 257, 600, 66_000)
    trees = [{"size": size, "tiles": sorted(t.path for t in merkle.grown(0, size))} for size in sizes]
    entries = [b"", b"a", bytes(300)]
    whole = tiles.encode_bundle(entries)
    bundles = [
        ("three entries, the first empty", 3, whole, [entry.hex() for entry in entries]),
        ("no entries", 0, b"", []),
        ("an entry too few", 4, whole, "malformed"),
        ("an entry too many", 2, whole, "malformed"),
        ("the last byte cut off", 3, whole[:-1], "malformed"),
        ("a byte left over", 3, whole + b"\0", "malformed"),
        ("half a length", 1, b"\0", "malformed"),
    ]
    names = ("comment", "width", "bundle", "result")
    return {
        "comment": "paths: level, number, width, path. trees: all tiles and bundles. bundles: entries in hex.",
        "paths": shown,
        "refused": REFUSED_PATHS,
        "trees": trees,
        "bundles": [dict(zip(names, (c, w, b.hex(), r), strict=True)) for c, w, b, r in bundles],
    }


# --- Trust sheets ---

LOG_LINE = f"log {note.encode_key(KEY)}"
MANIFEST, WHEEL = (sha256(text).hexdigest() for text in (b"a manifest", b"a wheel"))
APP = "a9" * 32
ROOT = f"root {b64encode(AUTHORITY.der).decode()}"
NAMED = [f"witness w{number + 1} {note.encode_key(witness_key(number))}" for number in range(3)]
QUORUM = [*NAMED, "group all-witnesses 2 w1 w2 w3", "quorum all-witnesses"]
SECOND = Key(KEY.name, ED25519, bytes(SigningKey(bytes([9]) * 32).verify_key))
SECRET = MLDSA44PrivateKey.from_seed_bytes(bytes([10]) * 32)
QUANTUM = Key("w4.example", ML_DSA_44, SECRET.public_key().public_bytes_raw())
STRANGER = Key("elsewhere.example", ED25519, bytes(SigningKey(bytes([8]) * 32).verify_key))


def make_trust() -> File:
    bare = ["aikyn/1 trust", LOG_LINE]
    whole = ["aikyn/1 trust", f"manifest {MANIFEST}", ROOT, f"verifier {WHEEL}", f"app {APP}", LOG_LINE, *QUORUM]
    says: dict[str, Any] = {"origin": KEY.name, "log_keys": [KEY.public.hex()], "roots": []}
    says |= {"witnesses": None, "manifest": None, "verifier": None, "app": None}
    everything = {"witnesses": [f"w{number}.example" for number in (1, 2, 3)], "manifest": MANIFEST, "verifier": WHEEL}
    everything["app"] = APP
    everything["roots"] = [sha256(AUTHORITY.der).hexdigest()]
    spaced = " ".join(MANIFEST[at : at + 4] for at in range(0, 64, 4))
    good: list[tuple[str, str, dict[str, Any]]] = [
        ("everything", "\n".join(whole) + "\n", everything),
        ("the log alone, no line feed at the end", "\n".join(bare), {}),
        ("lines that end in CR LF", "\r\n".join(whole) + "\r\n", everything),
        ("comments, blank lines, blanks around", "aikyn/1 trust \n\n# ours\n  " + LOG_LINE + " \n", {}),
        ("tabs for spaces", "\n".join([*bare, f"\tmanifest\t{MANIFEST}\t"]), {"manifest": MANIFEST}),
        ("a comment with what ends lines elsewhere", "\n".join([*bare, "# one \u2028two\u0085three"]), {}),
        ("a comment that is not UTF-8", ("\n".join([*bare, "# \udce0\udcea\udcf2"])), {}),
        ("a digest in groups of four digits", "\n".join([*bare, f"manifest {spaced}"]), {"manifest": MANIFEST}),
        ("a digest in capitals", "\n".join([*bare, f"manifest {MANIFEST.upper()}"]), {"manifest": MANIFEST}),
        ("witnesses without a quorum", "\n".join([*bare, *NAMED]), {}),
        (
            "a witness with a key of ML-DSA-44",
            "\n".join([*bare, NAMED[0], f"witness w4 {note.encode_key(QUANTUM)}", "group g all w1 w4", "quorum g"]),
            {"witnesses": ["w1.example", "w4.example"]},
        ),
        (
            "two keys of one log",
            "\n".join([*bare, f"log {note.encode_key(SECOND)}"]),
            {"log_keys": [KEY.public.hex(), SECOND.public.hex()]},
        ),
    ]
    bad = [
        ("another version", ["aikyn/2 trust", LOG_LINE], "incomplete"),
        ("no first line", [LOG_LINE], "malformed"),
        ("empty", [], "malformed"),
        ("no log", ["aikyn/1 trust", f"manifest {MANIFEST}"], "malformed"),
        ("two logs", [*bare, f"log {note.encode_key(STRANGER)}"], "malformed"),
        ("two manifests", [*bare, f"manifest {MANIFEST}", f"manifest {WHEEL}"], "malformed"),
        ("two verifiers", [*bare, f"verifier {WHEEL}", f"verifier {WHEEL}"], "malformed"),
        ("two apps", [*bare, f"app {APP}", f"app {APP}"], "malformed"),
        ("a digest one byte short", [*bare, f"manifest {MANIFEST[:-2]}"], "malformed"),
        ("a digest that is not hexadecimal", [*bare, f"manifest {MANIFEST[:-2]}xy"], "malformed"),
        ("a carriage return alone at a line's end", [f"aikyn/1 trust\r{LOG_LINE}"], "malformed"),
        ("a carriage return alone in a comment", [*bare, "# one\rtwo"], "malformed"),
        ("a carriage return alone in a digest", [*bare, f"manifest {MANIFEST[:4]}\r{MANIFEST[4:]}"], "malformed"),
        ("a carriage return too many", [*bare, f"manifest {MANIFEST}\r\r", ""], "malformed"),
        ("a no-break space behind a digest", [*bare, f"manifest {MANIFEST}\u00a0"], "malformed"),
        ("a root that is not base64", [*bare, "root MII*"], "malformed"),
        ("a word that no sheet has", [*bare, "telephone 1234"], "malformed"),
        ("a quorum of nobody known", [*bare, "quorum all"], "malformed"),
        (
            "one key, as the log's and a witness's",
            [*bare, f"witness w {note.encode_key(Key('w.example', COSIGNATURE, KEY.public))}"],
            "malformed",
        ),
    ]
    sheets: list[File] = [{"comment": c, **_text(s), "result": "accepted", "says": says | more} for c, s, more in good]
    sheets += [{"comment": c, **_text("\n".join(lines)), "result": result} for c, lines, result in bad]
    comment = "Trust sheets, `hex` where the bytes are not UTF-8. Roots are given by the SHA-256 of the certificate."
    return {"comment": comment, "sheets": sheets}


def _text(sheet: str) -> File:
    """The sheet; bytes that are not UTF-8 stand in it as lone surrogates."""
    raw = sheet.encode(errors="surrogateescape")
    try:
        return {"sheet": raw.decode()}
    except UnicodeDecodeError:
        return {"hex": raw.hex()}


# --- Witnesses ---

LOG_SECRET, WITNESS_SECRET, OTHER_SECRET = (SigningKey(bytes([number]) * 32) for number in (21, 22, 23))
LOG = Key("board.example/2027", ED25519, bytes(LOG_SECRET.verify_key))
WITNESS = Key("witness1.example", COSIGNATURE, bytes(WITNESS_SECRET.verify_key))
TIME = 1_790_000_000
LEAVES = [tree.hash_leaf(b"%d" % index) for index in range(13)]
FORK = [*LEAVES[:6], *(tree.hash_leaf(b"other %d" % index) for index in range(7))]


def sign(body: Checkpoint, secret: SigningKey = LOG_SECRET) -> bytes:
    """A checkpoint with a line of the log's key, whoever signed it."""
    text = checkpoint.encode_body(body)
    key = Key(body.origin, ED25519, LOG.public)
    return note.encode(Note(text, (SignatureLine(key.name, key.id, secret.sign(text).signature),)))


def signed(size: int, leaves: list[bytes] = LEAVES, origin: str = LOG.name, secret: SigningKey = LOG_SECRET) -> bytes:
    return sign(Checkpoint(origin, size, tree.compute_root(leaves[:size])), secret)


def prove(old: int, size: int, leaves: list[bytes] = LEAVES) -> tuple[bytes, ...]:
    return Tree(leaves[:size]).consistency(old)


def asked(
    old: int, size: int, leaves: list[bytes] = LEAVES, *, raw: bytes = b"", proof: tuple[bytes, ...] | None = None
) -> str:
    shown = prove(old, size, leaves) if proof is None else proof
    return encode_request(Request(old, shown, checkpoint.decode(raw or signed(size, leaves)))).decode()


def make_requests() -> list[tuple[str, str, int]]:
    proof, empty = prove(5, 8), Checkpoint(LOG.name, 0, tree.EMPTY_ROOT)
    whole = asked(5, 8)
    unsigned = whole.rpartition("\n\n")[0] + "\n\n— other.example AAAAAAAA\n"
    return [
        ("the empty tree with another root", asked(0, 0, raw=sign(empty._replace(root=bytes(32)))), 422),
        ("the empty tree", asked(0, 0, raw=sign(empty)), 200),
        ("the first five entries", asked(0, 5), 200),
        ("a size that was not the last", asked(0, 8), 409),
        ("a log that is not watched", asked(5, 8, raw=signed(8, origin="elsewhere.example")), 404),
        ("signed by another key", asked(5, 8, raw=signed(8, secret=OTHER_SECRET)), 403),
        ("without the log's line", unsigned, 403),
        ("an old size above the checkpoint's", whole.replace("old 5", "old 9"), 400),
        ("an old size with a zero before it", whole.replace("old 5", "old 05"), 400),
        ("no empty line", whole.replace("\n\n", "\n", 1), 400),
        ("a hash of 31 bytes", f"old 5\n{b64encode(bytes(31)).decode()}\n\n" + signed(8).decode(), 400),
        ("sixty-four hashes", asked(5, 8, proof=(bytes(32),) * 64), 400),
        ("a proof that ends early", asked(5, 8, proof=tuple(proof[:-1])), 422),
        ("a proof with one hash more", asked(5, 8, proof=(*proof, bytes(32))), 422),
        ("a false hash in the proof", asked(5, 8, proof=(bytes(32), *proof[1:])), 422),
        ("a proof where the size is the same", asked(5, 5, proof=(bytes(32),)), 422),
        ("the same size again", asked(5, 5), 200),
        ("eight entries", whole, 200),
        ("the same size with another root", asked(8, 8, FORK), 422),
        ("a second history that goes on", asked(8, 13, FORK), 422),
        ("the first history goes on", asked(8, 13), 200),
    ]


def shown(first: bytes, second: bytes, *hashes: bytes, result: str) -> File:
    """Evidence as its files; without hashes there is no `proof`."""
    files = {"first": first.decode(), "second": second.decode()}
    if hashes:
        files["proof"] = "".join(f"{b64encode(value).decode()}\n" for value in hashes)
    return files | {"result": result}


def make_evidence() -> list[File]:
    five, eight, other = signed(5), signed(8), signed(8, FORK)
    start, proof = tree.compute_root(FORK[:8]), prove(8, 13, FORK)
    two = shown(eight, signed(13, FORK), start, *proof, result="BRD.3")
    empty, false = (sign(Checkpoint(LOG.name, 0, root)) for root in (tree.EMPTY_ROOT, bytes(32)))
    told = {
        "one size, two roots": shown(eight, other, result="BRD.3"),
        "a proof from another beginning": two,
        "an empty tree with another root": shown(false, five, result="BRD.3"),
        "a log that grew": shown(five, eight, tree.compute_root(LEAVES[:5]), *prove(5, 8), result="incomplete"),
        "a log that grew from nothing": shown(empty, eight, result="incomplete"),
        "one checkpoint twice": shown(eight, eight, result="incomplete"),
        "two sizes without a proof": shown(eight, signed(13, FORK), result="incomplete"),
        "a proof from the root that was signed": shown(
            eight, signed(13, FORK), tree.compute_root(LEAVES[:8]), *proof, result="incomplete"
        ),
        "a false hash": shown(eight, signed(13, FORK), start, bytes(32), *proof[1:], result="incomplete"),
        "a proof that ends early": shown(eight, signed(13, FORK), start, *proof[:-1], result="incomplete"),
        "by another key": shown(eight, signed(8, FORK, secret=OTHER_SECRET), result="incomplete"),
        "of another log": shown(eight, signed(8, FORK, "elsewhere.example"), result="incomplete"),
        "the larger tree first": shown(signed(13, FORK), eight, start, *proof, result="malformed"),
        "a hash of 31 bytes": shown(eight, signed(13, FORK), start[:31], *proof, result="malformed"),
        "sixty-four hashes after the root": shown(eight, other, *[bytes(32)] * 65, result="malformed"),
        "a proof without an end": two | {"proof": two["proof"][:-1], "result": "malformed"},
        "an empty proof": two | {"proof": "", "result": "malformed"},
        "no checkpoint": shown(b"", eight, result="malformed"),
    }
    return [{"comment": comment, **files} for comment, files in told.items()]


def make_witness() -> File:
    size, file = 0, []
    for number, (comment, request, status) in enumerate(make_requests()):
        body = {409: f"{size}\n"}.get(status, "")
        if status == 200:
            text = request.partition("\n\n")[2].partition("\n\n")[0].encode() + b"\n"
            line = WITNESS_SECRET.sign(checkpoint.cosigned_message(WITNESS, text, TIME + number)).signature
            body = note.encode_lines([checkpoint.encode_cosignature(WITNESS, TIME + number, line)]).decode()
            size = checkpoint.decode(request.partition("\n\n")[2].encode()).body.size
        file.append({"comment": comment, "time": TIME + number, "request": request, "status": status, "body": body})
    told = "Requests, in order, to a witness that saw nothing yet. 200: its line, dated `time`; 409: its size."
    told += " `evidence`: files that are kept against the log, and what a check of them says."
    keys = {"log": note.encode_key(LOG), "witness": note.encode_key(WITNESS)}
    return {"comment": told, **keys, "asked": file, "evidence": make_evidence()}


# --- Refusals ---

BALLOT, UPLOAD = b"a ballot", b"an upload"


def refusal(status: int, code: str, detail: str, clause: str = "") -> SignedRefusal:
    """A refusal that is about nothing yet, and not signed."""
    return SignedRefusal(clause, code, detail, "", "", bytes(64), status, TIME)


LATE = refusal(409, "wrong-phase", "ballots are taken while the voting is open", "CFG.6")
BUSY = refusal(503, "busy", "the board holds as many requests as it can; send it again")


def said(refusal: SignedRefusal, refused: str = "", secret: SigningKey = LOG_SECRET, origin: str = LOG.name) -> str:
    about = replace(refusal, origin=origin, refused=refused)
    return encode(replace(about, signature=secret.sign(refusal_bytes(about)).signature)).decode()


BALLOT_SAID, UPLOAD_SAID = f"record {tree.hash_leaf(BALLOT).hex()}", f"blob {sha256(UPLOAD).hexdigest()}"


def accepted_refusals() -> list[tuple[str, str, bytes | None]]:
    """The name, the refusal, and what one asks about."""
    late = said(LATE, BALLOT_SAID)
    return [
        ("a ballot that came too late", late, BALLOT),
        ("nobody asks about what", late, None),
        ("a blob that is too large", said(refusal(413, "too-large", "at most 10 bytes"), UPLOAD_SAID), UPLOAD),
        ("a receipt that is not there yet", said(BUSY, BALLOT_SAID.replace("record", "receipt")), BALLOT),
        ("nothing was read", said(BUSY), None),
        ("letters beyond ASCII", said(refusal(400, "malformed", "бюллетень \u00ab\n\u00bb"), BALLOT_SAID), None),
    ]


def rejected_refusals() -> list[tuple[str, str, str, bytes | None]]:
    """The same, and what a check says."""
    late = said(LATE, BALLOT_SAID)
    signature, other = (json.loads(raw)["signature"] for raw in (late, said(BUSY, BALLOT_SAID)))
    body = checkpoint.encode_body(Checkpoint(LOG.name, 5, tree.compute_root(LEAVES[:5])))
    tree_head = note.encode_base64(LOG_SECRET.sign(body).signature)
    bare = said(LATE, f"record {sha256(BALLOT).hexdigest()}")
    return [
        ("another time", late.replace(str(TIME), str(TIME + 1)), "RCP.1", None),
        ("another code", late.replace("wrong-phase", "rejected"), "RCP.1", None),
        ("another clause", late.replace("CFG.6", "BAL.7"), "RCP.1", None),
        ("another sentence", late.replace("open", "over"), "RCP.1", None),
        ("another status", late.replace('"status":409', '"status":422'), "RCP.1", None),
        ("about another record", late.replace(BALLOT_SAID[7:], tree.hash_leaf(b"other").hex()), "RCP.1", None),
        ("about nothing", late.replace(BALLOT_SAID, ""), "RCP.1", None),
        ("a receipt instead of a record", late.replace('"record ', '"receipt '), "RCP.1", None),
        ("of another log", said(LATE, BALLOT_SAID, origin="elsewhere.example"), "RCP.1", None),
        ("by another key", said(LATE, BALLOT_SAID, OTHER_SECRET), "RCP.1", None),
        ("the signature of another refusal", late.replace(signature, other), "RCP.1", None),
        ("the signature of a checkpoint", late.replace(signature, tree_head), "RCP.1", None),
        ("a signature of zeros", late.replace(signature, note.encode_base64(bytes(64))), "RCP.1", None),
        ("the bytes are others", late, "incomplete", b"another ballot"),
        ("bytes, but nothing was read", said(BUSY), "incomplete", BALLOT),
        ("a record's digest without its prefix", bare, "incomplete", BALLOT),
        ("a line feed at the end", late + "\n", "malformed", None),
        ("a space after a comma", late.replace(",", ", ", 1), "malformed", None),
        ("an unknown member", late.replace("{", '{"a":1,', 1), "malformed", None),
        ("no signature", late.replace(f'"signature":"{signature}",', ""), "malformed", None),
        ("63 bytes of signature", late.replace(signature, note.encode_base64(bytes(63))), "malformed", None),
        ("a time as text", late.replace(str(TIME), f'"{TIME}"'), "malformed", None),
        ("after the year 9999", late.replace(str(TIME), "253402300800"), "malformed", None),
        ("not JSON", "the board refused me", "malformed", None),
    ]


def make_refusal() -> File:
    """Bodies of refusals, and their twins."""

    def vector(name: str, raw: str, data: bytes | None) -> File:
        return {"name": name, "refusal": raw} | ({} if data is None else {"data": data.hex()})

    of = {said(BUSY): "nothing was read"}
    return {
        "comment": "Bodies of refusals by `log`; `data` (hex) is the record or blob that one asks about.",
        "log": note.encode_key(LOG),
        "accepted": [vector(*each) for each in accepted_refusals()],
        "rejected": [
            vector(name, raw, data) | {"of": of.get(raw, "a ballot that came too late"), "expect": expect}
            for name, raw, expect, data in rejected_refusals()
        ],
    }


if __name__ == "__main__":
    every = {"tiles": make_tiles, "trust": make_trust, "witness": make_witness, "refusal": make_refusal}
    for name, made in ((name, make()) for name, make in every.items()):
        (VECTORS / f"{name}.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")
