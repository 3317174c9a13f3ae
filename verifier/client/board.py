"""A board over HTTP: reading its files, handing it records and blobs (specs/api.md)."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import requests

from verifier.client.files import CHUNK, limit
from verifier.errors import Incomplete, Said, say
from verifier.log import note
from verifier.log.receipt import MAX_RECEIPT
from verifier.log.tree import hash_leaf
from verifier.records import Blob

ATTEMPTS = 6
PATIENCE = 600.0  # seconds for which a busy board is asked again, and a slow one may go on sending
SLOWEST = 1 << 14  # bytes a second that it then must have sent
LONGEST_WAIT = 25.0
MAX_ANSWER = 1 << 20  # bytes of an answer that is no file
CODINGS = {"", "identity", "gzip"}
JSON = {"Content-Type": "application/json"}
TRANSIENT = {408, 429, 502, 503, 504}
Keep = Callable[[Iterable[bytes]], None]


class Refused(Exception):
    """The board refused a request; `code` and `clause` are those of specs/api.md §6, `detail` says what to do.

    `raw` is the answer as it came. Keep it: `verifier.log.refusal` checks who signed it.
    """

    def __init__(self, status: int, code: str, clause: str, detail: str, raw: bytes = b"") -> None:
        super().__init__(status, code, clause, detail)
        self.status, self.code, self.clause, self.detail, self.raw = status, code, clause, detail, raw

    def __str__(self) -> str:
        return f"{self.code}{f' ({self.clause})' if self.clause else ''}: {self.detail}"


class Sender(NamedTuple):
    """Whoever hands in blobs and commissions' records; `id` is a name of specs/api.md §2."""

    manifest: bytes
    id: str
    sign: Callable[[bytes], bytes]

    def authorize(self, message: bytes) -> dict[str, str]:
        """The header that goes with what is handed in."""
        return {"Authorization": f"Aikyn {self.id} {note.encode_base64(self.sign(message))}"}


class Response(NamedTuple):
    """An answer that is held whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""


class Board:
    """A board at `url`; every request may be repeated, and is repeated while the board is busy or out of reach.

    `Incomplete` if it stays so. Proxies are those of the environment. No password is taken from `.netrc`: a board has
    no users, and a password would take the place of the signature. An answer is read no further than it may be long.
    """

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        self.url, self._timeout = url.rstrip("/"), timeout
        self._session = requests.Session()
        self._session.auth = anonymous

    def read(self, path: str) -> bytes | None:
        """A file of the archive, None if the board does not have it."""
        answer = self._ask("GET", path, most=limit(path))
        return None if answer.status == 404 else _accept(answer).body

    def save(self, path: str, keep: Keep) -> bool:
        """Hand a file of the archive to `keep` piece by piece; False if the board does not have it."""
        answer = self._ask("GET", path, most=limit(path), keep=keep)
        return answer.status != 404 and bool(_accept(answer))

    def post(self, raw: bytes, sender: Sender | None = None) -> bytes:
        """Post a record; its leaf hash once the record is durable in its place, `Refused` if it is not admitted.

        A record that a commission has yet to sign is taken only from a `sender`.
        """
        leaf = hash_leaf(raw)
        headers = sender.authorize(posted_bytes(sender.manifest, leaf)) if sender else {}
        _check_taken(_accept(self._ask("POST", "records", raw, headers | JSON)), leaf)
        return leaf

    def hand_in(self, raw: bytes, wait: float = LONGEST_WAIT) -> bytes | None:
        """Post a record and wait for its receipt, not checked yet; None if the record is in its place without one.

        `Refused` if it is not admitted. A board that is busy is asked again; what it has placed is waited for no longer
        than `wait` seconds.
        """
        begun, leaf = time.monotonic(), hash_leaf(raw)
        held = min(LONGEST_WAIT, self._timeout / 2, wait)
        answer = _accept(self._ask("POST", f"records?wait={held:.2f}", raw, JSON, most=MAX_RECEIPT))
        if answer.status == 200:
            return answer.body
        _check_taken(answer, leaf)
        try:
            return self.receipt(leaf, max(0.0, begun + wait - time.monotonic()))
        except Refused as error:
            if error.status not in TRANSIENT:
                raise
            return None

    def put_blob(self, data: bytes, sender: Sender) -> Blob:
        """Put a blob."""
        blob = Blob.of(data)
        headers = sender.authorize(authorized_bytes(sender.manifest, blob.sha256, blob.length))
        headers["Content-Type"] = "application/octet-stream"
        _accept(self._ask("PUT", f"blobs/{blob.sha256.hex()}", data, headers))
        return blob

    def receipt(self, leaf: bytes, wait: float = LONGEST_WAIT) -> bytes:
        """The record's receipt, not checked yet; this waits for it at most `wait` seconds."""
        deadline = time.monotonic() + wait
        while True:
            left = max(0.0, deadline - time.monotonic())
            held = min(LONGEST_WAIT, self._timeout / 2, left)
            answer = self._ask("GET", f"receipts/{leaf.hex()}?wait={held:.2f}", again=False, most=MAX_RECEIPT)
            if answer.status not in TRANSIENT or not left:
                return _accept(answer).body
            time.sleep(min(left, 0.2))

    def health(self) -> dict[str, object]:
        """What the board says about itself (specs/api.md §5), whether it is healthy or not."""
        said = _read_object(self._ask("GET", "health", again=False))
        if "phase" not in said:
            raise Incomplete("this is not a board's answer", f"{self.url}/health")
        return said

    def _ask(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        again: bool = True,
        most: int = MAX_ANSWER,
        keep: Keep | None = None,
    ) -> Response:
        """One request, repeated while the board is out of reach (ATTEMPTS) or, with `again`, busy (PATIENCE).

        A successful answer has at most `most` bytes. If there is a `keep`, they go there and are not held.
        """
        url, deadline, lost = f"{self.url}/{path}", time.monotonic() + PATIENCE, 0
        asked = {"Accept-Encoding": "gzip", **(headers or {})}
        for attempt in range(1 << 16):
            pause = min(5.0, 0.1 * 2.0**attempt)
            try:
                with self._session.request(
                    method, url, data=data, headers=asked, timeout=self._timeout, stream=True, allow_redirects=False
                ) as response:
                    answer = _hold(response, url, most, keep)
            except requests.RequestException as error:
                lost += 1
                if lost == ATTEMPTS or isinstance(error, ValueError):  # no such address, or no way to a proxy
                    raise Incomplete(say("the board cannot be reached ({})", _why(error)), url) from error
            else:
                if answer.status not in TRANSIENT or not again or time.monotonic() > deadline:
                    return answer
                pause = _read_pause(answer, pause)
            time.sleep(pause)
        raise Incomplete("the board is busy", url)


class _Arriving(NamedTuple):
    """A body as it comes in, so that a slow one is noticed before a piece of it is full."""

    raw: Any  # of urllib3, which only `requests` knows

    def stream(self, most: int, decode_content: bool) -> Iterator[bytes]:  # noqa: FBT001  as `requests` calls it
        """What `requests` takes pieces from."""
        if not hasattr(self.raw, "read1"):
            yield from self.raw.stream(most, decode_content=decode_content)
            return
        while piece := self.raw.read1(most, decode_content=decode_content):
            yield piece


def anonymous(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send a request as it is: without this `requests` looks for a password in `.netrc`."""
    return request


def authorized_bytes(manifest: bytes, digest: bytes, length: int) -> bytes:
    """What the sender of a blob signs (specs/api.md §2)."""
    return b"aikyn/1 blob\n" + manifest + digest + length.to_bytes(8, "big")


def posted_bytes(manifest: bytes, leaf: bytes) -> bytes:
    """What the sender of a commission's record signs (specs/api.md §1)."""
    return b"aikyn/1 post\n" + manifest + leaf


def _hold(response: requests.Response, url: str, most: int, keep: Keep | None) -> Response:
    """The answer, with as much of its body as may be sent."""
    success = 200 <= response.status_code < 300
    pieces = _pieces(response, url, most if success else MAX_ANSWER)
    if success and keep is not None:
        keep(pieces)
    return Response(response.status_code, response.headers, b"".join(pieces), url)


def _pieces(response: requests.Response, url: str, most: int) -> Iterator[bytes]:
    """A body as it comes, packed or not; `Incomplete` if there is too much of it, or it comes too slowly."""
    coding = response.headers.get("Content-Encoding", "")
    if coding not in CODINGS:
        raise Incomplete(say("the board sends it packed as “{}”, which was not asked for", coding), url)
    body, length, begun = requests.Response(), 0, time.monotonic()
    body.raw = _Arriving(response.raw)
    for piece in body.iter_content(CHUNK):
        length += len(piece)
        if length > most:
            raise Incomplete(say("the board sends more than the {} bytes that this may have", most), url)
        if length < SLOWEST * (time.monotonic() - begun - PATIENCE):
            raise Incomplete("the board sends too slowly", url)
        yield piece


def _why(error: requests.RequestException) -> str | Said:
    """What went wrong on the way; what has no sentence here, in the words of the library that noticed it."""
    first = error.args[0] if error.args else ""
    said = f"{type(error).__name__}: {getattr(first, 'reason', first)}"
    if "NameResolution" in said or "Failed to resolve" in said:
        return say("there is no machine of this name, or this one is not on the network")
    if "Connection refused" in said:
        return say("nobody answers at this address")
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return say("its certificate is not trusted: look at the address and at this machine's clock")
    if "timed out" in said:
        return say("it does not answer in time")
    return f"{said} Install it: pip install PySocks" if "SOCKS" in said and "dependenc" in said else said


def _accept(answer: Response) -> Response:
    """The answer, if it is a success; else `Refused`."""
    if 200 <= answer.status < 300:
        return answer
    told = {key: str(value) for key, value in _read_object(answer).items()}
    moved = f" and leads to {answer.headers['Location']}" if "Location" in answer.headers else ""
    detail = told.get("detail", f"{answer.url} answers {answer.status}{moved}: that is not a board's answer")
    raise Refused(answer.status, told.get("code", "unknown"), told.get("clause", ""), detail, answer.body)


def _read_object(answer: Response) -> dict[str, object]:
    """The JSON object in the answer, empty if it holds none."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _check_taken(answer: Response, leaf: bytes) -> None:
    if _read_object(answer).get("leaf") != leaf.hex():
        raise Incomplete("this is not a board's answer", answer.url)


def _read_pause(answer: Response, otherwise: float) -> float:
    shown = answer.headers.get("Retry-After", "")
    return min(60.0, float(shown)) if shown.isdecimal() and len(shown) < 6 else otherwise
