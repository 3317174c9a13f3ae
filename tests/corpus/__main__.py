"""`python -m tests.corpus [name …]`: make the elections of specs/vectors, and records.json, afresh; or those named.

`python -m tests.vectors.copies` and `python -m tests.vectors.archives` come after it: what they write is made of these.
"""

import sys

from tests.corpus import codings, vectors
from tests.support.house import VECTORS

BUILDS = vectors.FILES | {codings.PATH.stem: codings.build}
for name in sys.argv[1:] or BUILDS:
    (VECTORS / f"{name}.json").write_text(vectors.write(BUILDS[name]()))
