"""The catalog: what is in the corpus, where it lies, and every SQL statement of the project."""
