"""A server that runs on takes changes of its project file up at once."""

from projects import a_project

from pairwright.stages.project.live import LiveProject


def test_what_is_changed_in_the_file_holds_at_once_and_an_unreadable_file_changes_nothing(tmp_path):
    with a_project(tmp_path, settings="[annotate]\noverlap = 1\n") as project:
        live, path = LiveProject(project), project.root / "pairwright.toml"
        assert live.now() is project
        path.write_text("[annotate]\noverlap = 2\n")
        assert live.now().settings.annotate.overlap == 2
        assert live.now().store is project.store
        path.write_text("[annotate]\noverlap = two\n")
        assert live.now().settings.annotate.overlap == 2
        assert "is not valid TOML" in live.problem
        path.unlink()
        assert live.now().settings.annotate.overlap == 2
        assert live.problem
        path.write_text("[annotate]\noverlap = 3\n")
        assert (live.now().settings.annotate.overlap, live.problem) == (3, None)


def test_the_store_and_the_seed_of_a_running_server_stay(tmp_path):
    with a_project(tmp_path, settings="[project]\nseed = 1\n") as project:
        live = LiveProject(project)
        (project.root / "pairwright.toml").write_text('[project]\nseed = 2\nstore = "other.db"\n')
        assert live.now().settings.project == project.settings.project
