"""A report set as one HTML page and as a PDF to sign."""
