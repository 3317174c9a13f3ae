"""The app on the log: what may be signed, what is found, and lies of its list (specs/assets.md §1)."""

from __future__ import annotations

from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from tests.corpus.twin import Liar, bent
from tests.support.elections import Election, contest, text
from verifier.election.assets import FIRST, MOST_FILES, Assets, ServedFile, ServedPolicy, app_digest, leaf_of
from verifier.election.counting import Close
from verifier.records import Blob, encode

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN, SCRIPT, JSON = "text/plain; charset=utf-8", "text/javascript; charset=utf-8", "application/json"
HTML, WASM = "text/html; charset=utf-8", "application/wasm"
WAICT = "application/waict-integrity-manifest"
CSP = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
FILES = {
    "/.well-known/waict/manifest.json": JSON,
    "/group.wasm": WASM,
    "/ky/vote.html": HTML,
    "/manifest.json": JSON,
    "/site.json": JSON,
    "/trust.txt": PLAIN,
    "/vote.js": SCRIPT,
}


def file(path: str, media: str, data: bytes = b"") -> ServedFile:
    """A file whose bytes are its path unless told."""
    return ServedFile(path, media, Blob.of(data or path.encode()))


def make(paths: dict[str, str] | None = None, /, **changes: object) -> Assets:
    """The app of these files by path and type, with the digest that fits them."""
    listed = tuple(file(path, media) for path, media in (FILES if paths is None else paths).items())
    return bent(Assets(app_digest(listed), listed, (ServedPolicy("/", CSP),), text("release"), FIRST), **changes)


def changed(former: Assets | None) -> Assets:
    """The next version: another script, a new page, one file less."""
    files = {one.path: one for one in make().files if one.path != "/group.wasm"}
    files |= {one.path: one for one in (file("/vote.js", SCRIPT, b"another"), file("/ru/vote.html", HTML))}
    listed = tuple(files[path] for path in sorted(files))
    return make(app=app_digest(listed), files=listed, replaces=leaf_of(former))


class AppLiar(Liar):
    """Somebody who lies about the app, in an election that has one and is open."""

    def after(self, phase: str) -> AppLiar:
        """The election up to where the phase begins."""
        return AppLiar(twin(), begun()[phase])


class OddApp(NamedTuple):
    """What may be signed, and the clause that finds something."""

    name: str
    hold: Callable[[AppLiar], AppLiar | None]
    expect: str = ""


class AppLie(NamedTuple):
    """What must be refused, by which clause."""

    name: str
    expect: str
    tell: Callable[[AppLiar], AppLiar | None]


ODD_APPS: list[OddApp] = []
APP_LIES: list[AppLie] = []


@cache
def twin() -> Election:
    """An election that is open, with an app since its ceremony."""
    made = Election([contest("north")]).set_up().hold_ceremony()
    made.enact(make())
    made.register(2)
    made.vote(0, [1])
    return made


@cache
def begun() -> dict[str, int]:
    """How many records the twin has when each phase begins; "app" is its first app's."""
    kinds = [b'"type":"acknowledgement"', b'"type":"opening"', b'"type":"ballot"']
    raws = twin().records
    first, opening, ballot = (next(n for n, raw in enumerate(raws) if kind in raw) for kind in kinds)
    app = next(n for n, raw in enumerate(raws) if b'"type":"assets"' in raw)
    return {"ceremony": first, "registration": app, "waiting": opening, "voting": ballot, "end": len(raws)}


def hold(entered: OddApp | AppLie) -> AppLiar:
    """The odd or broken election."""
    liar = AppLiar(twin(), begun()["end"])
    return (entered.hold if isinstance(entered, OddApp) else entered.tell)(liar) or liar


def odd(expect: str = "") -> Callable[[Callable[[AppLiar], AppLiar | None]], None]:
    """Enter what nothing is wrong with, or what is found by the clause `expect`."""

    def enter(hold: Callable[[AppLiar], AppLiar | None]) -> None:
        ODD_APPS.append(OddApp(hold.__name__.replace("_", " "), hold, expect))

    return enter


def lie(expect: str) -> Callable[[Callable[[AppLiar], AppLiar | None]], None]:
    """Enter what is refused."""

    def enter(tell: Callable[[AppLiar], AppLiar | None]) -> None:
        APP_LIES.append(AppLie(tell.__name__.replace("_", " "), expect, tell))

    return enter


@odd()
def an_app_since_the_ceremony(_: AppLiar) -> None:
    """Nothing more happens."""


@odd()
def an_app_in_the_ceremony_and_another_one_before_the_opening(liar: AppLiar) -> AppLiar:
    early = liar.after("ceremony")
    early.enact(make())
    for raw in twin().records[begun()["ceremony"] : begun()["registration"]]:
        early.write(raw)
    early.enact(changed(early.state.assets))
    return early


@odd("ART.3")
def an_app_that_is_changed_while_people_vote(liar: AppLiar) -> None:
    liar.enact(changed(liar.state.assets))


@odd("ART.3")
def a_policy_that_is_changed_while_people_vote(liar: AppLiar) -> None:
    less = ServedPolicy("/", CSP.replace(" 'wasm-unsafe-eval'", ""))
    liar.enact(make(headers=(less,), replaces=leaf_of(liar.state.assets)))


@odd()
def a_first_app_while_people_vote(liar: AppLiar) -> AppLiar:
    bare = liar.after("registration")
    for raw in twin().records[begun()["registration"] + 3 :]:
        bare.write(raw)
    bare.enact(make())
    return bare


@odd()
def two_apps_of_which_nobody_signs_one(liar: AppLiar) -> AppLiar:
    early = liar.after("registration")
    early.post(make(reason=text("another")))
    for raw in twin().records[begun()["registration"] :]:
        early.write(raw)
    return early


@odd()
def as_many_files_as_there_may_be(liar: AppLiar) -> AppLiar:
    early = liar.after("registration")
    early.enact(make({f"/{number:03}": PLAIN for number in range(MOST_FILES)}))
    return early


@odd()
def every_directive_and_every_letter(liar: AppLiar) -> AppLiar:
    early = liar.after("registration")
    csp = f"{CSP}; font-src 'self'; manifest-src 'self'; worker-src 'self'; media-src http://[::1]:*/~x?%41=!"
    letters = "/.well-known/A-z_0.9"
    prefixes = ("/", "/.well-known/", "/A-z/_/")
    early.enact(make({letters: "x.y+z-1/0"}, headers=tuple(ServedPolicy(prefix, csp) for prefix in prefixes)))
    return early


@odd()
def an_app_with_files_for_browsers(liar: AppLiar) -> AppLiar:
    early = liar.after("registration")
    early.enact(make({"/.well-known/waict/a/manifest.json": WAICT, "/.well-known/webcat/manifest.json": JSON}))
    return early


def _files(*paths: str, media: str = PLAIN) -> Assets:
    return make(dict.fromkeys(paths, media))


def _policies(*pairs: tuple[str, str]) -> Assets:
    return make(headers=tuple(ServedPolicy(*pair) for pair in pairs))


def _csp(old: str, new: str) -> Assets:
    assert old in CSP
    return _policies(("/", CSP.replace(old, new)))


def _twice() -> Assets:
    listed = (file("/a", PLAIN), file("/a", PLAIN, b"other"))
    return make(files=listed, app=app_digest(listed))


INTEGRITY: dict[str, Callable[[], Assets]] = {
    "an app without files": partial(_files),
    "a file too many": partial(_files, *(f"/{number:03}" for number in range(MOST_FILES + 1))),
    "a path twice": _twice,
    "paths that do not ascend": partial(_files, "/b", "/a"),
    "a path that does not begin with a slash": partial(_files, "a"),
    "the path of a folder": partial(_files, "/a/"),
    "a path with an empty part": partial(_files, "/a//b"),
    "a path with a dot alone": partial(_files, "/./a"),
    "a path that leads upwards": partial(_files, "/a/../b"),
    "a hidden file": partial(_files, "/a/.b"),
    "a well-known folder within": partial(_files, "/a/.well-known/b"),
    "a well-known file": partial(_files, "/.well-known"),
    "a letter that must be escaped": partial(_files, "/a%41"),
    "a letter that is not of ASCII": partial(_files, "/баш"),
    "a path that ends with a line feed": partial(_files, "/a\n"),
    "a type without a slash": partial(_files, "/a", media="text"),
    "a type in capitals": partial(_files, "/a", media="text/HTML"),
    "a type with another charset": partial(_files, "/a", media="text/html; charset=utf-7"),
    "a type with its charset and no space": partial(_files, "/a", media="text/html;charset=utf-8"),
    "a type that ends with a line feed": partial(_files, "/a", media="text/html\n"),
    "a page that calls itself a manifest": partial(_files, "/manifest.json", media=HTML),
    "a script that calls itself a sheet": partial(_files, "/x/trust.txt", media=SCRIPT),
    "a script that calls itself addresses": partial(_files, "/site.json", media=SCRIPT),
    "an app without policies": partial(_policies),
    "a first prefix that is not the root": partial(_policies, ("/a/", CSP)),
    "prefixes that do not ascend": partial(_policies, ("/", CSP), ("/b/", CSP), ("/a/", CSP)),
    "a prefix twice": partial(_policies, ("/", CSP), ("/", CSP)),
    "a prefix without its slash": partial(_policies, ("/", CSP), ("/a", CSP)),
    "a prefix with an empty part": partial(_policies, ("/", CSP), ("//", CSP)),
    "a hidden prefix": partial(_policies, ("/", CSP), ("/.a/", CSP)),
    "no policy": partial(_policies, ("/", "")),
    "a second policy that is not safe": partial(_policies, ("/", CSP), ("/a/", CSP.replace("'wasm-", "'"))),
    "everything from oneself": partial(_csp, "default-src 'none'", "default-src 'self'"),
    "no default": partial(_csp, "default-src 'none'; ", ""),
    "a base": partial(_csp, "base-uri 'none'", "base-uri 'self'"),
    "any base": partial(_csp, "base-uri 'none'; ", ""),
    "frames of one's own": partial(_csp, "frame-ancestors 'none'", "frame-ancestors 'self'"),
    "any frame": partial(_csp, "frame-ancestors 'none'; ", ""),
    "trusted types for nothing": partial(_csp, "require-trusted-types-for 'script'", "require-trusted-types-for"),
    "trusted types not required": partial(_csp, "require-trusted-types-for 'script'; ", ""),
    "trusted types of a name": partial(_csp, "trusted-types 'none'", "trusted-types page"),
    "trusted types of any name": partial(_csp, "; trusted-types 'none'", ""),
    "no rule for scripts": partial(_csp, "script-src 'self' 'wasm-unsafe-eval'; ", ""),
    "scripts of another address": partial(_csp, "script-src 'self'", "script-src 'self' https:"),
    "inline scripts": partial(_csp, "script-src 'self'", "script-src 'self' 'unsafe-inline'"),
    "scripts with a nonce": partial(_csp, "script-src 'self'", "script-src 'self' 'nonce-AAAA'"),
    "a rule for script elements": partial(_csp, "style-src 'self'", "style-src 'self'; script-src-elem *"),
    "inline styles": partial(_csp, "style-src 'self'", "style-src 'self' 'unsafe-inline'"),
    "fonts of another address": partial(_csp, "style-src 'self'", "style-src 'self'; font-src https:"),
    "a manifest of another address": partial(_csp, "style-src 'self'", "style-src 'self'; manifest-src https:"),
    "workers of another address": partial(_csp, "style-src 'self'", "style-src 'self'; worker-src blob:"),
    "frames inside": partial(_csp, "style-src 'self'", "style-src 'self'; frame-src https:"),
    "a directive twice": partial(_csp, "style-src 'self'", "style-src 'self'; style-src 'self'"),
    "a directive twice, otherwise": partial(_csp, "style-src 'self'", "img-src 'self'; style-src 'self'"),
    "two spaces between directives": partial(_csp, "; style-src", ";  style-src"),
    "no space between directives": partial(_csp, "; style-src", ";style-src"),
    "two spaces between sources": partial(_csp, "'self' data:", "'self'  data:"),
    "a semicolon at the end": partial(_csp, "trusted-types 'none'", "trusted-types 'none';"),
    "a second policy after a comma": partial(_csp, "https:", "https:, script-src *"),
    "a directive in capitals": partial(_csp, "img-src", "IMG-SRC"),
    "a line feed in a policy": partial(_csp, "https:", "https:\nx"),
    "a letter in a policy that is not of ASCII": partial(_csp, "https:", "https://баш"),
    "another digest": lambda: make(app=bytes(32)),
    "the digest of all files": lambda: make(app=sha256(encode(make().files)).digest()),
}


def _tell(made: Callable[[], Assets], liar: AppLiar) -> None:
    liar.lie(bent(made(), replaces=leaf_of(liar.state.assets)))


APP_LIES += [AppLie(name, "ART.1", partial(_tell, made)) for name, made in INTEGRITY.items()]


@lie("ART.2")
def an_app_that_replaces_nothing(liar: AppLiar) -> None:
    liar.lie(changed(None))


@lie("ART.2")
def a_first_app_that_replaces_something(liar: AppLiar) -> AppLiar:
    bare = liar.after("registration")
    bare.lie(changed(make()))
    return bare


@lie("ART.2")
def an_app_that_replaces_the_one_before_the_last(liar: AppLiar) -> None:
    first = liar.state.assets
    liar.enact(changed(first))
    liar.lie(make(reason=text("back"), replaces=leaf_of(first)))


@lie("ART.2")
def two_apps_for_one_place(liar: AppLiar) -> None:
    """Both are admitted when they are posted; the second one's quorum comes too late."""
    first = liar.state.assets
    late = liar.post(make(reason=text("late"), replaces=leaf_of(first)))
    liar.enact(changed(first))
    *before, last = liar.central.sign(liar.digest, late)
    for signature in before:
        liar.post(signature)
    liar.lie(last)


@lie("CFG.6")
def an_app_after_the_voting(liar: AppLiar) -> None:
    liar.post(liar.operator.sign(Close(b""), liar.digest))
    liar.lie(changed(liar.state.assets))


@lie("CFG.6")
def an_app_after_the_freeze(liar: AppLiar) -> None:
    liar.close()
    liar.lie(changed(liar.state.assets))


@lie("CFG.6")
def an_app_that_is_signed_after_the_voting(liar: AppLiar) -> None:
    late = liar.post(changed(liar.state.assets))
    *before, last = liar.central.sign(liar.digest, late)
    for signature in before:
        liar.post(signature)
    liar.post(liar.operator.sign(Close(b""), liar.digest))
    liar.lie(last)


@lie("CFG.6")
def an_app_before_the_manifest_is_signed(_: AppLiar) -> AppLiar:
    early = AppLiar(twin(), 2)
    early.lie(make())
    return early
