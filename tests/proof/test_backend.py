"""Both backends give the answers of RFC 9496, and the same answers and refusals as each other (specs/group.md)."""

import hashlib
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verifier.proof._sodium as sodium
from tests.support.house import read_vectors
from verifier.proof import backend

kernel: Any = pytest.importorskip(
    "aikyn_kernel", reason="the kernel is not installed: nothing to compare libsodium with"
)

BACKENDS = [pytest.param(kernel, id="kernel"), pytest.param(sodium, id="libsodium")]
ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19
IDENTITY = bytes(32)

VECTORS = read_vectors("group")
MULTIPLES, BAD_ENCODINGS, MAPPED = VECTORS["multiples"], VECTORS["refused"], VECTORS["mapped"]


def scalar(number: int) -> bytes:
    return (number % ORDER).to_bytes(32, "little")


def vector(*numbers: int) -> bytes:
    return b"".join(map(scalar, numbers))


def uniform(count: int, seed: str = "") -> bytes:
    return b"".join(hashlib.sha512(f"{seed}{i}".encode()).digest() for i in range(count))


ONES = scalar(1)
POINTS = kernel.derive(uniform(40)).encode()


@pytest.fixture(params=BACKENDS)
def b(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def restored() -> Iterator[None]:
    yield
    backend.choose("kernel")


def test_multiples_of_the_base(b: Any) -> None:
    expected = bytes.fromhex("".join(MULTIPLES))
    assert expected[32:64] == b.BASE
    assert b.rows([(b.BASE, vector(*range(16)))], 16) == expected
    assert b.rows([(b.BASE * 16, vector(*range(16)))], 16) == expected
    assert [b.msm([(b.BASE, scalar(k), None)]) for k in range(16)] == [bytes.fromhex(m) for m in MULTIPLES]
    assert b.decode(expected).encode() == expected
    assert b.first_undecodable(expected) is None


@pytest.mark.parametrize("encoding", BAD_ENCODINGS)
def test_bad_encodings_are_refused_everywhere(b: Any, encoding: str) -> None:
    points = b.BASE + bytes.fromhex(encoding)
    assert b.first_undecodable(points) == 1
    with pytest.raises(ValueError, match="point 1"):
        b.decode(points)
    for scalars in (b"", vector(0, 0), vector(1, 2)):
        with pytest.raises(ValueError, match="point 1"):
            b.msm([(b.BASE, ONES, None), (points, scalars, None)])
    with pytest.raises(ValueError, match="point 1"):
        b.rows([(points, None)], 2)
    with pytest.raises(ValueError, match="point 1"):
        b.msm_secret(points, vector(0, 1))


@pytest.mark.parametrize(("first", "second", "expected"), MAPPED)
def test_hash_to_group(b: Any, first: str, second: str, expected: str) -> None:
    wide = bytes.fromhex(first + second)
    mapped = b.hash_to_group(wide)
    assert mapped.hex() == expected
    assert b.derive(wide).encode() == b.msm([(mapped, scalar(2), None)])


def test_highest_bit_of_an_encoding_counts(b: Any) -> None:
    flipped = b.BASE[:31] + bytes([b.BASE[31] | 128])
    assert b.first_undecodable(flipped) == 0
    assert b.first_undecodable(IDENTITY[:31] + b"\x80") == 0


def test_zero_and_the_identity(b: Any) -> None:
    assert b.msm([]) == IDENTITY
    assert b.msm([(b.BASE, scalar(0), None)]) == IDENTITY
    assert b.msm([(b.BASE, scalar(5), scalar(0))]) == IDENTITY
    assert b.msm([(IDENTITY, scalar(7), None)]) == IDENTITY
    assert b.msm([(b.BASE * 2, vector(3, -3), None)]) == IDENTITY
    assert b.msm_secret(b.BASE + IDENTITY, vector(0, 9)) == IDENTITY
    assert b.rows([(IDENTITY, vector(1, 2)), (b.BASE, vector(0, 0))], 2) == IDENTITY * 2
    assert b.rows([(b.BASE, vector(0, 1))], 2) == IDENTITY + b.BASE
    assert b.decode(IDENTITY * 3).encode() == IDENTITY * 3


def test_empty_vectors(b: Any) -> None:
    nothing = b.decode(b"")
    assert len(nothing) == 0
    assert nothing.encode() == b.hash_to_group(b"") == b.derive(b"").encode() == b.rows([], 0) == b""
    assert b.msm([(b"", b"", None)]) == b.msm([(nothing, b"", ONES)]) == b.msm_secret(b"", b"") == IDENTITY
    assert b.rows([(b.BASE, b""), (nothing, None)], 0) == b""
    assert b.rows([], 2) == IDENTITY * 2
    assert b.scalars_sum(b"") == b.scalars_dot(b"", b"") == IDENTITY
    assert (
        b.scalars_add(b"", b"") == b.scalars_mul(b"", ONES) == b.scalars_products(b"") == b.scalars_invert(b"") == b""
    )
    assert b.first_undecodable(b"") is None
    assert b.scalars_first_noncanonical(b"") is None
    assert b.sha512_rows([(b"x", 0)], 0) == b""


@pytest.mark.parametrize("number", [ORDER, ORDER + 1, 2**253, 2**255 - 1, 2**255, 2**256 - 1])
def test_scalars_that_are_not_canonical_are_refused_not_reduced(b: Any, number: int) -> None:
    bad = ONES + number.to_bytes(32, "little")
    assert b.scalars_first_noncanonical(bad) == 1
    calls: list[Callable[[], object]] = [
        lambda: b.msm([(b.BASE * 2, bad, None)]),
        lambda: b.msm([(b.BASE, ONES, bad[32:])]),
        lambda: b.msm_secret(b.BASE * 2, bad),
        lambda: b.rows([(b.BASE, bad)], 2),
        lambda: b.rows([(b.BASE * 2, bad)], 2),
        lambda: b.scalars_add(bad, ONES),
        lambda: b.scalars_sub(ONES, bad),
        lambda: b.scalars_mul(bad, bad),
        lambda: b.scalars_sum(bad),
        lambda: b.scalars_dot(bad, bad),
        lambda: b.scalars_products(bad),
        lambda: b.scalars_invert(bad),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="is not canonical"):
            call()


@pytest.mark.parametrize("number", [0, 1, 2**252 - 1, 2**252, ORDER - 1])
def test_scalars_below_the_order_are_canonical(b: Any, number: int) -> None:
    assert b.scalars_first_noncanonical(scalar(5) + number.to_bytes(32, "little")) is None
    assert b.msm([(b.BASE, scalar(number), None)]) == b.rows([(b.BASE, scalar(number))], 1)


def test_lengths_that_do_not_fit_are_refused(b: Any) -> None:
    two = b.BASE * 2
    calls: list[Callable[[], object]] = [
        lambda: b.decode(bytes(33)),
        lambda: b.first_undecodable(bytes(31)),
        lambda: b.derive(bytes(32)),
        lambda: b.msm([(two, ONES, None)]),
        lambda: b.msm([(two, ONES + bytes(1), None)]),
        lambda: b.msm([(two, vector(1, 1, 1), None)]),
        lambda: b.msm([(b.BASE, ONES, vector(1, 1))]),
        lambda: b.msm_secret(two, ONES),
        lambda: b.rows([(two, None)], 3),
        lambda: b.rows([(b.BASE, vector(1, 2))], 3),
        lambda: b.rows([(two, vector(1, 2, 3))], 2),
        lambda: b.scalars_add(vector(1, 2), vector(1, 2, 3)),
        lambda: b.scalars_dot(vector(1, 2), ONES),
        lambda: b.scalars_reduce(bytes(65)),
        lambda: b.scalars_first_noncanonical(bytes(31)),
        lambda: b.sha512_rows([(bytes(9), 4)], 2),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"items of|lengths differ"):
            call()


def test_zero_has_no_inverse(b: Any) -> None:
    with pytest.raises(ValueError, match="scalar 1 is zero"):
        b.scalars_invert(vector(3, 0))


def test_every_form_of_a_row(b: Any) -> None:
    n = 40
    scalars, column, derived = vector(*range(n)), POINTS, b.derive(uniform(n))
    terms = [
        (column, None),
        (b.decode(column), scalars),
        (derived, scalar(-4)),
        (b.BASE, scalars),
        (column[:32], scalars),
        (column[32:64], scalar(9)),
        (column[64:96], None),
    ]
    whole = b.rows(terms, n)
    for i in (0, 1, n - 1):
        point, factor = column[32 * i : 32 * i + 32], scalar(i)
        assert whole[32 * i : 32 * i + 32] == sodium.msm(
            [
                (point + point, ONES + factor, None),
                (point, scalar(-4), None),
                (b.BASE + column[:32], factor * 2, None),
                (column[32:96], vector(9, 1), None),
            ]
        )
    batched = b.rows([(derived, None), (b.BASE, scalars)], n)
    assert batched == b.rows([(derived.encode(), None), (b.BASE, scalars)], n)


def test_take_puts_into_order_and_refuses_what_is_outside(b: Any) -> None:
    assert b.take(POINTS[:128], [3, 0, 0]) == POINTS[96:128] + POINTS[:32] * 2
    assert b.take(memoryview(POINTS)[32:96], array("I", [1, 0])) == POINTS[64:96] + POINTS[32:64]
    assert b.take(b"", []) == b.take(POINTS, []) == b""
    for order in ([4], [0, 4]):
        with pytest.raises(ValueError, match="out of range"):
            b.take(POINTS[:128], order)
    with pytest.raises(ValueError, match="not items of 32 bytes"):
        b.take(bytes(33), [0])


def test_buffers_of_every_kind_are_read(b: Any) -> None:
    points, scalars = POINTS[:64], vector(5, 6)
    expected = b.msm([(points, scalars, None)])
    for kind in (bytearray, memoryview, lambda data: memoryview(b"xx" + data)[2:]):
        assert b.msm([(kind(points), kind(scalars), kind(ONES))]) == expected
        assert b.msm_secret(kind(points), kind(scalars)) == expected


numbers = st.one_of(
    st.integers(0, ORDER - 1),
    st.integers(0, 2**128 - 1),
    st.sampled_from([0, 1, 2, 2**128 - 1, 2**160 - 1, 2**251, 2**252, ORDER // 2, ORDER - 2, ORDER - 1]),
)
terms = st.lists(
    st.tuples(st.integers(0, 30), st.lists(numbers, min_size=0, max_size=8), st.none() | numbers), max_size=4
)


@settings(deadline=None, max_examples=40)
@given(terms)
def test_backends_agree_on_products(drawn: list[tuple[int, list[int], int | None]]) -> None:
    arguments = [
        (POINTS[32 * first : 32 * (first + len(row))], vector(*row), None if outer is None else scalar(outer))
        for first, row, outer in drawn
    ]
    expected = sodium.msm(arguments)
    assert kernel.msm(arguments) == expected
    assert kernel.msm([(kernel.decode(points), *rest) for points, *rest in arguments]) == expected
    for points, scalars, _ in arguments:
        assert kernel.msm_secret(points, scalars) == sodium.msm_secret(points, scalars)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(min_size=32, max_size=32), max_size=9), st.data())
def test_backends_agree_on_what_is_a_point(encodings: list[bytes], data: st.DataObject) -> None:
    valid = data.draw(st.lists(st.integers(0, 39), max_size=9))
    points = b"".join([POINTS[32 * i : 32 * i + 32] for i in valid] + encodings)
    assert kernel.first_undecodable(points) == sodium.first_undecodable(points)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=9), st.binary(min_size=64, max_size=64))
def test_backends_agree_with_integers(pairs: list[tuple[int, int]], wide: bytes) -> None:
    left, right = [x for x, _ in pairs], [y for _, y in pairs]
    a, c = vector(*left), vector(*right)
    for b in (kernel, sodium):
        assert b.scalars_add(a, c) == vector(*(x + y for x, y in pairs))
        assert b.scalars_sub(a, c) == vector(*(x - y for x, y in pairs))
        assert b.scalars_mul(a, c) == vector(*(x * y for x, y in pairs))
        assert b.scalars_mul(a, c[:32]) == vector(*(x * right[0] for x in left))
        assert b.scalars_sub(a[:32], c) == vector(*(left[0] - y for y in right))
        assert b.scalars_sum(a) == scalar(sum(left))
        assert b.scalars_dot(a, c) == scalar(sum(x * y for x, y in pairs))
        assert b.scalars_products(a)[-32:] == scalar(product(left))
        assert b.scalars_reduce(wide) == scalar(int.from_bytes(wide, "little"))
        nonzero = vector(*(x or 1 for x in left))
        assert b.scalars_mul(b.scalars_invert(nonzero), nonzero) == ONES * len(left)


def product(factors: list[int]) -> int:
    result = 1
    for factor in factors:
        result = result * factor % ORDER
    return result


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.binary(max_size=5), st.integers(0, 70)), max_size=4), st.integers(0, 5))
def test_backends_agree_on_hashed_rows(parts: list[tuple[bytes, int]], n: int) -> None:
    segments = [(data * width * n if width else data, len(data) * width) for data, width in parts]
    segments = [(data, width) for data, width in segments if width or data]
    expected = b""
    for i in range(n):
        row = b"".join(data[i * width : (i + 1) * width] if width else data for data, width in segments)
        expected += hashlib.sha512(row).digest()
    assert kernel.sha512_rows(segments, n) == sodium.sha512_rows(segments, n) == expected


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 8, 9, 16, 21, 130])
def test_every_row_is_hashed_wherever_its_bytes_stand(b: Any, n: int) -> None:
    material = uniform(-(-n * 259 // 64) + 5)
    for common in (0, 1, 90, 111, 112, 127, 128, 300):
        for width in (1, 5, 21, 32, 128, 259):
            shared, own, middle = material[:common], material[7 : 7 + n * width], material[:3]
            segments = [(shared, 0), (own, width), (middle, 0), (memoryview(own), width), (b"", 0)]
            parts = [own[i * width : (i + 1) * width] for i in range(n)]
            expected = [hashlib.sha512(shared + part + middle + part).digest() for part in parts]
            assert b.sha512_rows(segments, n) == b"".join(expected), (common, width)


def test_rows_without_bytes_of_their_own_have_one_digest(b: Any) -> None:
    for length in (0, 1, 111, 112, 128, 1000):
        assert b.sha512_rows([(bytes(length), 0)], 11) == hashlib.sha512(bytes(length)).digest() * 11
    assert b.sha512_rows([], 3) == hashlib.sha512().digest() * 3


@pytest.mark.parametrize(("length", "width", "n"), [(15, 8, 2), (0, 8, 1), (24, 8, 2), (8, 8, 0)])
def test_bytes_that_are_not_n_rows_are_refused(b: Any, length: int, width: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"{length} bytes are not items of {width} bytes"):
        b.sha512_rows([(b"x", 0), (bytes(length), width)], n)


@pytest.mark.parametrize("place", [0, 1, 511, 512, 1022])
def test_the_first_scalar_that_is_not_canonical_is_named(b: Any, place: int) -> None:
    scalars = bytearray(ONES * 1024)
    scalars[32 * place : 32 * place + 32] = ORDER.to_bytes(32, "little")
    scalars[-32:] = b"\xff" * 32
    assert b.scalars_first_noncanonical(scalars) == place
    with pytest.raises(ValueError, match=f"scalar {place} is not canonical"):
        b.scalars_add(scalars, ONES)


@pytest.mark.parametrize("count", [254, 255, 256, 511, 1500])
def test_long_dot_products(b: Any, count: int) -> None:
    assert b.scalars_dot(scalar(-1) * count, scalar(-1) * count) == scalar(count)
    assert b.scalars_dot(scalar(-1) * count, vector(*range(count))) == scalar(-count * (count - 1) // 2)


@settings(deadline=None, max_examples=40)
@given(st.data(), st.lists(st.integers(0, 40), max_size=5), st.integers(0, 5))
def test_rows_are_cut_into_columns(data: st.DataObject, widths: list[int], n: int) -> None:
    parts = [[data.draw(st.binary(min_size=width, max_size=width)) for width in widths] for _ in range(n)]
    rows = [b"".join(row) for row in parts]
    expected = [b"".join(row[k] for row in parts) for k in range(len(widths))]
    assert kernel.columns(rows, widths) == sodium.columns(rows, widths) == expected


@pytest.mark.parametrize("length", [0, 7, 9])
def test_a_row_of_another_length_is_named(b: Any, length: int) -> None:
    rows = [bytes(8), bytes(8), bytes(length), bytes(length)]
    for widths in ([8], [3, 0, 5]):
        with pytest.raises(ValueError, match=f"row 2 has {length} bytes, not 8"):
            b.columns(rows, widths)
    with pytest.raises(ValueError, match="row 0 has 8 bytes, not 0"):
        b.columns(rows, [])
    assert b.columns([b"", b""], []) == []
    assert b.columns([], [8, 0]) == [b"", b""]


@pytest.mark.parametrize("bits", [128, 160, 252])
@pytest.mark.parametrize("count", [100, 700, 5000])
def test_large_products_equal_the_constant_time_product(count: int, bits: int) -> None:
    points = kernel.derive(uniform(count))
    wide = b"".join(digest[:32] + bytes(32) for digest in (uniform(1, f"{i}") for i in range(count)))
    keep = bits // 8
    scalars = b"".join(wide[i : i + keep].ljust(32, b"\0") for i in range(0, len(wide), 64))
    scalars = bytes(scalars) if bits < 252 else bytes(kernel.scalars_reduce(wide))
    outer = scalar(3**150)
    expected = kernel.msm_secret(points, scalars)
    assert kernel.msm([(points, scalars, None)]) == expected == kernel.dalek_msm(points, scalars)
    both = kernel.msm([(points.encode(), scalars, outer), (points, scalars, None)])
    assert both == kernel.msm([(expected, scalar(3**150 + 1), None)])


def test_threads_never_change_a_result() -> None:
    usual = kernel.threads()
    try:
        results = set()
        for threads in (1, 2, 3):
            kernel.set_threads(threads)
            assert kernel.threads() == threads
            results.add(kernel.msm([(POINTS, vector(*range(40)), scalar(-1))]) + kernel.rows([(POINTS, None)], 40))
        assert len(results) == 1
    finally:
        kernel.set_threads(usual)


@pytest.mark.usefixtures("restored")
def test_a_backend_can_be_chosen() -> None:
    assert backend.NAME == kernel.NAME
    backend.choose("libsodium")
    assert backend.NAME == sodium.NAME
    assert backend.msm([(backend.BASE, ONES, None)]) == backend.BASE
    assert isinstance(backend.decode(backend.BASE), sodium.Decoded)


def test_both_backends_offer_the_same_functions() -> None:
    for name in set(backend.__all__) - {"choose"}:
        assert hasattr(kernel, name), name
        assert hasattr(sodium, name), name
