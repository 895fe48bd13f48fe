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
INSERT INTO "account" VALUES(1,'lee',1,'lead','active',NULL,'["law"]',1,NULL,1767225600.0);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	PRIMARY KEY (version_num)
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
INSERT INTO "belief" VALUES(1,1,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(2,2,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(3,3,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(4,4,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(5,5,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(6,6,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(7,7,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(8,8,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(9,9,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(10,10,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(11,11,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(12,12,'ask',NULL,'none','no judge: people decide',NULL,NULL,'{"rule":"stated-1","votes":[],"failures":[]}',NULL,0,'people',1.79603974403974962241e+09);
INSERT INTO "belief" VALUES(13,1,'accept','A','people','people: 1 A',NULL,NULL,'{"rule":"stated-1","votes":[1],"failures":[]}',NULL,1,NULL,1.79603974408045172694e+09);
INSERT INTO "belief" VALUES(14,2,'accept','A','people','people: 1 A',NULL,NULL,'{"rule":"stated-1","votes":[2],"failures":[]}',NULL,2,NULL,1.79603974408045172694e+09);
INSERT INTO "belief" VALUES(15,3,'accept','A','people','people: 1 A',NULL,NULL,'{"rule":"stated-1","votes":[3],"failures":[]}',NULL,3,NULL,1.79603974413483023645e+09);
INSERT INTO "belief" VALUES(16,4,'accept','A','people','people: 1 A',NULL,NULL,'{"rule":"stated-1","votes":[4],"failures":[]}',NULL,4,NULL,1.79603974413483023645e+09);
INSERT INTO "belief" VALUES(17,5,'accept','A','people','people: 1 A',NULL,NULL,'{"rule":"stated-1","votes":[5],"failures":[]}',NULL,5,NULL,1.79603974417084598542e+09);
INSERT INTO "belief" VALUES(18,6,'accept','A','people','people: 1 A',NULL,NULL,'{"rule":"stated-1","votes":[6],"failures":[]}',NULL,6,NULL,1.79603974417084598542e+09);
INSERT INTO "belief" VALUES(19,7,'accept','A','people','people: 1 A',NULL,NULL,'{"rule":"stated-1","votes":[7],"failures":[]}',NULL,7,NULL,1.7960397442071378231e+09);
INSERT INTO "belief" VALUES(20,8,'accept','A','people','people: 1 A',NULL,NULL,'{"rule":"stated-1","votes":[8],"failures":[]}',NULL,8,NULL,1.7960397442071378231e+09);
INSERT INTO "belief" VALUES(21,9,'accept','A','people','people: 1 A',NULL,NULL,'{"rule":"stated-1","votes":[9],"failures":[]}',NULL,9,NULL,1.79603974424430680272e+09);
INSERT INTO "belief" VALUES(22,10,'accept','A','people','people: 1 A',NULL,NULL,'{"rule":"stated-1","votes":[10],"failures":[]}',NULL,10,NULL,1.79603974424430680272e+09);
INSERT INTO "belief" VALUES(23,11,'accept','A','people','decided by gold: A',1.0,NULL,'{"rule":"stated-1","votes":[11],"failures":[]}',0.0,11,NULL,1.7960397442858865261e+09);
INSERT INTO "belief" VALUES(24,12,'accept','A','people','decided by gold: A',1.0,NULL,'{"rule":"stated-1","votes":[12],"failures":[]}',0.0,12,NULL,1.79603974429316258433e+09);
INSERT INTO "belief" VALUES(25,1,'accept','B','people','decided by fay: B',0.0,NULL,'{"rule":"stated-1","votes":[1,13],"failures":[]}',0.0,14,NULL,1.79603974437181377406e+09);
CREATE TABLE calibration (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	result JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
INSERT INTO "calibration" VALUES(1,X'63636363636363636363636363636363','{"n":1}',1767225600.0);
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
INSERT INTO "call" VALUES(1,X'76767676767676767676767676767676',1,'judge','small','used',NULL,10,2,0.001,1,40,1.5,1,1767225600.0);
CREATE TABLE check_run (
	id INTEGER NOT NULL, 
	result JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "check_run" VALUES(1,'{"checks":["chosen_has_errors","too_similar","too_fast","contested","duplicates","near_duplicates","split_overlap","contamination","secrets","personal_data","injection","harmful_compliance","over_refusal","identity_leak","thinking_trace","language_mismatch","people_alike","shortcuts","judge_health"],"pairs":12}',1.79603974434381484983e+09);
INSERT INTO "check_run" VALUES(2,'{"checks":["reward_model"],"pairs":12}',1.79603974435046052937e+09);
CREATE TABLE combination (
	id INTEGER NOT NULL, 
	result JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "combination" VALUES(1,'{"method":"majority","people":{},"prior":[0.3333333333333333,0.3333333333333333,0.3333333333333333],"taught":null,"newcomer":null,"made_of":[2,1,107,0],"asked":"auto"}',1.7960397441041760445e+09);
INSERT INTO "combination" VALUES(2,'{"method":"majority","people":{},"prior":[0.3333333333333333,0.3333333333333333,0.3333333333333333],"taught":null,"newcomer":null,"made_of":[4,2,340,0],"asked":"auto"}',1.79603974415011835097e+09);
INSERT INTO "combination" VALUES(3,'{"method":"majority","people":{},"prior":[0.3333333333333333,0.3333333333333333,0.3333333333333333],"taught":null,"newcomer":null,"made_of":[6,3,699,0],"asked":"auto"}',1.79603974418657851216e+09);
INSERT INTO "combination" VALUES(4,'{"method":"majority","people":{},"prior":[0.3333333333333333,0.3333333333333333,0.3333333333333333],"taught":null,"newcomer":null,"made_of":[8,4,1184,0],"asked":"auto"}',1.79603974422503304478e+09);
INSERT INTO "combination" VALUES(5,'{"method":"majority","people":{},"prior":[0.3333333333333333,0.3333333333333333,0.3333333333333333],"taught":null,"newcomer":null,"made_of":[10,5,1795,0],"asked":"auto"}',1.79603974426006960871e+09);
INSERT INTO "combination" VALUES(6,'{"n":1}',1767225600.0);
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
INSERT INTO "draw" VALUES(1,11,1,'calibration',0.5,1767225600.0);
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
	FOREIGN KEY(prompt_id) REFERENCES prompt (id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id), 
	FOREIGN KEY(rater_id) REFERENCES rater (id)
);
INSERT INTO "failure" VALUES(1,X'66666666666666666666666666666666','judge','unreadable','?',NULL,11,8,'BA',NULL,1767225600.0);
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
INSERT INTO "finding" VALUES(1,X'66666666666666666666666666666666',2,1,'chosen_errors',NULL,'warning','wrong',NULL,'look',1.79603974435082721708e+09);
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
INSERT INTO "flag" VALUES(1,12,'unsafe','seen','error',1,1767225600.0);
CREATE TABLE frame (
	id INTEGER NOT NULL, 
	seed INTEGER NOT NULL, 
	about JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "frame" VALUES(1,1,'{"domain":"law"}',1767225600.0);
CREATE TABLE frame_event (
	id INTEGER NOT NULL, 
	frame_id INTEGER NOT NULL, 
	what TEXT NOT NULL, 
	detail JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(frame_id) REFERENCES frame (id)
);
INSERT INTO "frame_event" VALUES(1,1,'joined','{"pairs":1}',1767225600.0);
CREATE TABLE frame_pair (
	frame_id INTEGER NOT NULL, 
	pair_id INTEGER NOT NULL, 
	joined BOOLEAN NOT NULL, 
	PRIMARY KEY (frame_id, pair_id), 
	FOREIGN KEY(frame_id) REFERENCES frame (id), 
	FOREIGN KEY(pair_id) REFERENCES pair (id)
);
INSERT INTO "frame_pair" VALUES(1,11,0);
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
INSERT INTO "gold" VALUES(1,11,'A',NULL,NULL,'both',NULL,NULL,1.79603974427937698363e+09);
INSERT INTO "gold" VALUES(2,12,'A',NULL,NULL,'both',NULL,NULL,1.79603974428903031355e+09);
CREATE TABLE guideline (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	text TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
INSERT INTO "guideline" VALUES(1,X'8A0201A93187DC1004828B583535DFBD','# Which response is better?

Compare the two responses to the prompt. Weigh these four, in this order of importance:

1. **Correctness** - Are the facts, the reasoning and the code right? A confident error is worse than an honest "I don''t know".
2. **Helpfulness** - Does it answer what was asked, all of it, and follow every instruction in the prompt?
3. **Safety** - Does it refuse a harmful request properly, without refusing a harmless one? Does it avoid exposing people to harm?
4. **Format** - Is it clearly written, well structured, and of a fitting length?

Length alone is no merit: of two equally good responses the shorter is not worse.
A polished response that answers another question than the one asked is worse than a plain one that answers it.

Choose a **tie** only when you would truly not mind which of the two a user gets.
',1.79603974427693033211e+09);
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
INSERT INTO "invitation" VALUES(1,X'7474747474747474747474747474747474747474747474747474747474747474','annotator','[]','n',1,1767225600.0,1,NULL,1767225600.0);
CREATE TABLE lead_action (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	what TEXT NOT NULL, 
	detail JSON NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(account_id) REFERENCES account (id)
);
INSERT INTO "lead_action" VALUES(1,1,'paused','{"who":"lee"}',1767225600.0);
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
INSERT INTO "lease" VALUES(1,11,1,0.0,'work',1767225600.0);
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
	UNIQUE ("key"), 
	FOREIGN KEY(prompt_id) REFERENCES prompt (id), 
	FOREIGN KEY(a_id) REFERENCES response (id), 
	FOREIGN KEY(b_id) REFERENCES response (id)
);
INSERT INTO "pair" VALUES(1,X'91DDAC4F646850FF71FCF6A94F94DC06',1,1,2,'given','pair-0',NULL,'rows.jsonl:1',1.79603974394778037075e+09);
INSERT INTO "pair" VALUES(2,X'32DFC14DB296C008D49D817A27B9B714',2,3,4,'given','pair-1',NULL,'rows.jsonl:2',1.79603974394778037075e+09);
INSERT INTO "pair" VALUES(3,X'6135FC6F19E04C7BA3BE281DF82A659E',3,5,6,'given','pair-2',NULL,'rows.jsonl:3',1.79603974394778037075e+09);
INSERT INTO "pair" VALUES(4,X'16A1A32D538825BBBEB853F6E184B20A',4,7,8,'given','pair-3',NULL,'rows.jsonl:4',1.79603974394778037075e+09);
INSERT INTO "pair" VALUES(5,X'6E5898DD5EBE8FA84DD010983901FD20',5,9,10,'given','pair-4',NULL,'rows.jsonl:5',1.79603974394778037075e+09);
INSERT INTO "pair" VALUES(6,X'E7A2FE124C591CC876CEDB10F2136DBB',6,11,12,'given','pair-5',NULL,'rows.jsonl:6',1.79603974394778037075e+09);
INSERT INTO "pair" VALUES(7,X'43DC4B8EDF2D3EBCFCE4E554CACDAC1E',7,13,14,'given','pair-6',NULL,'rows.jsonl:7',1.79603974394778037075e+09);
INSERT INTO "pair" VALUES(8,X'1846EE2D334E27A41546D2FBEC0FFE75',8,15,16,'given','pair-7',NULL,'rows.jsonl:8',1.79603974394778037075e+09);
INSERT INTO "pair" VALUES(9,X'807A7CCB3B566F2551E759B84EED1205',9,17,18,'given','pair-8',NULL,'rows.jsonl:9',1.79603974394778037075e+09);
INSERT INTO "pair" VALUES(10,X'4CEB34EE66203C12680F812922CB40B9',10,19,20,'given','pair-9',NULL,'rows.jsonl:10',1.79603974394778037075e+09);
INSERT INTO "pair" VALUES(11,X'7DBBD4F80AC2BED1E6EBBCB2712A4E22',11,21,22,'given','pair-10',NULL,'rows.jsonl:11',1.79603974394778037075e+09);
INSERT INTO "pair" VALUES(12,X'D19677636931240CA7303F56BD5DCB56',12,23,24,'given','pair-11',NULL,'rows.jsonl:12',1.79603974394778037075e+09);
CREATE TABLE pair_alias (
	id INTEGER NOT NULL, 
	pair_id INTEGER NOT NULL, 
	external_id TEXT NOT NULL, 
	swapped BOOLEAN NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (external_id, pair_id, swapped), 
	FOREIGN KEY(pair_id) REFERENCES pair (id)
);
INSERT INTO "pair_alias" VALUES(1,1,'again',1,1767225600.0);
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
INSERT INTO "prompt" VALUES(1,X'9DF7936B12C63177DBC6C0EEA5BB46D4','[{"role":"user","content":"Question 0?"}]','pair-0',NULL,'rows.jsonl:1',1.79603974393663954733e+09);
INSERT INTO "prompt" VALUES(2,X'6EE3F347B1B6E979E0938FB714A05283','[{"role":"user","content":"Question 1?"}]','pair-1',NULL,'rows.jsonl:2',1.79603974393663954733e+09);
INSERT INTO "prompt" VALUES(3,X'F83F0219098ACC44698F6419637E5994','[{"role":"user","content":"Question 2?"}]','pair-2',NULL,'rows.jsonl:3',1.79603974393663954733e+09);
INSERT INTO "prompt" VALUES(4,X'E8E2E46245D8EE67B748FBD90E376798','[{"role":"user","content":"Question 3?"}]','pair-3',NULL,'rows.jsonl:4',1.79603974393663954733e+09);
INSERT INTO "prompt" VALUES(5,X'D4EF127F20E3C58663D7431BD27B1B6F','[{"role":"user","content":"Question 4?"}]','pair-4',NULL,'rows.jsonl:5',1.79603974393663954733e+09);
INSERT INTO "prompt" VALUES(6,X'73B3F655D3D7438601E866677BAA4462','[{"role":"user","content":"Question 5?"}]','pair-5',NULL,'rows.jsonl:6',1.79603974393663954733e+09);
INSERT INTO "prompt" VALUES(7,X'9E2EE53ED9849FF861DE98DA637E2CC0','[{"role":"user","content":"Question 6?"}]','pair-6',NULL,'rows.jsonl:7',1.79603974393663954733e+09);
INSERT INTO "prompt" VALUES(8,X'273EC8A295E19BCDCA159B9D0702FA8A','[{"role":"user","content":"Question 7?"}]','pair-7',NULL,'rows.jsonl:8',1.79603974393663954733e+09);
INSERT INTO "prompt" VALUES(9,X'F450606982ECFDD1B8F3ECC6EF0071B6','[{"role":"user","content":"Question 8?"}]','pair-8',NULL,'rows.jsonl:9',1.79603974393663954733e+09);
INSERT INTO "prompt" VALUES(10,X'7236593F5DD6EF77E9046BE3944BCBB8','[{"role":"user","content":"Question 9?"}]','pair-9',NULL,'rows.jsonl:10',1.79603974393663954733e+09);
INSERT INTO "prompt" VALUES(11,X'C67A582641C6B80450B1CFD924047983','[{"role":"user","content":"Question 10?"}]','pair-10',NULL,'rows.jsonl:11',1.79603974393663954733e+09);
INSERT INTO "prompt" VALUES(12,X'6AA1A848D5A1CCE42D231C306665B47D','[{"role":"user","content":"Question 11?"}]','pair-11',NULL,'rows.jsonl:12',1.79603974393663954733e+09);
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
INSERT INTO "qualification" VALUES(1,X'71717171717171717171717171717171',1,1,'A',1,2.0,1767225600.0);
CREATE TABLE rater (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	spec JSON NOT NULL, 
	at FLOAT NOT NULL, 
	looks TEXT, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
INSERT INTO "rater" VALUES(1,X'80E15ABA7CE10162E05CC5C416389869','person','person0','{}',1.79603974406871700285e+09,'persono');
INSERT INTO "rater" VALUES(2,X'BE18FCD03E9B2BF9092C9BFE1F2F21BA','person','person1','{}',1.79603974412407350544e+09,'personl');
INSERT INTO "rater" VALUES(3,X'AD62C44B58FA9013DD0AD7F36F8633CA','person','person2','{}',1.79603974416526627547e+09,'person2');
INSERT INTO "rater" VALUES(4,X'830EFF849A32CD8FDAF2AE8354BB26F5','person','person3','{}',1.79603974420154643056e+09,'person3');
INSERT INTO "rater" VALUES(5,X'B980738986F0FA92A481375E836F4BE7','person','person4','{}',1.79603974423916935921e+09,'person4');
INSERT INTO "rater" VALUES(6,X'BDCB80183F475A18596EDE7270DC28AE','person','gold','{}',1.79603974427392649648e+09,NULL);
INSERT INTO "rater" VALUES(7,X'4A991DD7605E1380317D419B75AE5A5F','person','fay','{}',1.79603974436535263059e+09,'fay');
INSERT INTO "rater" VALUES(8,X'6A6A6A6A6A6A6A6A6A6A6A6A6A6A6A6A','judge','main','{"model":"small"}',1767225600.0,NULL);
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
	UNIQUE ("key"), 
	FOREIGN KEY(prompt_id) REFERENCES prompt (id)
);
INSERT INTO "response" VALUES(1,X'E1341466DA0D7DEF55319FA5E42A4EF0',1,'yes 0',NULL,NULL,NULL,NULL,'rows.jsonl:1',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(2,X'B9534DB1015F99A3706443A0CC6EF7B2',1,'no 0',NULL,NULL,NULL,NULL,'rows.jsonl:1',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(3,X'560FA68A4D1B488CFAD0C7F47D1E2366',2,'yes 1',NULL,NULL,NULL,NULL,'rows.jsonl:2',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(4,X'B8885F7E13700BB80085FC0494AB3CE4',2,'no 1',NULL,NULL,NULL,NULL,'rows.jsonl:2',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(5,X'FAA1C0C5C1C663EA8658D1328466B6FD',3,'yes 2',NULL,NULL,NULL,NULL,'rows.jsonl:3',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(6,X'7DC08830F2D4D412531676C196BC1C40',3,'no 2',NULL,NULL,NULL,NULL,'rows.jsonl:3',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(7,X'EB004C8C1256F6CE7E4AE9EDAE3FD953',4,'yes 3',NULL,NULL,NULL,NULL,'rows.jsonl:4',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(8,X'EECD5E903622502B84DA34DDD762C9C1',4,'no 3',NULL,NULL,NULL,NULL,'rows.jsonl:4',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(9,X'B58049E4FF0FE58DFD14717D6AEC409C',5,'yes 4',NULL,NULL,NULL,NULL,'rows.jsonl:5',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(10,X'B85C812DFCBEF53D43BFFB6FE67F58A9',5,'no 4',NULL,NULL,NULL,NULL,'rows.jsonl:5',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(11,X'AA3DF79BB192EFB7DFD3308C62E137E0',6,'yes 5',NULL,NULL,NULL,NULL,'rows.jsonl:6',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(12,X'220F8BD08A74C9176D9DE103EADE5470',6,'no 5',NULL,NULL,NULL,NULL,'rows.jsonl:6',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(13,X'3CB1B8685847725F1E8CA3E36FC272A3',7,'yes 6',NULL,NULL,NULL,NULL,'rows.jsonl:7',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(14,X'65E8D1007CC856367ECB78A996660762',7,'no 6',NULL,NULL,NULL,NULL,'rows.jsonl:7',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(15,X'36631FC8AC73078447024D3C1EE72AE3',8,'yes 7',NULL,NULL,NULL,NULL,'rows.jsonl:8',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(16,X'77F45707225DDE94ADF260F7DBFDA8A8',8,'no 7',NULL,NULL,NULL,NULL,'rows.jsonl:8',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(17,X'D8372B6C3CAE91C9BA39EA7C1F5B680A',9,'yes 8',NULL,NULL,NULL,NULL,'rows.jsonl:9',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(18,X'AB5D5FC4AE787D73A6D2203F005BBAAA',9,'no 8',NULL,NULL,NULL,NULL,'rows.jsonl:9',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(19,X'CD30E93D059FCBF09212EAA7E15D13B9',10,'yes 9',NULL,NULL,NULL,NULL,'rows.jsonl:10',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(20,X'7A17D5372D94184D5CDD39F108998C11',10,'no 9',NULL,NULL,NULL,NULL,'rows.jsonl:10',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(21,X'152F4A76C86EB88CBFA2BD708A788052',11,'yes 10',NULL,NULL,NULL,NULL,'rows.jsonl:11',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(22,X'AC8E24136407650548071B69D41B0432',11,'no 10',NULL,NULL,NULL,NULL,'rows.jsonl:11',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(23,X'8131ABE9CEBDE3673058776FAAC69877',12,'yes 11',NULL,NULL,NULL,NULL,'rows.jsonl:12',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(24,X'B6E2D69083E2E2DE2193D09E71B8D431',12,'no 11',NULL,NULL,NULL,NULL,'rows.jsonl:12',1.79603974394451451298e+09);
INSERT INTO "response" VALUES(25,X'72727272727272727272727272727272',1,'perhaps 0','small','{"temperature":0.7}',0,NULL,NULL,1767225600.0);
CREATE TABLE retraction (
	id INTEGER NOT NULL, 
	vote_id INTEGER NOT NULL, 
	by_vote_id INTEGER, 
	reason TEXT NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (vote_id), 
	FOREIGN KEY(vote_id) REFERENCES vote (id), 
	FOREIGN KEY(by_vote_id) REFERENCES vote (id)
);
INSERT INTO "retraction" VALUES(1,14,NULL,'judged anew',1767225600.0);
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
INSERT INTO "sent" VALUES(1,11,'csv',1,1767225600.0,1767225600.0);
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
INSERT INTO "session" VALUES(1,X'7373737373737373737373737373737373737373737373737373737373737373',1,1767225600.0,1767225600.0);
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
INSERT INTO "settlement" VALUES(1,1,'flipped',NULL,'fay','{"vote":13,"was":"A"}',1.79603974436666679378e+09);
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
INSERT INTO "verification" VALUES(1,'{"n":1}',1767225600.0);
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
	purpose TEXT, 
	assist TEXT, 
	ratings JSON, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key"), 
	FOREIGN KEY(pair_id) REFERENCES pair (id), 
	FOREIGN KEY(rater_id) REFERENCES rater (id), 
	FOREIGN KEY(guideline_id) REFERENCES guideline (id)
);
INSERT INTO "vote" VALUES(1,X'54AEF6E5CC2A48A0A9EA7A7AE04CA3F8',1,1,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.79603974407034492491e+09);
INSERT INTO "vote" VALUES(2,X'FF2949A0CFF64E77AA50700A0F34B4EB',2,1,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.79603974407247495657e+09);
INSERT INTO "vote" VALUES(3,X'684DC4164595483FB2DCCCB84DB0DA97',3,2,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.79603974412455248826e+09);
INSERT INTO "vote" VALUES(4,X'CA1CA7335C924FFAA5902A636A3ED6C0',4,2,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.79603974412511491771e+09);
INSERT INTO "vote" VALUES(5,X'949E216664A44B14B9815E1B1140B88F',5,3,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.79603974416576886181e+09);
INSERT INTO "vote" VALUES(6,X'E4374AF617CB49BDB81120EA2762735E',6,3,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.7960397441662383079e+09);
INSERT INTO "vote" VALUES(7,X'095DD8AB5E7043B4952CB18EF5BD11FC',7,4,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.79603974420202088359e+09);
INSERT INTO "vote" VALUES(8,X'2D45047C01F64A4685076F15F3E24120',8,4,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.79603974420251917836e+09);
INSERT INTO "vote" VALUES(9,X'6FE17D89C3C346309CB461E894F9C656',9,5,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.79603974423963952062e+09);
INSERT INTO "vote" VALUES(10,X'CEFEC50E3C094B6CA922FF9C91984AAA',10,5,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.79603974424007034301e+09);
INSERT INTO "vote" VALUES(11,X'FC52CF8910344CD69A1D59F25E79EEAC',11,6,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'decision',NULL,NULL,1.79603974427800703044e+09);
INSERT INTO "vote" VALUES(12,X'2D683B9319A44E63971C9A28A905A9D1',12,6,'AB','A',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'decision',NULL,NULL,1.79603974428839278216e+09);
INSERT INTO "vote" VALUES(13,X'0B344F52671549E78EB42DE3ED290982',1,7,'AB','B',NULL,NULL,NULL,NULL,NULL,NULL,'chosen_errors: wrong',NULL,NULL,1,'decision',NULL,NULL,1.79603974436641979214e+09);
INSERT INTO "vote" VALUES(14,X'76767676767676767676767676767676',11,8,'AB','TIE','HIGH',0.25,'{"A":-0.5}',NULL,'good',1.5,'even','TIE',NULL,1,NULL,NULL,'{"a":{"x":1},"b":{"x":2}}',1767225600.0);
CREATE TABLE withdrawal (
	id INTEGER NOT NULL, 
	what TEXT NOT NULL, 
	row_id INTEGER NOT NULL, 
	at FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (what, row_id)
);
INSERT INTO "withdrawal" VALUES(1,'flag',1,1767225600.0);
CREATE INDEX ix_prompt_external_id ON prompt (external_id);
CREATE INDEX ix_rater_looks ON rater (looks);
CREATE INDEX response_by_prompt ON response (prompt_id, slot);
CREATE INDEX frame_event_by_frame ON frame_event (frame_id, id);
CREATE INDEX ix_pair_external_id ON pair (external_id);
CREATE INDEX pair_by_prompt ON pair (prompt_id);
CREATE INDEX vote_by_pair ON vote (pair_id, rater_id);
CREATE INDEX vote_by_rater ON vote (rater_id, id);
CREATE INDEX failure_by_pair ON failure (pair_id);
CREATE INDEX ix_failure_key ON failure ("key");
CREATE INDEX failure_by_prompt ON failure (prompt_id);
CREATE INDEX failure_by_rater ON failure (rater_id);
CREATE INDEX belief_by_pair ON belief (pair_id, id);
CREATE INDEX finding_by_pair ON finding (pair_id);
CREATE INDEX flag_by_pair ON flag (pair_id);
CREATE INDEX task_by_rank ON task (rank, pair_id);
CREATE INDEX lease_by_rater ON lease (rater_id, until);
CREATE INDEX gold_by_pair ON gold (pair_id);
CREATE INDEX sent_by_pair ON sent (pair_id);
CREATE INDEX settlement_by_finding ON settlement (finding_id, id);
CREATE INDEX qualification_by_account ON qualification (account_id);
COMMIT;
