"""Which file of the app answers at a path, with which headers: for who serves, and who looks (specs/assets.md §2)."""

from __future__ import annotations

from verifier.election.assets import Assets, ServedFile

INDEX = "index.html"
POLICY = "Content-Security-Policy"
FIXED = {  # besides the policy, of which each record has its own
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",
}


def find_file(app: Assets, path: str) -> ServedFile | None:
    """The file that answers a request for this path; a folder is answered by its `index.html`."""
    wanted = f"{path}{INDEX}" if path.endswith("/") else path
    return next((file for file in app.files if file.path == wanted), None)


def headers_of(app: Assets, path: str) -> dict[str, str]:
    """What goes with every answer for this path: the policy of its longest prefix, and what is the same everywhere."""
    policy = next(one.csp for one in reversed(app.headers) if path.startswith(one.prefix))
    return {POLICY: policy, **FIXED}
