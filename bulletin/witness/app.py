"""A witness over HTTP (specs/witness.md §1, §2)."""

from bulletin.http.app import Application
from bulletin.http.exchange import PLAIN, HttpRequest, Reply
from bulletin.http.headers import public
from bulletin.http.routes import HASH, Route
from bulletin.witness.witness import Declined, Witness


def add_checkpoint(witness: Witness, asked: HttpRequest) -> Reply:
    """Cosign, or say why not."""
    try:
        return Reply(200, {"content-type": PLAIN}, witness.add_checkpoint(asked.body))
    except Declined as refusal:
        if refusal.size is not None:
            return Reply(refusal.status, {"content-type": "text/x.tlog.size"}, b"%d\n" % refusal.size)
        return Reply(refusal.status, {"content-type": PLAIN}, f"{refusal}\n".encode())


def get_checkpoint(witness: Witness, _: HttpRequest, origin: str) -> Reply:
    """Show what it cosigned last of the log whose origin has this SHA-256."""
    found = witness.latest(origin)
    headers = {"content-type": PLAIN, "cache-control": "no-cache", "access-control-allow-origin": "*"}
    return Reply(404, headers, b"nothing cosigned\n") if found is None else Reply(200, headers, found)


USUAL = frozenset({200, 409})  # what a log is told every second
ROUTES = (
    Route("POST", "/add-checkpoint", add_checkpoint, "Cosign a checkpoint.", {200: (PLAIN, str)}),
    Route(
        "GET",
        "/{origin}/checkpoint",
        get_checkpoint,
        "What was cosigned last.",
        {200: (PLAIN, str)},
        (404,),
        {"origin": HASH},
    ),
)


def create_app(witness: Witness, address: str = "") -> Application:
    """The witness over HTTP: `POST /add-checkpoint` and `GET /<sha256 of origin>/checkpoint`."""
    return Application(ROUTES, witness, public(address), untold=USUAL)
