"""The files of an edition: only what changed is made, the rest is linked, and all of it changes at once.

`DIR/current` leads to the publication that is shown; a web server needs nothing else. (specs/results-pages.md §5)
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bulletin.http.markup import LANGUAGES
from bulletin.results import data, feed, lists, pages, tongue
from bulletin.results.edition import Edition
from bulletin.results.pages import Page
from bulletin.results.tongue import HERE, Tongue
from verifier.errors import Incomplete
from verifier.paper.weigh import weigh
from verifier.records import encode

CURRENT, PUBLICATIONS, MADE = "current", "publications", "made.json"
LIST = "pages.json"
ENCODER = msgspec.msgpack.Encoder(enc_hook=list)


class Made(NamedTuple):
    """A file as it was made: a digest of what it was made from, and of its bytes."""

    inputs: bytes
    sha256: bytes


class Recipe(NamedTuple):
    """Files that are made from the same inputs, if they have to be made."""

    inputs: bytes
    names: tuple[str, ...]
    make: Any  # gives the bytes of each name, in order


def compose(edition: Edition) -> Iterator[Recipe]:
    """All files of an edition, not made yet."""
    judgement = weigh(edition.state, edition.bounds if edition.watching else None)
    if judgement is None:
        raise Incomplete("this election has no plan, or a blob of its papers is missing in this copy")
    archive = pages.collect(edition, judgement.findings)
    tongues = tongue.speak(edition)
    base = edition.digest + tongue.outfit()
    for page in (*pages.paginate(archive), *lists.paginate(archive, judgement)):
        inputs = sha256(base + ENCODER.encode((page.path, page.template, page.told))).digest()
        names = tuple(f"{language}/{page.path}.html" for language in LANGUAGES)
        yield Recipe(inputs, names, _Rendering(page, tuple(tongues.values())))
    for name, raw in (*data.tabulate(archive), *feed.feeds(archive, tongues.values()), *_fixed()):
        yield Recipe(sha256(name.encode() + b"\0" + raw).digest(), (name,), _Given(raw))


class _Rendering(NamedTuple):
    page: Page
    tongues: tuple[Tongue, ...]

    def __call__(self) -> Iterator[bytes]:
        depth = self.page.path.count("/")
        for spoken in self.tongues:
            yield tongue.render(self.page.template, spoken, depth, self.page.path, **self.page.told)


class _Given(NamedTuple):
    raw: bytes

    def __call__(self) -> Iterator[bytes]:
        yield self.raw


def _fixed() -> Iterator[tuple[str, bytes]]:
    """What no edition changes: the style, and the page that leads to the languages."""
    yield "results.css", (HERE / "templates" / "results.css").read_bytes()
    yield "index.html", tongue.markup(LANGUAGES[0]).get_template("languages.html").render().encode()


class Site:
    """The publications under `place`; one process writes them."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._shelf = place / PUBLICATIONS
        self._shelf.mkdir(parents=True, exist_ok=True)
        self._made: dict[str, Made] = {}
        self._at: Path | None = None
        self._recall()

    @property
    def current(self) -> Path:
        """What is shown; a link that is replaced."""
        return self._place / CURRENT

    def publish(self, edition: Edition) -> tuple[int, int]:
        """Make what changed, link the rest, show it; how many files were made, of how many."""
        now = edition.now
        target = self._shelf / f"{now.number}-{now.root.hex()[:16]}"
        if target == self._at:
            target = target.with_name(f"{target.name}.again")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        known = {""}
        made: dict[str, Made] = {}
        fresh = 0
        for recipe in compose(edition):
            fresh += self._put(target, recipe, made, known)
        listed = encode({name: one.sha256.hex() for name, one in sorted(made.items())})
        (target / LIST).write_bytes(listed)
        (target.parent / f"{target.name}.{MADE}").write_bytes(
            encode({name: (one.inputs.hex(), one.sha256.hex()) for name, one in sorted(made.items())})
        )
        os.sync()  # before anybody is led there
        self._show(target)
        before, self._at, self._made = self._at, target, made
        self._tidy({target, before})
        return fresh, len(made)

    def _put(self, target: Path, recipe: Recipe, made: dict[str, Made], known: set[str]) -> int:
        """Write or link the recipe's files; how many were written."""
        last = [self._made.get(name) for name in recipe.names]
        same = self._at is not None and all(one is not None and one.inputs == recipe.inputs for one in last)
        contents = [None] * len(recipe.names) if same else list(recipe.make())
        for name, one, raw in zip(recipe.names, last, contents, strict=True):
            path, folder = f"{target}/{name}", name.rpartition("/")[0]
            if folder not in known:
                (target / folder).mkdir(parents=True, exist_ok=True)
                known.add(folder)
            made[name] = Made(recipe.inputs, sha256(raw).digest()) if raw is not None else self._made[name]
            if one is not None and one.sha256 == made[name].sha256:
                os.link(f"{self._at}/{name}", path)
            elif raw is not None:
                Path(path).write_bytes(raw)
        return 0 if same else len(recipe.names)

    def _show(self, target: Path) -> None:
        """Lead to this publication from now on."""
        fresh = self._place / f".{CURRENT}.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target.relative_to(self._place))
        fresh.replace(self.current)

    def _recall(self) -> None:
        """What is shown already, if this house made it and noted what from."""
        if not self.current.is_symlink():
            return
        at = self._place / self.current.readlink()
        try:
            noted = msgspec.json.decode((at.parent / f"{at.name}.{MADE}").read_bytes(), type=dict[str, tuple[str, str]])
        except (OSError, ValueError):
            return
        if at.is_dir():
            self._at = at
            self._made = {name: Made(bytes.fromhex(one), bytes.fromhex(other)) for name, (one, other) in noted.items()}

    def _tidy(self, kept: set[Path | None]) -> None:
        """Only what is shown and what was shown last is kept: of older ones their rows of totals stay."""
        names = {one.name for one in kept if one}
        for path in self._shelf.iterdir():
            if path.name.removesuffix(f".{MADE}") not in names:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
