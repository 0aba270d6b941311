"""The errors that a user or a file can cause, and the nearest known name for their messages."""
import difflib


STOPPED = 3  # exit status of a program ended early by a signal, and of the sweep


class SweepError(Exception):
    status = 1


class UsageError(SweepError):
    """A wrong command line or configuration."""
    status = 2


def nearest(name, known):
    return max(known, key=lambda candidate: difflib.SequenceMatcher(None, name, candidate).ratio())
