-- The policy of a registry, who bears its roles, requests, checks, deployments, signals; the account behind each entry;
-- and the order of labels, by which the highest label of a model is found.

DROP TABLE entry_action;

DROP TABLE tenure;

CREATE TABLE approval (
    request INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    "plan" TEXT NOT NULL,
    roles TEXT NOT NULL,
    in_groups TEXT NOT NULL,
    PRIMARY KEY (request, seq)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE entry_action (
    seq INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    account TEXT NOT NULL,
    uid INTEGER,
    login INTEGER,
    login_user TEXT,
    user_namespace INTEGER NOT NULL,
    PRIMARY KEY (seq),
    CONSTRAINT user_namespace_is_a_flag CHECK (user_namespace IN (0, 1))
)
 STRICT;

CREATE INDEX entry_action_action ON entry_action (action, seq);

CREATE INDEX entry_action_actor ON entry_action (actor, seq);

CREATE INDEX entry_action_login ON entry_action (login_user, seq) WHERE login_user IS NOT NULL;

CREATE TABLE policy (
    since_seq INTEGER NOT NULL,
    digest TEXT NOT NULL,
    source TEXT NOT NULL,
    rules TEXT NOT NULL,
    until_seq INTEGER,
    PRIMARY KEY (since_seq)
)
 STRICT;

CREATE TABLE role_binding (
    role TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    since_seq INTEGER NOT NULL,
    until_seq INTEGER,
    PRIMARY KEY (role, kind, name, since_seq)
)
 STRICT;

CREATE UNIQUE INDEX role_binding_now ON role_binding (role, kind, name) WHERE until_seq IS NULL;

CREATE TABLE check_result (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    seq INTEGER NOT NULL,
    result TEXT NOT NULL,
    evidence TEXT,
    expires TEXT,
    evidence_bytes INTEGER,
    PRIMARY KEY (model, version, name, seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX check_result_content ON check_result (evidence, evidence_bytes) WHERE evidence_bytes IS NOT NULL;

CREATE TABLE deployment (
    model INTEGER NOT NULL,
    target TEXT NOT NULL,
    since_seq INTEGER NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    share INTEGER,
    stage TEXT,
    until_seq INTEGER,
    PRIMARY KEY (model, target, since_seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 STRICT;

CREATE INDEX deployment_version ON deployment (model, version);

CREATE TABLE open_item (
    since_seq INTEGER NOT NULL,
    item TEXT NOT NULL,
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    until_seq INTEGER,
    PRIMARY KEY (since_seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 STRICT;

CREATE INDEX open_item_now ON open_item (since_seq) WHERE until_seq IS NULL;

CREATE INDEX open_item_version ON open_item (model, version);

CREATE TABLE request (
    since_seq INTEGER NOT NULL,
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    stage TEXT NOT NULL,
    share INTEGER,
    until_seq INTEGER,
    ended_by TEXT,
    PRIMARY KEY (since_seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 STRICT;

CREATE UNIQUE INDEX request_now ON request (model, version, stage) WHERE until_seq IS NULL;

CREATE INDEX request_version ON request (model, version, stage, since_seq);

CREATE TABLE signal (
    seq INTEGER NOT NULL,
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    observations INTEGER,
    window_seconds INTEGER,
    PRIMARY KEY (seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 STRICT;

CREATE INDEX signal_name ON signal (model, version, name, seq);

CREATE INDEX signal_version ON signal (model, version, seq);

CREATE TABLE tenure (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    stage TEXT NOT NULL,
    since_seq INTEGER NOT NULL,
    share INTEGER,
    slots TEXT,
    came_from INTEGER,
    opened_by TEXT NOT NULL,
    request INTEGER,
    waived INTEGER NOT NULL,
    until_seq INTEGER,
    ended_by TEXT,
    ended_for INTEGER,
    verdict TEXT,
    PRIMARY KEY (model, version, stage, since_seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 STRICT;

CREATE UNIQUE INDEX tenure_holder ON tenure (model, stage) WHERE until_seq IS NULL AND share IS NULL;

CREATE INDEX tenure_shared ON tenure (model, stage, since_seq) WHERE share IS NOT NULL;

CREATE UNIQUE INDEX tenure_share ON tenure (stage, model, version) WHERE until_seq IS NULL AND share IS NOT NULL;

CREATE INDEX tenure_stage ON tenure (model, stage, since_seq);

CREATE INDEX tenure_stage_since ON tenure (stage, since_seq);

CREATE TABLE label_order (
    model INTEGER NOT NULL,
    sort_key TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (model, sort_key, version),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;
