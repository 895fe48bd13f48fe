"""Finding pairs: each filter finds what it names and nothing else; pages follow each other without gaps."""

import dataclasses

import pytest
from postgres import empty_database
from projects import a_project, add_rows, change, rows

from pairwright.stages.check.check import run_check
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.gold import make_gold
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.route import run_route
from pairwright.store.browse import search
from pairwright.store.browse.conditions import terms
from pairwright.store.browse.facets import beside, facets
from pairwright.store.browse.search import Filters, Key, count, find, key_of
from pairwright.store.check.findings import add_findings, add_run, findings, settle
from pairwright.types import Belief

PAIRS = [
    {"id": "war", "prompt": "When did the WAR end?", "response_a": "In 1945.", "response_b": "In 1918."},
    {"id": "quote", "prompt": 'Say "hi" in\nSpanish', "response_a": "hola", "response_b": "Äpfel und Birnen"},
    {"id": "code", "prompt": "Write content", "response_a": "100% of it_all", "response_b": "100 of it all"},
    {"id": "law", "prompt": "Is this legal?", "response_a": "yes", "response_b": "no", "domain": "law"},
    {
        "id": "maths",
        "prompt": "1 + 1?",
        "response_a": "2",
        "response_b": "3",
        "model_a": "big",
        "model_b": "small",
    },
]


@pytest.fixture(params=["sqlite", "postgresql"])
def project(tmp_path, request):
    settings = "" if request.param == "sqlite" else f'[project]\nstore = "{empty_database()}"\n'
    with a_project(tmp_path, settings=settings) as project:
        add_rows(project, PAIRS)
        yield project


def names(project, limit=50, **asked):
    """The user's ids of what is found, in order."""
    known = {row.id: row.external_id for row in rows(project, "pair")}
    with project.store.read() as connection:
        found = find(connection, Filters(**asked), limit=limit)
        assert count(connection, Filters(**asked)) == (len(found.keys), True)
    return [known[key.pair_id] for key in found.keys]


def number(project, name):
    return next(row.id for row in rows(project, "pair") if row.external_id == name)


def believe(project, name, decision, verdict=None, source="judge", prob_a=None, prob_tie=None):
    from pairwright.store.votes import add_beliefs

    with project.store.write() as connection:
        of = number(project, name)
        belief = Belief(of, decision, verdict, source, "because", prob_a, basis={}, prob_tie=prob_tie)
        add_beliefs(connection, [belief])


def found_on(project, name, check="reward_model", value=-0.5, action=None):
    with project.store.write() as connection:
        run = add_run(connection, {"checks": [check], "pairs": 1})
        row = {"check": check, "part": "margin", "severity": "warning", "reason": f"{name} is off"}
        row |= {
            "value": {"seen": value},
            "remedy": "look",
            "check_run_id": run,
            "pair_id": number(project, name),
        }
        add_findings(connection, [{**row, "key": f"{name}{check}".encode().ljust(16, b"0")[:16]}])
        last = max(each.id for each in findings(connection, settled=True))
        if action:
            settle(connection, [last], action, because="why")


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("war", ["war"]),
        ("1945", ["war"]),
        ("1918 end", ["war"]),  # every word, wherever it stands
        ("1918 spanish", []),
        ('"did the war"', ["war"]),
        ('"war the"', []),
        ("100%", ["code"]),
        ("it_all", ["code"]),  # no wildcards
        ("äpfel", ["quote"]),
        ("content", ["code"]),  # not the word in which every message is kept
        ("role", []),
        ("user", []),
    ],
)
def test_text_is_found_in_prompts_and_responses(project, q, found):
    assert names(project, q=q) == found


def test_text_with_quotes_and_line_ends_is_found_in_a_prompt(project):
    assert terms('a "b c" d') == ["a", "b c", "d"]
    assert names(project, q='"hi') == ["quote"]


def test_decisions_labels_and_who_they_are_from(project):
    believe(project, "war", "accept", "A", "judge", 0.9)
    believe(project, "quote", "accept", "B", "people", 0.2)
    believe(project, "code", "ask")
    believe(project, "law", "drop")
    assert names(project, decision="accept") == ["war", "quote"]
    assert names(project, decision="ask") == ["code"]
    assert names(project, decision="drop") == ["law"]
    assert names(project, decision="none") == ["maths"]
    assert names(project, verdict="A") == ["war"]
    assert names(project, source="people") == ["quote"]
    assert names(project, low=0.5) == ["war"]
    assert names(project, high=0.5) == ["quote"]
    assert names(project, low=0.1, high=0.95) == ["war", "quote"]
    believe(project, "war", "accept", "B", "judge", 0.1)  # the newest belief counts
    assert names(project, verdict="A") == []


def test_domain_and_model(project):
    assert names(project, domain="law") == ["law"]
    assert names(project, model="big") == names(project, model="small") == ["maths"]
    with project.store.read() as connection:
        known = facets(connection)
    assert (known.domains, known.models) == (["law"], ["big", "small"])


def test_findings_by_check_and_by_what_was_done(project):
    found_on(project, "war", "too_similar")
    found_on(project, "quote", "too_similar", action="dismissed")
    found_on(project, "code", "duplicates", action="gone")
    found_on(project, "law", "reward_model", action="undone")
    assert names(project, check="too_similar") == ["war", "quote"]
    assert names(project, check="too_similar", finding="open") == ["war"]
    assert names(project, finding="settled") == ["quote"]
    assert names(project, finding="open") == ["war", "law"]
    assert names(project, check="duplicates") == []  # the last run saw it no more
    assert names(project, doubted="1") == ["law"]
    with project.store.read() as connection:
        said = beside(connection, [number(project, "quote"), number(project, "code")])
    assert [len(each.checks) for each in said.values()] == [1, 0]
    assert said[number(project, "quote")].checks[0]["open"] is False


@pytest.fixture
def judged(project):
    """`one` and `two` judge in both orders; ann and bob answer."""
    verdicts = {
        "one": {"war": "AA", "quote": "AB", "code": "BB"},
        "two": {"war": "AA", "quote": "AA", "code": "AA", "law": "BB"},
    }
    for judge, said in verdicts.items():
        lines = [
            f'{{"id": "{name}", "order": "{order}", "verdict": "{verdict}", "confidence": "HIGH"}}'
            for name, both in said.items()
            for order, verdict in zip(("AB", "BA"), both, strict=True)
        ]
        (project.root / f"{judge}.jsonl").write_text("\n".join(lines))
    settings = "".join(f'\n[judges.{n}]\nkind = "replay"\npath = "{n}.jsonl"\n' for n in verdicts)
    project = change(project, settings)
    for judge in verdicts:
        run_judge(project, judge)
    labels = [("war", "A", "ann"), ("war", "B", "bob"), ("law", "A", "ann"), ("quote", "A", "bob")]
    lines = [f'{{"id": "{i}", "label": "{label}", "annotator": "{who}"}}' for i, label, who in labels]
    (project.root / "labels.jsonl").write_text("\n".join(lines))
    import_labels(project, [project.root / "labels.jsonl"])
    return project


def test_who_voted_and_who_disagrees(judged):
    assert names(judged, annotator="ann") == ["war", "law"]
    assert names(judged, judge="one") == ["war", "quote", "code"]
    assert names(judged, judge="ann") == []  # she is no judge
    assert names(judged, disagree="people") == ["war"]
    assert names(judged, disagree="judges") == ["quote", "code"]
    assert names(judged, disagree="orders") == ["quote"]
    assert names(judged, disagree="both") == ["law"]


def test_a_vote_that_was_taken_back_counts_no_more(judged):
    from pairwright.store.votes import retract

    vote = next(
        vote for vote in rows(judged, "vote") if vote.pair_id == number(judged, "war") and vote.verdict == "B"
    )
    with judged.store.write() as connection:
        retract(connection, vote.id, "undone")
    assert names(judged, disagree="people") == []
    assert names(judged, annotator="bob") == ["quote"]


def test_sorting(project):
    for name, prob in (("war", 0.9), ("quote", 0.45), ("code", 0.2)):
        believe(project, name, "accept", "A", "judge", prob)
    for name, margin in (("code", -0.2), ("war", -0.9)):
        found_on(project, name, value=margin)
    known = {row.id: row.external_id for row in rows(project, "pair")}

    def in_order(sort):
        with project.store.read() as connection:
            return [known[key.pair_id] for key in find(connection, Filters(sort=sort)).keys]

    assert in_order("oldest") == [row["id"] for row in PAIRS]
    assert in_order("newest") == [row["id"] for row in PAIRS][::-1]
    assert in_order("unsure") == ["quote", "code", "war"]
    assert in_order("sure") == ["war", "code", "quote"]
    assert in_order("doubted") == ["war", "code"]


def test_the_sorting_by_sureness_is_the_same_from_either_side(project):
    for name, prob, tie in (("war", 0.05, 0.75), ("quote", 0.2, 0.75), ("code", 0.3, 0.3)):
        believe(project, name, "accept", "TIE", "judge", prob, prob_tie=tie)
    known = {row.id: row.external_id for row in rows(project, "pair")}
    with project.store.read() as connection:
        keys = find(connection, Filters(sort="sure")).keys
    assert [known[key.pair_id] for key in keys] == ["war", "quote", "code"]
    assert keys[0].value == keys[1].value


@pytest.mark.parametrize("sort", search.SORTS)
def test_pages_follow_each_other_both_ways(tmp_path, sort, monkeypatch):
    monkeypatch.setattr(search, "FIRST_SLICE", 3)
    monkeypatch.setattr(search, "LAST_SLICE", 5)
    with a_project(tmp_path, settings="") as project:
        add_rows(
            project,
            [{"id": f"{i}", "prompt": f"Q{i}?", "response_a": "a", "response_b": f"b{i}"} for i in range(23)],
        )
        for i in range(23):
            believe(project, f"{i}", "accept", "A", "judge", (i * 7 % 5) / 10)  # many alike
            found_on(project, f"{i}", value=-(i * 3 % 4) / 10)
        filters = Filters(sort=sort)
        with project.store.read() as connection:
            every = find(connection, filters, limit=100).keys
            assert len(every) == len({key.pair_id for key in every}) == 23
            seen, after = [], None
            while True:
                page = find(connection, filters, after=after, limit=4)
                seen += page.keys
                after = page.last
                if not page.more:
                    break
            assert seen == every
            before, back = None, []
            while True:
                page = find(connection, filters, after=before, limit=4, back=True)
                back = page.keys + back
                before = page.keys[0]
                if not page.more:
                    break
            assert back == every
            assert key_of(connection, filters, every[7].pair_id) == every[7]
            assert find(connection, filters, after=every[7], limit=1).keys == [every[8]]
            assert find(connection, filters, after=every[7], limit=1, back=True).keys == [every[6]]


def test_a_search_that_takes_too_long_says_how_far_it_came(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "FIRST_SLICE", 4)
    with a_project(tmp_path, settings="") as project:
        add_rows(
            project,
            [{"id": f"{i}", "prompt": f"Q{i}?", "response_a": "a", "response_b": f"b{i}"} for i in range(30)],
        )
        with project.store.read() as connection:
            first = find(connection, Filters(q="b29"), seconds=0)
            assert (first.keys, first.more, first.in_time, first.last) == ([], True, False, Key(4))
            total, whole = count(connection, Filters(), seconds=0)
            assert (total, whole) == (4, False)
            after = first.last
            while not (page := find(connection, Filters(q="b29"), after=after, seconds=0)).keys:
                after = page.last
            assert len(page.keys) == 1


def test_every_filter_is_one_of_these(project):
    """A new field of Filters needs a condition: one that is ignored would find everything."""
    from pairwright.store.browse import conditions

    made = {*conditions._BY_NAME, "q", "check", "finding", "sort"}
    assert made == {each.name for each in dataclasses.fields(Filters)}


def test_what_a_real_project_holds_is_found(project):
    """By the stages themselves, not rows made for the test."""
    run_route(project)
    run_check(project)
    make_gold(project, number(project, "maths"), "A", use="hidden")
    assert names(project, source="people") == ["maths"]
    assert "maths" not in names(project, decision="ask")
