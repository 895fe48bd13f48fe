"""Annotation in the terminal: one pair a screen, one key a choice."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import typer
from rich.columns import Columns
from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text

from pairwright.judging.rubric import show_prompt
from pairwright.stages.people.answers import FLAGS, Choice, Person
from pairwright.store.people.tasks import Task

KEYS: dict[str, Choice] = {
    "1": "left",
    "a": "left",
    "\x1b[D": "left",
    "2": "right",
    "b": "right",
    "\x1b[C": "right",
    "t": "tie",
    "=": "tie",
    "g": "both_good",
    "x": "both_bad",
}
_HINT = (
    "[b]1[/b] first better   [b]2[/b] second better   [b]t[/b] tie   [b]g[/b] both good   "
    "[b]x[/b] both bad   [b]u[/b] undo   [b]s[/b] skip   [b]f[/b] flag   [b]?[/b] guidelines   "
    "[b]q[/b] quit"
)
SIDE_BY_SIDE = 100  # columns; narrower terminals stack the responses
# Everything a terminal would act on rather than show, and marks that reorder text.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass
class Session:
    """What one sitting came to."""

    answered: int = 0
    skipped: int = 0
    flagged: int = 0
    undone: int = 0


def annotate(
    person: Person,
    console: Console,
    *,
    read_key: Callable[[], str] = typer.getchar,
    clock: Callable[[], float] = time.monotonic,
) -> Session:
    """Offer tasks until none is left or the person quits. Every answer is saved as it is given."""
    session = Session()
    task, shown, began = person.next_task(), None, clock()
    while task is not None:
        _show(person, task, session, console)
        if shown != task.pair_id:  # any other key does not start the time anew
            shown, began = task.pair_id, clock()
        key = _read(read_key)
        choice = KEYS.get(key)
        if choice is not None:
            person.choose(task, choice, clock() - began)
            session.answered += 1
        elif key == "s":
            person.skip(task)
            session.skipped += 1
        elif key == "f":
            if not _flag(person, task, console, read_key):
                continue
            session.flagged += 1
        elif key == "u":
            undone = person.undo()
            if undone is not None:
                session.undone += 1
                task, shown = person.task_on(undone), None
                continue
        elif key == "?":
            console.print(Panel(_plain(person.project.guidelines.strip()), title="Guidelines"))
            console.print("[dim]any key goes on[/dim]")
            left = clock()
            _read(read_key)
            began += clock() - left  # reading the guidelines is no time spent on the pair
            continue
        elif key in ("q", "\x03", "\x04", "\x1b"):
            break
        else:
            continue
        task = person.next_task()
    return session


def _read(read_key: Callable[[], str]) -> str:
    try:
        key = read_key()
    except (KeyboardInterrupt, EOFError):
        return "q"
    return key.lower() if len(key) == 1 else key


def _show(person: Person, task: Task, session: Session, console: Console) -> None:
    order = person.order(task)
    first, second = (task.a, task.b) if order == "AB" else (task.b, task.a)
    console.clear()
    done = session.answered - session.undone
    console.rule(f"{person.name}: {done} answered, {person.waiting()} waiting", style="dim")
    console.print(
        Panel(
            _plain(show_prompt(task.prompt.messages, task.prompt.tools)), title="Prompt", border_style="cyan"
        )
    )
    panels = [Panel(_plain(first), title="1  First"), Panel(_plain(second), title="2  Second")]
    if console.width >= SIDE_BY_SIDE:
        console.print(Columns(panels, width=console.width // 2 - 1, expand=True))
    else:
        console.print(Group(*panels))
    console.print(_HINT)


def _plain(text: str) -> Text:
    """Text as it is: no markup is read, no control code reaches the terminal."""
    return Text(_UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n")))


def _flag(person: Person, task: Task, console: Console, read_key: Callable[[], str]) -> bool:
    """Ask what is wrong; True if the pair was flagged."""
    kinds = list(FLAGS)
    choices = "   ".join(f"[b]{n}[/b] {FLAGS[kind]}" for n, kind in enumerate(kinds, 1))
    console.print(f"Flag as: {choices}   [dim]any other key: don't flag[/dim]")
    key = _read(read_key)
    if not key.isdigit() or not 1 <= int(key) <= len(kinds):
        return False
    person.flag(task, kinds[int(key) - 1])
    return True
