"""The algebra and the transcript: points and scalars as vectors, equations as values, one product for all."""
