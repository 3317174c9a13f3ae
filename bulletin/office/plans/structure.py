"""The commissions that a ready plan has if nobody gives it others: in number as the real ones, the rest synthetic."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from verifier.paper.plan import Unit
from verifier.records import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def village() -> Iterator[Unit]:
    """The centre, a territory, the precincts of Samarkandek, and the unit of electronic voting."""
    race = ("samarkandek",)
    yield _unit("cec", "central", "", _name("central"), ())
    yield _unit("tec-batken", "territorial", "cec", _name("batken"), race)
    for number in range(8_101, 8_101 + table()["village"]["precincts"]):
        yield _precinct(number, "tec-batken", race)
    yield _unit("p-8199", "precinct", "tec-batken", _name("electronic"), race, electronic=True)


def country() -> Iterator[Unit]:
    """2017: territories and precincts in the proportions of 2011, and those abroad."""
    race, regions, size = ("president",), table()["regions"], table()["country"]
    territories = _apportion(size["territories"] - 1, [region["territories"] for region in regions])
    precincts = _apportion(size["precincts"] - size["abroad"], [region["precincts"] for region in regions])
    territories[-1], precincts[-1] = 1, size["abroad"]
    numbers = {region["digit"]: 1_000 * region["digit"] for region in regions}
    yield _unit("cec", "central", "", _name("central"), race)
    for region, many, below in zip(regions, territories, precincts, strict=True):
        for place, share in enumerate(_apportion(below, [1] * many), 1):
            id, digit = f"tec-{region['id']}-{place}", region["digit"]
            yield _unit(id, "territorial", "cec", _territory(place, region["name"]), race)
            for _ in range(share):
                numbers[digit] += 1
                yield _precinct(numbers[digit], id, race)


def districts() -> Iterator[Unit]:
    """2025: the districts, and the precincts shared out evenly."""
    many, precincts = table()["districts"]["districts"], table()["districts"]["precincts"]
    races = tuple(f"district-{number}" for number in range(1, many + 1))
    yield _unit("cec", "central", "", _name("central"), races)
    last = 1_000
    for number, share in enumerate(_apportion(precincts, [1] * many), 1):
        race = (races[number - 1],)
        yield _unit(f"dec-{number}", "district", "cec", _name("district", number), race)
        yield from (_precinct(last + place, f"dec-{number}", race) for place in range(1, share + 1))
        last += share


STRUCTURES: dict[str, Callable[[], Iterator[Unit]]] = {
    "village-2023": village,
    "president-2017": country,
    "parliament-2025": districts,
}


@cache
def table() -> dict[str, Any]:
    """The numbers and names of the file beside this one."""
    return tomllib.loads(resources.files(__package__).joinpath("structure.toml").read_text(encoding="utf-8"))


def _apportion(total: int, weights: list[int]) -> list[int]:
    """The total in proportion to the weights, by the largest remainders."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda place: -(total * weights[place] % whole))
    for place in by_rest[: total - sum(shares)]:
        shares[place] += 1
    return shares


def _name(kind: str, *values: int) -> Text:
    return Text(*(name.format(*values) for name in table()["names"][kind]))


def _territory(place: int, region: list[str]) -> Text:
    names = table()["names"]["territory"]
    return Text(*(name.format(place, named) for name, named in zip(names, region, strict=True)))


def _precinct(number: int, above: str, contests: tuple[str, ...]) -> Unit:
    return _unit(f"p-{number}", "precinct", above, _name("precinct", number), contests)


def _unit(id: str, level: str, above: str, name: Text, contests: tuple[str, ...], *, electronic: bool = False) -> Unit:
    members, quorum = table()["seats"][level]
    return Unit(id, name, level, electronic, above, contests, members, quorum, 0, 0)
