"""Random months of one project's calls: live, in batches and in files, with crashes between.

Whatever happens in whatever order, no answer is bought twice, none that was paid for is lost, and in the end
the books are the bill. `SEEDS=200 pytest tests/stages/pay/test_calls_in_any_order.py` goes on for longer.
"""

import json
import os
import random
from collections import Counter
from contextlib import suppress

import pytest
from batch_providers import SERVERS, reply_in
from projects import JUDGE, add_pairs, rows
from stages.pay.test_batches import project_of

from pairwright.errors import InputError, PairwrightError
from pairwright.models.loopback import LoopbackServer
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.judge.judges import run_judges
from pairwright.stages.pay.call_files import export_calls, import_calls
from pairwright.stages.pay.waiting_calls import cancel_calls
from pairwright.store.pay import batches as stored_batches
from pairwright.store.pay import planned

STEPS = 25
VERDICTS = [
    '{"verdict": "A", "confidence": "HIGH", "reason": "so"}',
    '{"verdict": "B", "confidence": "LOW", "reason": "so"}',
    "Both have their merits.",
]


class Crash(Exception):
    """The process ends here."""


class Months:
    """A project whose endpoint answers live and in batches, and what was charged for by either."""

    def __init__(self, folder, seed, kind, server, live, patch):
        self.draw, self.server, self.live, self.patch = random.Random(seed), server, live, patch
        self.project = project_of(folder, server, kind, JUDGE + "attempts = 9\n", pairs=2, listed_s=0)
        self.folder, self.files = folder, {}
        self.pairs, self.by_files = 2, 0

    def step(self):
        steps = {
            self.add: 1, self.in_batches: 3, self.at_once: 1, self.in_files: 1, self.export: 1, self.take: 2,
            self.cancel: 1, self.lose: 1, self.crash: 2,
        }  # fmt: skip
        self.draw.choices(list(steps), list(steps.values()))[0]()
        self.check()

    def add(self):
        self.pairs += self.draw.randint(1, 3)
        add_pairs(self.project, self.pairs)

    def judge(self, via, **options):
        try:
            return run_judge(self.project, "main", via=via, retry_failed=True, **options)
        except (PairwrightError, Crash):
            return None

    def in_batches(self):
        self.judge("batch", limit=self.draw.choice([None, None, 2]))

    def in_files(self):
        self.judge("files")

    def at_once(self):
        """The endpoint's address is the live one for this run."""
        path = self.project.root / "pairwright.toml"
        text = path.read_text()
        path.write_text(text.replace(self.server.url, self.live.url))
        with type(self.project).open(self.project.root) as project:
            run_judge(project, "main", limit=2)
        path.write_text(text)

    def export(self):
        try:
            written = export_calls(self.project, self.folder / "calls", self.draw.randint(1, 3))
        except InputError:
            return
        for name in written.files:
            self.files[name] = [json.loads(line) for line in open_lines(name)]

    def take(self):
        """Some lines of some file, in any order; those machines answer is charged for there."""
        if not self.files:
            return
        name = self.draw.choice(sorted(self.files))
        lines = self.draw.sample(self.files[name], self.draw.randint(1, len(self.files[name])))
        out = self.folder / "replies.jsonl"
        out.write_text(
            "".join(
                json.dumps(
                    {
                        "custom_id": line["custom_id"],
                        "response": {
                            "status_code": 200,
                            "body": reply_in("openai", self.draw.choice(VERDICTS)),
                        },
                        "error": None,
                    }
                )
                + "\n"
                for line in lines
            )
        )
        with suppress(InputError):  # all of it was cancelled, or read before
            self.by_files += import_calls(self.project, [out]).replies

    def cancel(self):
        if self.draw.random() < 0.5:
            cancel_calls(self.project)

    def lose(self):
        """The answer to the making of the next batch is lost."""
        self.server.lose = 1

    def crash(self):
        """The process ends at one of the moments that matter."""
        module, name = self.draw.choice(
            [(stored_batches, "note"), (stored_batches, "end"), (planned, "answer"), (planned, "forget_read")]
        )
        after, real = self.draw.randint(0, 1), getattr(module, name)

        def ends(*given, **named):
            if after:
                real(*given, **named)
            raise Crash

        with self.patch.context() as patch:
            patch.setattr(module, name, ends)
            self.judge("batch")

    def check(self):
        votes = Counter((vote.pair_id, vote.order) for vote in rows(self.project, "vote"))
        assert max(votes.values(), default=0) <= 1
        # Every charge is in the books, or its reply is kept and will be, or lies with the provider.
        assert len(self.server.bill) == len(set(self.server.bill))
        charged = len(self.server.bill) + self.by_files + self.live.answered
        kept = sum(each.status == 200 for each in rows(self.project, "planned_call"))
        read = {each.key.hex() for each in rows(self.project, "planned_call") if each.status is None}
        with_provider = sum(id in read for id in self.server.bill)
        booked = len(rows(self.project, "call"))
        booked_and_kept = sum(
            any(
                call.work_key == each.work_key and call.attempt == each.attempt
                for call in rows(self.project, "call")
            )
            for each in rows(self.project, "planned_call")
            if each.status == 200
        )
        assert charged == booked + kept - booked_and_kept + with_provider

    def end(self):
        """Everything is brought to its end: files are answered, batches waited for."""
        self.server.lose = 0
        for lines in self.files.values():
            self.draw.shuffle(lines)
        while any(each.via == "files" for each in self.open_batches()):
            self.take()
            self.judge("files")
            self.export()
        run_judges(self.project, via="batch", wait=True)
        self.check()
        assert rows(self.project, "planned_call") == []
        assert len(rows(self.project, "vote")) == 2 * self.pairs

    def open_batches(self):
        with self.project.store.read() as connection:
            return stored_batches.open_batches(connection)


def open_lines(path):
    with open(path, encoding="utf-8") as file:
        return file.readlines()


@pytest.mark.parametrize("seed", range(int(os.environ.get("SEEDS", "5"))))
def test_no_answer_is_bought_twice_or_lost(tmp_path, seed, monkeypatch):
    kind = sorted(SERVERS)[seed % len(SERVERS)]
    draw = random.Random(f"answers {seed}")
    expired = set()

    def answer(body):
        if draw.random() < 0.1:
            return {"status": 529, "error": {"message": "overloaded"}}
        return reply_in(kind, draw.choice(VERDICTS))

    def expires(id):
        gone = draw.random() < 0.2 and id not in expired
        expired.add(id)
        return gone

    with SERVERS[kind](answer, looks=1, expires=expires) as server, LoopbackServer() as live:
        months = Months(tmp_path, seed, kind, server, live, monkeypatch)
        for _ in range(STEPS):
            months.step()
        months.end()
