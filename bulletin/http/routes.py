"""A table of routes: one row a request, from which it is found, answered and described."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from inspect import iscoroutinefunction
from types import MappingProxyType
from typing import Any, NamedTuple

from bulletin.board.admission import Refusal
from bulletin.http.exchange import Reply

Object = dict[str, Any]
Medium = tuple[str, Any]  # a media type, and a type or a schema
HASH: Object = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
NOTHING: Mapping[str, Any] = MappingProxyType({})
ELSEWHERE = {  # what pages of any origin may send
    "access-control-allow-methods": "GET, POST, PUT",
    "access-control-allow-headers": "Authorization, Content-Type",
}
NOT_HERE = (
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and"
    " try again."
)
NOT_SO = "The method is not allowed for the requested URL."


class Route(NamedTuple):
    """One row: what is asked, what answers it, and what OpenAPI says of it.

    `{name}` in the path is one part of it, `{name...}` all that is left; `answer` gets them by name. A coroutine
    answers on the server's loop and must not linger, a plain function has a thread. `gives` is the content by status,
    `refuses` the statuses of refusals beside those that any request may get, `parameters` has the schemas of the path's
    parts and of the query, `security` says who signs, `own` names headers that this row says in its own way. A row that
    `streams` reads its body itself. `preflight` is the answer to OPTIONS, where it is not the usual one.
    """

    method: str
    path: str
    answer: Callable[..., Reply | Awaitable[Reply]]
    summary: str
    gives: Mapping[int, Medium | None]
    refuses: tuple[int, ...] = ()
    parameters: Mapping[str, Object] = NOTHING
    takes: Medium | None = None
    security: tuple[Object, ...] = ()
    own: tuple[str, ...] = ()
    streams: bool = False
    preflight: Reply | None = None


class WrongMethod(Refusal):
    """A path of the table, asked in a way that is not in it; `allowed` are the ways that are."""

    def __init__(self, allowed: str) -> None:
        super().__init__("unknown", NOT_SO, status=405)
        self.allowed = allowed


class Entry(NamedTuple):
    """What answers a request, at once or in a thread; its row, if it has one, and the places of the parts it names."""

    answer: Callable[..., Any]
    at_once: bool = True
    route: Route | None = None
    names: tuple[tuple[str, int], ...] = ()


async def _refuse_path(*_: object) -> Reply:
    raise Refusal("unknown", NOT_HERE)


UNKNOWN = Entry(_refuse_path)


class Handler:
    """One part of a path: the words that may follow, where any other part leads, and what is answered here."""

    def __init__(self) -> None:
        self.words: dict[str, Handler] = {}
        self.other: Handler | None = None
        self.rest: Handler | None = None  # where all that is left leads
        self.entries: dict[str, Entry] = {}
        self.usual = UNKNOWN

    def grow(self, part: str, schema: Object) -> "Handler":
        """The step for this part of a row's path; what a schema lists are the only words that a part may be."""
        if part.endswith("...}"):
            self.rest = self.rest or Handler()
            return self.rest
        if part.startswith("{") and "enum" not in schema:
            self.other = self.other or Handler()
            return self.other
        words = schema.get("enum", [part])
        step = self.words.get(words[0], Handler())
        self.words |= dict.fromkeys(words, step)
        return step

    def settle(self, route: Route) -> None:
        """Answer this row here, HEAD as GET; say at OPTIONS what is allowed, and refuse every other method."""
        if route.method in self.entries:
            raise ValueError(f"{route.method} {route.path} has two rows")
        places = enumerate(route.path.split("/")[1:])
        names = tuple((part.strip("{.}"), place) for place, part in places if part.startswith("{"))
        entry = Entry(route.answer, iscoroutinefunction(route.answer), route, names)
        self.entries |= dict.fromkeys(("GET", "HEAD") if route.method == "GET" else (route.method,), entry)
        allowed = ", ".join(sorted({*self.entries, "OPTIONS"}))
        preflight = route.preflight or Reply(200, {"allow": allowed, **ELSEWHERE})

        async def say_what_is_allowed(*_: object) -> Reply:
            return preflight

        async def refuse_method(*_: object) -> Reply:
            raise WrongMethod(allowed)

        self.entries["OPTIONS"], self.usual = Entry(say_what_is_allowed), Entry(refuse_method)


class RouteTable:
    """Finds what answers a request: a walk over the parts of its path, in which a word goes before a name."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = Handler()
        for route in routes:
            step = self._root
            for part in route.path.split("/")[1:]:
                step = step.grow(part, route.parameters.get(part.strip("{}"), {}))
            step.settle(route)

    def find(self, method: str, path: str) -> tuple[Entry, dict[str, str]]:
        """What answers this, and the named parts of the path; where nothing does, what refuses it."""
        before, *parts = path.split("/")
        if before:
            return UNKNOWN, {}
        step = self._root
        for place, part in enumerate(parts):
            following = step.words.get(part) or ((step.other or step.rest) if part else None)
            if following is None:
                return UNKNOWN, {}
            if following is step.rest:
                parts[place:], step = ["/".join(parts[place:])], following
                break
            step = following
        entry = step.entries.get(method, step.usual)
        return entry, {name: parts[place] for name, place in entry.names}
