"""Invented submissions with the truth beside them, and the score of a reader on them."""
