"""docs/reliability.md says of every kind of reply what is done, booked and seen: each is sent, by its name."""

import re
from math import inf
from pathlib import Path

import pytest
from projects import a_project, add_pairs, rows
from provider_replies import REPLIES, USAGE, Provider

from pairwright.errors import EndpointError
from pairwright.models import chat
from pairwright.models.prices import Price
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.pay.bounds import TokenBound
from pairwright.stages.pay.served import answered_as

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"
SETTINGS = """
[endpoints.loopback]
url = "{url}"
max_tries = 2
read_timeout_s = {patience_s}

[models.small]
endpoint = "loopback"
model = "small"
price_in = 1.0
price_out = 2.0

[judges.main]
model = "small"
attempts = 2
single_order = true
answer_format = "{form}"
logprobs = "off"
"""
PRICE = Price(1.0, 2.0, "")


def table():
    """The rows of the page's table of replies: name -> (done, booked, read)."""
    text = PAGE.read_text(encoding="utf-8").split("| reply |", 1)[1].split("\n\n", 1)[0]
    cells = [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in text.splitlines()[2:]]
    return {name: rest for name, *rest in cells}


ROWS = table()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    monkeypatch.setattr(chat, "FIRST_WAIT_S", 0.01)


class Judged:
    """One pair judged in one order, by a provider that gives the reply `times` times."""

    def __init__(self, folder, name, times, budget_usd):
        patience = 0.2 if name == "no answer in time" else 60
        form = "auto" if name == "400 for the form of the answer" else "text"
        with Provider(REPLIES[name], times) as provider:
            settings = SETTINGS.format(url=provider.url, patience_s=patience, form=form)
            self.project = a_project(folder, None, settings)
            add_pairs(self.project, 1)
            self.error = self.result = None
            try:
                self.result = run_judge(self.project, "main", budget_usd=budget_usd)
            except EndpointError as error:
                self.error = str(error)
            self.requests = provider.requests
        self.calls = rows(self.project, "call")
        self.failures = [row.message for row in rows(self.project, "failure")]
        self.votes = len(rows(self.project, "vote"))

    @property
    def done(self):
        if self.error is not None:
            return "run ends"
        if not self.votes:
            return "failure"
        if len(self.requests) == 1:
            return "read"
        first, *_, last = self.requests
        if first == last:
            return "sent again"
        return "asked again" if len(last["messages"]) > len(first["messages"]) else "asked more plainly"

    def booked(self, row):
        """How a row stands in the books."""
        worst = row.prompt_bytes + TokenBound.TEMPLATE, 300
        counted = USAGE["prompt_tokens"], USAGE["completion_tokens"]
        assert row.cost_usd == pytest.approx(PRICE.cost(row.prompt_tokens, row.completion_tokens))
        assert row.cost_known == row.counted
        tokens = row.prompt_tokens, row.completion_tokens
        if row.counted:
            assert tokens == counted
            return "as counted"
        assert tokens in (worst, (counted[0], worst[1]))
        return "worst case"

    def of_first(self):
        """What was booked for the reply, of which there was one."""
        charged = self.calls if self.done in ("read", "failure", "run ends") else self.calls[:-1]
        assert len(charged) <= 1
        return self.booked(charged[0]) if charged else "nothing"


def test_the_page_names_every_kind_of_reply():
    assert list(ROWS) == list(REPLIES)
    assert len(ROWS) >= 44


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply(tmp_path, name):
    done, booked, read = ROWS[name]
    judged = Judged(tmp_path, name, 1, None)
    assert (judged.done, judged.of_first()) == (done, booked)
    if done in ("failure", "run ends"):
        [told] = judged.failures or [judged.error]
        assert _said(read) in told
    assert (judged.result is None) == (done == "run ends")
    if judged.result:
        assert judged.result.spent_usd == pytest.approx(sum(row.cost_usd for row in judged.calls))
        assert (judged.result.uncounted_usd > 0) == (booked == "worst case")


@pytest.mark.parametrize(
    "name", [name for name, row in ROWS.items() if row[0] in ("sent again", "asked again")]
)
def test_a_reply_that_stays_so_under_a_budget(tmp_path, name):
    _, booked, read = ROWS[name]
    judged = Judged(tmp_path, name, inf, 1.0)
    assert (judged.done, len(judged.requests)) == ("failure", 2)
    assert [judged.booked(row) for row in judged.calls] == ([] if booked == "nothing" else [booked] * 2)
    assert _said(read) in judged.failures[0]
    assert run_judge(judged.project, "main").failed_before == 1  # not asked again unasked


def test_another_models_name_is_a_finding(tmp_path):
    judged = Judged(tmp_path, "another model's name", 1, None)
    with judged.project.store.read() as connection:
        [found] = answered_as(connection, judged.project)
    assert str(found) == '1 reply says "tiny" where small asks for "small" (judge)'
    assert _said(ROWS["another model's name"][2]) in str(found)


def _said(cell):
    """The words that a cell quotes."""
    return re.findall(r"`([^`]+)`", cell)[-1]
