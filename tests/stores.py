"""Stores for tests, built in a few readable lines.

    store = (
        a_store(tmp_path)
        .pair("Is it blue?", "Yes, it is.", "No.", belief="A", by="people")
        .pair("Is it green?", "Yes.", "No, it is not.", belief="ask")
    ).store

Prompts and responses named twice are the same rows. `.ids` names the rows of
the last `pair` for what needs them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Table, insert, select

from pairwright.keys import content_key
from pairwright.store import schema
from pairwright.store.store import Store
from pairwright.types import Prompt, prompt_key

Messages = list[dict[str, str]]

# What `belief=` may say -> (decision, verdict, both)
BELIEFS: Mapping[str, tuple[str, str | None, str | None]] = {
    "A": ("accept", "A", None),
    "B": ("accept", "B", None),
    "TIE": ("accept", "TIE", None),
    "both good": ("accept", "TIE", "good"),
    "both bad": ("accept", "TIE", "bad"),
    "ask": ("ask", None, None),
    "drop": ("drop", None, None),
}


def a_store(folder: Path, name: str = "pairwright.db", *, url: str | None = None) -> StoreBuilder:
    """An empty store in `folder` (or at `url`), ready to be filled."""
    return StoreBuilder(Store.open(url or str(folder / name), create=True))


def chat(*turns: str, system: str | None = None) -> Messages:
    """Messages from turns: user, assistant, user, ..."""
    head = [{"role": "system", "content": system}] if system is not None else []
    roles = ("user", "assistant")
    return head + [{"role": roles[i % 2], "content": turn} for i, turn in enumerate(turns)]


class StoreBuilder:
    """Adds rows straight to the tables; each call is one transaction and gives the builder back."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ids: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.store.close()

    def prompt(self, prompt: str | Messages, *, external_id: str | None = None, **columns: Any) -> Self:
        with self.store.write() as connection:
            self.ids["prompt"] = _prompt(connection, prompt, external_id=external_id, **columns)
        return self

    def response(
        self, prompt: str | Messages, text: str, *, model: str | None = None, **columns: Any
    ) -> Self:
        with self.store.write() as connection:
            self.ids["prompt"] = _prompt(connection, prompt)
            self.ids["response"] = _response(connection, self.ids["prompt"], text, model, **columns)
        return self

    def pair(
        self,
        prompt: str | Messages,
        a: str,
        b: str,
        *,
        belief: str | None = None,
        by: str = "judge",
        prob_a: float | None = None,
        prob_tie: float | None = None,
        flag: str | None = None,
        models: tuple[str | None, str | None] = (None, None),
        external_id: str | None = None,
        prompt_external_id: str | None = None,
        votes: Iterable[tuple[str, str]] = (),
    ) -> Self:
        """A pair, its prompt and responses and, if told, a belief, an error flag, votes (rater, verdict)."""
        with self.store.write() as connection:
            prompt_id = _prompt(connection, prompt, external_id=prompt_external_id)
            a_id = _response(connection, prompt_id, a, models[0])
            b_id = _response(connection, prompt_id, b, models[1])
            pair_id = _pair(connection, prompt_id, a_id, b_id, external_id=external_id)
        self.ids |= {"prompt": prompt_id, "a": a_id, "b": b_id, "pair": pair_id}
        if belief is not None:
            self.belief(belief, by=by, prob_a=prob_a, prob_tie=prob_tie)
        if flag is not None:
            self.flag(flag)
        for rater, verdict in votes:
            self.vote(rater, verdict)
        return self

    def belief(
        self,
        belief: str,
        *,
        by: str = "judge",
        prob_a: float | None = None,
        prob_tie: float | None = None,
        reason: str = "",
    ) -> Self:
        """A newer belief on the last pair."""
        decision, verdict, both = BELIEFS[belief]
        row = {"decision": decision, "verdict": verdict, "both": both, "prob_a": prob_a, "basis": {}}
        row["prob_tie"] = prob_tie
        return self._of_pair(schema.belief, source=by, reason=reason or f"test: {belief}", **row)

    def flag(self, check: str, *, reason: str = "test", severity: str = "error") -> Self:
        """A finding on the last pair."""
        return self._of_pair(schema.flag, check=check, reason=reason, severity=severity)

    def rater(self, name: str, kind: str = "judge", **spec: Any) -> Self:
        with self.store.write() as connection:
            self.ids["rater"] = _rater(connection, name, kind, spec)
        return self

    def vote(
        self,
        rater: str,
        verdict: str,
        *,
        order: str = "AB",
        kind: str = "judge",
        given: bool = False,
        **columns: Any,
    ) -> Self:
        """A vote on the last pair, by a rater added if new.

        People's ratings are of `annotate`, under guidelines, unless they were `given` with a dataset.
        """
        with self.store.write() as connection:
            rater_id = _rater(connection, rater, kind, {})
            if kind == "person" and "ratings" in columns and not given:
                columns["guideline_id"] = _once(connection, schema.guideline, b"0" * 16, text="guidelines")
            key = content_key("vote", self.ids["pair"], rater_id, order, time.time_ns())
            row = {"key": key, "pair_id": self.ids["pair"], "rater_id": rater_id, "order": order}
            self.ids["vote"] = _add(connection, schema.vote, verdict=verdict, **row, **columns)
        return self

    def failure(self, rater: str, *, stage: str = "judge", kind: str = "unreadable", **columns: Any) -> Self:
        """A failed vote on the last pair."""
        with self.store.write() as connection:
            rater_id = _rater(connection, rater, "judge", {})
            key = content_key("failure", self.ids["pair"], rater_id)
            row = {"key": key, "pair_id": self.ids["pair"], "rater_id": rater_id, "message": "test"}
            _add(connection, schema.failure, stage=stage, kind=kind, **(row | columns))
        return self

    def many(self, pairs: Iterable[tuple[str, str, str, str]], *, by: str = "judge") -> Self:
        """Many (prompt, a, b, belief) quickly, into an empty store; each pair has a prompt of its own."""
        now = time.time()
        rows: dict[Table, list[dict[str, Any]]] = {
            table: [] for table in (schema.prompt, schema.response, schema.pair, schema.belief)
        }
        for n, (text, a, b, belief) in enumerate(pairs, 1):
            decision, verdict, both = BELIEFS[belief]
            key = n.to_bytes(8)
            messages = [{"role": "user", "content": text}]
            rows[schema.prompt].append({"id": n, "key": b"promptno" + key, "messages": messages, "at": now})
            for number, said in ((2 * n - 1, a), (2 * n, b)):
                row = {"id": number, "key": b"response" + number.to_bytes(8), "prompt_id": n, "text": said}
                rows[schema.response].append({**row, "at": now})
            ends = {"prompt_id": n, "a_id": 2 * n - 1, "b_id": 2 * n, "policy": "given"}
            rows[schema.pair].append({"id": n, "key": b"pairpair" + key, **ends, "at": now})
            held = {"decision": decision, "verdict": verdict, "both": both, "source": by, "reason": "test"}
            rows[schema.belief].append({"pair_id": n, **held, "basis": {}, "at": now})
            if n % 5_000 == 0:
                self._insert(rows)
        self._insert(rows)
        return self

    def _insert(self, rows: dict[Table, list[dict[str, Any]]]) -> None:
        with self.store.write() as connection:
            for table, values in rows.items():
                if values:
                    connection.execute(insert(table), values)
                values.clear()

    def _of_pair(self, table: Table, **columns: Any) -> Self:
        with self.store.write() as connection:
            self.ids[table.name] = _add(connection, table, pair_id=self.ids["pair"], **columns)
        return self


def _add(connection: Connection, table: Table, **columns: Any) -> int:
    done = connection.execute(insert(table).values(**columns, at=time.time()))
    assert done.inserted_primary_key is not None
    return int(done.inserted_primary_key[0])


def _once(connection: Connection, table: Table, key: bytes, **columns: Any) -> int:
    found = connection.execute(select(table.c.id).where(table.c.key == key)).scalar()
    return int(found) if found is not None else _add(connection, table, key=key, **columns)


def _prompt(connection: Connection, prompt: str | Messages, **columns: Any) -> int:
    messages = Prompt.of(prompt).as_dicts() if isinstance(prompt, str) else prompt
    return _once(connection, schema.prompt, prompt_key(messages), messages=messages, **columns)


def _response(
    connection: Connection, prompt_id: int, text: str, model: str | None = None, **columns: Any
) -> int:
    key = content_key("response", prompt_id, text, model)
    return _once(connection, schema.response, key, prompt_id=prompt_id, text=text, model=model, **columns)


def _pair(connection: Connection, prompt_id: int, a_id: int, b_id: int, **columns: Any) -> int:
    key = content_key("pair", prompt_id, a_id, b_id)
    ends = {"prompt_id": prompt_id, "a_id": a_id, "b_id": b_id}
    return _once(connection, schema.pair, key, policy="given", **ends, **columns)


def _rater(connection: Connection, name: str, kind: str, spec: dict[str, Any]) -> int:
    key = content_key("rater", kind, name, spec)
    return _once(connection, schema.rater, key, kind=kind, name=name, spec=spec)
