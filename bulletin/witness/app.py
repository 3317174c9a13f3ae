"""A witness over HTTP (specs/witness.md §1, §2, §4)."""

from bulletin.http.app import Application
from bulletin.http.exchange import JSON, PLAIN, HttpRequest, Reply, say
from bulletin.http.front import front
from bulletin.http.headers import NEVER, public
from bulletin.http.markup import read_words, render, show_page
from bulletin.http.metrics import Metric, fingerprints, metered
from bulletin.http.routes import HASH, Route
from bulletin.witness.witness import Declined, Witness
from verifier.desk.report.language import Language


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


def get_health(witness: Witness, _: HttpRequest) -> Reply:
    """Say how each log stands."""
    logs = [each._asdict() for each in witness.watched()]
    status = 503 if any(each["evidence"] for each in logs) else 200
    return _fresh(say({"name": witness.key.name, "logs": logs}, status))


def show_witness(witness: Witness, _: HttpRequest, language: Language) -> Reply:
    """Show who this is, and what it signed last."""
    w = read_words("front", language)
    return _fresh(show_page(render("witness.html", language, w=w, name=witness.key.name, logs=witness.watched())))


def _fresh(answer: Reply) -> Reply:
    return answer._replace(headers={**answer.headers, "cache-control": NEVER, "access-control-allow-origin": "*"})


METRICS = (
    Metric("aikyn_witness_cosigned_entries", "Entries of the log's largest tree that was cosigned.",
        lambda witness: {log.origin: log.size for log in witness.watched()}, "origin"),
    Metric("aikyn_witness_cosigned_timestamp_seconds", "When the log was last cosigned.",
        lambda witness: {log.origin: log.time for log in witness.watched()}, "origin"),
    Metric("aikyn_witness_evidence", "Checkpoints kept that the log signed and did not show to continue the last.",
        lambda witness: {log.origin: len(log.evidence) for log in witness.watched()}, "origin"),
    Metric("aikyn_witness_key_info", "The witness's key, by its fingerprint.",
        lambda witness: fingerprints([witness.key]), "key"),
)  # fmt: skip
USUAL = frozenset({200, 409})  # what a log is told every second
ROUTES = (
    Route("POST", "/add-checkpoint", add_checkpoint, "Cosign a checkpoint.", {200: (PLAIN, str)}),
    Route("GET", "/{origin}/checkpoint", get_checkpoint, "What was cosigned last.", {200: (PLAIN, str)}, (404,),
        {"origin": HASH}),
    Route("GET", "/health", get_health, "How each log stands.",
        {200: (JSON, {"type": "object"}), 503: (JSON, {"type": "object"})}),
    metered(METRICS),
    *front(show_witness),
)  # fmt: skip


def create_app(witness: Witness, address: str = "") -> Application:
    """The witness over HTTP: what it is asked to cosign, what it cosigned last, its health and its page."""
    return Application(ROUTES, witness, public(address), untold=USUAL)
