"""Every verb, in a process that may reach this machine alone: run by `test_no_network.py`.

Says on its last line, as JSON, what each verb ended with, and every address somebody tried to reach.
"""

import contextlib
import io
import ipaddress
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

REACHED: set[str] = set()


def _noted(event: str, arguments: tuple) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        REACHED.add(str(arguments[1][0]))
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and arguments[0]:
        name = arguments[0].decode() if isinstance(arguments[0], bytes) else str(arguments[0])
        REACHED.add(name)


def abroad(name: str) -> bool:
    try:
        return not (ipaddress.ip_address(name).is_loopback or ipaddress.ip_address(name).is_unspecified)
    except ValueError:
        return name != "localhost"


def verbs(folder: Path) -> dict[str, list[str]]:
    """verb -> its arguments, in an order in which each has something to do."""
    out = folder / "out"
    out.mkdir()
    (folder / "prompts.jsonl").write_text(
        '{"id": "sky", "prompt": "Why is the sky blue?"}\n{"id": "prime", "prompt": "Name a prime over 20."}\n'
    )
    labelled = folder / "labelled.jsonl"
    made = [{"prompt": f"Ask {n}?", "chosen": f"good {n} " * 5, "rejected": f"bad {n}"} for n in range(80)]
    labelled.write_text("\n".join(map(json.dumps, made)))
    pairs = folder / "pairs.jsonl"
    pairs.write_text(
        '{"id": "known", "prompt": "2 + 2?", "response_a": "four, as one sees", "response_b": "five"}\n'
    )
    gold = folder / "gold.jsonl"
    gold.write_text('{"id": "known", "label": "A"}\n')
    (folder / "taken.json").write_text("[]")
    return {
        "add": [str(folder / "prompts.jsonl")],
        "add pairs": [str(pairs)],
        "add labelled": [str(labelled), "--from", "trl-dpo", "--labels-by", "person", "--rater", "ann"],
        "verify": [],
        "generate": [],
        "pair": [],
        "judge": [],
        "route": [],
        "run": [],
        "label": [],
        "gold": [str(gold)],
        "people": [],
        "calls": [],
        "check": [],
        "status": [],
        "estimate": [],
        "report": ["--output", str(out / "report.html")],
        "export": [],
        "send": ["label-studio", str(out / "tasks.json")],
        "take": ["label-studio", str(folder / "taken.json")],
        "card": [],
        "doctor": [],
        "backup": [str(out / "copy.db")],
        "restore": [str(out / "copy.db")],
        "copy": [str(folder / "project" / "pairwright.db"), str(out / "copied.db")],
        "convert": [str(labelled), str(out / "converted.jsonl"), "--to", "axolotl-dpo"],
        "init": [str(out / "another")],
        "show": ["sky"],
        "push": ["somebody/set", "--dry-run"],
    }  # fmt: skip


def main() -> None:
    sys.addaudithook(_noted)
    folder = Path(sys.argv[1])
    os.environ["HOME"] = str(folder)
    from projects import ENDPOINT, JUDGE

    from pairwright.cli.main import run
    from pairwright.models.loopback import LoopbackServer

    ended: dict[str, object] = {}
    with LoopbackServer() as server:
        root = folder / "project"
        run(["init", str(root)])
        generate = '\n[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\n[route]\naccept = "stated"\n'
        (root / "pairwright.toml").write_text(ENDPOINT.format(url=server.url) + JUDGE + generate)
        for verb, arguments in verbs(folder).items():
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                try:
                    code: object = run(["-C", str(root), verb.split()[0], *arguments])
                except BaseException as error:
                    code = repr(error)
            ended[verb] = [code, said.getvalue()[-600:]]
        for verb in ("annotate", "browse"):
            ended[verb] = served(run, root, verb)
    print(json.dumps({"ended": ended, "abroad": sorted(filter(abroad, REACHED))}))


def served(run, root: Path, verb: str) -> list[object]:
    """A page is served until stopped: it answers here, and then it is interrupted."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def look() -> None:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
            except urllib.error.HTTPError:
                pass
            except OSError:
                time.sleep(0.05)
                continue
            break
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=look, daemon=True).start()
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code: object = run(["-C", str(root), verb, "--port", str(port)])
        except BaseException as error:
            code = repr(error)
    return [code, said.getvalue()[-600:]]


if __name__ == "__main__":
    main()
