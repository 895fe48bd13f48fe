"""The annotation page on PostgreSQL: several people at the very same moment."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from postgres import empty_database
from projects import OPENED, add_pairs, rows
from sites import TheSite

from pairwright.stages.doctor.doctor import doctor
from pairwright.stages.export.export import export
from pairwright.stages.figures.dashboard import dashboard_of
from pairwright.stages.people import accounts, queue
from pairwright.stages.people.answers import Person
from pairwright.stages.people.erase import erase
from pairwright.stages.project.project import Project
from pairwright.stages.route.route import run_route
from pairwright.store import schema


@pytest.fixture
def project(tmp_path):
    root = Path(tmp_path / "team")
    Project.init(root)
    settings = f'[project]\nstore = "{empty_database()}"\n[annotate]\noverlap = 2\noverlap_most = 2\n'
    (root / "pairwright.toml").write_text(settings)
    project = Project.open(root)
    OPENED.append(project)
    add_pairs(project, 40)
    run_route(project)
    return project


def test_a_new_store_has_exactly_the_schema(project):
    with project.store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_people_at_the_same_moment_never_get_more_places_than_there_are(project):
    members = [accounts.known_or_new(project, f"person {i}", "annotator") for i in range(8)]

    def work(account):
        person = Person(project, account.name, account.rater_id)
        done = 0
        while offers := queue.offer(project, account, 3).new:
            for each in offers:
                person.choose(each.task, "left", 9)
                done += 1
        return done

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, members)) == 80
    votes = [(vote.pair_id, vote.rater_id) for vote in rows(project, "vote")]
    assert len(set(votes)) == 80
    assert {sum(pair == each for pair, _ in votes) for each, _ in votes} == {2}


def test_a_persons_data_is_erased_and_the_chain_holds(project):
    lead = accounts.known_or_new(project, "lea", "lead")
    member = accounts.known_or_new(project, "Wilhelmina", "annotator")
    person = Person(project, member.name, member.rater_id)
    for _ in range(3):
        (each,) = queue.offer(project, member, 1).new
        person.choose(each.task, "left", 9, note="in my own words")
    accounts.change(project, member, lead, state="paused")
    done = erase(project, "Wilhelmina", votes="keep", confirm="Wilhelmina", lead=lead)
    assert (done.pseudonym, done.notes, done.mentions, done.left) == ("erased-1", 3, 1, {})
    assert done.rewritten
    found = doctor(project.root)
    assert found.sound, found.sentences()


def test_the_whole_way_from_an_invitation_to_rows(project):
    site = TheSite(project)
    for name in ("ann", "bob"):
        visitor = site.annotator(name)
        while tasks := visitor.work(2)["tasks"]:
            for task in tasks:
                visitor.answer(task, "left" if ">yes" in task["left"]["written"] else "right")
    found = dashboard_of(project)
    assert (found.answers, found.answers_wanted, found.conflicts) == (80, 0, 0)
    assert found.agreement.value == 1.0
    assert export(project.store, project.root / "dpo.jsonl", shape="dpo").rows == 40


def test_a_leads_pages_show(project):
    lead = TheSite(project).lead()
    for path in ("", "/people", "/people/lea", "/conflicts", "/conflicts/pair-0", "/gold", "/guidelines"):
        assert lead.get(f"/lead{path}").status_code == 200, path
