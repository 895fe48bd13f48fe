"""All responses to a prompt ranked in one call, against a real loopback server."""

import json
import re

import pytest
from projects import a_project, add_rows, rows

from pairwright.errors import ConfigError, InputError
from pairwright.judging.parsing import Unreadable
from pairwright.judging.ranking import answer_of, parse_ranking, ranking_messages
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.figures.estimate import estimate
from pairwright.stages.judge.judge import run_judge
from pairwright.types import Prompt

RANKING = '\n[judges.main]\nmodel = "small"\nstrategy = "ranking"\n'


def by_length(body, _n):
    """Ranks what it is shown by length, the shortest best; equals share a place."""
    shown = re.findall(r"<response (\w) \w+>\n(.*?)\n</response", body["messages"][1]["content"], re.S)
    lengths = sorted({len(text) for _, text in shown})
    places = [[name for name, text in shown if len(text) == length] for length in lengths]
    return json.dumps({"reason": "Shorter.", "ranking": places})


FOUR = ("w", "xx", "yyy", "zzz")


def four_responses(project, prompts=1):
    """Every pair of four responses to each prompt."""
    pairs = [(a, b) for i, a in enumerate(FOUR) for b in FOUR[i + 1 :]]
    add_rows(
        project,
        [
            {"prompt": f"Question {i}?", "response_a": b, "response_b": a}
            if (i + n) % 2
            else {"prompt": f"Question {i}?", "response_a": a, "response_b": b}
            for i in range(prompts)
            for n, (a, b) in enumerate(pairs)
        ],
    )


def test_four_responses_take_two_calls_and_give_six_pairs_a_vote_in_each_order(tmp_path):
    with LoopbackServer(reply=by_length) as server:
        project = a_project(tmp_path, server, RANKING)
        four_responses(project)
        result = run_judge(project, "main")
        assert (result.votes, result.calls, len(server.requests)) == (12, 2, 2)
    assert len(rows(project, "call")) == 2
    assert len({(v.pair_id, v.order) for v in rows(project, "vote")}) == 12


def test_pairs_of_one_ranking_agree_with_each_other(tmp_path):
    with LoopbackServer(reply=by_length) as server:
        project = a_project(tmp_path, server, RANKING)
        four_responses(project)
        run_judge(project, "main")
    text = {row.id: row.text for row in rows(project, "response")}
    pairs = {row.id: (text[row.a_id], text[row.b_id]) for row in rows(project, "pair")}
    for vote in rows(project, "vote"):
        a, b = pairs[vote.pair_id]
        expected = "TIE" if len(a) == len(b) else "A" if len(a) < len(b) else "B"
        assert vote.verdict == expected
        assert (vote.margin > 0) == (expected == "A")


def test_of_any_two_responses_each_is_shown_first_once(tmp_path):
    with LoopbackServer(reply=by_length) as server:
        project = a_project(tmp_path, server, RANKING)
        four_responses(project)
        run_judge(project, "main")
        there, back = (
            re.findall(r"<response \w \w+>\n(.*?)\n</response", body["messages"][1]["content"], re.S)
            for body in server.requests
        )
    assert there == back[::-1]
    assert sorted(there) == sorted(FOUR)


def test_a_killed_run_reads_the_other_pairs_off_what_was_paid_for(tmp_path):
    with LoopbackServer(reply=by_length) as server:
        project = a_project(tmp_path, server, RANKING)
        four_responses(project)
        run_judge(project, "main")
        kept = rows(project, "vote")[0].id
        with project.store.write() as connection:  # as if it had been killed after the first vote
            connection.exec_driver_sql(f"DELETE FROM vote WHERE id <> {kept}")
        result = run_judge(project, "main")
        assert (result.votes, result.calls, len(server.requests)) == (11, 0, 2)


def test_a_ranking_that_cannot_be_read_is_asked_for_again_then_fails_for_every_pair_of_it(tmp_path):
    with LoopbackServer(Behaviour(unreadable_rate=1.0)) as server:
        project = a_project(tmp_path, server, RANKING)
        four_responses(project)
        result = run_judge(project, "main")
        assert (result.votes, result.failures, len(server.requests)) == (0, 12, 4)
        assert "could not be read" in server.requests[-1]["messages"][-1]["content"]
    assert {row.kind for row in rows(project, "failure")} == {"bad_reply"}
    assert all(row.outcome == "unreadable" and row.cost_usd > 0 for row in rows(project, "call"))


def test_the_estimate_counts_calls_not_votes(tmp_path):
    with LoopbackServer() as server:
        project = a_project(tmp_path, server, RANKING)
        four_responses(project, prompts=10)
        before = estimate(project, stages=["judge"])
        assert before.stages[0].calls == 20
        assert run_judge(project, "main").calls == 20


def test_one_order_makes_no_sense_for_a_ranking(tmp_path):
    with LoopbackServer() as server, pytest.raises(ConfigError, match="two calls a prompt"):
        a_project(tmp_path, server, RANKING + "single_order = true\n")


@pytest.mark.parametrize(
    ("raw", "places"),
    [
        ('{"reason": "x", "ranking": [["B"], ["A", "C"]]}', [2, 1, 2]),
        ('{"reason": "x", "ranking": ["c", "Response A", "B"]}', [2, 3, 1]),
        ('```json\n{"ranking": [["A"], ["B"], ["C"]]}\n```', [1, 2, 3]),
        ("<think>B?</think>" + '{"ranking": [["A", "B", "C"]]}', [1, 1, 1]),
    ],
)
def test_rankings_are_read(raw, places):
    assert parse_ranking(raw, 3) == places


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("B, A, C", "no JSON object"),
        ('{"ranking": "BAC"}', "not a list"),
        ('{"ranking": [["A"], ["B"]]}', "leaves out C"),
        ('{"ranking": [["A"], ["B"], ["A"], ["C"]]}', "A twice"),
        ('{"ranking": [["A"], ["B"], ["D"]]}', 'names "D"'),
        ('{"ranking": [["A"], ["B"], ["C"]]} {"ranking": [["B"], ["A"], ["C"]]}', "differently"),
        ('{"ranking": [["A"], ["B"], ["C"]]}, but the second is better', "quotation"),
    ],
)
def test_rankings_are_never_guessed(raw, why):
    with pytest.raises(Unreadable, match=why):
        parse_ranking(raw, 3)


def test_places_are_an_answer_with_a_margin():
    assert (answer_of(1, 4, 4).verdict, answer_of(1, 4, 4).margin) == ("A", 1.0)
    assert (answer_of(2, 2, 3).verdict, answer_of(2, 2, 3).margin) == ("TIE", 0.0)


def test_more_responses_than_letters_are_refused_with_a_way_out():
    with pytest.raises(InputError, match='27 responses to "Q\\?" are too many'):
        ranking_messages(Prompt.of("Q?"), [str(i) for i in range(27)], "")


def test_a_ranking_is_not_asked_for_a_confidence_it_has_no_place_for():
    system = ranking_messages(Prompt.of("Q?"), ["x", "y"], "Be fair.")[0]["content"]
    assert "rank them" in system
    assert "HIGH" not in system
    assert "sway you.\n\nAnswer with one JSON object" in system
