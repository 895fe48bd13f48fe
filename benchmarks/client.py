"""What the chat client adds to the model's own time: `python benchmarks/client.py [CALLS]`.

A loopback server in a process of its own answers after 50 ms; 64 calls are in
flight; each sends about 3 KB. Ideal is CALLS x 50 ms / 64. Where httpx and the
openai SDK are installed they do the same, each in a fresh process, with 2,000
calls. Figures are ratios to the ideal, since machines differ.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

LATENCY_MS, IN_FLIGHT = 50, 64
CALLS, CALLS_TO_COMPARE = 5000, 2000
TEXT = "It is so because of that, and what is known of it was written down. " * 43

Ask = Callable[[str], Awaitable[str]]


def messages(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


async def with_pairwright(url: str, calls: int) -> None:
    from pairwright.models.chat import ChatClient
    from pairwright.models.settings import EndpointSettings

    settings = EndpointSettings(url=url, concurrency=IN_FLIGHT)
    async with ChatClient("loopback", settings) as client:

        async def ask(text: str) -> str:
            return (await client.chat({"model": "m", "messages": messages(text)})).text

        await all_of(ask, calls)


async def with_httpx(url: str, calls: int) -> None:
    import httpx

    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:

        async def ask(text: str) -> str:
            body = {"model": "m", "messages": messages(text)}
            reply = await client.post(f"{url}/chat/completions", json=body)
            return str(reply.raise_for_status().json()["choices"][0]["message"]["content"])

        await all_of(ask, calls)


async def with_openai(url: str, calls: int) -> None:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

        async def ask(text: str) -> str:
            reply = await client.chat.completions.create(model="m", messages=messages(text))
            return str(reply.choices[0].message.content)

        await all_of(ask, calls)


CLIENTS = {"pairwright": with_pairwright, "httpx": with_httpx, "openai": with_openai}


async def all_of(ask: Ask, calls: int) -> None:
    """That many calls, IN_FLIGHT at a time; every one is answered. Prints the figures."""
    numbers = iter(range(calls))

    async def work() -> None:
        for n in numbers:
            answer = await ask(f"Question {n}: {TEXT}")
            assert answer.startswith("Answer 1"), answer

    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = after.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    print(json.dumps({"wall": wall, "cpu": cpu, "peak_mb": peak}))


def measure(name: str, url: str, calls: int) -> None:
    if not find_spec(name):
        print(f"{name:<18} skipped: not installed (pip install {name})")
        return
    child = [sys.executable, __file__, name, url, str(calls)]
    done = json.loads(subprocess.run(child, check=True, stdout=subprocess.PIPE).stdout)
    ratio = done["wall"] / (calls * LATENCY_MS / 1000 / IN_FLIGHT)
    print(
        f"{name + ' ' + version(name):<18} {calls:>6,} calls: {ratio:.2f} x ideal, "
        f"CPU {done['cpu'] / calls * 1000:.2f} ms a call, peak memory {done['peak_mb']:.0f} MB",
        flush=True,
    )


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    print(f"{LATENCY_MS} ms latency, {IN_FLIGHT} in flight, {len(TEXT) / 1000:.1f} KB a call")
    for name in CLIENTS:
        serving = [sys.executable, "-m", "pairwright.models.loopback", "--latency-ms", str(LATENCY_MS)]
        server = subprocess.Popen(serving, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            url = json.loads(server.stdout.readline())["url"]
            measure(name, url, calls if name == "pairwright" else CALLS_TO_COMPARE)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    if len(sys.argv) == 4:
        asyncio.run(CLIENTS[sys.argv[1]](sys.argv[2], int(sys.argv[3])))
    else:
        main()
