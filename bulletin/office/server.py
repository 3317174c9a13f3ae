"""What the operator puts on the board's machine: settings, policy, roots, web server and unit, filled in."""

from __future__ import annotations

import json
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from ssl import DER_cert_to_PEM_cert

from bulletin.board import anchors
from bulletin.office.commissions import Commissions
from bulletin.office.folder import Folder, write
from bulletin.office.holders import Holders
from bulletin.office.policy import compose_policy
from bulletin.settings import PLAN, POLICY, ROOTS, SETTINGS, load
from verifier.log import policy

EXAMPLE = "board.example"  # stands for the board's name in deploy/
APP_EXAMPLE = "vote.example"  # and for that of the app's machine
UNITS = ("aikyn-board.service", "aikyn.sysusers")


def fill_in(
    folder: Folder,
    server: str,
    manifest: bytes,
    seated: Commissions,
    holders: Holders,
    quorum: int,
    plan: bytes | None = None,
    vote: str = "",
) -> list[Path]:
    """Write `made/board/`, as the operator copies it to the machine, and read it back as the board will.

    `vote` is the machine that serves the voters' app, "" if there is none; its web server is filled in too.
    """
    settings = {
        "policy": POLICY,
        "roots": ROOTS,
        "manifest": manifest.hex(),
        "address": f"https://{server}",
        "mirrors": [address for address in holders.mirrors if address],
        "proxy": "127.0.0.1",
    }
    if plan is not None:
        settings["plan"] = PLAN
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    nginx = _template("nginx.conf").replace(EXAMPLE, server)
    files = {
        SETTINGS: lines,
        POLICY: compose_policy(holders.log, holders.witnesses, quorum),
        ROOTS: "".join(DER_cert_to_PEM_cert(root.der) for root in seated.roots),
        "nginx.conf": nginx,
        **{name: _template(name) for name in UNITS},
    }
    if plan is not None:
        files[PLAN] = plan.decode()
    if vote:
        files["nginx-app.conf"] = _template("nginx-app.conf").replace(APP_EXAMPLE, vote)
    place = folder.made("board")
    for name, text in files.items():
        write(place / name, text.encode())
    _read_back(place)
    return [place / name for name in files]


def _read_back(place: Path) -> None:
    """`Unusable` or `Malformed` if the board could not read what was written: a fault of the desk, not of its user."""
    settings = load(place / SETTINGS, {}, {})
    anchors.read(Path(settings.roots))
    policy.decode(Path(settings.policy).read_bytes())


def _template(name: str) -> str:
    """A file of deploy/, which stands in the package where it was installed, and beside it in the sources."""
    room = resources.files("bulletin")
    places: tuple[Traversable, ...] = (room.joinpath("deploy", name), room.joinpath("..", "deploy", name))
    return next(place for place in places if place.is_file()).read_text(encoding="utf-8")
