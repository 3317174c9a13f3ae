"""What stands before the play begins: key holders' vaults, a board with its witnesses, the trust sheets."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode, b64encode
from pathlib import Path
from ssl import DER_cert_to_PEM_cert
from typing import NamedTuple

from bulletin.office.processes import Processes
from bulletin.office.rehearsal import Authority, HolderKey, Sitting
from demo import figures
from verifier.audit.trust import TrustSheet
from verifier.commission.roster import Commission
from verifier.election.manifest import SPEC, KeyHolder, Manifest
from verifier.log import note
from verifier.log.tree import hash_leaf
from verifier.records import encode

ORIGIN = "board.example/pilot-2023"
WITNESSES = [f"witness{number}.example" for number in range(1, figures.WITNESSES + 1)]
TRUSTEES = [f"trustee-{number}" for number in range(1, figures.TRUSTEES + 1)]
PRESENT = [f"trustee-{number}" for number in range(1, figures.TRUSTEES + 1) if number != figures.ABSENT]
MIXERS = [f"mixer-{number}" for number in range(1, figures.MIXERS + 1)]
INTERVAL = 0.25


class Keys(NamedTuple):
    """What everybody hands in for the manifest, policy and trust sheet: public keys only."""

    log: str
    witnesses: dict[str, str]
    holders: dict[str, bytes]

    @classmethod
    def on(cls, sheet: TrustSheet) -> Keys:
        """Those that a board needs, from the sheet that was printed; key holders have done their part."""
        assert sheet.witnesses is not None
        parties = [party.key for party in sheet.witnesses.witnesses.values()]
        return cls(note.encode_key(sheet.log_keys[0]), {key.name: note.encode_key(key) for key in parties}, {})


class People(NamedTuple):
    """Those whose keys the demo itself holds: the operator, the commissions and who certifies them."""

    authority: Authority
    operator: HolderKey
    central: Sitting
    precincts: dict[str, Sitting]

    @classmethod
    def draw(cls) -> People:
        authority = Authority("Root of the demo (synthetic)")
        central = Sitting.seat(Commission("central", figures.CENTRAL, "central", "", 3, 5), authority)
        precincts = {
            council: Sitting.seat(
                Commission(f"precinct-{council}", figures.precinct(council), "precinct", "central", 2, 3), authority
            )
            for council in figures.COUNCILS
        }
        return cls(authority, HolderKey.draw("operator"), central, precincts)


def draw_keys(processes: Processes, private: Path) -> Keys:
    """Everybody makes a key on a disk of one's own."""
    holders = [*TRUSTEES, *MIXERS]
    for name in holders:
        processes.start(f"key-{name}", "aikyn-mix", "key", private / name)
    processes.start("init", "aikyn-board", "init", private / "board", "--origin", ORIGIN)
    for name in WITNESSES:
        processes.start(f"key-{name}", "aikyn-board", "witness-key", private / name, "--name", name)
    return Keys(
        processes.finish("init").strip(),
        {name: processes.finish(f"key-{name}").strip() for name in WITNESSES},
        {name: b64decode(processes.finish(f"key-{name}")) for name in holders},
    )


def compose_manifest(keys: Keys, people: People) -> Manifest:
    """The pilot's rules."""
    return Manifest(
        spec=SPEC,
        election="pilot-2023",
        title=figures.TITLE,
        nonce=secrets.token_bytes(32),
        origin=ORIGIN,
        log_key=note.decode_key(keys.log).public,
        operator=bytes(people.operator.key.verify_key),
        policy=policy(keys),
        contests=tuple(map(figures.contest, figures.COUNCILS)),
        styles=tuple(map(figures.style, figures.COUNCILS)),
        commissions=(people.central.commission, *(sitting.commission for sitting in people.precincts.values())),
        central="central",
        roster=hash_leaf(encode(people.central.roster)),
        trustees=tuple(KeyHolder(name, keys.holders[name]) for name in TRUSTEES),
        threshold=figures.THRESHOLD,
        least_trustees=figures.LEAST_TRUSTEES,
        mixers=tuple(KeyHolder(name, keys.holders[name]) for name in MIXERS),
        mixes=figures.MIXES,
        minimum=figures.MINIMUM,
        telephone="+996 312 000000 (synthetic)",
        timetable=figures.TIMETABLE,
    )


def policy(keys: Keys, urls: dict[str, str] | None = None) -> str:
    """The witness policy; with URLs it is the board's own."""
    names = [f"w{number}" for number, _ in enumerate(WITNESSES, 1)]
    lines = [f"log {keys.log}"]
    for short, name in zip(names, WITNESSES, strict=True):
        lines.append(f"witness {short} {keys.witnesses[name]} {urls[name] if urls else ''}".rstrip())
    lines += [f"group all-witnesses {figures.QUORUM} {' '.join(names)}", "quorum all-witnesses"]
    return "\n".join(lines) + "\n"


def print_sheets(out: Path, keys: Keys, people: People, manifest: Manifest) -> tuple[Path, Path]:
    """The trust sheet, and one that trusts the log alone; the commission prints them before anything is on the log."""
    digest = hashlib.sha256(encode(manifest)).hexdigest()
    head = f"{SPEC} trust\nmanifest {digest}\nroot {b64encode(people.authority.der).decode()}\n"
    whole, alone = out / "trust.txt", out / "trust-log-only.txt"
    whole.write_text(head + policy(keys))
    alone.write_text(head + f"log {keys.log}\n")
    return whole, alone


def open_board(processes: Processes, private: Path, keys: Keys, sheet: TrustSheet) -> str:
    """Start the witnesses, write the policy by which the board asks them, start the board; its URL.

    The board takes only the manifest of the sheet, and members whom the sheet's roots certified.
    """
    assert sheet.manifest is not None
    for name in WITNESSES:
        processes.start(name, "aikyn-board", "witness", private / name, "--name", name, "--log", keys.log, "--port", 0)
    asked = private / "policy.txt"
    asked.write_text(policy(keys, {name: processes.listen(name) for name in WITNESSES}))
    roots = private / "roots.pem"
    roots.write_text("".join(DER_cert_to_PEM_cert(root.der) for root in sheet.roots))
    trusted = ("--policy", asked, "--roots", roots, "--manifest", sheet.manifest.hex())
    options = ("--port", 0, "--interval", INTERVAL)
    processes.start("board", "aikyn-board", "serve", private / "board", *trusted, *options)
    return processes.listen("board")
