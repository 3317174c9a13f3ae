"""Both backends give the answers of RFC 9496, and the same answers and refusals as each other (specs/group.md)."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verifier._sodium as sodium
from verifier import backend

kernel: Any = pytest.importorskip(
    "aikyn_kernel", reason="the kernel is not installed: nothing to compare libsodium with"
)

BACKENDS = [pytest.param(kernel, id="kernel"), pytest.param(sodium, id="libsodium")]
ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19
IDENTITY = bytes(32)

# RFC 9496, appendix A.1: 0·B … 15·B.
MULTIPLES = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
    "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    "f64746d3c92b13050ed8d80236a7f0007c3b3f962f5ba793d19a601ebb1df403",
    "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d",
    "903293d8f2287ebe10e2374dc1a53e0bc887e592699f02d077d5263cdd55601c",
    "02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031",
    "20706fd788b2720a1ed2a5dad4952b01f413bcf0e7564de8cdc816689e2db95f",
    "bce83f8ba5dd2fa572864c24ba1810f9522bc6004afe95877ac73241cafdab42",
    "e4549ee16b9aa03099ca208c67adafcafa4c3f3e4e5303de6026e3ca8ff84460",
    "aa52e000df2e16f55fb1032fc33bc42742dad6bd5a8fc0be0167436c5948501f",
    "46376b80f409b29dc2b5f6f0c52591990896e5716f41477cd30085ab7f10301e",
    "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e",
]

# RFC 9496, appendix A.2.
BAD_ENCODINGS = [
    # not below the prime
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    # negative field elements
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
    "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
    "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
    "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
    # x² is not a square
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
    "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
    "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
    "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
    # x·y is negative
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
    "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
    "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
    "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
    "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
    "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
    # s = −1 makes y zero
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]

# RFC 9496, appendix A.3.
MAPPED = [
    (
        "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1",
        "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6",
        "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46",
    ),
    (
        "f116b34b8f17ceb56e8732a60d913dd10cce47a6d53bee9204be8b44f6678b27",
        "0102a56902e2488c46120e9276cfe54638286b9e4b3cdb470b542d46c2068d38",
        "f26e5b6f7d362d2d2a94c5d0e7602cb4773c95a2e5c31a64f133189fa76ed61b",
    ),
    (
        "8422e1bbdaab52938b81fd602effb6f89110e1e57208ad12d9ad767e2e25510c",
        "27140775f9337088b982d83d7fcf0b2fa1edffe51952cbe7365e95c86eaf325c",
        "006ccd2a9e6867e6a2c5cea83d3302cc9de128dd2a9a57dd8ee7b9d7ffe02826",
    ),
    (
        "ac22415129b61427bf464e17baee8db65940c233b98afce8d17c57beeb7876c2",
        "150d15af1cb1fb824bbd14955f2b57d08d388aab431a391cfc33d5bafb5dbbaf",
        "f8f0c87cf237953c5890aec3998169005dae3eca1fbb04548c635953c817f92a",
    ),
    (
        "165d697a1ef3d5cf3c38565beefcf88c0f282b8e7dbd28544c483432f1cec767",
        "5debea8ebb4e5fe7d6f6e5db15f15587ac4d4d4a1de7191e0c1ca6664abcc413",
        "ae81e7dedf20a497e10c304a765c1767a42d6e06029758d2d7e8ef7cc4c41179",
    ),
    (
        "a836e6c9a9ca9f1e8d486273ad56a78c70cf18f0ce10abb1c7172ddd605d7fd2",
        "979854f47ae1ccf204a33102095b4200e5befc0465accc263175485f0e17ea5c",
        "e2705652ff9f5e44d3e841bf1c251cf7dddb77d140870d1ab2ed64f1a9ce8628",
    ),
    (
        "2cdc11eaeb95daf01189417cdddbf95952993aa9cb9c640eb5058d09702c7462",
        "2c9965a697a3b345ec24ee56335b556e677b30e6f90ac77d781064f866a3c982",
        "80bd07262511cdde4863f8a7434cef696750681cb9510eea557088f76d9e5065",
    ),
    # Four strings for one point.
    *(
        (first, second, "304282791023b73128d277bdcb5c7746ef2eac08dde9f2983379cb8e5ef0517f")
        for first, second in (
            ("ed" + "ff" * 31, "12" + "00" * 31),
            ("ed" + "ff" * 30 + "7f", "ff" * 32),
            ("00" * 31 + "80", "ff" * 31 + "7f"),
            ("00" * 32, "12" + "00" * 30 + "80"),
        )
    ),
]


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


def test_take_keeps_points_and_refuses_what_is_outside(b: Any) -> None:
    derived = b.derive(uniform(4))
    taken = derived.take([3, 0, 0])
    assert len(taken) == 3
    assert taken.encode() == POINTS[96:128] + POINTS[:32] * 2
    assert b.rows([(taken, None)], 3) == taken.encode()
    with pytest.raises(ValueError, match="out of range"):
        derived.take([4])


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
