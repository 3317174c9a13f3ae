"""`aikyn-board sign`: a member signs, on an own machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bulletin.office.clerk import FILE, PASSWORD, Clerk, read_password, telling
from bulletin.office.commands import WRONG

if TYPE_CHECKING:
    from bulletin.office.keyfile import OpenedKey
    from bulletin.office.signatory import OpenRequest
    from bulletin.office.token import AskPin
    from verifier.desk.report.language import Language

    OnToken = Callable[[AskPin], AbstractContextManager[OpenedKey]]
    ToldOfToken = tuple[Path | None, str, str, Path | None]  # library, token, key and certificate


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=FILE)
@click.option("--key", type=FILE, help="The member's key: .p12, .pfx or PEM.")
@PASSWORD
@click.option("--token", is_flag=True, help="The member's key is on a smart card or a USB token; its PIN is asked for.")
@click.option("--library", type=FILE, help="PKCS#11 library of the token's maker; that of the system unless told.")
@click.option("--token-label", default="", help="Which token, if there are several.")
@click.option("--token-key", default="", help="Label or id of the key, if several on the token are asked.")
@click.option("--certificate", type=FILE, help="The member's certificate, if the token does not hold it.")
@click.option("--web", is_flag=True, help="Sign on a page that only this machine sees; the key is chosen there.")
@click.option("--trust", "sheet", type=FILE, help="The trust sheet: the election's digest is compared with it.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the signed files.")
@click.option("--lang", "language", type=click.Choice(("ky", "ru", "en", "all")), default="ky", show_default=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
def sign(
    files: tuple[Path, ...],
    key: Path | None,
    password_file: Path | None,
    library: Path | None,
    token_label: str,
    token_key: str,
    certificate: Path | None,
    sheet: Path | None,
    out: Path | None,
    language: str,
    *,
    token: bool,
    web: bool,
    yes: bool,
) -> None:
    """Show what requests say, and sign them.

    You sign as a member of a commission or as an observer. What is shown is computed from the record. FILE is
    NN-kind.request, with its folder `blobs` beside it. Of several, those that do not ask you or that you have signed
    before are passed over; each other one is shown and asked for. Nothing is sent anywhere: the signed files go back to
    the desk on a stick or by mail. Status 1: refused, or not all is signed.
    """
    from bulletin.office.folder import Folder
    from bulletin.office.signatory import OpenRequest
    from bulletin.office.table import SPOKEN

    told = (library, token_label, token_key, certificate)
    if (key is None) != (token or web):
        raise click.UsageError("give either --key, or --token or --web")
    if any(told) and not token:
        raise click.UsageError("give --token, too")
    if token and password_file:
        raise click.UsageError("a PIN is typed, and stands in no file")
    if web and len(files) > 1:
        raise click.UsageError("a page shows one request: give one FILE")
    speaking: tuple[Language, ...] = SPOKEN if language == "all" else (language,)  # type: ignore[assignment]
    clerk = Clerk(Folder(files[0].parent), speaking[0])
    with telling(clerk.language):
        papers = OpenRequest.read_all(files)
        if sheet:
            for paper in papers:
                paper.compare(sheet)
        on_token = _find_token(papers, told) if token else None
        if web:
            _show(papers[0], speaking, sheet)
            _sign_on_page(clerk, papers[0], out, sheet, on_token)
            return
        with on_token(partial(_ask_pin, clerk)) if on_token else _open_file(clerk, key, password_file) as opened:
            signatory = Signatory(clerk, opened, out, yes=yes)
            for paper in signatory.find_asked(papers):
                _show(paper, speaking, sheet)
                signatory.sign(paper)
    if signatory.declined:
        raise SystemExit(WRONG)


def _find_token(papers: Sequence[OpenRequest], told: ToldOfToken) -> OnToken:
    """What opens the key on a token that one of these requests asks, once the PIN is known."""
    from bulletin.office.objection import Objection

    try:
        from bulletin.office.token import TokenChoice, open_token
    except ModuleNotFoundError as error:
        raise Objection("token-extra", missing=error.name or "") from error

    def is_asked(spki: bytes) -> bool:
        return any(paper.request.member(spki) for paper in papers)

    return partial(open_token, TokenChoice(*told), is_asked)


def _ask_pin(clerk: Clerk, label: str, is_last: bool) -> str:  # noqa: FBT001  as a token says it
    if is_last:
        click.echo(clerk.say("ask.last-try"))
    return str(click.prompt(clerk.say("ask.pin", token=label), hide_input=True, default="", show_default=False))


def _open_file(clerk: Clerk, key: Path | None, password_file: Path | None) -> AbstractContextManager[OpenedKey]:
    from bulletin.office.keyfile import open_key

    return nullcontext(open_key(key or Path(), read_password(clerk, password_file)))


class Signatory:
    """A member at the terminal: what is asked of this key, and signed after a yes."""

    def __init__(self, clerk: Clerk, opened: OpenedKey, out: Path | None, *, yes: bool) -> None:
        self._clerk, self._opened, self._out, self._yes = clerk, opened, out, yes
        self.declined: list[OpenRequest] = []

    def find_asked(self, papers: Sequence[OpenRequest]) -> Iterator[OpenRequest]:
        """Those that this key is asked to sign and has not signed; `Objection` if none asks it."""
        from bulletin.office.signatory import find_signed

        asked = [paper for paper in papers if paper.request.member(self._opened.spki)]
        if not asked:
            papers[0].member(self._opened)
        for paper in papers:
            if paper not in asked:
                self._say("ask.passed", file=paper.path.name)
            elif before := find_signed(paper, self._opened, self._out):
                self._say("ask.again", path=before.path)
            else:
                yield paper

    def sign(self, paper: OpenRequest) -> None:
        """Sign what was shown, if the member says yes."""
        from bulletin.office import signatory
        from bulletin.office.steps import clock

        member = paper.member(self._opened)
        if ended := signatory.expired(self._opened, clock()):
            self._say("ask.expired", member=member, date=f"{ended:%Y-%m-%d}")
        sure = "ask.sure-observer" if paper.request.observer else "ask.sure"
        asked = self._clerk.say(sure, member=member, commission=paper.request.commission)
        if self._yes or click.confirm(asked):
            self._say("ask.done", path=signatory.sign(paper, self._opened, self._out).path)
        else:
            self._say("ask.declined", file=paper.path.name)
            self.declined.append(paper)

    def _say(self, key: str, **values: object) -> None:
        click.echo(self._clerk.say(key, **values))


def _show(paper: OpenRequest, speaking: Iterable[Language], sheet: Path | None) -> None:
    """What is signed, and of which election it is."""
    for language in speaking:
        click.echo("\n".join([*paper.tell(language), _compared(paper, language, sheet), ""]))


def _sign_on_page(
    clerk: Clerk, paper: OpenRequest, out: Path | None, sheet: Path | None, on_token: OnToken | None
) -> None:
    from bulletin.office.steps import clock
    from bulletin.office.web.counter import Counter

    on_page = (lambda pin: on_token(lambda *_: pin)) if on_token else None
    counter = Counter(paper, out, lambda each: _compared(paper, each, sheet), clock, clerk.language, on_page)
    counter.serve(lambda link: click.echo(clerk.say("web.open", url=link)))
    if counter.signed:
        click.echo(clerk.say("ask.again" if counter.signed.again else "ask.done", path=counter.signed.path))


def _compared(paper: OpenRequest, language: Language, sheet: Path | None) -> str:
    """That the election is the sheet's, or what to compare with it."""
    from bulletin.office.wording import speak

    return speak(language)["ask.compared"] if sheet else speak(language).say("ask.compare", groups=paper.groups)
