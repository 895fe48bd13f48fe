"""The tables. Everything is appended; nothing is edited.

Rows are numbered (a random primary key would scatter every insert over the file); content
keys stand in unique indexes. Column names are the words of `pairwright.types`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

# SQLite numbers rows itself only for a column declared INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[Any]:
    return Column("id", RowId, primary_key=True)


def _key() -> Column[Any]:
    return Column("key", LargeBinary(16), nullable=False, unique=True)


def _ref(table: str, *, null: bool = False) -> Column[Any]:
    return Column(f"{table}_id", RowId, ForeignKey(f"{table}.id"), nullable=null)


def _at() -> Column[Any]:
    return Column("at", Float, nullable=False)  # seconds since 1970, UTC


prompt = Table(
    "prompt",
    metadata,
    _id(),
    _key(),
    Column("messages", JSON, nullable=False),
    Column("external_id", Text, index=True),
    Column("meta", JSON(none_as_null=True)),
    Column("source", Text),
    _at(),
    Column("tools", JSON(none_as_null=True)),  # on offer to the model, as chat endpoints take them
    Column("template", JSON(none_as_null=True)),  # further arguments of the chat template
)

response = Table(
    "response",
    metadata,
    _id(),
    _key(),
    _ref("prompt"),
    Column("text", Text, nullable=False),
    Column("model", Text),
    Column("params", JSON(none_as_null=True)),
    Column("slot", Integer),  # which of the n draws for its prompt; null for a given response
    Column("mark", Text),
    Column("source", Text),
    _at(),
    # The messages of one that is more than a text: calls, results, reasoning. `text` is them laid out.
    Column("turns", JSON(none_as_null=True)),
    Index("response_by_prompt", "prompt_id", "slot"),
)

pair = Table(
    "pair",
    metadata,
    _id(),
    _key(),
    _ref("prompt"),
    Column("a_id", RowId, ForeignKey("response.id"), nullable=False),
    Column("b_id", RowId, ForeignKey("response.id"), nullable=False),
    Column("policy", Text, nullable=False),  # given, all, random, reference
    Column("external_id", Text, index=True),
    Column("meta", JSON(none_as_null=True)),
    Column("source", Text),
    _at(),
    Index("pair_by_prompt", "prompt_id"),
)

# Further ids under which the same two texts came again; `swapped` where a came as b.
pair_alias = Table(
    "pair_alias",
    metadata,
    _id(),
    _ref("pair"),
    Column("external_id", Text, nullable=False),
    Column("swapped", Boolean, nullable=False),
    _at(),
    UniqueConstraint("external_id", "pair_id", "swapped"),
)

rater = Table(
    "rater",
    metadata,
    _id(),
    _key(),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("spec", JSON, nullable=False),
    _at(),
    Column("looks", Text, index=True),  # of a person: the name without what one may overlook
)

guideline = Table("guideline", metadata, _id(), _key(), Column("text", Text, nullable=False), _at())

vote = Table(
    "vote",
    metadata,
    _id(),
    _key(),
    _ref("pair"),
    _ref("rater"),
    Column("order", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("confidence", Text),
    Column("prob_a", Float),
    Column("logprobs", JSON(none_as_null=True)),
    Column("strength", Integer),
    Column("both", Text),
    Column("seconds", Float),
    Column("reason", Text),
    Column("raw", Text),
    Column("margin", Float),
    _ref("guideline", null=True),
    Column("purpose", Text),  # decision: a lead's word, which overrules; given: came with a dataset
    Column("assist", Text),  # before: the judge's verdict was shown first; revised: changed after seeing it
    Column("ratings", JSON(none_as_null=True)),  # {"a": {criterion: 1-5}, "b": {...}}
    # Of an answer given on the page: the seconds the browser told (`seconds` are no more than the server's
    # own clock allows), and since when the pair was held.
    Column("claimed_seconds", Float),
    Column("offered_at", Float),
    _at(),
    # Of a vote that follows from what its rater said of each response by itself: the two votes on these.
    # (SQLite adds no references to a table that is there.)
    Column("better_id", RowId),
    Column("worse_id", RowId),
    Column("ranking_id", RowId),  # the ranking it follows from
    # Why an annotator chose: reasons the lead defined, [{"side", "turn", "start", "end"}] of what decided.
    Column("reasons", JSON(none_as_null=True)),
    Column("spans", JSON(none_as_null=True)),
    Index("vote_by_pair", "pair_id", "rater_id"),
    Index("vote_by_rater", "rater_id", "id"),
    # A note is rare among people's votes, and a lead reads them all.
    Index(
        "vote_with_reason",
        "rater_id",
        sqlite_where=text("reason IS NOT NULL"),
        postgresql_where=text("reason IS NOT NULL"),
    ),
)

# Several responses to a prompt that a person ranked at once. Each pair of them that was asked of this person
# has a vote that follows from it; where a ranking counts as one answer, it is the vote on `pair_id`
# (store/rankings.py).
ranking = Table(
    "ranking",
    metadata,
    _id(),
    _key(),
    _ref("prompt"),
    _ref("rater"),
    _ref("pair"),
    Column("places", JSON, nullable=False),  # [[response number, place, 1 for the best]], in the order shown
    Column("seconds", Float),  # active time of the whole; its votes share it out
    _at(),
)

# What a rater said of one response by itself: good or bad, or a rating. Taken back by a withdrawal.
response_vote = Table(
    "response_vote",
    metadata,
    _id(),
    _ref("response"),
    _ref("rater"),
    Column("good", Boolean),
    Column("rating", Float),
    Column("reason", Text),
    Column("source", Text),  # file:line
    _at(),
    Index("response_vote_by_response", "response_id", "rater_id"),
    Index("response_vote_by_rater", "rater_id"),
)

# A vote that no longer counts: undone, or replaced by a changed answer.
retraction = Table(
    "retraction",
    metadata,
    _id(),
    Column("vote_id", RowId, ForeignKey("vote.id"), nullable=False, unique=True),
    Column("by_vote_id", RowId, ForeignKey("vote.id")),
    Column("reason", Text, nullable=False),
    _at(),
)

failure = Table(
    "failure",
    metadata,
    _id(),
    Column("key", LargeBinary(16), nullable=False, index=True),  # the work that failed; may fail again
    Column("stage", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("message", Text, nullable=False),
    _ref("prompt", null=True),
    _ref("pair", null=True),
    _ref("rater", null=True),
    Column("order", Text),
    Column("slot", Integer),
    _at(),
    Index("failure_by_pair", "pair_id"),
    Index("failure_by_prompt", "prompt_id"),
    Index("failure_by_rater", "rater_id"),
)

# Every try that an endpoint charged, or may have charged for: an answer in the same transaction as its
# result, one that failed as soon as it had.
call = Table(
    "call",
    metadata,
    _id(),
    Column("work_key", LargeBinary(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("outcome", Text, nullable=False),  # used, unreadable, duplicate, empty, failed
    Column("raw", Text),  # kept here only when no vote or response holds it
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    # Whether the endpoint counted these tokens; else they are the most there can have been.
    Column("counted", Boolean, nullable=False),
    Column("cost_usd", Float),
    Column("cost_known", Boolean, nullable=False),
    Column("prompt_bytes", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("tries", Integer, nullable=False),
    # What the reply itself calls its model, and the set-up behind it.
    Column("served", Text),
    Column("fingerprint", Text),
    # Of the list price: batches cost half.
    Column("price_share", Float, nullable=False, server_default="1"),
    Column("cached_tokens", Integer),  # of the prompt's, read from the endpoint's cache; null: it did not say
    Column("server", Text),  # that made it, where the endpoint has several
    _at(),
    Column("worker_id", RowId),  # which of several processes made it; null: there was one
    UniqueConstraint("work_key", "attempt"),
)

# Processes that pay beside each other, on PostgreSQL. Times are the server's.
worker = Table(
    "worker",
    metadata,
    _id(),
    Column("name", Text, nullable=False),  # machine and process
    Column("task", Text, nullable=False),  # generate, judge NAME, check --fact-check
    Column("held_usd", Float, nullable=False),  # of the budget: what it may spend beyond what is in `call`
    Column("until", Float, nullable=False),  # not heard of by then: it is gone, what it holds is free
    Column("ended_at", Float),
    _at(),
)

# What a worker has in hand: a prompt, or a pair where work is by pair.
claim = Table(
    "claim",
    metadata,
    _id(),
    Column("task", Text, nullable=False),
    Column("item", RowId, nullable=False),
    _ref("worker"),
    UniqueConstraint("task", "item"),
    Index("claim_by_worker", "worker_id"),
)

# Calls that are not made at once but by a provider's batch or by the user's own machines. They stand here
# until their reply has been read, and then in `call`: a queue, of which rows are deleted.
planned_call = Table(
    "planned_call",
    metadata,
    _key(),  # of the work, the attempt and the request: what a reply names
    _id(),
    Column("work_key", LargeBinary(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("path", Text, nullable=False),  # under the endpoint's URL
    Column("body", Text, nullable=False),  # JSON
    Column("worst_usd", Float, nullable=False),  # what it may cost; budgets hold it back
    Column("price_share", Float, nullable=False),
    _ref("batch", null=True),  # the one it was sent in
    Column("tries", Integer, nullable=False),  # that ended without a reply
    Column("status", Integer),  # HTTP status of the reply
    Column("reply", Text),
    _at(),
    Index("planned_by_batch", "batch_id"),
    Index("planned_by_work", "work_key", "attempt"),
)

# Calls sent together. The row is there before anything is uploaded, and `mark` goes with the upload: after
# a crash in between, the provider's list is searched for it before anything is sent again.
batch = Table(
    "batch",
    metadata,
    _id(),
    Column("mark", Text, nullable=False, unique=True),
    Column("via", Text, nullable=False),  # batch: a provider has it; files: the user's own machines have it
    Column("endpoint", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("digest", LargeBinary(16), nullable=False),  # of the file that was or will be uploaded
    Column("calls", Integer, nullable=False),
    Column("remote_id", Text),  # the provider's own name for it; null: not known to be there
    Column("expires_at", Float),
    Column("ended_at", Float),  # all that it came to is in the store
    Column("problem", Text),
    _at(),
)

belief = Table(
    "belief",
    metadata,
    _id(),
    _ref("pair"),
    Column("decision", Text, nullable=False),
    Column("verdict", Text),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("prob_a", Float),
    Column("both", Text),
    Column("basis", JSON, nullable=False),
    Column("prob_tie", Float),
    # The sum of the numbers of the votes it rests on: tells whether they are still the same.
    Column("votes_sum", BigInteger, nullable=False, default=0),
    Column("asks", Text),  # "people" or a judge's name, where the decision is to ask
    _at(),
    Index("belief_by_pair", "pair_id", "id"),
)

# The pairs one certificate is about: those that had no person's label when it was made, and whose
# judges had all been heard. `about` tells where they come from.
frame = Table(
    "frame",
    metadata,
    _id(),
    Column("seed", Integer, nullable=False),
    Column("about", JSON, nullable=False),
    _at(),
)

# `joined`: added later, taken to be of the same stream; never drawn, and audited instead.
frame_pair = Table(
    "frame_pair",
    metadata,
    Column("frame_id", RowId, ForeignKey("frame.id"), primary_key=True, autoincrement=False),
    Column("pair_id", RowId, ForeignKey("pair.id"), primary_key=True, autoincrement=False),
    Column("joined", Boolean, nullable=False),
)

# What became of a frame: an alarm (rung), what a person did about it (restored, retired), pairs that joined.
frame_event = Table(
    "frame_event",
    metadata,
    _id(),
    _ref("frame"),
    Column("what", Text, nullable=False),  # rung, restored, retired, joined
    Column("detail", JSON, nullable=False),
    _at(),
    Index("frame_event_by_frame", "frame_id", "id"),
)

# Pairs drawn by chance from a frame for people to answer, so that what judges are worth can be told:
# `calibration` before anything is accepted, `audit` from what was. Their numbers give the order drawn.
draw = Table(
    "draw",
    metadata,
    _id(),
    _ref("pair"),
    _ref("frame"),
    Column("purpose", Text, nullable=False),  # calibration, audit
    Column("chance", Float, nullable=False),  # with which this pair was drawn
    _at(),
    UniqueConstraint("frame_id", "pair_id", "purpose"),
)

# Every fit of what the votes are worth, with what was certified by it.
calibration = Table("calibration", metadata, _id(), _key(), Column("result", JSON, nullable=False), _at())

# Every fit of how people's answers are combined into one label.
combination = Table("combination", metadata, _id(), Column("result", JSON, nullable=False), _at())

# Every run of the checks.
check_run = Table("check_run", metadata, _id(), Column("result", JSON, nullable=False), _at())

finding = Table(
    "finding",
    metadata,
    _id(),
    _key(),
    _ref("check_run"),
    _ref("pair", null=True),  # null: on the whole set
    Column("check", Text, nullable=False),
    Column("part", Text),
    Column("severity", Text, nullable=False),  # info, warning, error
    Column("reason", Text, nullable=False),
    Column("value", JSON(none_as_null=True)),  # {"seen": ...}: SQLite makes a bare number of JSON text
    Column("remedy", Text, nullable=False),
    _at(),
    Index("finding_by_pair", "pair_id"),
)

# What became of a finding; the newest word counts.
settlement = Table(
    "settlement",
    metadata,
    _id(),
    _ref("finding"),
    # gone, back: by a later run; dismissed, sent, dropped, flipped, softened, asked again, undone
    Column("action", Text, nullable=False),
    Column("because", Text),
    Column("by", Text),
    Column("detail", JSON(none_as_null=True)),
    _at(),
    Index("settlement_by_finding", "finding_id", "id"),
)

verification = Table("verification", metadata, _id(), Column("result", JSON, nullable=False), _at())

# A skip or a flag that a person took back, or a vote on a response that was changed since.
withdrawal = Table(
    "withdrawal",
    metadata,
    _id(),
    Column("what", Text, nullable=False),  # skip: a row of failure; flag; response_vote
    Column("row_id", RowId, nullable=False),
    _at(),
    UniqueConstraint("what", "row_id"),
)

flag = Table(
    "flag",
    metadata,
    _id(),
    _ref("pair"),
    Column("check", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("severity", Text, nullable=False),
    _ref("rater", null=True),
    _at(),
    Index("flag_by_pair", "pair_id"),
)

# The pairs that are open to people: an index of the newest beliefs, kept in the same transaction.
task = Table(
    "task",
    metadata,
    Column("pair_id", RowId, ForeignKey("pair.id"), primary_key=True, autoincrement=False),
    Column("rank", Float, nullable=False),  # smallest first
    Column("open", Integer, nullable=False),  # how many people's answers are still wanted
    Column("tag", Text),  # the skill it takes: `tag` or `domain` of the pair's or the prompt's own row
    Index("task_by_rank", "rank", "pair_id"),
)

# A pair offered to a person, since `at`, holds one of its open places until then; afterwards it says that it
# was offered.
lease = Table(
    "lease",
    metadata,
    _id(),
    _ref("pair"),
    _ref("rater"),
    Column("until", Float, nullable=False),  # 0 once answered, skipped or flagged
    Column("kind", Text, nullable=False),  # work, gold, qualify
    _at(),
    UniqueConstraint("pair_id", "rater_id"),
    Index("lease_by_rater", "rater_id", "until"),
)

account = Table(
    "account",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("rater_id", RowId, ForeignKey("rater.id"), nullable=False),
    Column("role", Text, nullable=False),  # lead, annotator
    Column("state", Text, nullable=False),  # active, paused, removed
    Column("password", Text),  # argon2id
    Column("tags", JSON, nullable=False),
    Column("seen_guideline_id", RowId, ForeignKey("guideline.id")),
    Column("qualified_at", Float),
    _at(),
    Column("daily_limit", Integer),  # answers a day; null: as many as they like
    Column("reserved", JSON(none_as_null=True)),  # skills whose pairs nobody else gets while they may work
    Column("pause_reason", Text),  # what somebody is told whom the rule on gold pairs has paused
    Column("practise_from", Float),  # practice answers before that don't count: they practise again
    Column("checked_from", Float),  # the rule on gold pairs looks at no answer before that
)

invitation = Table(
    "invitation",
    metadata,
    _id(),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("note", Text),
    Column("uses_left", Integer, nullable=False),
    Column("expires", Float, nullable=False),
    Column("made_by", RowId, ForeignKey("account.id")),
    # Whom it signs in, where it is a way back for somebody known; null makes a new account.
    Column("account_id", RowId, ForeignKey("account.id")),
    _at(),
)

session = Table(
    "session",
    metadata,
    _id(),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    _ref("account"),
    Column("expires", Float, nullable=False),
    _at(),
)

# What leads did to accounts, votes and guidelines: who, what, when.
lead_action = Table(
    "lead_action",
    metadata,
    _id(),
    _ref("account"),
    Column("what", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    _at(),
)

# What a lead said to something an annotator left for them; the newest word on each counts.
review = Table(
    "review",
    metadata,
    _id(),
    _ref("pair"),
    Column("what", Text, nullable=False),  # flag, skip, note; pair: a conflict, or sent back by a check
    Column("row_id", RowId, nullable=False),  # of flag, failure, vote, or the pair itself
    Column("action", Text, nullable=False),  # decided, kept out, lifted, seen, reopened
    _ref("account"),
    Column("comment", Text),
    _ref("rater", null=True),  # whom the comment is for
    Column("seen_at", Float),  # when they saw it
    _at(),
    Index("review_by_row", "what", "row_id", "id"),
    Index("review_by_rater", "rater_id", "id"),
)

# Pairs whose answer is known.
gold = Table(
    "gold",
    metadata,
    _id(),
    _ref("pair"),
    Column("verdict", Text, nullable=False),
    Column("both", Text),
    Column("explanation", Text),  # Markdown, shown after a qualification answer
    Column("use", Text, nullable=False),  # qualify, hidden, both
    Column("made_by", RowId, ForeignKey("account.id")),
    Column("withdrawn_at", Float),
    _at(),
    Index("gold_by_pair", "pair_id"),
)

# Answers of the qualification: practice, so they are no votes.
qualification = Table(
    "qualification",
    metadata,
    _id(),
    _key(),
    _ref("account"),
    _ref("gold"),
    Column("verdict", Text, nullable=False),
    Column("right", Boolean, nullable=False),
    Column("seconds", Float),
    _at(),
    Index("qualification_by_account", "account_id"),
)

# Pairs that were sent to another tool: they hold that many places until then, or until answers came back.
sent = Table(
    "sent",
    metadata,
    _id(),
    _ref("pair"),
    Column("tool", Text, nullable=False),
    Column("places", Integer, nullable=False),
    Column("until", Float, nullable=False),
    _at(),
    Index("sent_by_pair", "pair_id"),
)

# What one transaction added to the chain (store/chain.py): a digest of every row, and the seals it follows.
seal = Table(
    "seal",
    metadata,
    _id(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("parents", LargeBinary, nullable=False),  # digests, one after the other
    Column("covers", JSON, nullable=False),  # {"vote": [[first, last], ...]}
    Column("rows", LargeBinary, nullable=False),  # digests of these rows, in this order
    _at(),
)

# A row that was erased, deleted or accepted as it stands, on purpose: the newest word on it counts.
tombstone = Table(
    "tombstone",
    metadata,
    _id(),
    Column("table", Text, nullable=False),
    Column("row_id", RowId, nullable=False),
    Column("digest", LargeBinary(16)),  # of what is left of it; null: nothing is
    Column("because", Text, nullable=False),
    Column("by", Text),
    _at(),
    Index("tombstone_by_row", "table", "row_id"),
)

# One row: what marks in judges' prompts are made of, so that nobody who writes a response can know them.
secret = Table("secret", metadata, _id(), Column("value", LargeBinary(16), nullable=False))

# Every full run of `pairwright doctor`: what was right then.
doctor_run = Table("doctor_run", metadata, _id(), Column("result", JSON, nullable=False), _at())
