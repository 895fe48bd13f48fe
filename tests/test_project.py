"""A project from Python, as one would use it in a notebook: every verb of the command line is a method.

The pairs, the judges' verdicts and the people's labels are those the demo packs: nothing is asked anywhere.
"""

import asyncio
import inspect
import json
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from types import SimpleNamespace

import orjson
import pandas as pd
import pyarrow as pa
import pytest
import typer
from projects import ENDPOINT, JUDGE

import pairwright as pw
from pairwright.cli.main import app, run
from pairwright.models.loopback import Behaviour, LoopbackServer

DEMO = files("pairwright.demo")
JUDGES = """
[judges.gpt4]
kind = "replay"
path = "gpt4_verdicts.jsonl"

[judges.gpt4_rating]
kind = "replay"
path = "gpt4_rating_verdicts.jsonl"

[route]
target = 0.90
delta = 0.10
"""


def packed(name):
    return [json.loads(line) for line in DEMO.joinpath(name).read_text(encoding="utf-8").splitlines()]


PAIRS = packed("llmbar_pairs.jsonl")
PEOPLE = {row["id"]: {**row, "annotator": "ann"} for row in packed("gold_labels.jsonl")}


def people_of(pairs):
    """What people said of these pairs."""
    return [PEOPLE[pair["id"]] for pair in pairs if pair["id"] in PEOPLE]


@pytest.fixture
def project(tmp_path):
    """A project whose judges are recorded."""
    project = pw.Project.init(tmp_path / "mine")
    for name in ("gpt4_verdicts.jsonl", "gpt4_rating_verdicts.jsonl"):
        (project.folder / name).write_text(DEMO.joinpath(name).read_text(encoding="utf-8"))
    project.settings_file.write_text(JUDGES)
    return project


@pytest.fixture
def live(tmp_path):
    """A project whose model is a server on this machine."""
    with LoopbackServer(Behaviour(tie_rate=0, low_rate=0)) as server:
        project = pw.Project.init(tmp_path / "live")
        generate = '\n[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\n'
        accept = '\n[route]\naccept = "stated"\n'
        project.settings_file.write_text(ENDPOINT.format(url=server.url) + JUDGE + generate + accept)
        yield project


# --- the whole way --------------------------------------------------------------------------------


def test_the_whole_pipeline_from_pairs_to_a_dataset(project):
    added = project.add(PAIRS[:120])
    assert (added.rows, added.pairs.added) == (120, 120)

    judged = project.judge()
    assert {each.judge: each.votes for each in judged.judges} == {"gpt4": 240, "gpt4_rating": 240}

    routed = project.route()
    assert routed.for_people > 0, "people say first what the judges are worth"
    assert project.annotate(people_of(PAIRS[:120])).votes == 120
    assert sum(project.label().labels.values()) == 120
    routed = project.route()
    assert routed.accepted_from_people == 120

    checked = project.check(fail_on="error")
    assert checked.failing == 0
    contested = project.findings("contested", limit=1)
    assert contested.more
    assert project.settle("dismiss", [contested.findings[0].id], because="read again").done

    assert project.verify(repeats=1).pairs == routed.accepted_from_people + routed.accepted_from_judges

    exported = project.export(split=(0.8, 0.2))
    frame = exported.to_pandas("train")
    assert list(frame.columns) == ["prompt", "chosen", "rejected"]
    assert len(frame) == exported.parts["train"]

    page = project.report()
    assert page.path.read_text().startswith("<!doctype html>")
    chain = project.show(PAIRS[0]["id"])
    assert any(vote["rater"] == "ann" for vote in chain.chain["votes"])
    assert "rows" in project.card().card
    assert project.push("me/mine", dry_run=True).files
    assert project.status().pairs == 120


def test_run_does_all_in_order_and_says_what_it_waits_for(project):
    project.add(PAIRS[:60])
    done = project.run()
    assert [stage for stage, _ in done.stages] == ["pair", "judge gpt4", "judge gpt4_rating", "route"]
    assert "run `pairwright annotate`" in done.waits_for
    project.annotate(people_of(PAIRS[:60]))
    assert project.run().waits_for is None
    assert (project.folder / "export" / "dpo.jsonl").exists()


def test_from_prompts_with_a_model_that_answers_and_judges(live):
    live.add(["What is rain?", "What is snow?"])
    assert live.generate(dry_run=True).stages[0].calls == 4
    assert live.generate().responses == 4
    assert live.pair().pairs_added == 2
    assert live.judge("main").judges[0].votes == 4
    assert live.estimate().spent_usd > 0


def test_settings_and_guidelines_are_read_as_they_stand_at_each_call(project):
    project.add(PAIRS[:3])
    project.settings_file.write_text('[judges.short]\nkind = "shorter"\n')
    assert [each.judge for each in project.judge().judges] == ["short"]


def test_a_project_is_opened_and_made_as_the_command_line_does(project, tmp_path, monkeypatch):
    monkeypatch.chdir(project.folder)
    with pw.Project.open() as found:
        assert found.status().pairs == 0
    with pytest.raises(pw.InputError, match="is a project already"):
        pw.Project.init(project.folder)
    with pytest.raises(pw.InputError, match=r"holds no pairwright\.toml"):
        pw.Project.open(tmp_path)


# --- what can be added ----------------------------------------------------------------------------

ROWS = [
    {"id": "r1", "prompt": "What is rain?", "response_a": "Water.", "response_b": "Weather."},
    {"id": "r2", "prompt": "What is snow?", "response_a": "Ice.", "response_b": "Rain, but cold."},
]


@pytest.mark.parametrize(
    "data",
    [
        ROWS,
        (row for row in ROWS),
        [(row["prompt"], row["response_a"], row["response_b"]) for row in ROWS],
        pd.DataFrame(ROWS),
        pa.Table.from_pylist(ROWS),
    ],
    ids=["mappings", "generator", "triples", "pandas", "arrow"],
)
def test_rows_may_come_in_whatever_holds_them(project, data):
    added = project.add(data)
    assert (added.prompts.added, added.responses.added, added.pairs.added) == (2, 4, 2)
    assert project.add(ROWS).pairs.already == 2, "what is there already is not added again"


def test_files_prompts_and_chats(project, tmp_path):
    file = tmp_path / "prompts.jsonl"
    file.write_text('{"prompt": "What is fog?"}\n')
    assert project.add(file).prompts.added == 1
    assert project.add([str(file), tmp_path / "prompts.jsonl"]).prompts.already == 2
    assert project.add([[{"role": "user", "content": "What is hail?"}], "What is dew?"]).prompts.added == 2
    with pytest.raises(pw.InputError, match="no-file.jsonl does not exist"):
        project.add("no-file.jsonl")


def test_empty_cells_of_a_table_are_no_values(project):
    frame = pd.DataFrame({"prompt": ["p1", "p2"], "response": ["an answer", None], "id": [1, float("nan")]})
    added = project.add(frame)
    assert (added.prompts.added, added.responses.added) == (2, 1)
    assert project.show("1").chain["prompt"]["external_id"] == "1"


def test_a_bad_row_is_named_and_nothing_is_added(project):
    rows = [*ROWS, {"text": "no prompt"}, 7]
    with pytest.raises(pw.InputError) as error:
        project.add(rows)
    assert "2 of 4 rows are bad, so nothing was added" in str(error.value)
    assert 'list row 3: "prompt" is missing (keys: text)' in str(error.value)
    assert "list row 4: a number, not an object" in str(error.value)
    assert project.status().prompts == 0
    assert project.add(rows, on_error="skip").bad_rows == 2
    assert project.status().prompts == 2


def test_a_labelled_set_in_memory_brings_its_labels(project):
    rows = [{"prompt": f"q{n}", "chosen": f"good {n}", "rejected": f"bad {n}"} for n in range(3)]
    with pytest.raises(pw.InputError, match="pass --from auto"):
        project.add(rows)
    added = project.add(iter(rows), from_="auto", labels_by="person", rater="ann")
    assert (added.votes.added, added.labels_by) == (3, {"person": 3})
    renamed = [{"q": "q9", "good": "yes", "poor": "no"}]
    mapping = {"prompt": "q", "chosen": "good", "rejected": "poor"}
    assert project.add(renamed, from_="table", map=mapping).votes.added == 1


def test_a_dataset_of_the_hub_is_read_by_its_id(project, monkeypatch):
    asked = []

    def load_dataset(name, split):
        asked.append((name, split))
        return ROWS

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    assert project.add("someone/their-set", split="test").pairs.added == 2
    assert asked == [("someone/their-set", "test")]


def test_without_datasets_a_hub_id_says_what_it_needs(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(pw.InputError, match=r"someone/their-set is no file here.*pip install datasets"):
        project.add("someone/their-set")


def test_a_file_is_not_taken_for_a_split_of_the_hub(project, tmp_path):
    with pytest.raises(pw.InputError, match='split "test" goes with the id of a dataset'):
        project.add(tmp_path / "a.jsonl", split="test")
    with pytest.raises(pw.InputError, match='split "test" goes with the id of a dataset'):
        project.add(ROWS, split="test")


def test_peoples_labels_with_a_bad_row_are_refused_as_a_whole(project):
    project.add(ROWS)
    with pytest.raises(pw.InputError, match=r"1 of 2 rows are bad.*\n  list row 2: "):
        project.annotate([{"id": "r1", "label": "A"}, {"id": "r2", "label": "C"}], rater="ann")
    with pytest.raises(pw.InputError, match="nothing was added"):
        project.gold([{"id": "r9", "label": "A"}])
    assert project.gold([{"id": "r1", "label": "A"}]).gold == 1
    assert project.people().as_dict() == {"people": []}


def test_other_tools_get_tasks_and_give_answers_back(project, tmp_path):
    project.add(ROWS)
    project.settings_file.write_text('[judges.short]\nkind = "shorter"\n')
    project.judge()
    project.route()
    sent = project.send("csv", tmp_path / "away")
    assert sent.pairs == 2
    tasks = pd.read_csv(next(path for path in sent.files if path.endswith(".csv")))
    tasks.assign(worker="ann", answer="first").to_csv(tmp_path / "back.csv", index=False)
    assert project.take("csv", tmp_path / "back.csv").votes == 2


# --- what comes out -------------------------------------------------------------------------------


@pytest.fixture
def labelled(project):
    """Three pairs that people labelled."""
    project.settings_file.write_text("")
    project.add(PAIRS[:3])
    project.annotate(people_of(PAIRS[:3]))
    project.route()
    return project


def test_an_export_is_had_in_memory_too(labelled):
    exported = labelled.export(to="trl-dpo-text")
    rows = exported.to_list()
    assert [sorted(row) for row in rows] == [["chosen", "prompt", "rejected"]] * 3
    assert exported.to_pandas().to_dict("records") == rows
    assert labelled.export(labelled.folder / "dpo.parquet", to="trl-dpo-text").to_list() == rows


def test_an_export_as_datasets_hold_it(labelled, monkeypatch):
    class Dataset(list):
        from_list = classmethod(lambda cls, rows: cls(rows))

    exported = labelled.export()
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(Dataset=Dataset, DatasetDict=dict))
    assert exported.to_dataset() == exported.to_list()
    parts = labelled.export(split="0.5,0.5").to_dataset()
    assert set(parts) <= {"train", "test"}
    assert sum(map(len, parts.values())) == 3
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(pw.InputError, match="needs the package datasets"):
        exported.to_dataset()


def test_of_several_parts_one_is_to_be_named(labelled):
    for seed in range(20):
        labelled.settings_file.write_text(f"[project]\nseed = {seed}\n")
        exported = labelled.export(split=(0.5, 0.5))
        if len(exported.parts) == 2:
            break
    with pytest.raises(pw.InputError, match="has the parts train, test: choose one, as in part='train'"):
        exported.to_list()
    with pytest.raises(pw.InputError, match='there is no "dev"'):
        exported.to_pandas("dev")
    assert len(exported.to_list("train")) + len(exported.to_list("test")) == 3


def test_options_that_do_nothing_are_told_of(labelled):
    with pytest.warns(UserWarning, match="--threshold does nothing for trl-dpo") as told:
        labelled.export(threshold=3)
    assert told[0].filename == __file__


def test_results_print_as_a_short_table_and_as_html(project):
    added = project.add(ROWS)
    assert str(added) == repr(added)
    assert str(added).splitlines() == [
        "Add",
        "  rows       2",
        "  prompts    2 added",
        "  responses  4 added",
        "  pairs      2 added",
    ]
    assert "<th style='text-align:left'>pairs</th><td style='text-align:left'>2 added</td>" in (
        added._repr_html_()
    )
    assert str(project.people()).split() == ["People", "nothing"]
    assert "Next: " in str(project.status())


def test_html_of_a_result_holds_no_markup_of_the_data(project):
    shown = project.add([{"prompt": "p", "response": 3, "id": "<b>"}], on_error="skip")._repr_html_()
    assert "<b>" not in shown


# --- the command line is a skin over this ---------------------------------------------------------

VOLATILE = {"seconds", "at", "path", "made", "project", "created_at", "sha256"}


def steady(value):
    """A result without what differs from run to run: times, ids of people's votes, and where it stands."""
    if isinstance(value, dict):
        return {
            key: steady(each)
            for key, each in value.items()
            if key not in VOLATILE and not str(each).startswith("v-")
        }
    return [steady(each) for each in value] if isinstance(value, list) else value


def test_each_result_says_what_json_prints(project, tmp_path, capsys):
    """The same steps on a copy of the project, by the command line."""
    for name, rows in (("pairs", PAIRS[:80]), ("people", people_of(PAIRS[:80]))):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(text)
    pairs, people = tmp_path / "pairs.jsonl", tmp_path / "people.jsonl"
    twin = tmp_path / "twin" / "mine"
    shutil.copytree(project.folder, twin)
    steps = (
        (f"add {pairs}", lambda: project.add(pairs)),
        ("pair", project.pair),
        ("estimate", project.estimate),
        ("judge --dry-run", lambda: project.judge(dry_run=True)),
        ("judge", project.judge),
        ("route", project.route),
        ("route --withdrawn", lambda: project.route(withdrawn=True)),
        ("status", project.status),
        (f"annotate --import {people}", lambda: project.annotate(people)),
        ("label", project.label),
        ("people", project.people),
        ("people changes", project.changes),
        ("people work ann", lambda: project.work("ann")),
        ("people erase ann --votes keep --dry-run", lambda: project.erase("ann", votes="keep", dry_run=True)),
        ("check --fail-on off", lambda: project.check(fail_on="off")),
        ("check list --limit 3", lambda: project.findings(limit=3)),
        ("check dismiss 1 --because fine", lambda: project.settle("dismiss", [1], because="fine")),
        ("verify --repeats 1", lambda: project.verify(repeats=1)),
        ("run --dry-run", lambda: project.run(dry_run=True)),
        ("run --export-partial", lambda: project.run(export_partial=True)),
        ("export", project.export),
        (f"show {PAIRS[0]['id']}", lambda: project.show(PAIRS[0]["id"])),
        ("report", project.report),
        ("card", project.card),
        ("push me/mine --dry-run", lambda: project.push("me/mine", dry_run=True)),
    )
    for line, step in steps:
        mine = step().as_dict()
        capsys.readouterr()
        run(["-C", str(twin), *line.split(), "--json"])
        theirs = capsys.readouterr().out.replace(str(twin), str(project.folder))
        mine = json.loads(orjson.dumps(mine, option=orjson.OPT_NON_STR_KEYS))
        assert steady(mine) == steady(json.loads(theirs)), line


# Verbs and options that are for a terminal or a server; sub-verbs of `check` are two methods, those of `calls` and `people` several.
NOT_METHODS = {
    "convert": "needs no project",
    "copy": "needs no project",
    "calls make": "needs no project",
    "browse": "a server",
}
NOT_OPTIONS = {"--json": "as_dict()", "--help": "docstrings", "-h": "docstrings"}
OF_VERBS = {
    "annotate": {"--host", "--port", "--host-name", "--browser", "--terminal"},  # the page, a terminal
    "check": {"--file", "--from"},  # pw.token_lengths
    "check dismiss": {"--dry-run"},
}
METHODS = {
    "check list": "findings",
    "calls export": "export_calls",
    "calls import": "import_calls",
    "calls cancel": "cancel_calls",
    "people changes": "changes",
    "people work": "work",
    "people erase": "erase",
} | {f"check {step}": "settle" for step in ("dismiss", "send", "drop", "flip", "soften", "ask-again", "undo")}
WORDS = {"check ask-again": "check dismiss"}


def commands():
    main = typer.main.get_command(app)
    for name, command in main.commands.items():
        yield name, command
        for inner, each in getattr(command, "commands", {}).items():
            yield f"{name} {inner}", each


@pytest.mark.parametrize(
    ("verb", "command"), list(commands()), ids=lambda each: each if isinstance(each, str) else ""
)
def test_every_verb_is_a_method_with_the_same_words(verb, command):
    if verb in NOT_METHODS:
        return
    method = getattr(pw.Project, METHODS.get(verb, verb))
    words = {name.rstrip("_") for name in inspect.signature(method).parameters}
    passed_over = {*NOT_OPTIONS, *OF_VERBS.get("check dismiss" if verb in METHODS else verb, ())}
    options = {max(each.opts, key=len) for each in command.params if each.param_type_name == "option"}
    missing = {
        option for option in options - passed_over if option.removeprefix("--").replace("-", "_") not in words
    }
    assert not missing, f"pairwright {verb}: {missing} are no words of Project.{method.__name__}"


def test_every_verb_says_of_itself_what_the_command_says(capsys):
    """Each method has a docstring, and none is undocumented in the class."""
    public = [name for name in vars(pw.Project) if not name.startswith("_")]
    assert all(inspect.getdoc(getattr(pw.Project, name)) for name in public)


def test_importing_the_package_loads_no_store_and_no_bars():
    code = "import sys, pairwright; print({'sqlalchemy', 'rich', 'numpy', 'aiohttp'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- event loops ----------------------------------------------------------------------------------


def test_in_a_notebook_whose_loop_runs_already_methods_just_work(live):
    async def cell():
        live.add(["What is rain?", "What is snow?"])
        return live.generate(), live.pair(), live.judge()

    generated, paired, judged = asyncio.run(cell())
    assert (generated.responses, paired.pairs_added, judged.judges[0].votes) == (4, 2, 4)


def test_waiting_methods_can_be_awaited_while_the_loop_goes_on(live):
    ticks = []

    async def tick():
        while True:
            ticks.append(1)
            await asyncio.sleep(0.005)

    async def main():
        beside = asyncio.create_task(tick())
        live.add([f"What is {n}?" for n in range(10)])
        generated = await live.agenerate()
        live.pair()
        judged = await live.ajudge()
        beside.cancel()
        return generated, judged, await live.arun(export_partial=True)

    generated, judged, done = asyncio.run(main())
    assert generated.responses == 20
    assert judged.judges[0].votes == 20
    assert len(ticks) > 2
    assert done.stages[-1][0].startswith(("export", "check"))


def test_cancelling_keeps_what_was_in_flight(tmp_path):
    with LoopbackServer(Behaviour(latency_ms=50)) as server:
        project = pw.Project.init(tmp_path / "slow")
        project.settings_file.write_text(ENDPOINT.format(url=server.url) + JUDGE)
        project.add([(f"q{n}", f"yes {n}", f"no {n}") for n in range(200)])

        async def impatient():
            async with asyncio.timeout(0.5):
                await project.ajudge()

        with pytest.raises(TimeoutError):
            asyncio.run(impatient())
        asked = len(server.requests)
        assert 0 < asked < 400
        votes = project.status().judges[0].votes
        assert votes == asked, "every call that was made left its vote"
        assert project.judge().judges[0].votes == 400 - votes, "and is not paid again"


def test_progress_is_a_bar_of_html_in_a_notebook(live, monkeypatch):
    shown = []

    class Handle:
        def update(self, html):
            shown.append(html)

    def display(html, display_id):
        shown.append(html)
        return Handle()

    notebook = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=1))
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(HTML=str, display=display))
    live.add(["What is rain?"], progress=False)
    assert shown == []
    live.generate()
    assert re.search(r'generating <progress value="\d+" max="2"></progress> \d of 2', shown[0])
    assert shown[-1] == "", "the result speaks for itself"
