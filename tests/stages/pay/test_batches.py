"""Judging through providers' batch APIs: in waves, at half the price, nothing sent twice, nothing lost."""

import re
import time
from collections import Counter

import orjson
import pytest
from batch_providers import SERVERS, OpenAIBatches, reply_in
from projects import JUDGE, a_project, add_pairs, add_rows, rows

from pairwright.cli.main import run
from pairwright.errors import ConfigError, EndpointError
from pairwright.models.batch import http
from pairwright.models.loopback import LoopbackServer
from pairwright.stages.check.fact_check import run_fact_check
from pairwright.stages.generate.generate import run_generate
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.judge.judges import run_judges
from pairwright.stages.pay import batches as pay_batches
from pairwright.stages.pay import waves
from pairwright.stages.pay.waiting_calls import cancel_calls
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.run import run_all

GOOD = '{"verdict": "A", "confidence": "HIGH", "reason": "It is right."}'
SETTINGS = """
[project]
batch_poll_s = 0.01

[endpoints.there]
url = "{url}"
batch = "{kind}"
max_tries = 3
batch_listed_s = {listed_s}

[models.small]
endpoint = "there"
model = "small"
price_in = 1.0
price_out = 2.0
"""


def serving(kind, text=GOOD, **behaviour):
    return SERVERS[kind](lambda body: reply_in(kind, text), **behaviour)


def project_of(folder, server, kind="openai", settings=JUDGE, pairs=5, listed_s=120):
    head = SETTINGS.format(url=server.url, kind=kind, listed_s=listed_s)
    project = a_project(folder, settings=head + settings)
    if pairs:
        add_pairs(project, pairs)
    return project


@pytest.fixture(params=sorted(SERVERS))
def kind(request):
    return request.param


def test_the_first_run_sends_and_a_later_one_reads_the_votes(tmp_path, kind):
    with serving(kind) as server:
        project = project_of(tmp_path, server, kind)
        sent = run_judge(project, "main", via="batch")
        assert (sent.votes, sent.waiting, sent.calls, sent.failures) == (0, 10, 0, 0)
        assert [len(each.lines) for each in server.made] == [10]
        running = run_judge(project, "main", via="batch")
        assert (running.votes, running.waiting) == (0, 10)
        ended = run_judge(project, "main", via="batch")
    assert (ended.votes, ended.waiting, ended.calls) == (10, 0, 10)
    assert len(server.made) == 1
    assert {(vote.order, vote.verdict) for vote in rows(project, "vote")} == {("AB", "A"), ("BA", "B")}
    assert rows(project, "planned_call") == []


def test_a_call_in_a_batch_costs_half_the_price(tmp_path, kind):
    with serving(kind, looks=0) as server:
        project = project_of(tmp_path, server, kind)
        result = run_judges(project, via="batch", wait=True)
    half = (100 * 1.0 + 10 * 2.0) / 1e6 / 2
    assert [call.cost_usd for call in rows(project, "call")] == [pytest.approx(half)] * 10
    assert result.judges[0].spent_usd == pytest.approx(10 * half)
    assert {call.price_share for call in rows(project, "call")} == {0.5}


def test_waiting_goes_on_while_the_provider_is_away(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(http, "TRIES", 1)
    with serving(kind, away=5) as server:
        project = project_of(tmp_path, server, kind)
        result = run_judges(project, via="batch", wait=True)
    assert server.away == 0
    assert (result.judges[0].votes, result.judges[0].waiting, len(server.made)) == (10, 0, 1)


def test_a_provider_that_stays_away_ends_the_waiting_in_words(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(http, "TRIES", 1)
    monkeypatch.setattr(waves, "MOST_AWAY_S", 0.0)
    with serving(kind, away=100) as server:
        project = project_of(tmp_path, server, kind)
        with pytest.raises(EndpointError, match="answered 503: overloaded"):
            run_judges(project, via="batch", wait=True)
        server.away = 0
        assert run_judges(project, via="batch", wait=True).judges[0].votes == 10
    assert len(server.made) == 1


def test_waiting_goes_on_until_all_is_answered(tmp_path, kind):
    """A second wave asks again what could not be read in the first."""
    said = iter(["Both have their merits."] * 3)

    def answer(body):
        return reply_in(kind, next(said, GOOD))

    with SERVERS[kind](answer, looks=2) as server:
        project = project_of(tmp_path, server, kind)
        result = run_judges(project, via="batch", wait=True)
    assert (result.judges[0].votes, result.failures, result.waiting) == (10, 0, 0)
    assert [len(each.lines) for each in server.made] == [10, 3]
    assert sorted(call.outcome for call in rows(project, "call")) == ["unreadable"] * 3 + ["used"] * 10
    assert len(server.bill) == len(rows(project, "call"))


def test_calls_that_expired_go_again_and_are_charged_once(tmp_path, kind):
    lost = set()

    def expires(id):
        if len(lost) < 4 and id not in lost:
            lost.add(id)
            return True
        return False

    with serving(kind, looks=0, expires=expires) as server:
        project = project_of(tmp_path, server, kind)
        result = run_judges(project, via="batch", wait=True)
    assert (result.judges[0].votes, result.failures) == (10, 0)
    assert [len(each.lines) for each in server.made] == [10, 4]
    assert len(server.bill) == len(set(server.bill)) == 10


def test_a_refused_call_is_a_failure_and_leaves_the_others(tmp_path, kind):
    def answer(body):
        if "Question 3" in str(body):
            return {"status": 400, "error": {"message": "content policy violation"}}
        return reply_in(kind, GOOD)

    with SERVERS[kind](answer, looks=0) as server:
        project = project_of(tmp_path, server, kind, JUDGE + 'answer_format = "text"\nlogprobs = "off"\n')
        result = run_judges(project, via="batch", wait=True)
        assert (result.judges[0].votes, result.judges[0].failures) == (8, 2)
        assert {"content policy" in each.message for each in rows(project, "failure")} == {True}
        assert rows(project, "planned_call") == []
        again = run_judges(project, via="batch", wait=True)
    assert again.judges[0].failed_before == 2
    assert len(server.made) == 1


def test_what_failed_is_asked_again_on_demand(tmp_path, kind):
    policy = {"strict": True}

    def answer(body):
        if policy["strict"]:
            return {"status": 400, "error": {"message": "content policy violation"}}
        return reply_in(kind, GOOD)

    with SERVERS[kind](answer, looks=0) as server:
        project = project_of(tmp_path, server, kind, JUDGE + 'answer_format = "text"\nlogprobs = "off"\n', 1)
        assert run_judges(project, via="batch", wait=True).judges[0].failures == 2
        policy["strict"] = False
        sent = run_judges(project, via="batch", retry_failed=True)
        assert (sent.waiting, sent.failures) == (2, 0)
        read = run_judges(project, via="batch")
    assert (read.judges[0].votes, read.failures) == (2, 0)


def test_an_overloaded_call_goes_again_without_a_failure(tmp_path, kind):
    first = set()

    def answer(body):
        text = str(body["messages"] if "messages" in body else body["contents"])
        if text not in first:
            first.add(text)
            return {"status": 529, "error": {"message": "overloaded"}}
        return reply_in(kind, GOOD)

    with SERVERS[kind](answer, looks=0) as server:
        project = project_of(tmp_path, server, kind)
        result = run_judges(project, via="batch", wait=True)
    assert (result.judges[0].votes, result.failures) == (10, 0)
    assert [len(each.lines) for each in server.made] == [10, 10]


def test_a_batch_whose_making_went_unanswered_is_found_and_not_sent_again(tmp_path, kind):
    with serving(kind, looks=0, lose=1) as server:
        project = project_of(tmp_path, server, kind)
        with pytest.raises(EndpointError, match="cannot be asked"):
            run_judge(project, "main", via="batch")
        assert rows(project, "batch")[0].remote_id is None
        result = run_judges(project, via="batch", wait=True)
    assert (result.judges[0].votes, result.failures) == (10, 0)
    assert len(server.made) == 1


def test_a_batch_that_never_arrived_is_sent_when_the_list_is_sure_to_be_whole(tmp_path, kind, monkeypatch):
    with serving(kind, looks=0) as server:
        project = project_of(tmp_path, server, kind)
        provider = pay_batches.APIS[kind].provider

        async def broken(self, *_args):
            raise EndpointError("the line is down")

        with monkeypatch.context() as patch:
            patch.setattr(type(provider), "submit", broken)
            with pytest.raises(EndpointError, match="line is down"):
                run_judge(project, "main", via="batch")
        unsure = run_judge(project, "main", via="batch")
        assert unsure.waiting == 10
        assert "not known yet" in " ".join(unsure.notes)
        assert server.made == []
        text = (project.root / "pairwright.toml").read_text()
        (project.root / "pairwright.toml").write_text(
            text.replace("batch_listed_s = 120", "batch_listed_s = 0")
        )
        with type(project).open(project.root) as later:
            result = run_judges(later, via="batch", wait=True)
    assert result.judges[0].votes == 10
    assert len(server.made) == 1


def test_others_batches_are_not_taken_for_ours(tmp_path, kind, monkeypatch):
    """Where a provider's batches carry no mark, their replies tell."""
    with serving(kind, looks=0) as server:
        project = project_of(tmp_path, server, kind, listed_s=0)
        provider = pay_batches.APIS[kind].provider

        async def broken(self, *_args):
            raise EndpointError("the line is down")

        with monkeypatch.context() as patch:
            patch.setattr(type(provider), "submit", broken)
            with pytest.raises(EndpointError):
                run_judge(project, "main", via="batch")
        told = {"metadata": {"app": "other"}, "displayName": "other", "input_file_id": "other"}
        theirs = server.make([(f"req-{i}", {"messages": [], "contents": []}) for i in range(10)], **told)
        result = run_judges(project, via="batch", wait=True)
    assert (result.judges[0].votes, result.failures) == (10, 0)
    assert len([each for each in server.made if each is not theirs]) == 1


def test_a_batch_refused_as_a_whole_stops_the_run_and_nothing_is_lost(tmp_path, kind):
    if kind == "anthropic":
        pytest.skip("it refuses requests one by one")
    with serving(kind, looks=0, refuse="model small is not available for batches") as server:
        project = project_of(tmp_path, server, kind)
        run_judge(project, "main", via="batch")
        with pytest.raises(EndpointError, match="not available for batches"):
            run_judge(project, "main", via="batch")
        server.refuse = ""
        result = run_judges(project, via="batch", wait=True)
    assert result.judges[0].votes == 10
    assert len(server.bill) == 10


def test_a_live_run_waits_for_what_is_in_a_batch_and_asks_the_rest(tmp_path):
    with LoopbackServer() as live, serving("openai") as server:
        project = project_of(tmp_path, server)
        run_judge(project, "main", via="batch")
        with (project.root / "more.jsonl").open("w"):
            add_pairs(project, 7)
        text = (project.root / "pairwright.toml").read_text()
        (project.root / "pairwright.toml").write_text(text.replace(server.url, live.url))
        project = type(project).open(project.root)
        result = run_judge(project, "main")
        project.close()
    assert (result.votes, result.waiting) == (4, 10)
    assert len(live.requests) == 4


def test_responses_are_drawn_in_batches_too(tmp_path, kind):
    """The second draw of a prompt repeats the first: it is drawn again, in a wave of its own."""
    texts = iter(["same", "same", "other", "third", "fourth", "fifth"])

    with SERVERS[kind](lambda body: reply_in(kind, next(texts)), looks=0) as server:
        project = project_of(
            tmp_path, server, kind, '[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\n', pairs=0
        )
        add_rows(project, [{"id": "p", "prompt": "Why?"}])
        result = run_generate(project, via="batch", wait=True)
    assert (result.responses, result.failures, result.waiting) == (2, 0, 0)
    assert sorted(each.text for each in rows(project, "response")) == ["other", "same"]
    assert [len(each.lines) for each in server.made] == [2, 1]


def test_a_budget_counts_what_is_in_a_batch(tmp_path):
    with serving("openai") as server:
        project = project_of(tmp_path, server)
        few = run_judge(project, "main", via="batch", budget_usd=0.005)
        assert few.stopped is not None
        assert 0 < few.waiting < 10
        assert len(server.made[0].lines) == few.waiting
        held = sum(each.worst_usd for each in rows(project, "planned_call"))
        assert held <= 0.005
        none = run_judge(project, "main", via="live", budget_usd=0.0)
        assert none.calls == 0


def test_large_work_goes_in_batches_of_the_providers_size(tmp_path, monkeypatch):
    from pairwright.models.batch.provider import BatchLimits

    monkeypatch.setattr(
        OpenAI := type(pay_batches.APIS["openai"].provider), "limits", BatchLimits(4, 10**9, 1)
    )
    assert OpenAI.limits.requests == 4
    with serving("openai", looks=0) as server:
        project = project_of(tmp_path, server)
        run_judge(project, "main", via="batch")
        assert [len(each.lines) for each in server.made] == [4, 4, 2]
        monkeypatch.setattr(OpenAI, "limits", BatchLimits(1000, 9000, 1))
        add_pairs(project, 8)
        run_judge(project, "main", via="batch")
    sizes = [sum(len(str(body)) for _, body in each.lines) for each in server.made[3:]]
    assert len(sizes) > 1
    assert all(size < 9000 or len(each.lines) == 1 for size, each in zip(sizes, server.made[3:], strict=True))


def test_changed_guidelines_send_new_questions_and_the_old_plans_are_forgotten(tmp_path):
    """A budget kept some from being sent: they are planned anew, as they are asked now."""
    with serving("openai", looks=0) as server:
        project = project_of(tmp_path, server)
        run_judge(project, "main", via="batch", budget_usd=0.005)
        run_judge(project, "main", via="batch", budget_usd=0.0051)
        unsent = [each for each in rows(project, "planned_call") if each.batch_id is None]
        assert unsent == [] or all(each.at > 0 for each in unsent)


def test_an_endpoint_without_a_batch_api_says_what_to_do(tmp_path):
    with LoopbackServer() as live:
        project = a_project(tmp_path, live)
        add_pairs(project, 1)
        with pytest.raises(ConfigError, match=r"no batch API is known at 127\.0\.0\.1.*--via files"):
            run_judge(project, "main", via="batch")
        assert rows(project, "planned_call") == []


def test_a_wrong_key_is_an_error_of_the_endpoint(tmp_path, kind, monkeypatch):
    monkeypatch.setenv("THERE_KEY", "sk-wrong-key-0123456789")
    with serving(kind, key="right") as server:
        settings = SETTINGS.replace("max_tries = 3", 'max_tries = 3\napi_key_env = "THERE_KEY"')
        project = a_project(
            tmp_path, settings=settings.format(url=server.url, kind=kind, listed_s=120) + JUDGE
        )
        add_pairs(project, 1)
        with pytest.raises(EndpointError, match="answered 401: Incorrect API key"):
            run_judge(project, "main", via="batch")


def test_the_same_labels_as_live_at_half_the_price(tmp_path):
    with LoopbackServer() as live:
        (tmp_path / "live").mkdir()
        first = a_project(tmp_path / "live", live, JUDGE)
        add_pairs(first, 20)
        run_judge(first, "main")
        answers = LoopbackServer()
        with OpenAIBatches(lambda body: answers.completion(body), looks=0) as server:
            second = project_of(tmp_path, server, pairs=20)
            run_judges(second, via="batch", wait=True)

    def said(project):
        return [(v.pair_id, v.order, v.verdict, v.confidence, v.prob_a) for v in rows(project, "vote")]

    assert sorted(said(first)) == sorted(said(second))
    booked = [sum(call.cost_usd for call in rows(each, "call")) for each in (first, second)]
    assert booked[1] == pytest.approx(booked[0] / 2)


def test_a_batch_is_on_record_before_anything_is_uploaded(tmp_path, monkeypatch):
    seen = []
    provider = type(pay_batches.APIS["openai"].provider)

    async def looking(self, http, lines, mark, model):
        seen.extend((each.mark, each.calls, each.remote_id) for each in rows(project, "batch"))
        raise EndpointError("stop here")

    with serving("openai") as server:
        project = project_of(tmp_path, server)
        monkeypatch.setattr(provider, "submit", looking)
        began = time.time()
        with pytest.raises(EndpointError):
            run_judge(project, "main", via="batch")
        assert seen == [(rows(project, "batch")[0].mark, 10, None)]
        assert rows(project, "batch")[0].at >= began


# --- what goes wrong at the provider -----------------------------------------------------------------


def test_lines_that_name_no_call_are_counted_and_spoil_nothing(tmp_path, kind):
    with serving(kind, looks=0, junk=[b"<html>", b"{}", b"[1]"]) as server:
        project = project_of(tmp_path, server, kind)
        run_judge(project, "main", via="batch")
        result = run_judge(project, "main", via="batch")
    assert (result.votes, result.waiting) == (10, 0)
    assert re.search(r"[36] lines of batch \S+ left out", " ".join(result.notes))  # Mistral has two files


def test_results_that_are_not_named_yet_are_waited_for_and_nothing_is_sent_again(tmp_path, kind):
    if kind == "together":
        pytest.skip("it does not say how many calls were made")
    with serving(kind, looks=0, early=1) as server:
        project = project_of(tmp_path, server, kind)
        result = run_judges(project, via="batch", wait=True)
    assert result.judges[0].votes == 10
    assert len(server.made) == 1


def test_a_batch_its_provider_does_not_know_holds_up_no_other_and_can_be_given_up(tmp_path, kind):
    with serving(kind, looks=0) as server:
        project = project_of(tmp_path, server, kind)
        run_judge(project, "main", via="batch")
        server.gone.add(server.made[0].id)
        add_pairs(project, 7)
        with pytest.raises(
            EndpointError, match=r"another account's\?.*`pairwright calls cancel` gives it up"
        ):
            run_judge(project, "main", via="batch")
        cancel_calls(project)
        result = run_judges(project, via="batch", wait=True)
    assert result.judges[0].votes == 14
    assert [len(each.lines) for each in server.made] == [10, 14]


def test_a_key_with_a_line_break_is_refused_before_anything_is_sent(tmp_path, kind, monkeypatch):
    monkeypatch.setenv("THERE_KEY", "sk-one\nsk-two")
    with serving(kind) as server:
        settings = SETTINGS.replace("max_tries = 3", 'max_tries = 3\napi_key_env = "THERE_KEY"')
        settings = settings.format(url=server.url, kind=kind, listed_s=120)
        project = a_project(tmp_path, settings=settings + JUDGE)
        add_pairs(project, 1)
        with pytest.raises(ConfigError, match="has a line break"):
            run_judge(project, "main", via="batch")
    assert server.asked == []


# --- every stage that pays, every way of judging ------------------------------------------------------

WAYS = {
    "plain": (GOOD, [10]),
    "cot": ('{"reasoning": "so", "verdict": "A", "confidence": "HIGH"}', [10]),
    "rating": ('{"reason": "so", "score_a": 8, "score_b": 3}', [10]),
    "reference": (GOOD, [5, 10]),  # an answer of its own first, once a prompt
    "metrics": (GOOD, [5, 10]),
    "ranking": ('{"reason": "so", "ranking": [["A"], ["B"]]}', [10]),
}


@pytest.mark.parametrize("strategy", WAYS)
def test_every_strategy_works_in_waves(tmp_path, strategy):
    text, waves = WAYS[strategy]
    with serving("openai", text, looks=0) as server:
        project = project_of(tmp_path, server, settings=JUDGE + f'strategy = "{strategy}"\n')
        result = run_judges(project, via="batch", wait=True)
    assert (result.judges[0].votes, result.failures) == (10, 0)
    assert [len(each.lines) for each in server.made] == waves
    assert len(rows(project, "call")) == len(server.bill) == sum(waves)


def test_a_fact_check_is_made_in_a_batch(tmp_path):
    said = '{"A": [{"quote": "yes 1", "error": "it is no"}], "B": []}'
    with serving("openai", said, looks=0) as server:
        project = project_of(tmp_path, server, settings='[check]\nfact_check = "small"\n', pairs=3)
        labels = project.root / "labels.jsonl"
        labels.write_text(
            "".join(f'{{"id": "pair-{i}", "annotator": "ann", "label": "A"}}\n' for i in range(3))
        )
        import_labels(project, [labels])
        assert run_fact_check(project, via="batch").waiting == 3
        done = run_fact_check(project, via="batch", wait=True)
    assert (done.calls, done.waiting, done.failures) == (3, 0, 0)
    assert {call.price_share for call in rows(project, "call")} == {0.5}


RUN = JUDGE + '\n[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\n'


def answering(body):
    judging = "response_format" in body
    return reply_in("openai", GOOD if judging else f"answer {len(str(body))} {next(NUMBERS)}")


NUMBERS = iter(range(10**6))


def test_a_whole_run_waits_where_it_has_to(tmp_path, capsys):
    """generate, then judge, a batch each: by hand with exit code 3, or at once with --wait."""
    with OpenAIBatches(answering, looks=0) as server:
        project = project_of(tmp_path, server, settings=RUN, pairs=0)
        add_rows(project, [{"id": f"p{i}", "prompt": f"Why {i}?"} for i in range(3)])
        codes = [run(["-C", str(project.root), "run", "--via", "batch"]) for _ in range(2)]
        assert codes == [3, 3]
        assert "wait for calls in a batch" in capsys.readouterr().out
        last = run(["-C", str(project.root), "run", "--via", "batch", "--wait"])
    assert last == 0
    assert len(rows(project, "response")) == 6
    assert len(rows(project, "vote")) == 6
    assert [len(each.lines) for each in server.made] == [6, 6]


@pytest.mark.parametrize("verb", ["judge", "run"])
def test_who_waits_is_told_by_exit_code_3_and_in_words(tmp_path, capsys, verb):
    with serving("openai") as server:
        project = project_of(tmp_path, server)
        assert run(["-C", str(project.root), verb, "--via", "batch"]) == 3
        told = "".join(capsys.readouterr())
        assert "10 answers wait for calls" in told
        assert run(["-C", str(project.root), "calls"]) == 0
        assert "judge small: 10 calls: 10 sent" in capsys.readouterr().out
        assert run(["-C", str(project.root), "status"]) == 0
        assert "pairwright judge --via batch" in capsys.readouterr().out


def test_a_dry_run_says_what_a_batch_would_cost(tmp_path, capsys):
    with serving("openai") as server:
        project = project_of(tmp_path, server)
        found = {}
        for via in ("live", "batch"):
            run(["-C", str(project.root), "judge", "--dry-run", "--via", via, "--json"])
            found[via] = orjson.loads(capsys.readouterr().out)
    assert found["batch"]["usd"] == pytest.approx(found["live"]["usd"] / 2)
    assert server.asked == []


def test_a_cascade_goes_on_in_waves(tmp_path):
    """The strong judge is asked about what was drawn to calibrate it, when the cheap one has answered."""
    settings = (
        '[judges.cheap]\nmodel = "small"\n[judges.strong]\nmodel = "small"\n'
        '[route]\ncascade = ["cheap", "strong"]\ncalibration_pairs = 4\n'
    )
    with serving("openai", looks=0) as server:
        project = project_of(tmp_path, server, settings=settings, pairs=10)
        done = run_all(project, via="batch", wait=True)
    assert done.waiting == 0
    names = {each.id: each.name for each in rows(project, "rater")}
    heard = Counter(names[vote.rater_id] for vote in rows(project, "vote"))
    assert heard == {"cheap": 20, "strong": 8}
    assert [len(each.lines) for each in server.made] == [20, 8]
