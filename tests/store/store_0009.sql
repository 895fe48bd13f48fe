BEGIN TRANSACTION;
CREATE TABLE account (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	rater_id INTEGER NOT NULL, 
	role TEXT NOT NULL, 
	state TEXT NOT NULL, 
	password TEXT, 
	tags JSON NOT NULL, 
	seen_guideline_id INTEGER, 
	qualified_at FLOAT, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name), 
	FOREIGN KEY(rater_id) REFERENCES rater (id), 
	FOREIGN KEY(seen_guideline_id) REFERENCES guideline (id)
);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0009');
CREATE TABLE belief (
	id INTEGER NOT NULL, 
	pair_id INTEGER NOT NULL, 
	decision TEXT NOT NULL, 
	verdict TEXT, 
	source TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	prob_a FLOAT, 
	both TEXT, 
	basis JSON NOT NULL, 
	prob_tie FLOAT, 
	votes_sum BIGINT NOT NULL, 
	asks TEXT, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id)
);
CREATE TABLE calibration (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	result JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
CREATE TABLE call (
	id INTEGER NOT NULL, 
	work_key BLOB NOT NULL, 
	attempt INTEGER NOT NULL, 
	stage TEXT NOT NULL, 
	model TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	raw TEXT, 
	prompt_tokens INTEGER, 
	completion_tokens INTEGER, 
	cost_usd FLOAT, 
	cost_known BOOLEAN NOT NULL, 
	prompt_bytes INTEGER NOT NULL, 
	seconds FLOAT NOT NULL, 
	tries INTEGER NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (work_key, attempt)
);
CREATE TABLE check_run (
	id INTEGER NOT NULL, 
	result JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE combination (
	id INTEGER NOT NULL, 
	result JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE draw (
	id INTEGER NOT NULL, 
	pair_id INTEGER NOT NULL, 
	frame_id INTEGER NOT NULL, 
	purpose TEXT NOT NULL, 
	chance FLOAT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (frame_id, pair_id, purpose), 
	FOREIGN KEY(pair_id) REFERENCES pair (id), 
	FOREIGN KEY(frame_id) REFERENCES frame (id)
);
CREATE TABLE failure (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	stage TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	message TEXT NOT NULL, 
	prompt_id INTEGER, 
	pair_id INTEGER, 
	rater_id INTEGER, 
	"order" TEXT, 
	slot INTEGER, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id), 
	FOREIGN KEY(prompt_id) REFERENCES prompt (id), 
	FOREIGN KEY(rater_id) REFERENCES rater (id)
);
CREATE TABLE finding (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	check_run_id INTEGER NOT NULL, 
	pair_id INTEGER, 
	"check" TEXT NOT NULL, 
	part TEXT, 
	severity TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	value JSON, 
	remedy TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key"), 
	FOREIGN KEY(check_run_id) REFERENCES check_run (id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id)
);
CREATE TABLE flag (
	id INTEGER NOT NULL, 
	pair_id INTEGER NOT NULL, 
	"check" TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	rater_id INTEGER, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id), 
	FOREIGN KEY(rater_id) REFERENCES rater (id)
);
CREATE TABLE frame (
	id INTEGER NOT NULL, 
	seed INTEGER NOT NULL, 
	about JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE frame_event (
	id INTEGER NOT NULL, 
	frame_id INTEGER NOT NULL, 
	what TEXT NOT NULL, 
	detail JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(frame_id) REFERENCES frame (id)
);
CREATE TABLE frame_pair (
	frame_id INTEGER NOT NULL, 
	pair_id INTEGER NOT NULL, 
	joined BOOLEAN NOT NULL, 
	PRIMARY KEY (frame_id, pair_id), 
	FOREIGN KEY(frame_id) REFERENCES frame (id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id)
);
CREATE TABLE gold (
	id INTEGER NOT NULL, 
	pair_id INTEGER NOT NULL, 
	verdict TEXT NOT NULL, 
	both TEXT, 
	explanation TEXT, 
	use TEXT NOT NULL, 
	made_by INTEGER, 
	withdrawn_at FLOAT, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id), 
	FOREIGN KEY(made_by) REFERENCES account (id)
);
CREATE TABLE guideline (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	text TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
CREATE TABLE invitation (
	id INTEGER NOT NULL, 
	token_hash BLOB NOT NULL, 
	role TEXT NOT NULL, 
	tags JSON NOT NULL, 
	note TEXT, 
	uses_left INTEGER NOT NULL, 
	expires FLOAT NOT NULL, 
	made_by INTEGER, 
	account_id INTEGER, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (token_hash), 
	FOREIGN KEY(made_by) REFERENCES account (id), 
	FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE TABLE lead_action (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	what TEXT NOT NULL, 
	detail JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE TABLE lease (
	id INTEGER NOT NULL, 
	pair_id INTEGER NOT NULL, 
	rater_id INTEGER NOT NULL, 
	until FLOAT NOT NULL, 
	kind TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (pair_id, rater_id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id), 
	FOREIGN KEY(rater_id) REFERENCES rater (id)
);
CREATE TABLE pair (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	prompt_id INTEGER NOT NULL, 
	a_id INTEGER NOT NULL, 
	b_id INTEGER NOT NULL, 
	policy TEXT NOT NULL, 
	external_id TEXT, 
	meta JSON, 
	source TEXT, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(a_id) REFERENCES response (id), 
	FOREIGN KEY(b_id) REFERENCES response (id), 
	FOREIGN KEY(prompt_id) REFERENCES prompt (id), 
	UNIQUE ("key")
);
CREATE TABLE pair_alias (
	id INTEGER NOT NULL, 
	pair_id INTEGER NOT NULL, 
	external_id TEXT NOT NULL, 
	swapped BOOLEAN NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id), 
	UNIQUE (external_id, pair_id, swapped)
);
CREATE TABLE prompt (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	messages JSON NOT NULL, 
	external_id TEXT, 
	meta JSON, 
	source TEXT, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
CREATE TABLE qualification (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	account_id INTEGER NOT NULL, 
	gold_id INTEGER NOT NULL, 
	verdict TEXT NOT NULL, 
	"right" BOOLEAN NOT NULL, 
	seconds FLOAT, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key"), 
	FOREIGN KEY(account_id) REFERENCES account (id), 
	FOREIGN KEY(gold_id) REFERENCES gold (id)
);
CREATE TABLE rater (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	spec JSON NOT NULL, 
	at FLOAT NOT NULL, looks TEXT, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
CREATE TABLE response (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	prompt_id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	model TEXT, 
	params JSON, 
	slot INTEGER, 
	mark TEXT, 
	source TEXT, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(prompt_id) REFERENCES prompt (id), 
	UNIQUE ("key")
);
CREATE TABLE retraction (
	id INTEGER NOT NULL, 
	vote_id INTEGER NOT NULL, 
	by_vote_id INTEGER, 
	reason TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(by_vote_id) REFERENCES vote (id), 
	FOREIGN KEY(vote_id) REFERENCES vote (id), 
	UNIQUE (vote_id)
);
CREATE TABLE sent (
	id INTEGER NOT NULL, 
	pair_id INTEGER NOT NULL, 
	tool TEXT NOT NULL, 
	places INTEGER NOT NULL, 
	until FLOAT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id)
);
CREATE TABLE session (
	id INTEGER NOT NULL, 
	token_hash BLOB NOT NULL, 
	account_id INTEGER NOT NULL, 
	expires FLOAT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (token_hash), 
	FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE TABLE settlement (
	id INTEGER NOT NULL, 
	finding_id INTEGER NOT NULL, 
	action TEXT NOT NULL, 
	because TEXT, 
	"by" TEXT, 
	detail JSON, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(finding_id) REFERENCES finding (id)
);
CREATE TABLE task (
	pair_id INTEGER NOT NULL, 
	rank FLOAT NOT NULL, 
	open INTEGER NOT NULL, 
	tag TEXT, 
	PRIMARY KEY (pair_id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id)
);
CREATE TABLE verification (
	id INTEGER NOT NULL, 
	result JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE vote (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	pair_id INTEGER NOT NULL, 
	rater_id INTEGER NOT NULL, 
	"order" TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	confidence TEXT, 
	prob_a FLOAT, 
	logprobs JSON, 
	strength INTEGER, 
	both TEXT, 
	seconds FLOAT, 
	reason TEXT, 
	raw TEXT, 
	margin FLOAT, 
	guideline_id INTEGER, 
	at FLOAT NOT NULL, purpose TEXT, assist TEXT, ratings JSON, 
	PRIMARY KEY (id), 
	FOREIGN KEY(guideline_id) REFERENCES guideline (id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id), 
	FOREIGN KEY(rater_id) REFERENCES rater (id), 
	UNIQUE ("key")
);
CREATE TABLE withdrawal (
	id INTEGER NOT NULL, 
	what TEXT NOT NULL, 
	row_id INTEGER NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (what, row_id)
);
CREATE INDEX ix_prompt_external_id ON prompt (external_id);
CREATE INDEX response_by_prompt ON response (prompt_id, slot);
CREATE INDEX ix_pair_external_id ON pair (external_id);
CREATE INDEX pair_by_prompt ON pair (prompt_id);
CREATE INDEX belief_by_pair ON belief (pair_id, id);
CREATE INDEX failure_by_pair ON failure (pair_id);
CREATE INDEX failure_by_prompt ON failure (prompt_id);
CREATE INDEX ix_failure_key ON failure ("key");
CREATE INDEX flag_by_pair ON flag (pair_id);
CREATE INDEX vote_by_pair ON vote (pair_id, rater_id);
CREATE INDEX vote_by_rater ON vote (rater_id, id);
CREATE INDEX failure_by_rater ON failure (rater_id);
CREATE INDEX task_by_rank ON task (rank, pair_id);
CREATE INDEX lease_by_rater ON lease (rater_id, until);
CREATE INDEX gold_by_pair ON gold (pair_id);
CREATE INDEX qualification_by_account ON qualification (account_id);
CREATE INDEX sent_by_pair ON sent (pair_id);
CREATE INDEX finding_by_pair ON finding (pair_id);
CREATE INDEX settlement_by_finding ON settlement (finding_id, id);
CREATE INDEX frame_event_by_frame ON frame_event (frame_id, id);
CREATE INDEX ix_rater_looks ON rater (looks);
COMMIT;
