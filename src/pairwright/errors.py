"""Every error Pairwright raises on purpose.

Each is also the standard exception a caller would expect (`ValueError`,
`RuntimeError`), and each message says what was asked, the value seen, where,
and what to do. The command line prints the message and exits with 1.
"""


class PairwrightError(Exception):
    """The parent of all errors raised on purpose."""


class InputError(PairwrightError, ValueError):
    """A file, row, option or argument cannot be used as given."""


class ConfigError(PairwrightError, ValueError):
    """`pairwright.toml` or a model's settings cannot be used as written."""


class VerdictError(PairwrightError, ValueError):
    """A judge answered something that is not A, B or TIE."""


class StoreError(PairwrightError, RuntimeError):
    """The project's database cannot be opened, or another process holds it."""


class StoreDamaged(StoreError):
    """The project's database is there and can't be read: cut off, overwritten, or another program's."""


class EndpointError(PairwrightError, RuntimeError):
    """An endpoint refuses every call (wrong key, unknown model, unreachable): nothing more is sent."""


class HubError(PairwrightError, RuntimeError):
    """The Hub refused what was to be sent, or could not be reached: nothing half-sent is to be seen there."""


class MissingExtra(PairwrightError, ImportError):
    """A feature needs a library that is not installed: the message names the extra that brings it."""


class BudgetReached(PairwrightError, RuntimeError):
    """The next call might cost more than what is left of the budget: nothing more is started."""


class NotConverged(PairwrightError, RuntimeError):
    """A fit did not settle, or the data can't tell what was asked: no figure is better than a wrong one."""


class CheckError(PairwrightError, RuntimeError):
    """A check stopped with an error of its own: the message names the check and the pair."""
