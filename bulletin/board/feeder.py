"""Bringing a checkpoint to the witnesses and collecting their cosignatures (specs/witness.md §5)."""

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from time import monotonic
from typing import NamedTuple

import requests

from bulletin.settings import Unusable
from verifier.client.board import anonymous
from verifier.client.witness import Request, encode_request
from verifier.errors import Incomplete, VerifierError
from verifier.log import checkpoint, note, policy
from verifier.log.checkpoint import SignedCheckpoint
from verifier.log.note import Note, SignatureLine
from verifier.log.policy import Party, Policy

CHUNK, MAX_CHUNKS = 4096, 16
ATTEMPTS = 3
LOG_LINES = 2048  # bytes of a checkpoint that are kept free for its text and the log's own lines
GRACE = 0.1  # seconds that a quorum waits for the witnesses it does not need
Prove = Callable[[int, int], tuple[bytes, ...]]


class NoQuorum(Exception):
    """Too few witnesses cosigned: the checkpoint must not be published."""


class Asking(NamedTuple):
    """What came of asking one witness; `problem` is "" when it cosigned."""

    witness: str
    problem: str


class Feeder:
    """Asks every witness of a policy; remembers the size that each saw last.

    A witness that fails or is slow costs its own cosignature and nothing else; without a quorum all have `timeout`
    seconds. `reports` tells how each did with the latest checkpoint.
    """

    def __init__(self, trust: Policy, timeout: float = 10.0) -> None:
        self._trust, self._timeout = trust, timeout
        self._seen = dict.fromkeys(trust.witnesses, 0)
        self._asked: dict[str, Future[SignatureLine | str]] = {}
        self._pool = ThreadPoolExecutor(max(1, len(trust.witnesses)), "witness")
        self.reports: tuple[Asking, ...] = ()

    def feed(self, signed: SignedCheckpoint, prove: Prove) -> bytes:
        """The checkpoint's note with all cosignatures that could be had, once they are a quorum; else NoQuorum.

        `signed` carries the log's signatures only; `prove(old, size)` makes consistency proofs.
        """
        names = [name for name, party in self._trust.witnesses.items() if party.url]
        idle = [name for name in names if name not in self._asked or self._asked[name].done()]
        asked = {name: self._pool.submit(self._ask, name, signed, prove) for name in idle}
        self._asked |= asked
        done = self._await(asked)
        answers = [asked[name].result() if asked.get(name) in done else "no answer in time" for name in names]
        self.reports = tuple(
            Asking(name, answer if isinstance(answer, str) else "") for name, answer in zip(names, answers, strict=True)
        )
        lines = tuple(answer for answer in answers if isinstance(answer, SignatureLine))
        merged = checkpoint.decode(note.encode(Note(signed.note.text, (*signed.note.signatures, *lines))))
        cosignatures = checkpoint.check_cosignatures("BRD.5", "feeder", merged, self._trust.witness_keys)
        if not policy.is_quorum(self._trust, (cosignature.key for cosignature in cosignatures)):
            problems = "; ".join(f"{name}: {problem}" for name, problem in self.reports if problem)
            raise NoQuorum(f"{len(lines)} of {len(self._trust.witnesses)} witnesses cosigned ({problems})")
        return merged.raw

    def _await(self, asked: Mapping[str, Future[SignatureLine | str]]) -> set[Future[SignatureLine | str]]:
        """Who has answered: all, or a quorum and whoever else was as quick, so that one slow witness delays nobody."""
        keys = {future: self._trust.witnesses[name].key for name, future in asked.items()}
        done: set[Future[SignatureLine | str]] = set()
        end = monotonic() + self._timeout
        while waiting := set(keys) - done:
            done |= wait(waiting, max(0.0, end - monotonic()), FIRST_COMPLETED).done
            if policy.is_quorum(self._trust, [keys[one] for one in done if isinstance(one.result(), SignatureLine)]):
                end = min(end, monotonic() + GRACE)
            if monotonic() >= end:
                break
        return done

    def _ask(self, name: str, signed: SignedCheckpoint, prove: Prove) -> SignatureLine | str:
        """The witness's verified line, or the sentence that says why there is none."""
        party, size = self._trust.witnesses[name], signed.body.size
        old = min(self._seen[name], size)
        for _ in range(ATTEMPTS):
            asked = Request(old, prove(old, size), signed)
            try:
                status, body = self._post(party.url, encode_request(asked))
            except requests.RequestException as error:
                return f"not reached ({type(error).__name__})"
            if status == 200:
                self._seen[name] = size
                return _choose_line(body, party, signed)
            if status != 409:
                return f"refused with status {status}"
            seen = _read_size(body)
            if seen is None:
                seen = 0 if old else size  # a 409 without a size: begin anew, or ask for the same checkpoint again
            if seen > size:
                return f"has cosigned {seen} entries, this checkpoint has {size}: is the log running twice?"
            self._seen[name] = old = seen
        return "keeps answering with another size"

    def _post(self, url: str, data: bytes) -> tuple[int, bytes]:
        where = f"{url.rstrip('/')}/add-checkpoint"
        with requests.post(
            where, data, timeout=self._timeout, stream=True, allow_redirects=False, auth=anonymous
        ) as response:
            return response.status_code, b"".join(islice(response.iter_content(CHUNK), MAX_CHUNKS))


def check_room(trust: Policy) -> None:
    """Unusable unless the lines of all these witnesses fit into one checkpoint: about 19 of ML-DSA-44."""
    longest = (SignatureLine(key.name, key.id, bytes(8 + note.SIZES[key.type][1])) for key in trust.witness_keys)
    size = len(note.encode_lines(longest))
    if size > note.MAX_NOTE - LOG_LINES:
        raise Unusable(
            f"the lines of these witnesses have {size:,} bytes together, and a checkpoint has room for"
            f" {note.MAX_NOTE - LOG_LINES:,}: take fewer witnesses, or fewer with ML-DSA-44 keys"
        )


def _choose_line(body: bytes, party: Party, signed: SignedCheckpoint) -> SignatureLine | str:
    try:
        answer = Note(signed.note.text, note.decode_lines(body))
        lines = [line for _, line in checkpoint.matching_lines(answer, [party.key])][:1]
        one = signed._replace(note=Note(signed.note.text, tuple(lines)))
        checkpoint.check_cosignatures("BRD.5", party.key.name, one, [party.key])
    except Incomplete as error:
        return f"answered with a cosignature that cannot be checked here ({error.detail})"
    except VerifierError as error:
        return f"answered with a false cosignature ({error})"
    return lines[0] if lines else "answered without its own signature line"


def _read_size(body: bytes) -> int | None:
    text = body.removesuffix(b"\n")
    return int(text) if text.isdigit() and len(text) <= 19 else None
