"""Every dataset and tool whose labels are read: literal rows, and the faults each is known for."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
import yaml
from formats.sources import (
    test_auto_j,
    test_chat_log,
    test_gemini,
    test_judgebench,
    test_judgelm,
    test_langfuse,
    test_langsmith,
    test_librechat,
    test_llmbar,
    test_nova,
    test_oasst,
    test_open_webui,
    test_openai_evals,
    test_pandalm,
    test_phoenix,
    test_prometheus,
    test_safe_rlhf,
    test_stack_exchange,
    test_summarize,
    test_ultrainteract,
    test_vlfeedback,
    test_webgpt,
)
from formats.sources.said import A, B, Q, one, ranks, read, texts

from pairwright.formats.catalog import formats, read_dataset
from pairwright.formats.format import Left
from pairwright.formats.guess import guess
from pairwright.formats.reading import BadRow
from pairwright.formats.reading_options import ReadingOptions

# --- UltraFeedback ---------------------------------------------------------------------------------


def aspects(rating) -> dict:
    names = ("helpfulness", "honesty", "instruction_following", "truthfulness")
    return {name: {"Rating": str(rating), "Rationale": "..."} for name in names}


def ultra(*ratings, scores=None) -> dict:
    scores = scores or [8.5] * len(ratings)
    return {
        "source": "evol_instruct",
        "instruction": Q,
        "models": [],
        "completions": [
            {
                "model": f"m{n}",
                "response": f"answer {n}",
                "annotations": aspects(rating),
                "overall_score": score,
            }
            for n, (rating, score) in enumerate(zip(ratings, scores, strict=True))
        ],
    }


def test_ultrafeedback_ratings_are_strings_and_the_highest_is_best(tmp_path):
    row = one(tmp_path, "ultrafeedback", ultra(3, 5, 3))
    assert ranks(row) == [2.5, 1, 2.5]
    assert [each.rating for each in row.responses] == [3, 5, 3]
    assert (row.opinions[0].rater, row.opinions[0].kind) == ("gpt-4", "judge")


def test_a_rating_of_na_is_no_rating_and_leaves_no_rank_behind(tmp_path):
    row = ultra(4, 2)
    row["completions"][0]["annotations"]["honesty"]["Rating"] = "N/A"
    assert one(tmp_path, "ultrafeedback", row).responses[0].rating == 4
    for each in row["completions"][0]["annotations"].values():
        each["Rating"] = "N/A"
    found = one(tmp_path, "ultrafeedback", row)
    assert ranks(found) == [None, None]
    assert found.responses[0].rating is None


def test_an_overall_score_of_10_with_low_ratings_is_marked_and_does_not_count(tmp_path):
    row = one(tmp_path, "ultrafeedback", ultra(1, 4, scores=[10, 7.5]))
    assert row.faults == ("overall_score_10_with_low_ratings",)
    assert ranks(row) == [2, 1]
    assert one(tmp_path, "ultrafeedback", ultra(5, 4, scores=[10, 7.5])).faults == ()


def test_distilabels_generations_are_read_and_a_failed_judge_is_no_tie(tmp_path):
    row = {
        "instruction": Q,
        "generations": [A, B],
        "ratings": [5, 2],
        "generation_models": ["m1", "m2"],
        "model_name": "gpt-4o",
    }
    found = one(tmp_path, "distilabel", row)
    assert (ranks(found), found.opinions[0].rater, found.responses[1].model) == ([1, 2], "gpt-4o", "m2")
    (left,) = read(tmp_path, "distilabel", {**row, "ratings": [None, None]})
    assert left.reason == "judge_failed"


# --- rankings and pairs ---------------------------------------------------------------------------------


def test_nectars_rank_1_is_the_best(tmp_path):
    row = {
        "prompt": f"\n\nHuman: {Q}\n\nAssistant: ",
        "answers": [
            {"answer": B, "model": "llama-2-7b-chat", "rank": 7.0},
            {"answer": A, "model": "gpt-4", "rank": 1.0},
        ],
        "turns": 1,
        "num_responses": 7,
        "source": ["lmsys-chat-1m"],
        "good_natured": True,
    }
    found = one(tmp_path, "nectar", row)
    assert [(message.role, message.content) for message in found.prompt] == [("user", Q)]
    assert (texts(found), ranks(found)) == ([B, A], [2, 1])
    row["prompt"] = f"\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: {Q}\n\nAssistant: "
    assert [message.role for message in one(tmp_path, "nectar", row).prompt] == ["user", "assistant", "user"]


SHP = {
    "post_id": "abc123",
    "domain": "askculinary_train",
    "history": "post text",
    "c_root_id_A": "x",
    "c_root_id_B": "y",
    "score_A": 340,
    "score_B": 166,
    "human_ref_A": A,
    "human_ref_B": B,
    "labels": 1,
    "score_ratio": 2.04,
}


def test_shps_label_1_prefers_a_and_0_prefers_b(tmp_path):
    found = one(tmp_path, "shp", SHP)
    assert (ranks(found), found.source) == ([1, 2], "askculinary_train")
    assert ranks(one(tmp_path, "shp", {**SHP, "labels": 0})) == [2, 1]
    assert [each.rating for each in found.responses] == [None, None]  # upvotes rate no text
    (bad,) = read(tmp_path, "shp", {**SHP, "labels": 2})
    assert "1 says A is preferred" in bad.reason


STEER3 = {
    "domain": "general",
    "language": "english",
    "context": [{"role": "user", "content": Q}],
    "response1": A,
    "response2": B,
    "overall_preference": -2,
    "individual_preference": [{"score": -2, "reasoning": "so"}, {"score": 0, "reasoning": "hm"}],
}


@pytest.mark.parametrize(("overall", "expected"), [(-2, [1, 2]), (0, [1.5, 1.5]), (3, [2, 1])])
def test_helpsteer3_is_negative_for_the_first_and_0_is_a_tie(tmp_path, overall, expected):
    found = one(tmp_path, "helpsteer3", {**STEER3, "overall_preference": overall})
    assert (ranks(found), found.margin) == (expected, abs(overall))
    assert [(each.rater, each.ranks, each.strength) for each in found.opinions] == [
        ("helpsteer3/1", (1, 2), -2),
        ("helpsteer3/2", (1.5, 1.5), 0),
    ]


@pytest.mark.parametrize(("strength", "expected"), [(-1, [1, 2]), (0, [1.5, 1.5]), (2, [2, 1])])
def test_helpsteer2_preferences(tmp_path, strength, expected):
    row = {
        "prompt": Q,
        "response_1": A,
        "response_2": B,
        "preference_strength": strength,
        "preference_statement": "s",
    }
    assert ranks(one(tmp_path, "helpsteer2-preference", row)) == expected


def test_helpsteer2s_neighbours_with_one_prompt_become_one_row(tmp_path):
    def row(prompt, response, rating):
        return {
            "prompt": prompt,
            "response": response,
            "helpfulness": rating,
            "correctness": 1,
            "verbosity": 2,
        }

    found = read(
        tmp_path, "helpsteer2", row(Q, A, 4), row(Q, B, 1), row("alone", A, 3), row("t", A, 2), row("t", B, 2)
    )
    assert [ranks(each) for each in found] == [[1, 2], [None], [1.5, 1.5]]
    assert [each.rating for each in found[0].responses] == [4, 1]


def test_helpsteer2s_earlier_turns_stand_in_the_prompt(tmp_path):
    prompt = "Hi<extra_id_1>Assistant\nHello\n<extra_id_1>User\nAnd you?"
    row = {"prompt": prompt, "response_1": A, "response_2": B, "preference_strength": 1}
    found = one(tmp_path, "helpsteer2-preference", row)
    assert [(each.role, each.content) for each in found.prompt] == [
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "And you?"),
    ]


# --- judges and votes ------------------------------------------------------------------------------------

ALPACA = {
    "instruction": Q,
    "output_1": A,
    "output_2": B,
    "generator_1": "m1",
    "generator_2": "m2",
    "annotator": "gpt4",
}


@pytest.mark.parametrize(
    ("preference", "expected", "probability"),
    [
        (1, [1, 2], None),
        (2, [2, 1], None),
        (0, [1.5, 1.5], None),
        (1.5, [1.5, 1.5], None),
        (1.9, [2, 1], 0.9),
        (1.2, [1, 2], 0.8),
    ],
)
def test_alpaca_evals_preference(tmp_path, preference, expected, probability):
    found = one(tmp_path, "alpaca-eval", {**ALPACA, "preference": preference})
    assert ranks(found) == expected
    assert found.probability == pytest.approx(probability)
    assert (found.opinions[0].rater, found.opinions[0].kind) == ("gpt4", "judge")


def test_a_judge_that_failed_is_no_tie(tmp_path):
    (left,) = read(tmp_path, "alpaca-eval", {**ALPACA, "preference": None})
    assert left.reason == "judge_failed"


def test_alpaca_evals_outputs_are_responses_without_a_label(tmp_path):
    found = one(
        tmp_path,
        "alpaca-eval-outputs",
        {"instruction": Q, "output": A, "generator": "m1", "dataset": "helpful_base"},
    )
    assert (texts(found), found.responses[0].model, ranks(found)) == ([A], "m1", [None])


def arena(winner, **more) -> dict:
    said = [[{"role": "user", "content": Q}, {"role": "assistant", "content": text}] for text in (A, B)]
    return {
        "question_id": "q1",
        "model_a": "m1",
        "model_b": "m2",
        "winner": winner,
        "judge": "arena_user_1",
        "conversation_a": said[0],
        "conversation_b": said[1],
        "language": "English",
        **more,
    }


@pytest.mark.parametrize(
    ("winner", "expected", "good"),
    [
        ("model_a", [1, 2], None),
        ("model_b", [2, 1], None),
        ("tie", [1.5, 1.5], None),
        ("tie (bothbad)", [1.5, 1.5], False),
        ("both_bad", [1.5, 1.5], False),
    ],
)
def test_arenas_two_ties_are_told_apart(tmp_path, winner, expected, good):
    found = one(tmp_path, "arena", arena(winner))
    assert (ranks(found), [each.good for each in found.responses]) == (expected, [good, good])
    assert found.opinions[0].both == ("bad" if good is False else None)
    assert found.opinions[0].rater == "arena/arena_user_1"


def test_arenas_other_shapes(tmp_path):
    row = {
        "id": 30192,
        "model_a": "m1",
        "model_b": "m2",
        "prompt": json.dumps([Q]),
        "response_a": json.dumps([A]),
        "response_b": json.dumps([B]),
        "winner_model_a": 0,
        "winner_model_b": 1,
        "winner_tie": 0,
    }
    found = one(tmp_path, "arena", row)
    assert (found.prompt[0].content, texts(found), ranks(found), found.id) == (Q, [A, B], [2, 1], "30192")
    (left,) = read(tmp_path, "arena", {**row, "prompt": json.dumps([Q, "And?"])})
    assert left.reason == "conversations_differ"
    (bad,) = read(tmp_path, "arena", {**row, "winner_tie": 1})
    assert bad.reason.startswith("2 of winner_model_a")


def talk(*said):
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(said)]


def test_mt_benchs_first_turn_is_judged_without_the_second(tmp_path):
    """Each of its rows has both turns, and says which was judged."""
    both = {"conversation_a": talk(Q, A, "Why?", "Air."), "conversation_b": talk(Q, B, "Why?", "Grass.")}
    row = {
        "question_id": 81,
        "model_a": "m1",
        "model_b": "m2",
        "winner": "model_a",
        "judge": "author_2",
        **both,
    }
    first = one(tmp_path, "arena", {**row, "turn": 1})
    (second,) = read(tmp_path, "arena", {**row, "turn": 2})
    assert (texts(first), ranks(first), first.beside) == ([A, B], [1, 2], ())
    assert second.reason == "conversations_differ"


def test_mt_benchs_model_is_a_judge_and_its_contradiction_no_tie(tmp_path):
    sides = {"conversation_a": talk(Q, A), "conversation_b": talk(Q, B)}
    row = {
        "question_id": 81,
        "model_a": "m1",
        "model_b": "m2",
        "judge": ["gpt-4", "pair-v2"],
        "turn": 1,
        **sides,
    }
    (opinion,) = one(tmp_path, "arena", {**row, "winner": "model_b"}).opinions
    assert (opinion.rater, opinion.kind, opinion.ranks) == ("arena/gpt-4/pair-v2", "judge", (2, 1))
    (left,) = read(tmp_path, "arena", {**row, "winner": "tie (inconsistent)"})
    assert left.reason == "judge_failed"


def test_two_different_conversations_are_no_two_answers_to_one_prompt(tmp_path):
    row = arena("model_a")
    for side, text in (("conversation_a", "x"), ("conversation_b", "y")):
        row[side] = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": text}, *row[side]]
    (left,) = read(tmp_path, "arena", row)
    assert left.reason == "conversations_differ"


# --- annotation tools -------------------------------------------------------------------------------------


def studio(*results, **more) -> dict:
    return {
        "id": 1,
        "data": {"prompt": Q, "answer1": A, "answer2": B},
        "annotations": [
            {
                "id": 1000 + n,
                "completed_by": n,
                "result": result,
                "was_cancelled": False,
                "lead_time": 37.4,
                **more,
            }
            for n, result in enumerate(results)
        ],
        "predictions": [],
    }


def compared(side, to_name=("answer1", "answer2")) -> list:
    to = to_name if isinstance(to_name, str) else list(to_name)
    return [{"from_name": "comparison", "to_name": to, "type": "pairwise", "value": {"selected": side}}]


def test_label_studios_left_is_the_first_name_in_to_name(tmp_path):
    assert texts(one(tmp_path, "label-studio", studio(compared("left")))) == [A, B]
    found = one(tmp_path, "label-studio", studio(compared("left", ("answer2", "answer1"))))
    assert (texts(found), ranks(found)) == ([B, A], [1, 2])
    found = one(tmp_path, "label-studio", studio(compared("right", "answer1,answer2")))
    assert (texts(found), ranks(found), found.opinions[0].seconds) == ([A, B], [2, 1], 37.4)


def test_label_studios_people_are_told_apart_and_skips_are_none(tmp_path):
    row = studio(compared("left"), compared("left"), compared("right"))
    found = one(tmp_path, "label-studio", row)
    assert ranks(found) == [1, 2]
    assert [each.rater for each in found.opinions] == ["label-studio/0", "label-studio/1", "label-studio/2"]
    (left,) = read(tmp_path, "label-studio", studio([], was_cancelled=True))
    assert left.reason == "skipped"


def test_a_tie_beside_the_comparison_is_a_tie(tmp_path):
    bad = [{"type": "choices", "from_name": "tie", "value": {"choices": ["Both bad"]}}]
    found = one(tmp_path, "label-studio", studio(bad))
    assert (ranks(found), [each.good for each in found.responses]) == ([1.5, 1.5], [False, False])


def test_label_studios_json_min_and_its_missing_comparison(tmp_path):
    row = {
        "prompt": Q,
        "answer1": A,
        "answer2": B,
        "comparison": {"selected": "left"},
        "annotator": 4,
        "annotation_id": 23670,
        "lead_time": 37.4,
    }
    found = one(tmp_path, "label-studio", row)
    assert (ranks(found), found.opinions[0].rater) == ([1, 2], "label-studio/4")
    del row["comparison"]
    (left,) = read(tmp_path, "label-studio", row)
    assert left.reason == "no_answer"


def test_label_studios_ranker(tmp_path):
    items = [{"id": "id1", "body": A}, {"id": "id2", "body": B}]
    row = studio([{"type": "ranker", "value": {"ranker": ["id2", "id1"]}}])
    row["data"] = {"prompt": Q, "items": items}
    found = one(tmp_path, "label-studio", row)
    assert (texts(found), ranks(found)) == ([B, A], [1, 2])


def argilla(*answers) -> dict:
    return {
        "id": "rec-1",
        "status": "completed",
        "fields": {"instruction": Q, "generations-0": A, "generations-1": B},
        "metadata": {"model_0": "m1"},
        "suggestions": {"generations-0-rating": {"value": 4, "score": None, "agent": "gpt-4"}},
        "responses": {
            f"generations-{n}-rating": [
                {"value": ratings[n], "user_id": user, "status": status} for user, ratings, status in answers
            ]
            for n in (0, 1)
        },
        "vectors": {},
    }


def test_argillas_ratings_make_ranks_and_only_submitted_ones_count(tmp_path):
    draft, found = read(tmp_path, "argilla", argilla(("u1", (5, 2), "submitted"), ("u2", (1, 5), "draft")))
    assert (draft.reason, draft.unit) == ("no_submitted_answer", "vote")
    assert (ranks(found), [each.rating for each in found.responses]) == ([1, 2], [5, 2])
    assert ([each.rater for each in found.opinions], found.responses[0].model) == (["argilla/u1"], "m1")
    assert ranks(one(tmp_path, "argilla", argilla(("u1", (3, 3), "submitted")))) == [1.5, 1.5]
    for status in ("draft", "discarded"):
        (left,) = read(tmp_path, "argilla", argilla(("u1", (5, 2), status)))
        assert left.reason == "no_submitted_answer"


def test_argillas_answers_that_are_read_are_not_told_as_left_behind(tmp_path):
    row = argilla(("u1", (5, 2), "submitted"))
    row["responses"]["why"] = [{"value": "Shorter.", "user_id": "u1", "status": "submitted"}]
    beside = one(tmp_path, "argilla", row).beside
    assert [each for each in beside if each.startswith("responses")] == ["responses.why"]


def test_argillas_flattened_records(tmp_path):
    row = {"instruction": Q, "generations-0": A, "generations-1": B}
    for n, rating in enumerate((2, 5)):
        row |= {
            f"generations-{n}-rating.suggestion": 4,
            f"generations-{n}-rating.responses": [rating],
            f"generations-{n}-rating.responses.users": ["uuid-1"],
            f"generations-{n}-rating.responses.status": ["submitted"],
        }
    assert ranks(one(tmp_path, "argilla", row)) == [2, 1]


def test_argillas_ranking_question_and_its_equal_ranks(tmp_path):
    def row(first, second):
        value = [{"value": "response-1", "rank": first}, {"value": "response-2", "rank": second}]
        return {
            "fields": {"prompt": Q, "response-1": A, "response-2": B},
            "responses": {"ranking": [{"value": value, "user_id": "u1", "status": "submitted"}]},
        }

    assert ranks(one(tmp_path, "argilla", row(2, 1))) == [2, 1]
    assert ranks(one(tmp_path, "argilla", row(1, 1))) == [1.5, 1.5]


def potato(tmp_path, **labels):
    folder = tmp_path / "project"
    folder.mkdir()
    settings = {
        "data_files": ["items.jsonl"],
        "item_properties": {"id_key": "id", "text_key": "text"},
        "annotation_schemes": [{"annotation_type": "pairwise", "items_key": "responses"}],
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(settings))
    items = [{"id": str(n), "text": f"{Q} {n}", "responses": [A, B]} for n in range(3)]
    (folder / "items.jsonl").write_text("".join(json.dumps(each) + "\n" for each in items))
    for person, said in labels.items():
        own = folder / "annotation_output" / person
        own.mkdir(parents=True)
        (own / "user_state.json").write_text(
            json.dumps({"user_id": person, "instance_id_to_label_to_value": said})
        )
    return list(read_dataset(folder, "potato"))


def test_potatos_items_and_answers_come_together(tmp_path):
    ann = {
        "0": {"preference": {"selection": "A"}},
        "1": [[{"schema": "preference_scale", "name": "scale_value"}, "-2"]],
    }
    bob = {"0": {"preference": {"selection": "tie"}}}
    first, second, third = potato(tmp_path, ann=ann, bob=bob)
    assert (ranks(first), [each.rater for each in first.opinions]) == (
        [1.5, 1.5],
        ["potato/ann", "potato/bob"],
    )
    assert ranks(second) == [1, 2]  # negative is left
    assert third.reason == "no_answer"


# --- tables ------------------------------------------------------------------------------------------------


def test_a_table_of_your_own_with_a_column_map(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(f'question,good_answer,bad_answer,why\n"{Q}",{A},{B},x\n')
    mapping = {"prompt": "question", "chosen": "good_answer", "rejected": "bad_answer"}
    assert guess(path, mapping) == "table"
    (found,) = read_dataset(path, "table", ReadingOptions(mapping))
    assert (found.prompt[0].content, texts(found), ranks(found)) == (Q, [A, B], [1, 2])
    (bad,) = read_dataset(path, "table", ReadingOptions({"prompt": "ask"}))
    assert (
        bad.reason == '--map names "ask", which is not there (keys: question, good_answer, bad_answer, why)'
    )


@pytest.mark.parametrize(
    ("said", "good"),
    [
        (True, True),
        (1, True),
        ("up", True),
        ("👍", True),
        ("1.0", True),
        (0, False),
        ("thumbs down", False),
        (-1, False),
        ("bad", False),
    ],
)
def test_thumbs_are_good_or_bad(tmp_path, said, good):
    found = one(tmp_path, "table", {"prompt": Q, "response": A, "good": said})
    assert found.responses[0].good is good


def test_a_label_of_two_sides(tmp_path):
    row = {"prompt": Q, "response_a": A, "response_b": B}
    assert ranks(one(tmp_path, "table", {**row, "label": "B"})) == [2, 1]
    found = one(tmp_path, "table", {**row, "label": "both bad"})
    assert (ranks(found), found.responses[0].good) == ([1.5, 1.5], False)
    (bad,) = read(tmp_path, "table", {**row, "label": "C"})
    assert "it is one of A, B, TIE" in bad.reason
    assert ranks(one(tmp_path, "table", row)) == [None, None]


def test_a_single_response_of_which_nothing_is_said_is_left_out(tmp_path):
    (left,) = read(tmp_path, "table", {"prompt": Q, "response": A})
    assert isinstance(left, Left)
    (bad,) = read(tmp_path, "table", {"question": Q})
    assert isinstance(bad, BadRow)
    assert "--map prompt=COLUMN" in bad.reason


# --- telling formats apart -----------------------------------------------------------------------------------

SAMPLES = {
    "ultrafeedback": ultra(3, 5),
    "distilabel": {"instruction": Q, "generations": [A, B], "ratings": [1, 2]},
    "nectar": {"prompt": Q, "answers": [{"answer": A, "rank": 1}, {"answer": B, "rank": 2}]},
    "shp": SHP,
    "helpsteer2": {"prompt": Q, "response": A, "helpfulness": 3, "verbosity": 1},
    "helpsteer2-preference": {"prompt": Q, "response_1": A, "response_2": B, "preference_strength": 1},
    "helpsteer3": STEER3,
    "alpaca-eval": {**ALPACA, "preference": 1},
    "alpaca-eval-outputs": {"instruction": Q, "output": A, "generator": "m"},
    "arena": arena("tie"),
    "label-studio": studio(compared("left")),
    "argilla": argilla(("u1", (5, 2), "submitted")),
    "table": {"prompt": Q, "response_a": A, "response_b": B, "label": "A"},
    "hh-rlhf": {
        "chosen": f"\n\nHuman: {Q}\n\nAssistant: {A}",
        "rejected": f"\n\nHuman: {Q}\n\nAssistant: {B}",
    },
    "pku-saferlhf": test_safe_rlhf.PKU,
    "pku-saferlhf-single": test_safe_rlhf.SINGLE,
    "beavertails": test_safe_rlhf.TAILS,
    "oasst": test_oasst.TREE,
    "webgpt": test_webgpt.RECORD,
    "summarize-feedback": test_summarize.COMPARED,
    "summarize-feedback-axis": test_summarize.AXIS,
    "prometheus": test_prometheus.RECORD,
    "stack-exchange": test_stack_exchange.ANSWERS,
    "stack-exchange-paired": test_stack_exchange.PAIRED,
    "ultrainteract": test_ultrainteract.RECORD,
    "judgelm": test_judgelm.RECORD,
    "llmbar": test_llmbar.RECORD,
    "pandalm": test_pandalm.RECORD,
    "auto-j": test_auto_j.RECORD,
    "judgebench": test_judgebench.RECORD,
    "vlfeedback": test_vlfeedback.RECORD,
    "openai-evals": test_openai_evals.ITEM,
    "langsmith": test_langsmith.RECORD,
    "langfuse": test_langfuse.RECORD,
    "phoenix": test_phoenix.RECORD,
    "open-webui": test_open_webui.RECORD,
    "librechat": test_librechat.RECORD,
    "chat-log": test_chat_log.RECORD,
    "openai-completions": test_chat_log.COMPLETION,
    "gemini-dpo": test_gemini.RECORD,
    "nova-dpo": test_nova.RECORD,
}
# Where one row is several records: those that make the row, and the reader of the whole.
SEVERAL = {
    "oasst-messages": test_oasst.MESSAGES,
    "openai-evals-log": test_openai_evals.LOG,
}
LABELS = {"pku-saferlhf": "safe"}  # which label is read, where it must be said


@pytest.mark.parametrize("name", SAMPLES)
def test_a_format_is_told_by_its_keys(tmp_path, name):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(SAMPLES[name]) + "\n")
    assert guess(path, {}) == name


def test_no_two_formats_look_like_the_same_rows():
    from formats.test_trainers import OUT, ROW

    from pairwright.formats.canonical import Single
    from pairwright.formats.catalog import target_named

    written = {name: row for name, row in OUT.items() if formats()[name].reads}
    for name in ("trl-kto", "trl-kto-text", "llama-factory-kto", "axolotl-kto", "ms-swift-kto"):
        written[name] = target_named(name).made(Single(ROW, ROW.responses[0], True))
    written["jsonl"] = target_named("jsonl").made(ROW)
    firsts = {
        name: next(row for row in rows if "type" in row or "role" in row) for name, rows in SEVERAL.items()
    }
    for name, row in (written | SAMPLES | firsts).items():
        looks = [other for other, each in formats().items() if each.reads and each.reads.looks(row)]
        assert looks == [name]


def test_every_read_format_is_tested():
    from formats.test_trainers import OUT

    readable = {name for name, each in formats().items() if each.reads}
    singly = {
        "trl-kto",
        "trl-kto-text",
        "llama-factory-kto",
        "axolotl-kto",
        "ms-swift-kto",
        "jsonl",
        "potato",
    }
    assert readable <= {*SAMPLES, *SEVERAL, *OUT, *singly}
    assert all(a != b for a, b in pairwise(sorted(formats())))
