"""The arithmetic of the group, chosen once: the Rust kernel where it is installed, else libsodium (specs/group.md).

Both answer every call with the same bytes or the same refusal. Write `backend.msm(…)`, since `choose` puts other
functions in the place of these.
"""

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from verifier.proof import packed

if TYPE_CHECKING:
    from verifier.proof._sodium import *

# fmt: off
__all__ = (
    "BASE", "NAME", "Decoded", "Packed", "choose", "columns", "decode", "derive", "first_undecodable", "hash_to_group",
    "msm", "msm_secret", "rows", "scalars_add", "scalars_dot", "scalars_first_noncanonical", "scalars_invert",
    "scalars_mul", "scalars_products", "scalars_reduce", "scalars_sub", "scalars_sum", "set_threads", "sha512_rows",
    "take", "threads",
)
# fmt: on


def choose(backend: Literal["kernel", "libsodium"]) -> None:
    """Use this backend from now on, before any point is decoded; ImportError if it is not installed."""
    module: ModuleType
    if backend == "kernel":
        import aikyn_kernel as module
    else:
        from verifier.proof import _sodium as module
    globals().update({name: getattr(module, name) for name in __all__ if name != "choose"})
    packed.Packed.register(module.Packed)


def delegate(msm: Callable[..., bytes]) -> None:
    """From now on have products computed by this function, which answers as the backend's own (specs/workers.md)."""
    globals()["msm"] = msm


try:
    choose("kernel")
except ImportError:
    choose("libsodium")
