"""No verb reaches another machine than those the user named: each runs where there is no network at all.

The process sees a network of its own that holds nothing but itself, where the system allows that; every
address that anything tries to reach is written down in any case.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pairwright.cli.verbs import LINES

TESTS = Path(__file__).parent
OWN_NETWORK = [
    "unshare",
    "--user",
    "--map-root-user",
    "--net",
    "sh",
    "-c",
    'ip link set lo up && exec "$@"',
    "sh",
]


def allowed():
    if not (shutil.which("unshare") and shutil.which("ip")):
        return False
    return subprocess.run([*OWN_NETWORK, "true"], capture_output=True).returncode == 0


def ended(folder, before):
    where = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, sys.path), str(TESTS)])}
    command = [*before, sys.executable, str(TESTS / "verbs_offline.py"), str(folder)]
    done = subprocess.run(command, env=where, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("network", ["none", "watched"])
def test_every_verb_works_and_reaches_nobody_else(tmp_path, network):
    if network == "none" and not allowed():
        pytest.skip(
            "this system lets no process have a network of its own (unshare --net): RUN THIS ON LINUX"
        )
    found = ended(tmp_path, OWN_NETWORK if network == "none" else [])
    codes = {verb: code for verb, (code, _) in found["ended"].items()}
    assert {verb.split()[0] for verb in codes} == set(LINES)
    stopped = {"annotate": 130, "browse": 130}
    assert {
        verb: (code, found["ended"][verb][1]) for verb, code in codes.items() if code != stopped.get(verb, 0)
    } == {}
    assert found["abroad"] == []
