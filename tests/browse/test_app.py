"""The page of pairs: its addresses, what it refuses, and that nothing somebody wrote becomes a page."""

import json
import re

import pytest
from projects import a_project, add_rows, rows
from starlette.testclient import TestClient

from pairwright.browse.app import make_app
from pairwright.browse.shown import snippet
from pairwright.browse.view import PageView, view_of
from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.keys import public_id
from pairwright.stages.export.export import export
from pairwright.stages.export.exported import exports_of
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.publish.dataset import find_exports
from pairwright.stages.route.route import run_route
from pairwright.store.browse.search import Filters, Key

HOSTILE = "</pre><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'> \u202egnp"


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings="") as project:
        pairs = [
            {"id": f"p{i}", "prompt": f"Question {i}?", "response_a": f"yes {i}", "response_b": f"no {i}"}
            for i in range(120)
        ]
        pairs[3] |= {
            "response_a": HOSTILE,
            "prompt": f"**Hostile** {HOSTILE}",
            "model_a": "<b>m</b>",
            "model_b": "n",
        }
        add_rows(project, pairs)
        yield project


@pytest.fixture
def visit(project):
    client = TestClient(make_app(project, ["localhost"]), base_url="http://localhost")
    return lambda path, status=200: _got(client.get(path), status)


def _got(answer, status):
    assert answer.status_code == status, answer.text
    return answer


def id_of(project, name):
    return public_id("pair", next(row.key for row in rows(project, "pair") if row.external_id == name))


def test_the_list_is_paged_by_its_own_links(visit):
    seen, path = [], "/"
    while path:
        text = visit(path).text
        seen += re.findall(r'class="id">(p\d+)<', text)
        link = re.search(r'id="next" href="([^"]+)"', text)
        path = link and link[1].replace("&amp;", "&")
    assert seen == [f"p{i}" for i in range(120)]
    assert 'id="previous"' in text


def test_a_search_marks_what_it_found_and_counts_it(visit):
    text = visit("/?q=yes+7").text
    assert "<mark>yes</mark> <mark>7</mark>0" in text
    assert visit("/count?q=%22yes+11%22").json() == {"pairs": 11, "all": True}
    assert "No pair is like that" in visit("/?q=nowhere").text


def test_an_address_that_asks_for_what_there_is_not_says_so(visit):
    for path, told in (
        ("/?verdict=C", "verdict &#34;C&#34; is unknown"),
        ("/?low=2", "is no probability"),
        ("/?after=x", "is no place in a list"),
        ("/?sort=best", "sort &#34;best&#34; is unknown"),
        ("/pair/v-1234", "is no pair"),
        ("/pair/x-123456789abc", "nothing here has the id"),
        ("/pair/x-123456789abc/next", "nothing here has the id"),
    ):
        assert told in visit(path, 400).text
    assert "no such page" in visit("/nothing", 404).text


def test_it_only_reads_and_only_here(project):
    app = make_app(project, ["localhost"])
    here = TestClient(app, base_url="http://localhost")
    for method in ("post", "put", "delete", "patch"):
        assert getattr(here, method)("/").status_code == 405
    assert TestClient(app, base_url="http://elsewhere.example").get("/").status_code == 421
    headers = here.get("/").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert (headers["x-frame-options"], headers["cache-control"]) == ("DENY", "no-store")
    before = (project.root / "pairwright.db").read_bytes()
    here.get(f"/pair/{id_of(project, 'p1')}")
    assert (project.root / "pairwright.db").read_bytes() == before


@pytest.mark.parametrize("shown", ["text", "written", "raw", "difference"])
def test_what_somebody_wrote_stays_text(project, visit, shown):
    for path in (f"/pair/{id_of(project, 'p3')}?shown={shown}", "/", "/?q=script"):
        text = visit(path).text
        assert "<script>window" not in text
        assert "<img" not in text
        assert "<b>m</b>" not in text
        assert "\u202e" not in text
        assert "gnp" in text


def test_the_whole_chain_is_on_the_page(project, visit, tmp_path):
    verdicts = [
        {"id": "p1", "order": order, "verdict": "A", "confidence": "HIGH", "reason": f"said in {order}"}
        for order in ("AB", "BA")
    ]
    (project.root / "judge.jsonl").write_text("\n".join(map(json.dumps, verdicts)))
    with (project.root / "pairwright.toml").open("a") as file:
        file.write('\n[judges.gpt]\nkind = "replay"\npath = "judge.jsonl"\n')
    from pairwright.stages.project.project import Project

    with Project.open(project.root) as again:
        run_judge(again, "gpt")
        label = {"id": "p1", "label": "A", "annotator": "ann", "seconds": 12}
        (project.root / "l.jsonl").write_text(json.dumps(label))
        import_labels(again, [project.root / "l.jsonl"])
        run_route(again)
        export(again.store, again.root / "export" / "dpo.jsonl", shape="dpo")
        export(again.store, again.root / "export" / "kto.jsonl", shape="kto", split_pairs=True)
    text = visit(f"/pair/{id_of(project, 'p1')}").text
    for told in (
        "said in AB", "said in BA", "B first", "its A is our B", "ann", "A is better, from people",
        "export/dpo.jsonl:1", "(A alone)", "(B alone)", "chosen", "rows.jsonl:2",
    ):  # fmt: skip
        assert told in text, told
    chain = visit(f"/pair/{id_of(project, 'p1')}/json").json()
    assert {(row["file"], row["row"]) for row in chain["exports"]} >= {("export/dpo.jsonl", 1)}
    assert len(chain["exports"]) == 3
    assert visit(f"/pair/{id_of(project, 'p2')}/json").json()["exports"] == []


def test_from_pair_to_pair_within_what_was_searched_for(project, visit):
    path = f"/pair/{id_of(project, 'p7')}/next?q=7"
    assert str(visit(path).url).split("/")[-1] == f"{id_of(project, 'p17')}?q=7"
    assert str(visit(f"/pair/{id_of(project, 'p17')}/previous?q=7").url).endswith(
        f"{id_of(project, 'p7')}?q=7"
    )
    assert str(visit(f"/pair/{id_of(project, 'p117')}/next?q=7").url) == "http://localhost/?q=7"


def test_a_view_is_its_address():
    view = PageView(
        Filters(q='a "b c"', verdict="A", low=0.25, sort="unsure"), after=Key(7, 0.1 + 0.2), shown="raw"
    )
    from urllib.parse import parse_qsl

    assert view_of(dict(parse_qsl(view.query()))) == view
    assert view.query(q="", verdict="", low=None, sort="oldest", after=None, shown="text") == ""
    assert [(name, words) for name, words, _ in view.chips()] == [
        ("text", 'a "b c"'), ("verdict", "A is better"), ("P(A) from", "0.25"),
    ]  # fmt: skip
    with pytest.raises(InputError, match="shown"):
        view_of({"shown": "sideways"})
    assert view_of({"after": "7:0.3"}).after is None  # a place in another order


def test_a_snippet_is_cut_around_what_was_found():
    assert snippet("x " * 200 + "needle <b>", "NEEDLE").endswith("<mark>needle</mark> &lt;b&gt;")
    assert len(re.sub("<[^>]+>", "", snippet("word " * 1000, ""))) < 200


def test_show_says_which_rows_a_pair_became(project, capsys):
    label = {"id": "p1", "label": "A", "annotator": "ann"}
    (project.root / "l.jsonl").write_text(json.dumps(label))
    import_labels(project, [project.root / "l.jsonl"])
    run_route(project)
    assert run(["-C", str(project.root), "export"]) == 0
    capsys.readouterr()
    assert run(["-C", str(project.root), "show", "p1"]) == 0
    assert "export/dpo.jsonl:1 (the pair)" in capsys.readouterr().out


def test_an_export_outside_the_folder_is_known_as_long_as_it_is_this_projects(project, tmp_path, capsys):
    label = {"id": "p1", "label": "A", "annotator": "ann"}
    (project.root / "l.jsonl").write_text(json.dumps(label))
    import_labels(project, [project.root / "l.jsonl"])
    run_route(project)
    out = tmp_path / "elsewhere" / "dpo.jsonl"
    for _ in range(2):
        assert run(["-C", str(project.root), "export", "-o", str(out)]) == 0
    assert [each.path for each in exports_of(project)] == [out.resolve()]
    with pytest.raises(InputError, match=r"Outside it stand .*elsewhere.*: name one with --path"):
        find_exports(project, [])
    assert (
        run(["-C", str(project.root), "export", "-o", str(project.root / "export" / "v2" / "dpo.jsonl")]) == 0
    )
    sent, passed = find_exports(project, [])
    assert [each.path.parent.name for each in sent] == ["v2"]
    assert "stands outside the export folder: left out; --path sends it" in passed[0]
    capsys.readouterr()
    assert run(["-C", str(project.root), "show", "p1"]) == 0
    assert "dpo.jsonl:1 (the pair)" in capsys.readouterr().out

    manifest = out.with_name("dpo.jsonl.manifest.json")
    others = json.loads(manifest.read_text()) | {"created_at": "2020-01-01T00:00:00+00:00"}
    manifest.write_text(json.dumps(others))
    assert len(exports_of(project)) == 1
    manifest.unlink()
    assert len(exports_of(project)) == 1


def test_a_tie_is_not_told_as_a_chance_of_nought_for_a(project, visit):
    label = {"id": "p1", "label": "TIE", "annotator": "ann"}
    (project.root / "l.jsonl").write_text(json.dumps(label))
    import_labels(project, [project.root / "l.jsonl"])
    run_route(project)
    page = visit(f"/pair/{id_of(project, 'p1')}").text
    assert "a tie" in page
    assert "0.000" not in page
