"""A command started from the page, as if it had been typed: it stops in order and keeps what was paid for."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from pairwright.errors import InputError
from pairwright.stages.next_step import NextStep
from pairwright.stages.project.project import Project

MOST_LINES = 12  # of what a command said that the page shows
GRACE_SECONDS = 5.0  # after the stop that settings allow calls in flight


@dataclass
class Running:
    """A command that was started from the page: `said` are the last lines it printed."""

    step: NextStep
    process: subprocess.Popen[str]
    said: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))

    def __post_init__(self) -> None:
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as out:
            for line in out:
                if line.strip():
                    self.said.append(line.rstrip())

    def state(self) -> dict[str, Any]:
        code = self.process.poll()
        if code is not None:
            self._reading.join(1)
        failed = code not in (None, 0)
        command = self.step.command
        return {"command": command, "running": code is None, "failed": failed, "said": list(self.said)}


class Runner:
    """The one command that runs at a time."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = threading.Lock()
        self.running: Running | None = None

    def start(self, step: NextStep) -> None:
        """Raises InputError while another runs."""
        folder = str(self._project.root.resolve())
        command = [sys.executable, "-m", "pairwright", "--project", folder, step.kind]
        if step.most_usd is not None:
            command += ["--budget", f"{step.most_usd:.6f}"]
        with self._lock:
            if self.running is not None and self.running.process.poll() is None:
                raise InputError(f"{self.running.step.command} is running already")
            process = subprocess.Popen(  # noqa: S603 - all of it is written here
                command,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the server, which stops this in order
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
            )
            self.running = Running(step, process)

    def stop(self) -> None:
        """End what runs as Ctrl-C would: calls in flight are finished and kept."""
        if self.running is None or self.running.process.poll() is not None:
            return
        self.running.process.send_signal(signal.SIGINT)
        try:
            self.running.process.wait(self._project.settings.project.stop_within_s + GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.running.process.kill()
