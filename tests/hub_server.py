"""A stand-in for the Hugging Face Hub: its HTTP face as far as pushing a dataset uses it, misbehaving as told.

    with HubServer() as hub:
        hub.url, hub.token
        hub.repos["me/set"].files()          # path -> bytes at the head of main
        hub.refuse("POST /commit", 500)      # the next such request, once

Content lives in memory: commits are whole trees, large files stand in an LFS
store that outlives a commit that never came.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_standInTokenThatIsNobodys"
READ_ONLY = "hf_standInTokenThatMayRead"
LFS_FROM = 2_000  # bytes from which a file is a large one
PAGE = 5  # files of a tree in one answer


@dataclass
class Repo:
    """`commits` are trees, path -> bytes, by their number; branches and tags name one."""

    private: bool
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def commit(self, branch: str, tree: dict[str, bytes], message: str) -> str:
        told = json.dumps([len(self.messages), branch, sorted((k, blob(v)) for k, v in tree.items())])
        number = hashlib.sha1(told.encode()).hexdigest()
        self.commits[number], self.branches[branch] = tree, number
        self.messages.append(message)
        return number

    def at(self, revision: str) -> str | None:
        found = self.branches.get(revision) or self.tags.get(revision)
        return found or (revision if revision in self.commits else None)

    def files(self, revision: str = "main") -> dict[str, bytes]:
        number = self.at(revision)
        return {path: data for path, data in self.commits[number or ""].items() if path != ".gitattributes"}


@dataclass
class Refusal:
    """`how` is a status, "cut" (the connection ends in the middle), "done, and cut" (after it was done), or a
    function that is called before all goes its way."""

    what: re.Pattern[str]
    how: int | str | Callable[[], None]
    times: int
    headers: dict[str, str]


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class HubServer:
    """`requests` are (method, path, status) as answered; `seen` the bodies of requests, `lfs` what was uploaded."""

    def __init__(self) -> None:
        self.token = TOKEN
        self.repos: dict[str, Repo] = {}
        self.lfs: dict[str, bytes] = {}
        self.uploads: list[str] = []
        self.requests: list[tuple[str, str, int]] = []
        self.sent: list[bytes] = []
        self.dies_after: int | None = None  # requests; later ones find nobody
        self._refusals: list[Refusal] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def refuse(
        self,
        what: str,
        how: int | str | Callable[[], None],
        times: int = 1,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Refuse requests whose `METHOD /path` has this in it (a regular expression)."""
        self._refusals.append(Refusal(re.compile(what), how, times, headers or {}))

    def refusal_of(self, line: str) -> Refusal | None:
        for each in self._refusals:
            if each.times and each.what.search(line):
                each.times -= 1
                return each
        return None

    def repo(self, name: str, *, private: bool = True, files: dict[str, bytes] | None = None) -> Repo:
        """A repository as the Hub makes it: with one commit of its own."""
        made = self.repos[name] = Repo(private)
        made.commit("main", {".gitattributes": b"*.parquet filter=lfs\n", **(files or {})}, "initial commit")
        return made

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Answer(Exception):
    """What is answered: raised from wherever it is known."""

    def __init__(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        self.status, self.body, self.headers = status, body, headers or {}


def refused(status: int, message: str, code: str | None = None) -> Answer:
    headers = {"X-Error-Message": message, **({"X-Error-Code": code} if code else {})}
    return Answer(status, {"error": message}, headers)


def _handler(hub: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def _any(self) -> None:
            parts = urlsplit(self.path)
            path = unquote(parts.path)
            if hub.dies_after is not None and len(hub.requests) >= hub.dies_after:
                return self._cut()
            refusal = hub.refusal_of(f"{self.command} {path}")
            if refusal and refusal.how == "cut":
                self.rfile.read(min(100, int(self.headers.get("Content-Length") or 0)))
                hub.requests.append((self.command, path, 0))
                return self._cut()
            body = self._body()
            hub.sent.append(body)
            try:
                if refusal and callable(refusal.how):
                    refusal.how()
                elif refusal and refusal.how != "done, and cut":
                    raise Answer(int(refusal.how), {"error": "as told"}, refusal.headers)
                route(hub, self.command, path, parse_qs(parts.query), self.headers, body)
                raise Answer(404, {"error": f"no such place: {path}"})
            except Answer as answer:
                if refusal and refusal.how == "done, and cut":
                    hub.requests.append((self.command, path, 0))
                    return self._cut()
                hub.requests.append((self.command, path, answer.status))
                self._say(answer)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _any

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                found = b""
                while size := int(self.rfile.readline(), 16):
                    found += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return found
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _cut(self) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

        def _say(self, answer: Answer) -> None:
            raw = isinstance(answer.body, bytes)
            body = answer.body if raw else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/octet-stream" if raw else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return Handler


# --- the Hub's own doings -------------------------------------------------------------------------


def route(
    hub: HubServer, method: str, path: str, query: dict[str, list[str]], headers: Any, body: bytes
) -> None:
    """Always raises an Answer, where there is such a place."""
    if method == "PUT" and (found := re.fullmatch(r"/upload/(\w+)", path)):  # a signed address: no token
        if hashlib.sha256(body).hexdigest() != found[1]:
            raise Answer(400, {"error": "not what was announced"})
        hub.lfs[found[1]] = body
        hub.uploads.append(found[1])
        raise Answer(200, {})
    given = headers.get("Authorization", "").removeprefix("Bearer ")
    if given not in (hub.token, READ_ONLY):
        raise refused(401, "Invalid credentials in Authorization header")
    if method not in ("GET", "HEAD") and given == READ_ONLY:
        raise refused(403, "You don't have the rights to write here")
    if (method, path) == ("POST", "/api/repos/create"):
        _create(hub, json.loads(body))
    if (method, path) == ("POST", "/api/validate-yaml"):
        _validate(json.loads(body)["content"])
    if found := re.fullmatch(r"/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
        _batch(hub, json.loads(body))
    if found := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
        _resolve(_repo(hub, found[1]), found[2], found[3])
    if found := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/(\w+)(?:/(.+))?)?", path):
        _dataset(hub, _repo(hub, found[1]), found[1], method, found[2], found[3] or "main", query, body)


def _repo(hub: HubServer, name: str) -> Repo:
    if name not in hub.repos:
        raise refused(404, "Repository not found", "RepoNotFound")
    return hub.repos[name]


def _create(hub: HubServer, said: dict[str, Any]) -> None:
    name = f"{said['organization']}/{said['name']}"
    assert said["type"] == "dataset"
    url = {"url": f"{hub.url}/datasets/{name}"}
    if name in hub.repos:
        raise Answer(409, url)
    hub.repo(name, private=said.get("visibility") == "private" or said.get("private") is True)
    raise Answer(200, url)


def _validate(content: str) -> None:
    import yaml

    said = yaml.safe_load(content.split("---\n")[1])
    if said["license"] == "other" and "license_name" not in said:
        raise Answer(400, {"errors": [{"message": '"license_name" is required'}], "warnings": []})
    if not all(re.fullmatch(r"[a-z]{2,3}", code) for code in said.get("language", [])):
        raise Answer(400, {"errors": [{"message": '"language" must be an ISO 639 code'}], "warnings": []})
    raise Answer(200, {"errors": [], "warnings": []})


def _batch(hub: HubServer, said: dict[str, Any]) -> None:
    objects = []
    for each in said["objects"]:
        there = each["oid"] in hub.lfs
        upload = {"actions": {"upload": {"href": f"{hub.url}/upload/{each['oid']}"}}}
        objects.append({"oid": each["oid"], "size": each["size"], **({} if there else upload)})
    raise Answer(200, {"objects": objects, "transfer": "basic"})


def _resolve(repo: Repo, revision: str, path: str) -> None:
    number = repo.at(revision)
    if number is None or path not in repo.commits[number]:
        raise refused(404, "Entry not found", "EntryNotFound")
    data = repo.commits[number][path]
    raise Answer(200, data, {"ETag": f'"{blob(data)}"', "X-Repo-Commit": number})


def _dataset(
    hub: HubServer, repo: Repo, name: str, method: str, what: str | None, rest: str, query: Any, body: bytes
) -> None:
    number = repo.at(rest)
    if what == "revision" and number is None:
        raise refused(404, f"Invalid rev id: {rest}", "RevisionNotFound")
    if what in (None, "revision") and method == "GET":
        raise Answer(200, {"id": name, "private": repo.private, "sha": number or repo.at("main"), "tags": []})
    if what == "refs":
        refs = [
            [{"name": n, "ref": f"refs/{kind}/{n}", "targetCommit": c} for n, c in of.items()]
            for kind, of in (("heads", repo.branches), ("tags", repo.tags))
        ]
        raise Answer(200, {"branches": refs[0], "tags": refs[1], "converts": []})
    if what == "settings":
        repo.private = json.loads(body).get("visibility", "private") == "private"
        raise Answer(200, {"private": repo.private})
    if what == "branch":
        repo.branches.setdefault(rest, repo.branches["main"])
        raise Answer(200, {})
    if number is None:
        raise refused(404, "Revision not found", "RevisionNotFound")
    if what == "tree":
        _tree(hub, repo.commits[number], name, rest, int(query.get("cursor", ["0"])[0]))
    if what == "preupload":
        _preupload(repo.commits[number], json.loads(body))
    if what == "tag":
        tag = json.loads(body)["tag"]
        if tag in repo.tags:
            raise refused(409, "Tag reference exists already")
        repo.tags[tag] = number
        raise Answer(200, {})
    if what == "commit":
        _commit(hub, repo, name, rest, number, body)


def _tree(hub: HubServer, tree: dict[str, bytes], name: str, revision: str, start: int) -> None:
    entries = []
    for path, data in sorted(tree.items())[start : start + PAGE]:
        entry: dict[str, Any] = {"type": "file", "path": path, "size": len(data), "oid": blob(data)}
        if len(data) >= LFS_FROM:  # git holds a pointer, so its name for the file is that of the pointer
            sha = hashlib.sha256(data).hexdigest()
            entry |= {"oid": blob(b"pointer " + sha.encode())}
            entry["lfs"] = {"oid": sha, "size": len(data), "pointerSize": 134}
        entries.append(entry)
    more = start + PAGE < len(tree)
    link = f'<{hub.url}/api/datasets/{name}/tree/{revision}?recursive=true&cursor={start + PAGE}>; rel="next"'
    raise Answer(200, entries, {"Link": link} if more else {})


def _preupload(tree: dict[str, bytes], said: dict[str, Any]) -> None:
    files = []
    for each in said["files"]:
        mode = "lfs" if each["size"] >= LFS_FROM else "regular"
        there = tree.get(each["path"])
        oid = None if there is None or mode == "lfs" else blob(there)
        files.append({"path": each["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
    raise Answer(200, {"files": files})


def _commit(hub: HubServer, repo: Repo, name: str, branch: str, head: str, body: bytes) -> None:
    lines = [json.loads(line) for line in body.splitlines()]
    header = lines[0]["value"]
    if header.get("parentCommit", head) != head:
        raise refused(412, "A commit has happened since. Please refresh and try again.")
    tree = dict(repo.commits[head])
    for line in lines[1:]:
        value = line["value"]
        if line["key"] == "file":
            tree[value["path"]] = base64.b64decode(value["content"])
        elif line["key"] == "lfsFile":
            if value["oid"] not in hub.lfs:
                raise refused(400, f"LFS pointer pointed to a file that does not exist: {value['path']}")
            tree[value["path"]] = hub.lfs[value["oid"]]
        elif line["key"] == "deletedFile":
            del tree[value["path"]]
    number = repo.commit(branch, tree, header["summary"])
    url = f"{hub.url}/datasets/{name}/commit/{number}"
    raise Answer(200, {"success": True, "commitOid": number, "commitUrl": url})
