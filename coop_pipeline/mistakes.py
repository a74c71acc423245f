"""What a user has to mend."""


class UserMistake(Exception):
    """Something the user has to mend; the message says it in one line."""
