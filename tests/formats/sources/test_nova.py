"""Amazon Nova's DPO rows: two candidates in the last turn, one preferred and one non-preferred."""

from __future__ import annotations

from formats.sources.said import A, B, Q, asked, one, ranks, read, texts, told

from pairwright.formats.reading import BadRow


def candidate(label, text):
    return {"content": [{"text": text}], "preferenceLabel": label}


RECORD = {
    "schemaVersion": "bedrock-conversation-2024",
    "system": [{"text": "Be brief."}],
    "messages": [
        {"role": "user", "content": [{"text": "Hi"}]},
        {"role": "assistant", "content": [{"text": "Hello."}]},
        {"role": "user", "content": [{"text": Q}]},
        {
            "role": "assistant",
            "candidates": [candidate("non-preferred", B), candidate("preferred", A)],
        },
    ],
}


def test_the_preferred_candidate_is_chosen(tmp_path):
    assert told(tmp_path, RECORD) == "nova-dpo"
    found = one(tmp_path, "nova-dpo", RECORD)
    assert asked(found) == [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello."), ("user", Q)]
    assert (texts(found), ranks(found)) == ([A, B], [1, 2])
    assert found.beside == ("schemaVersion",)


def test_two_candidates_of_one_label_are_a_bad_row(tmp_path):
    last = {"role": "assistant", "candidates": [candidate("preferred", A), candidate("preferred", B)]}
    (bad,) = read(tmp_path, "nova-dpo", {**RECORD, "messages": [*RECORD["messages"][:-1], last]})
    assert isinstance(bad, BadRow)
    assert "one candidate is preferred and one non-preferred" in bad.reason


def test_an_image_in_s3_is_a_bad_row(tmp_path):
    seen = {"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/a.jpg"}}}}
    messages = [{"role": "user", "content": [{"text": Q}, seen]}, RECORD["messages"][-1]]
    (bad,) = read(tmp_path, "nova-dpo", {**RECORD, "messages": messages})
    assert "images in S3" in bad.reason
