"""`python -m tests.corpus`: make specs/vectors/election.json, papers.json and records.json afresh.

`python -m tests.vectors.copies` and `python -m tests.vectors.archives` come after it: what they write is made of these.
"""

from tests.corpus import codings, replay, vectors

replay.PATH.write_text(vectors.write(vectors.build()))
replay.PAPERS.write_text(vectors.write(vectors.build_papers()))
codings.PATH.write_text(vectors.write(codings.build()))
