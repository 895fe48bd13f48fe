"""What a call costs: `python benchmarks/client.py [CALLS]`.

A loopback server in another process answers after 50 ms; 64 calls are in
flight; each is about 3 KB. Ideal is CALLS x 50 ms / 64. Prints wall time over
ideal and CPU milliseconds a call of this process alone, for ChatClient and,
where they are installed, httpx and the openai package.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any

from pairwright.models.chat import ChatClient
from pairwright.models.settings import EndpointSettings

LATENCY_MS, IN_FLIGHT = 50, 64
WARM_UP = 4 * IN_FLIGHT  # connections are open and modules imported before the clock starts

Call = Callable[[dict[str, Any]], Awaitable[object]]


def body(n: int) -> dict[str, Any]:
    """A request of the size that judging sends."""
    text = f"Question {n}. " + "What is known of this, and why is it so? " * 70
    return {"model": "small", "messages": [{"role": "user", "content": text}], "max_tokens": 300}


async def all_calls(call: Call, calls: int) -> None:
    numbers = iter(range(calls))

    async def work() -> None:
        for n in numbers:
            await call(body(n))

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


async def measured(name: str, call: Call, calls: int) -> None:
    await all_calls(call, WARM_UP)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    await all_calls(call, calls)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    ideal = calls * LATENCY_MS / 1000 / IN_FLIGHT
    print(f"{name:<12} CPU {cpu / calls * 1000:.2f} ms a call; wall {wall:.1f} s = {wall / ideal:.2f} x ideal")


async def with_pairwright(url: str, calls: int) -> None:
    async with ChatClient("loopback", EndpointSettings(url=url, concurrency=IN_FLIGHT)) as client:
        await measured("ChatClient", client.chat, calls)


async def with_httpx(url: str, calls: int) -> None:
    import httpx

    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=IN_FLIGHT), timeout=60) as client:

        async def call(request: dict[str, Any]) -> object:
            return (await client.post(f"{url}/chat/completions", json=request)).json()

        await measured("httpx", call, calls)


async def with_openai(url: str, calls: int) -> None:
    import openai

    async with openai.AsyncOpenAI(base_url=url, api_key="none") as client:
        await measured("openai", lambda request: client.chat.completions.create(**request), calls)


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    server = subprocess.Popen(
        [sys.executable, "-m", "pairwright.models.loopback", "--latency-ms", str(LATENCY_MS)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        print(f"{calls:,} calls, {IN_FLIGHT} in flight, {LATENCY_MS} ms each")
        asyncio.run(with_pairwright(url, calls))
        for package, run in (("httpx", with_httpx), ("openai", with_openai)):
            if find_spec(package):
                asyncio.run(run(url, calls))
            else:
                print(f"{package:<12} not installed")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
