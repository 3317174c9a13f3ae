"""The functions of `aikyn_kernel` over libsodium, for machines without it; kernel/aikyn_kernel.pyi describes them.

Same bytes, same refusals, one thread. Guarded here: libsodium's multiplication answers −1 for the identity, it silently
reduces scalars that are not canonical, and some versions ignore the highest bit of an encoding.
"""

import ctypes
import ctypes.util
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from importlib import import_module
from itertools import accumulate
from typing import ParamSpec, TypeAlias, TypeVar, final

from verifier.proof.packed import Packed as Packed  # noqa: PLC0414  for who imports all of this

Octets: TypeAlias = bytes | bytearray | memoryview
P = ParamSpec("P")
T = TypeVar("T")

SIZE = 32
DEPTH = 1 << 14  # more bytes of stack than the library takes
IDENTITY = bytes(SIZE)
NOTHING = (
    "nothing here computes with ristretto255: install the wheel aikyn_kernel of Aikyn's release, or libsodium 1.0.18 or"
    " newer (on Debian and Ubuntu: apt install libsodium23), or the package rbcl (pip install rbcl)"
)
BELOW_ORDER = bytes(range(16))  # highest bytes of scalars below 2²⁵², hence below the order


def _bundled() -> ctypes.CDLL:
    """The library inside the package rbcl, which would leave a copy in the temporary folder at every start."""
    folder = tempfile.mkdtemp(prefix="aikyn-")
    usual, tempfile.tempdir = tempfile.tempdir, folder
    try:
        library = import_module("rbcl._sodium")._sodium  # noqa: SLF001  rbcl wraps the library without exporting it
    except ModuleNotFoundError as error:
        raise ImportError(NOTHING) from error
    finally:
        tempfile.tempdir = usual
        shutil.rmtree(folder, ignore_errors=True)
    return library  # type: ignore[no-any-return]


def _load() -> ctypes.CDLL:
    names = ["libsodium.so.26", "libsodium.so.23", "libsodium.dylib", "libsodium.dll"]
    for name in (*names, ctypes.util.find_library("sodium")):
        try:
            library = ctypes.CDLL(name or "libsodium.so")
            library.crypto_core_ristretto255_scalar_mul  # noqa: B018  absent before 1.0.18
        except (OSError, AttributeError):
            continue
        return library
    return _bundled()


def _function(name: str, arguments: int) -> Callable[..., int]:
    function = getattr(_library, name)
    function.argtypes = (ctypes.c_void_p,) * arguments
    function.restype = ctypes.c_int
    return function  # type: ignore[no-any-return]


_library = _load()
if _library.sodium_init() < 0:
    raise ImportError("libsodium cannot be initialised")
_library.sodium_version_string.restype = ctypes.c_char_p

_is_valid = _function("crypto_core_ristretto255_is_valid_point", 1)
_add = _function("crypto_core_ristretto255_add", 3)
_from_hash = _function("crypto_core_ristretto255_from_hash", 2)
_multiply = _function("crypto_scalarmult_ristretto255", 3)
_multiply_base = _function("crypto_scalarmult_ristretto255_base", 2)
_scalar_add = _function("crypto_core_ristretto255_scalar_add", 3)
_scalar_sub = _function("crypto_core_ristretto255_scalar_sub", 3)
_scalar_mul = _function("crypto_core_ristretto255_scalar_mul", 3)
_scalar_reduce = _function("crypto_core_ristretto255_scalar_reduce", 2)
_scalar_invert = _function("crypto_core_ristretto255_scalar_invert", 2)
_library.sodium_stackzero.argtypes = (ctypes.c_size_t,)
_library.sodium_stackzero.restype = None
_spare = ctypes.create_string_buffer(2 * SIZE)


def _traceless(*used: Callable[..., int]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Overwrite the registers and the stack, in which these functions may leave the secrets that they were given.

    They take the same steps whatever the numbers are, so with zeros they overwrite the registers that they have used.
    Else the wide ones keep a secret until something needs them, which is late where the C library has wider ones to
    copy with; and a signal, or the dynamic linker at the first call of a function, saves all of them on the stack.
    """
    rehearsals = [(step, (_spare,) * len(step.argtypes)) for step in (_scalar_reduce, *used)]  # type: ignore[attr-defined]

    def guard(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def work(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            finally:
                for step, zeros in rehearsals:
                    step(*zeros)
                _library.sodium_stackzero(DEPTH)

        return work

    return guard


class _Packed:
    """A buffer of items of `width` bytes and the address of the first one."""

    __slots__ = ("_export", "address", "buffer", "count", "width")

    def __init__(self, data: Octets, width: int = SIZE) -> None:
        self.buffer = data if isinstance(data, bytearray) else bytearray(data)
        self.count, rest = divmod(len(self.buffer), width)
        if rest:
            raise ValueError(f"{len(self.buffer)} bytes are not items of {width} bytes")
        self.width = width
        self._export = (ctypes.c_char * len(self.buffer)).from_buffer(self.buffer)  # pins the address
        self.address = ctypes.addressof(self._export)

    def __getitem__(self, index: int) -> int:
        """The address of an item."""
        return self.address + index * self.width

    def addresses(self, count: int) -> Iterator[int]:
        """The addresses of `count` items, valid while the iterator lives; a single item serves every place."""
        if self.count not in (1, count):
            raise ValueError(f"lengths differ: {self.count} and {count}")
        step = 0 if self.count == 1 else self.width
        for i in range(count):
            yield self.address + i * step


def _empty(count: int) -> _Packed:
    return _Packed(bytearray(SIZE * count))


def _scalars(data: Octets) -> _Packed:
    packed = _Packed(data)
    if (bad := _first_noncanonical(packed)) is not None:
        raise ValueError(f"scalar {bad} is not canonical")
    return packed


def _first_noncanonical(packed: _Packed) -> int | None:
    if not packed.buffer[31::SIZE].translate(None, BELOW_ORDER):
        return None
    reduced = _empty(1)
    for i in range(packed.count):
        scalar = packed.buffer[i * SIZE : (i + 1) * SIZE]
        wide = _Packed(scalar + IDENTITY, 64)
        _scalar_reduce(reduced.address, wide.address)
        if scalar != reduced.buffer:
            return i
    return None


@final
class Decoded:
    """An immutable vector of points known to be canonical."""

    __slots__ = ("_points",)

    def __init__(self, points: bytes) -> None:
        self._points = points

    def __len__(self) -> int:
        return len(self._points) // SIZE

    def encode(self) -> bytes:
        return self._points


AnyPoints: TypeAlias = Octets | Decoded


def decode(points: Octets) -> Decoded:
    if (bad := first_undecodable(points)) is not None:
        raise ValueError(f"point {bad} is not a canonical encoding")
    return Decoded(bytes(points))


def derive(uniform: Octets) -> Decoded:
    points = _Packed(bytearray(hash_to_group(uniform)))
    for point in points.addresses(points.count):
        _add(point, point, point)
    return Decoded(bytes(points.buffer))


def hash_to_group(uniform: Octets) -> bytes:
    wide = _Packed(uniform, 64)
    out = _empty(wide.count)
    for i in range(wide.count):
        _from_hash(out[i], wide[i])
    return bytes(out.buffer)


def first_undecodable(points: Octets) -> int | None:
    packed = _Packed(points)
    last = packed.buffer[31::SIZE]
    return next((i for i in range(packed.count) if last[i] > 127 or not _is_valid(packed[i])), None)


def _points(points: AnyPoints) -> _Packed:
    return _Packed(points._points if isinstance(points, Decoded) else decode(points).encode())  # noqa: SLF001


def _sum_products(points: _Packed, scalars: _Packed) -> _Packed:
    """Σ scalars[i]·points[i]; the points are canonical, so a multiplication that fails has left the identity."""
    if points.count != scalars.count:
        raise ValueError(f"lengths differ: {points.count} and {scalars.count}")
    total, product = _empty(1), _empty(1)
    zero = bytearray(SIZE)
    for i in range(points.count):
        product.buffer[:] = zero
        _multiply(product.address, scalars[i], points[i])
        _add(total.address, total.address, product.address)
    product.buffer[:] = zero
    return total


def msm(terms: Iterable[tuple[AnyPoints, Octets, Octets | None]]) -> bytes:
    total = _empty(1)
    for points, scalars, outer in terms:
        decoded = _points(points)
        if not scalars:
            continue
        part = _sum_products(decoded, _scalars(scalars))
        if outer is not None:
            part = _sum_products(part, _scalars(outer))
        _add(total.address, total.address, part.address)
    return bytes(total.buffer)


@_traceless(_multiply, _add)
def msm_secret(points: AnyPoints, scalars: Octets) -> bytes:
    return bytes(_sum_products(_points(points), _scalars(scalars)).buffer)


@_traceless(_multiply, _multiply_base, _add)
def rows(terms: Sequence[tuple[AnyPoints, Octets | None]], n: int) -> bytes:
    total, product = _empty(n), _empty(1)
    zero = bytearray(SIZE)
    for vector, factors in terms:
        packed = _points(vector)
        based = packed.buffer == BASE
        points = packed.addresses(n)
        if factors is None:
            for row, point in zip(total.addresses(n), points, strict=True):
                _add(row, row, point)
            continue
        scalars = _scalars(factors).addresses(n)
        for row, point, scalar in zip(total.addresses(n), points, scalars, strict=True):
            product.buffer[:] = zero
            if based:
                _multiply_base(product.address, scalar)
            else:
                _multiply(product.address, scalar, point)
            _add(row, row, product.address)
    product.buffer[:] = zero
    return bytes(total.buffer)


@_traceless()
def scalars_first_noncanonical(a: Octets) -> int | None:
    return _first_noncanonical(_Packed(a))


@_traceless()
def scalars_reduce(wide: Octets) -> bytearray:
    numbers = _Packed(wide, 64)
    out = _empty(numbers.count)
    for i in range(numbers.count):
        _scalar_reduce(out[i], numbers[i])
    return out.buffer


def _each(function: Callable[..., int], a: Octets, b: Octets) -> bytearray:
    left, right = _scalars(a), _scalars(b)
    count = right.count if left.count == 1 else left.count
    out = _empty(count)
    for z, x, y in zip(out.addresses(count), left.addresses(count), right.addresses(count), strict=True):
        function(z, x, y)
    return out.buffer


@_traceless(_scalar_add)
def scalars_add(a: Octets, b: Octets) -> bytearray:
    return _each(_scalar_add, a, b)


@_traceless(_scalar_sub)
def scalars_sub(a: Octets, b: Octets) -> bytearray:
    return _each(_scalar_sub, a, b)


@_traceless(_scalar_mul)
def scalars_mul(a: Octets, b: Octets) -> bytearray:
    return _each(_scalar_mul, a, b)


@_traceless(_scalar_add)
def scalars_sum(a: Octets) -> bytearray:
    scalars, total = _scalars(a), _empty(1)
    for scalar in scalars.addresses(scalars.count):
        _scalar_add(total.address, total.address, scalar)
    return total.buffer


@_traceless(_scalar_mul, _scalar_add)
def scalars_dot(a: Octets, b: Octets) -> bytearray:
    left, right = _scalars(a), _scalars(b)
    if left.count != right.count:
        raise ValueError(f"lengths differ: {left.count} and {right.count}")
    total, product = _empty(1), _empty(1)
    for i in range(left.count):
        _scalar_mul(product.address, left[i], right[i])
        _scalar_add(total.address, total.address, product.address)
    product.buffer[:] = IDENTITY
    return total.buffer


@_traceless(_scalar_mul)
def scalars_products(a: Octets) -> bytearray:
    scalars = _scalars(a)
    out = _Packed(bytearray(scalars.buffer))
    for i in range(1, out.count):
        _scalar_mul(out[i], out[i - 1], out[i])
    return out.buffer


@_traceless(_scalar_invert)
def scalars_invert(a: Octets) -> bytearray:
    scalars = _scalars(a)
    out = _empty(scalars.count)
    for i in range(scalars.count):
        if _scalar_invert(out[i], scalars[i]):
            raise ValueError(f"scalar {i} is zero")
    return out.buffer


def sha512_rows(segments: Sequence[tuple[Octets, int]], n: int) -> bytes:
    for data, width in segments:
        if width and len(data) != n * width:
            raise ValueError(f"{len(data)} bytes are not items of {width} bytes")
    digests = []
    for i in range(n):
        row = hashlib.sha512()
        for data, width in segments:
            row.update(data[i * width : (i + 1) * width] if width else data)
        digests.append(row.digest())
    return b"".join(digests)


@_traceless()
def take(items: Octets, order: Sequence[int]) -> bytearray:
    packed = _Packed(items)
    if any(not 0 <= i < packed.count for i in order):
        raise ValueError("an index is out of range")
    view = memoryview(packed.buffer)
    return bytearray().join([view[i * SIZE : (i + 1) * SIZE] for i in order])


def columns(rows: Sequence[bytes], widths: Sequence[int]) -> list[bytes]:
    width = sum(widths)
    for i, row in enumerate(rows):
        if len(row) != width:
            raise ValueError(f"row {i} has {len(row)} bytes, not {width}")
    ends = accumulate(widths)
    return [b"".join([row[end - width : end] for row in rows]) for width, end in zip(widths, ends, strict=True)]


def set_threads(n: int) -> None:
    """Do nothing: libsodium works on one thread."""


def threads() -> int:
    return 1


def _base() -> bytes:
    point, one = _empty(1), _Packed(b"\x01" + IDENTITY[1:])
    _multiply_base(point.address, one.address)
    return bytes(point.buffer)


NAME = f"libsodium {_library.sodium_version_string().decode()}"
BASE = _base()
