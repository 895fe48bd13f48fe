"""The command line imports what a verb needs, when it is called: a shell waits for no numerical library.

Modules are counted, not seconds.
"""

import subprocess
import sys

import pytest
from projects import a_project, add_pairs

# What each is for, and how long it takes to import, is no business of a help text.
HEAVY = {
    "aiohttp", "alembic", "asyncio", "jinja2", "matplotlib", "numpy", "pyarrow", "rapidfuzz", "scipy",
    "sklearn", "sqlalchemy", "starlette", "uvicorn", "yaml", "zstandard",
}  # fmt: skip


def imported(*arguments):
    """Exit code, and the modules a process that runs the command ends with."""
    code = (
        "import atexit, sys\n"
        "from pairwright.__main__ import main\n"
        "atexit.register(lambda: print('\\n#', *sys.modules))\n"
        f"sys.argv = ['pairwright', *{list(arguments)!r}]\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    return done.returncode, set(done.stdout.rpartition("#")[2].split())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["judge", "--help"], 0),
        (["check", "--help"], 0),
        (["judg"], 1),
        (["judge", "--budget", "much"], 1),
    ],
)
def test_help_and_usage_errors_import_no_library_of_the_work(arguments, code):
    done, modules = imported(*arguments)
    assert done == code
    assert not modules & HEAVY
    assert not {each for each in modules if each.startswith(("pairwright.stages", "pairwright.store"))}


def test_help_imports_no_verb():
    _, modules = imported("--help")
    assert not modules & {"pydantic", "pairwright.cli.judge", "pairwright.cli.check"}


def test_status_imports_the_database_and_arrays_but_no_statistics(tmp_path):
    project = a_project(tmp_path, settings='[judges.short]\nkind = "shorter"\n')
    add_pairs(project, 3)
    done, modules = imported("-C", str(project.root), "status")
    assert done == 0
    assert not modules & (HEAVY - {"asyncio", "numpy", "scipy", "sqlalchemy"})
    assert not {"scipy.special", "scipy.stats", "scipy.optimize"} & modules
