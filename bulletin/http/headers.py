"""What every answer of a board, mirror or witness says to browsers (specs/api.md §13): it is public, nothing runs."""

YEAR = 31_536_000
PUBLIC = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),  # pages of any origin may read what is public
)
PAGE = {  # of a page that runs nothing and has the house's style
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
}
NEVER = "no-store"
SHARED = (("Cache-Control", NEVER), ("Access-Control-Allow-Origin", "*"))  # of boards and mirrors


def public(address: str = "") -> tuple[tuple[str, str], ...]:
    """The headers of a service that is reached at `address`; only one with https promises to keep it."""
    return (*PUBLIC, *strict(address))


def strict(address: str) -> tuple[tuple[str, str], ...]:
    """The promise of a service that is reached at an https `address`."""
    return (("Strict-Transport-Security", f"max-age={YEAR}"),) if address.startswith("https://") else ()
