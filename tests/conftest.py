"""What every test gets."""

import signal

import projects
import pytest
from hypothesis import settings

# A test that takes long on a busy machine is not a failed one.
settings.register_profile("pairwright", deadline=None)
settings.load_profile("pairwright")

# Started in the background or by nohup, this process ignores signals, and what it starts would too. Tests
# that send them mean a program started by a person.
for _name in ("SIGINT", "SIGHUP", "SIGTERM"):
    if (_number := getattr(signal, _name, None)) and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, signal.default_int_handler if _name == "SIGINT" else signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _close_projects():
    yield
    while projects.OPENED:
        projects.OPENED.pop().close()
