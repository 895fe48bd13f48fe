"""A dataset's repository on the Hub: what is there, and sending what is not.

One commit holds everything, so that nobody ever sees half of a push. Files go up
before it, one by one; what is up already is not sent again, however often a
push is killed. huggingface_hub (extra `hub`) is loaded here and in fetch.py.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from pairwright.errors import HubError
from pairwright.extras import needed
from pairwright.hub.bundle import INDEX, Sent
from pairwright.hub.hub_errors import in_our_words

_KIND = "dataset"


@dataclass(frozen=True, slots=True)
class There:
    """A file on the Hub. `sha256` is known of large ones only."""

    blob: str
    sha256: str | None

    def is_(self, said: Mapping[str, Any]) -> bool:
        """Whether it is what these hashes say."""
        return bool(self.sha256 == said["sha256"] if self.sha256 else self.blob == said["blob"])


@dataclass(frozen=True)
class Remote:
    """A repository as it is: its head on the branch (None: no such branch), files, tags, our own index."""

    exists: bool
    private: bool = True
    head: str | None = None
    files: Mapping[str, There] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    index: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Repository:
    """One dataset on the Hub. Every method raises HubError, and what it says never holds the token."""

    def __init__(self, name: str, token: str, endpoint: str) -> None:
        self.name, self.url = name, f"{endpoint}/datasets/{name}"
        self._token = token
        self._hub = _library()
        self._api = self._hub.HfApi(endpoint=endpoint, token=token, library_name="pairwright")

    def look(self, branch: str) -> Remote:
        """What is there now."""
        with self._in_our_words():
            info = self._info()
            if info is None:
                return Remote(exists=False)
            refs = self._api.list_repo_refs(self.name, repo_type=_KIND)
            heads = {each.name: each.target_commit for each in refs.branches}
            tags = {each.name: each.target_commit for each in refs.tags}
            head = heads.get(branch)
            files = self.files_at(head) if head else {}
            index = self._index(head) if head and INDEX in files else {}
            return Remote(True, bool(info.private), head, files, tags, index)

    def _info(self) -> Any | None:
        try:
            return self._api.repo_info(self.name, repo_type=_KIND)
        except self._hub.errors.RepositoryNotFoundError as error:
            if error.response.status_code == 401:
                raise  # the Hub says of a token it does not know that there is no such repository
            return None

    def files_at(self, revision: str) -> dict[str, There]:
        """Every file of a commit."""
        with self._in_our_words():
            tree = self._api.list_repo_tree(self.name, recursive=True, revision=revision, repo_type=_KIND)
            return {
                each.path: There(each.blob_id, each.lfs.sha256 if each.lfs else None)
                for each in tree
                if hasattr(each, "blob_id")
            }

    def _index(self, head: str) -> Mapping[str, Mapping[str, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            path = self._api.hf_hub_download(
                self.name, INDEX, repo_type=_KIND, revision=head, local_dir=folder
            )
            try:
                return dict(orjson.loads(Path(path).read_bytes())["files"])
            except (orjson.JSONDecodeError, KeyError, TypeError):
                return {}  # not ours, or broken: then nothing there is known to be ours

    def create(self) -> None:
        """A private repository: it is made public, if at all, when all is in it."""
        with self._in_our_words():
            self._api.create_repo(self.name, repo_type=_KIND, private=True, exist_ok=True)

    def branch(self, name: str) -> None:
        with self._in_our_words():
            self._api.create_branch(self.name, branch=name, repo_type=_KIND, exist_ok=True)

    def send(
        self, files: Sequence[Sent], gone: Sequence[str], *, message: str, branch: str, parent: str | None
    ) -> str:
        """Upload what is not up yet, then show it all in one commit; gives that commit.

        Nothing is shown where somebody else committed since `parent`.
        """
        add, delete = self._hub.CommitOperationAdd, self._hub.CommitOperationDelete
        with self._in_our_words():
            added = [
                add(
                    path_in_repo=file.path,
                    path_or_fileobj=file.content if isinstance(file.content, bytes) else str(file.content),
                )
                for file in files
            ]
            done = self._api.create_commit(
                self.name,
                [*added, *(delete(path_in_repo=path) for path in gone)],
                commit_message=message,
                repo_type=_KIND,
                revision=branch,
                parent_commit=parent,
            )
            return str(done.oid)

    def tag(self, name: str, commit: str) -> None:
        with self._in_our_words():
            self._api.create_tag(self.name, tag=name, revision=commit, repo_type=_KIND)

    def publish(self) -> None:
        """Let everybody see it."""
        with self._in_our_words():
            self._api.update_repo_settings(self.name, private=False, repo_type=_KIND)

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except HubError:
            raise
        except Exception as error:
            said = in_our_words(error, self.name, self._token)
            if said is None:
                raise
            # Not `from error`: its request, with the token in its headers, would hang on to ours.
            raise said from None


def _library() -> Any:
    with needed("hub", "pushing (`pairwright push --dry-run` and `pairwright card` do not)"):
        import huggingface_hub
        import huggingface_hub.errors

    return huggingface_hub


def quiet_bars(*, quiet: bool) -> None:
    """The client's own progress bars, which would break into JSON output."""
    if quiet:
        _library()
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()


def token_there() -> str | None:
    """The user's token: HF_TOKEN, or what `hf auth login` left."""
    _library()
    from huggingface_hub import get_token

    token: Callable[[], str | None] = get_token
    return token()
