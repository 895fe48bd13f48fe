"""How much of what judges read a server can take from its cache: `python benchmarks/prefixes.py [PROMPTS]`.

Real prompts with four real responses each (AlpacaEval) are judged through the product, every pair in both
orders, by a stand-in that keeps prefixes as servers do: in blocks of 16 tokens, as vLLM and SGLang, and from
1,024 tokens in steps of 128, as hosted APIs. A token is four bytes here. Beside it the same calls with a mark
made of the responses, which no two calls share. In the order the calls are made; nothing is evicted.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from pairwright import Project
from pairwright.models.loopback import LoopbackServer

DATA = Path(os.environ.get("PAIRWRIGHT_DATA", "../shared/data")) / "alpaca_eval"
RESPONSES = 4
BYTES_PER_TOKEN = 4
SETTINGS = """
[endpoints.loopback]
url = "{url}"
concurrency = 1
[models.judge]
endpoint = "loopback"
model = "judge"
price_in = 0
price_out = 0
[judges.main]
model = "judge"
"""


def rows(prompts: int) -> list[dict[str, Any]]:
    def lines(name: str) -> list[dict[str, Any]]:
        with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    said: dict[str, list[str]] = defaultdict(list)
    for each in lines("responses.jsonl.gz"):
        if each["model"] != "NullModel" and each["response"] not in said[each["prompt_id"]]:
            said[each["prompt_id"]].append(each["response"])
    return [
        {"id": each["prompt_id"], "prompt": each["prompt"], "responses": said[each["prompt_id"]][:RESPONSES]}
        for each in lines("prompts.jsonl.gz")[:prompts]
    ]


def requests(prompts: int) -> list[dict[str, Any]]:
    """What the judge is sent, in the order it is sent."""
    with tempfile.TemporaryDirectory() as folder, LoopbackServer() as server:
        project = Project.init(Path(folder) / "project")
        with project.settings_file.open("a") as file:
            file.write(SETTINGS.format(url=server.url))
        project.add(rows(prompts), progress=False)
        project.pair(policy="all", progress=False)
        project.judge(progress=False)
        return server.requests


def text_of(body: dict[str, Any]) -> bytes:
    return b"\0".join(str(message["content"]).encode() for message in body["messages"])


def unshared(text: bytes) -> bytes:
    """The same with the mark that earlier versions had, of the responses."""
    head, mark = b"The mark is ", text.split(b"The mark is ", 1)[1][:12]
    assert head in text
    import hashlib

    return text.replace(mark, hashlib.blake2b(text, digest_size=6).hexdigest().encode())


def cached(texts: list[bytes], block: int, least: int) -> float:
    """The share of tokens whose prefix was read before, in whole blocks, from `least` tokens on."""
    seen: set[bytes] = set()
    read = total = 0
    for text in texts:
        tokens = len(text) // BYTES_PER_TOKEN
        total += tokens
        ends = [end for end in range(block, tokens + 1, block) if end >= least]
        hit = 0
        for end in ends:
            if text[: end * BYTES_PER_TOKEN] not in seen:
                break
            hit = end
        read += hit
        seen.update(text[: end * BYTES_PER_TOKEN] for end in ends)
    return read / total


def main() -> None:
    prompts = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    texts = [text_of(body) for body in requests(prompts)]
    sizes = sum(len(text) for text in texts) / len(texts) / BYTES_PER_TOKEN
    print(
        f"{len(texts):,} calls about {prompts} prompts with {RESPONSES} responses, {sizes:,.0f} tokens each\n"
    )
    print("| served from cache | blocks of 16 | 1,024, then steps of 128 |\n|---|---|---|")
    for name, each in (("Pairwright", texts), ("a mark of the responses", list(map(unshared, texts)))):
        print(f"| {name} | {cached(each, 16, 0):.1%} | {cached(each, 128, 1024):.1%} |")


if __name__ == "__main__":
    main()
