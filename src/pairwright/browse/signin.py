"""Who may read the pairs where others can reach the page: with the printed link, or as a lead."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from starlette.requests import Request

from pairwright.annotate.security import cookie_of
from pairwright.stages.people import accounts
from pairwright.stages.people.accounts import new_token
from pairwright.stages.project.project import Project


@dataclass(frozen=True, slots=True)
class Door:
    """The key of this run, and the cookie whoever had it is known by."""

    project: Project
    key: str = field(default_factory=new_token)

    @property
    def cookie(self) -> str:
        return f"{cookie_of(self.project.store.name)}-browse"

    @property
    def pass_token(self) -> str:
        return hmac.new(self.key.encode(), b"browse", hashlib.sha256).hexdigest()

    def opens(self, key: str) -> bool:
        return hmac.compare_digest(key.encode(), self.key.encode())

    def lets_in(self, request: Request) -> bool:
        """By the link, or as a lead who is signed in on the annotation page of the same host."""
        if hmac.compare_digest(request.cookies.get(self.cookie, "").encode(), self.pass_token.encode()):
            return True
        session = request.cookies.get(cookie_of(self.project.store.name), "")
        account = accounts.account_of(self.project, session) if session else None
        if account is None or account.role != "lead" or account.state != "active":
            return False
        return not self.project.settings.annotate.sso_header or accounts.is_named_lead(
            self.project, account.name
        )
