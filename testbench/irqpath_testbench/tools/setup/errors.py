"""The one kind of error of set-up."""


class SetupError(Exception):
    """Set-up cannot go on. The message is one line: what went wrong and what to do."""
