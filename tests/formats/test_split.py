"""Train, validation and test: seeded, by the prompt, and by domain where that is asked for."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairwright.cli.main import run
from pairwright.formats.split import Parts, stratified
from pairwright.types import Message

SHARES = (("train", 0.8), ("validation", 0.1), ("test", 0.1))


def asked(text: str) -> tuple[Message, ...]:
    return (Message("user", text),)


def of_domains(**sizes: int) -> list[tuple[tuple[Message, ...], str | None]]:
    return [
        (asked(f"{name} question {n}"), name or None) for name, size in sizes.items() for n in range(size)
    ]


def test_the_same_prompt_is_always_in_the_same_part():
    parts = Parts(SHARES, seed=1)
    counts: dict[str, int] = {}
    for n in range(2000):
        part = parts.of(asked(f"question {n}"))
        assert part == parts.of(asked(f"question {n} \n"))
        counts[part] = counts.get(part, 0) + 1
    assert 1540 < counts["train"] < 1660
    assert 150 < counts["validation"] < 250
    other = Parts(parts.shares, seed=2)
    assert any(other.of(asked(f"question {n}")) != parts.of(asked(f"question {n}")) for n in range(50))


def test_every_domain_has_its_share_of_every_part():
    found = stratified(Parts(SHARES), of_domains(chat=1000, code=100, maths=30))
    assert found.domains == {
        "chat": {"train": 800, "validation": 100, "test": 100},
        "code": {"train": 80, "validation": 10, "test": 10},
        "maths": {"train": 24, "validation": 3, "test": 3},
    }
    counted = Counter(found.of(prompt) for prompt, domain in of_domains(code=100))
    assert counted == {"train": 80, "validation": 10, "test": 10}


def test_many_small_domains_together_still_come_to_the_shares():
    sizes = {f"domain {n}": 3 for n in range(100)}
    found = stratified(Parts(SHARES), of_domains(**sizes))
    whole = Counter()
    for counts in found.domains.values():
        whole.update(counts)
        assert counts["train"] in (2, 3)
    assert whole == {"train": 240, "validation": 30, "test": 30}


@given(
    st.dictionaries(st.text("abc", max_size=2), st.integers(0, 40), max_size=6),
    st.sampled_from([(0.9, 0.05, 0.05), (0.5, 0.25, 0.25), (1.0, 0.0, 0.0), (0.98, 0.02, 0.0)]),
    st.integers(0, 3),
)
def test_every_prompt_has_one_part_and_each_domain_is_within_one_of_its_share(sizes, shares, seed):
    parts = Parts(tuple(zip(("train", "validation", "test"), shares, strict=True)), seed)
    found = stratified(parts, of_domains(**sizes))
    for name, counts in found.domains.items():
        assert sum(counts.values()) == sizes[name]
        for part, share in parts.shares:
            assert abs(counts[part] - share * sizes[name]) < 1
            assert share or not counts[part]
    for name, size in sizes.items():
        counted = Counter(found.of(prompt) for prompt, _ in of_domains(**{name: size}))
        assert counted == {part: n for part, n in found.domains.get(name, {}).items() if n}


def test_the_parts_depend_on_the_seed_and_not_on_the_order_of_the_rows():
    prompts = of_domains(chat=50, code=20)
    one, turned = stratified(Parts(SHARES), prompts), stratified(Parts(SHARES), prompts[::-1])
    other = stratified(Parts(SHARES, seed=1), prompts)
    assert [one.of(prompt) for prompt, _ in prompts] == [turned.of(prompt) for prompt, _ in prompts]
    assert [one.of(prompt) for prompt, _ in prompts] != [other.of(prompt) for prompt, _ in prompts]


def test_which_small_domains_are_held_out_is_random_by_the_seed():
    prompts = of_domains(**{f"domain {n:03d}": 1 for n in range(100)})
    held_out = []
    for seed in range(3):
        found = stratified(Parts(SHARES, seed), prompts)
        held_out.append({name for name, counts in found.domains.items() if not counts["train"]})
        assert len(held_out[-1]) == 20
    assert len(set.union(*held_out)) > 40


def test_a_prompt_of_two_domains_is_in_one_part():
    prompts = of_domains(chat=40)
    found = stratified(Parts(SHARES), [*prompts, *((prompt, "code") for prompt, _ in prompts)])
    assert {name: sum(counts.values()) for name, counts in found.domains.items()} == {"chat": 40, "code": 0}


# --- as one types it ----------------------------------------------------------------------------


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "in.jsonl"
    made = [
        {"prompt": f"{domain} {n}", "chosen": "yes", "rejected": "no", "domain": domain}
        for domain, size in (("chat", 200), ("code", 20))
        for n in range(size)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in made), encoding="utf-8")
    return path


def test_convert_stratifies_by_the_domain_column(tmp_path, rows, capsys):
    out = tmp_path / "dpo.jsonl"
    arguments = ["convert", str(rows), str(out), "--to", "trl-dpo", "--split", "0.9,0.1", "--stratify"]
    assert run([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["prompts_by_domain"] == {"chat": {"train": 180, "test": 20}, "code": {"train": 18, "test": 2}}
    held_out = (tmp_path / "dpo.test.jsonl").read_text(encoding="utf-8").splitlines()
    assert Counter("code" in json.loads(line)["prompt"][0]["content"] for line in held_out) == {
        False: 20,
        True: 2,
    }


def test_where_no_row_names_a_domain_it_is_said(tmp_path, capsys):
    path = tmp_path / "in.jsonl"
    path.write_text('{"prompt": "q", "chosen": "a", "rejected": "b"}\n', encoding="utf-8")
    out = str(tmp_path / "o.jsonl")
    assert run(["convert", str(path), out, "--to", "trl-dpo", "--split", "1,0", "--stratify"]) == 0
    assert "no row names a domain" in " ".join(capsys.readouterr().err.split())


def test_stdin_cannot_be_read_twice(tmp_path, capsys):
    out = str(tmp_path / "o.jsonl")
    arguments = ["convert", "-", out, "--from", "pairwright", "--to", "trl-dpo", "--split", "0.9,0.1"]
    assert run([*arguments, "--stratify"]) != 0
    assert "save it to a file first" in " ".join(capsys.readouterr().err.split())


def test_the_domain_is_the_domain_column_and_an_address_is_none(tmp_path, capsys):
    path = tmp_path / "in.jsonl"
    rows = [
        {"prompt": f"q{n}", "chosen": "a", "rejected": "b", "source": f"http://x/{n}"}
        | ({"domain": "maths"} if n < 10 else {})
        for n in range(20)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    out = str(tmp_path / "o.jsonl")
    assert (
        run(["convert", str(path), out, "--to", "trl-dpo", "--split", "0.5,0.5", "--stratify", "--json"]) == 0
    )
    told = json.loads(capsys.readouterr().out)["prompts_by_domain"]
    assert told == {"": {"train": 5, "test": 5}, "maths": {"train": 5, "test": 5}}
