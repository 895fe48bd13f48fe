"""The proxy configurations of docs/annotate.md, word for word but for ports and certificates, run for real.

Debian: apt-get install nginx caddy.
"""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from projects import a_project, add_pairs, rows
from sites import served

from pairwright.stages.people import accounts
from pairwright.stages.route.route import run_route

NAME = "annotate.example.org"
DOCS = (Path(__file__).parents[2] / "docs/annotate.md").read_text(encoding="utf-8")


def documented(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)[1]


def a_free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def nginx(folder: Path, port: int, behind: int) -> list[str]:
    """The command that runs nginx as documented, with a certificate made for this test."""
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN={NAME} -keyout key.pem -out cert.pem".split(),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    server = (
        documented("nginx").replace("listen 443", f"listen 127.0.0.1:{port}").replace(":8400", f":{behind}")
    )
    server = server.replace("/etc/ssl/annotate.pem", "cert.pem").replace("/etc/ssl/annotate.key", "key.pem")
    kept = "".join(
        f"{kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; {'user root;' if os.geteuid() == 0 else ''} pid nginx.pid; error_log error.log;\nevents {{}}\nhttp {{ access_log off; {kept}\n{server}}}\n"
    )
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


def caddy(folder: Path, port: int, behind: int) -> list[str]:
    """The command that runs Caddy as documented, with a certificate of its own instead of a fetched one."""
    site = (
        documented("caddy")
        .replace(NAME + " {", f"{NAME}:{port} {{\n    tls internal")
        .replace(":8400", f":{behind}")
    )
    options = f"{{\n    admin off\n    auto_https disable_redirects\n    skip_install_trust\n    storage file_system {folder}\n}}\n"
    (folder / "Caddyfile").write_text(options + site)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


class Client:
    """A browser's side of HTTPS, as far as it is needed: cookies, an origin, and no trust in certificates."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies, self.csrf = port, {}, ""
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def ask(self, method, path, body=None, **headers):
        there = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=self.context)
        raw = socket.create_connection(("127.0.0.1", self.port), 10)
        there.sock = self.context.wrap_socket(raw, server_hostname=NAME)  # Caddy goes by the name in TLS
        sent = {"Host": f"{NAME}:{self.port}", "Cookie": "; ".join(map("=".join, self.cookies.items()))}
        there.request(
            method, path, body, {**sent, **{name.replace("_", "-"): v for name, v in headers.items()}}
        )
        answer = there.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("set-cookie") or []:
            self.cookies.update([cookie.split(";")[0].split("=", 1)])
            assert "secure" in cookie.lower()
        if found := re.search(r'name="csrf" content="([0-9a-f]+)"', text):
            self.csrf = found[1]
        there.close()
        return answer.status, text

    def form(self, path, **fields):
        kind = "application/x-www-form-urlencoded"
        body = urlencode({"csrf": self.csrf, **fields})
        return self.ask("POST", path, body, Content_Type=kind, Origin=f"https://{NAME}:{self.port}")


@pytest.fixture(params=["nginx", "caddy"])
def proxied(request, tmp_path):
    """(the project, a client of the proxy in front of the real server)."""
    if shutil.which(request.param) is None:
        pytest.skip(f"no {request.param}: apt-get install {request.param}")
    settings = '[annotate]\nsso_header = "x-user"\nsso_leads = ["boss"]\n'
    with a_project(tmp_path, settings=settings) as project:
        add_pairs(project, 3)
        run_route(project)
        with served(project, "127.0.0.1", [NAME]) as (place, _):
            folder = tmp_path / "proxy"
            folder.mkdir()
            port = a_free_port()
            command = {"nginx": nginx, "caddy": caddy}[request.param](folder, port, place.port)
            with (folder / "output").open("w") as output:
                process = subprocess.Popen(
                    command, stdout=output, stderr=output, env={**os.environ, "HOME": str(folder)}
                )
            try:
                yield project, up(Client(port), process, folder)
            finally:
                process.terminate()
                process.wait(10)


def up(client, process, folder):
    """The client, once the proxy answers it."""
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        try:
            if client.ask("GET", "/health")[0] == 200:
                return client
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
    raise AssertionError("".join(each.read_text() for each in folder.glob("*o*") if each.is_file()))


def test_the_documented_proxy_works_and_hides_what_it_should(proxied):
    project, client = proxied
    token = accounts.invite(project, "annotator")
    assert client.ask("GET", f"/join/{token}")[0] == 200
    assert client.form(f"/join/{token}", name="ann")[0] == 303
    client.ask("GET", "/work")
    (task,) = json.loads(client.ask("GET", "/api/work?n=1")[1])["tasks"]
    body = json.dumps({"id": task["id"], "key": uuid4().hex, "choice": "left", "seconds": 1})
    elsewhere = client.ask("POST", "/api/answer", body, X_CSRF=client.csrf, Origin="https://evil.example")
    assert elsewhere[0] == 403
    origin = f"https://{NAME}:{client.port}"
    assert client.ask("POST", "/api/answer", body, X_CSRF=client.csrf, Origin=origin)[0] == 200
    assert len(rows(project, "vote")) == 1

    stranger = Client(client.port)
    assert stranger.ask("GET", "/api/me", X_User="boss")[0] == 401  # the proxy lets no such header through
    stranger.ask("GET", "/signin")
    for n in range(31):  # from one address, whatever they say theirs is
        stranger.form("/signin", name=f"name {n}", password="wrong")
    forged = urlencode({"csrf": stranger.csrf, "name": "last", "password": "wrong"})
    kind = "application/x-www-form-urlencoded"
    assert stranger.ask("POST", "/signin", forged, X_Forwarded_For="203.0.113.9", Content_Type=kind)[0] == 429
