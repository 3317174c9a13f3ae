"""`python -m tests.corpus`: make the elections of specs/vectors, and records.json, afresh.

`python -m tests.vectors.copies` and `python -m tests.vectors.archives` come after it: what they write is made of these.
"""

from tests.corpus import codings, vectors
from tests.support.house import VECTORS

for name, build in vectors.FILES.items():
    (VECTORS / f"{name}.json").write_text(vectors.write(build()))
codings.PATH.write_text(vectors.write(codings.build()))
