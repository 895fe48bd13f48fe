"""Asking an object that has `compare(prompt, a, b)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pairwright.errors import ConfigError, VerdictError
from pairwright.judging.orders import read_answer
from pairwright.judging.rubric import show_prompt
from pairwright.store.judge.pending import JudgeWork
from pairwright.types import Answer

Ask = Callable[[JudgeWork], Answer]


def ask_to_compare(judge: Any, name: str) -> Ask:
    def ask(work: JudgeWork) -> Answer:
        try:
            value = judge.compare(
                show_prompt(work.prompt.messages, work.prompt.tools), work.first, work.second
            )
        except VerdictError:
            raise  # this pair has no verdict: a recorded failure, and the others go on
        except Exception as error:
            raise ConfigError(f"{where(work)}: its compare(prompt, a, b) raised {error!r}") from error
        return read_answer(value, where(work))

    def where(work: JudgeWork) -> str:
        return f"judge {name}, pair {work.pair_key.hex()[:12]}"

    return ask
