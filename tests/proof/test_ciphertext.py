"""Lists of ciphertexts are coded column by column, R before P, and read back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ciphertexts import of_rows
from verifier.errors import Malformed
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import SIZE


def coded(width: int, rows: int) -> bytes:
    """Each point's encoding names its column, kind and row; none of them is a point, which is not asked here."""
    return b"".join(
        bytes([column, kind, row]).ljust(SIZE, b"\7")
        for column in range(width)
        for kind in (0, 1)
        for row in range(rows)
    )


@given(st.integers(1, 3), st.integers(0, 4))
def test_a_coded_list_is_read_back(width: int, rows: int) -> None:
    read = Ciphertexts.decode(coded(width, rows), width)
    assert (len(read), read.width, len(read.P)) == (rows, width, width)
    assert read.encode() == coded(width, rows)
    for column in range(width):
        for row in range(rows):
            assert bytes(read.R[column][row])[:3] == bytes([column, 0, row])
            assert bytes(read.P[column][row])[:3] == bytes([column, 1, row])


@given(st.integers(1, 3), st.integers(0, 4))
def test_rows_become_columns(width: int, rows: int) -> None:
    def parts(kind: int, row: int) -> bytes:
        return b"".join(bytes([column, kind, row]).ljust(SIZE, b"\7") for column in range(width))

    made = of_rows([(parts(0, row), parts(1, row)) for row in range(rows)], width)
    assert made.encode() == coded(width, rows)
    assert (len(made.R), len(made.P)) == (width, width)


@pytest.mark.parametrize(
    ("width", "length"), [(0, 64), (-1, 64), (1, 32), (1, 63), (2, 64), (2, 192), (3, 128), (1, 65)]
)
def test_a_list_of_another_length_is_malformed(width: int, length: int) -> None:
    with pytest.raises(Malformed):
        Ciphertexts.decode(bytes(length), width)
