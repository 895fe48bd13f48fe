"""What every test gets."""

import projects
import pytest


@pytest.fixture(autouse=True)
def _close_projects():
    yield
    while projects.OPENED:
        projects.OPENED.pop().close()
