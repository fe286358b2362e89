-- The first schema. It is for ever: what comes later has a script of its own.

CREATE TABLE details (
    digest TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (digest)
)
 STRICT;

CREATE TABLE document (
    digest TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (digest)
)
 STRICT;

CREATE TABLE entry (
    seq INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (seq)
)
 STRICT;

CREATE TABLE entry_about (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (model, version, seq)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE entry_action (
    seq INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (seq)
)
 STRICT;

CREATE INDEX entry_action_action ON entry_action (action, seq);

CREATE INDEX entry_action_actor ON entry_action (actor, seq);

CREATE TABLE entry_index (
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    time TEXT NOT NULL,
    clock TEXT NOT NULL,
    intent_id TEXT NOT NULL,
    PRIMARY KEY (seq)
)
 STRICT;

CREATE UNIQUE INDEX entry_index_intent_id ON entry_index (intent_id);

CREATE INDEX entry_index_time ON entry_index (time, seq);

CREATE TABLE entry_text (
    seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (seq, position)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX entry_text_field ON entry_text (seq, field);

CREATE TABLE model (
    seq INTEGER NOT NULL,
    PRIMARY KEY (seq)
)
 STRICT;

CREATE TABLE origin (
    system TEXT NOT NULL,
    source TEXT NOT NULL,
    entry TEXT NOT NULL,
    seq INTEGER NOT NULL,
    fact TEXT NOT NULL,
    time TEXT,
    PRIMARY KEY (system, source, entry)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE registry (
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (id)
)
 STRICT;

CREATE TABLE stage (
    since_seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    protected INTEGER NOT NULL,
    synonyms TEXT NOT NULL,
    until_seq INTEGER,
    PRIMARY KEY (since_seq, position),
    CONSTRAINT protected_is_a_flag CHECK (protected IN (0, 1))
)
 STRICT;

CREATE UNIQUE INDEX stage_now ON stage (name) WHERE until_seq IS NULL;

CREATE TABLE archived (
    model INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    since_seq INTEGER NOT NULL,
    until_seq INTEGER,
    PRIMARY KEY (model, first, last, since_seq),
    FOREIGN KEY(model) REFERENCES model (seq),
    CONSTRAINT range_is_one CHECK (first <= last)
)
 STRICT;

CREATE INDEX archived_last ON archived (model, last);

CREATE TABLE description (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    since_seq INTEGER NOT NULL,
    text TEXT NOT NULL,
    until_seq INTEGER,
    PRIMARY KEY (model, version, since_seq),
    FOREIGN KEY(model) REFERENCES model (seq)
)
 STRICT;

CREATE UNIQUE INDEX description_now ON description (model, version) WHERE until_seq IS NULL;

CREATE TABLE model_name (
    model INTEGER NOT NULL,
    since_seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    until_seq INTEGER,
    PRIMARY KEY (model, since_seq),
    FOREIGN KEY(model) REFERENCES model (seq)
)
 STRICT;

CREATE INDEX model_name_folded ON model_name (folded, since_seq);

CREATE UNIQUE INDEX model_name_folded_now ON model_name (folded) WHERE until_seq IS NULL;

CREATE UNIQUE INDEX model_name_now ON model_name (model) WHERE until_seq IS NULL;

CREATE TABLE tag (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    since_seq INTEGER NOT NULL,
    value TEXT NOT NULL,
    line TEXT NOT NULL,
    until_seq INTEGER,
    PRIMARY KEY (model, version, "key", since_seq),
    FOREIGN KEY(model) REFERENCES model (seq)
)
 STRICT;

CREATE UNIQUE INDEX tag_now ON tag (model, version, "key") WHERE until_seq IS NULL;

CREATE TABLE version (
    model INTEGER NOT NULL,
    number INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    time TEXT NOT NULL,
    digest TEXT NOT NULL,
    form TEXT NOT NULL,
    files INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    symlinks INTEGER NOT NULL,
    label TEXT,
    label_key TEXT,
    label_seq INTEGER,
    licence TEXT,
    actor TEXT NOT NULL,
    code_commit TEXT,
    code_state TEXT,
    code_diff TEXT,
    trained_started TEXT,
    trained_ended TEXT,
    trained_guessed INTEGER NOT NULL,
    PRIMARY KEY (model, number),
    FOREIGN KEY(model) REFERENCES model (seq),
    CONSTRAINT symlinks_is_a_flag CHECK (symlinks IN (0, 1)),
    CONSTRAINT trained_guessed_is_a_flag CHECK (trained_guessed IN (0, 1)),
    CONSTRAINT form_is_known CHECK (form IN ('file', 'tree', 'pointer')),
    CONSTRAINT code_state_is_known CHECK (code_state IN ('clean', 'dirty')),
    CONSTRAINT number_counts CHECK (number >= 1)
)
 STRICT;

CREATE INDEX version_code ON version (code_commit) WHERE code_commit IS NOT NULL;

CREATE INDEX version_digest ON version (digest, model, number);

CREATE UNIQUE INDEX version_label ON version (model, label_key) WHERE label_key IS NOT NULL;

CREATE UNIQUE INDEX version_seq ON version (seq);

CREATE TABLE alias (
    model INTEGER NOT NULL,
    alias TEXT NOT NULL,
    since_seq INTEGER NOT NULL,
    version INTEGER NOT NULL,
    until_seq INTEGER,
    PRIMARY KEY (model, alias, since_seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 STRICT;

CREATE UNIQUE INDEX alias_now ON alias (model, alias) WHERE until_seq IS NULL;

CREATE TABLE dataset (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    role TEXT,
    name TEXT NOT NULL,
    data_version TEXT,
    digest TEXT,
    PRIMARY KEY (model, version, position),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX dataset_name ON dataset (name, data_version);

CREATE TABLE mark (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    since_seq INTEGER NOT NULL,
    until_seq INTEGER,
    PRIMARY KEY (model, version, since_seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 STRICT;

CREATE UNIQUE INDEX mark_now ON mark (model, version) WHERE until_seq IS NULL;

CREATE TABLE metric (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    seq INTEGER NOT NULL,
    value TEXT NOT NULL,
    on_name TEXT,
    on_version TEXT,
    on_digest TEXT,
    PRIMARY KEY (model, version, name, seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE parent (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    parent_model INTEGER,
    parent_version INTEGER,
    digest TEXT,
    PRIMARY KEY (model, version, position),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX parent_child ON parent (parent_model, parent_version);

CREATE TABLE run (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (model, version, seq, position),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX run_id ON run (id);

CREATE TABLE tenure (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    stage TEXT NOT NULL,
    since_seq INTEGER NOT NULL,
    share INTEGER,
    came_from INTEGER,
    opened_by TEXT NOT NULL,
    until_seq INTEGER,
    ended_by TEXT,
    ended_for INTEGER,
    PRIMARY KEY (model, version, stage, since_seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 STRICT;

CREATE UNIQUE INDEX tenure_holder ON tenure (model, stage) WHERE until_seq IS NULL AND share IS NULL;

CREATE INDEX tenure_stage ON tenure (model, stage, since_seq);

CREATE INDEX tenure_stage_since ON tenure (stage, since_seq);

CREATE TABLE version_blob (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    path TEXT NOT NULL,
    digest TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (model, version, path),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX version_blob_digest ON version_blob (digest, size_bytes);

CREATE TRIGGER entry_is_not_replaced BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM entry WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;

CREATE TRIGGER entry_is_not_updated BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;

CREATE TRIGGER entry_is_not_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;

CREATE TRIGGER details_is_not_replaced BEFORE INSERT ON details
WHEN EXISTS (SELECT 1 FROM details WHERE digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'details is append-only'); END;

CREATE TRIGGER details_is_not_updated BEFORE UPDATE ON details
BEGIN SELECT RAISE(ABORT, 'details is append-only'); END;

CREATE TRIGGER details_is_not_deleted BEFORE DELETE ON details
BEGIN SELECT RAISE(ABORT, 'details is append-only'); END;

CREATE TRIGGER document_is_not_replaced BEFORE INSERT ON document
WHEN EXISTS (SELECT 1 FROM document WHERE digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'document is append-only'); END;

CREATE TRIGGER document_is_not_updated BEFORE UPDATE ON document
BEGIN SELECT RAISE(ABORT, 'document is append-only'); END;

CREATE TRIGGER document_is_not_deleted BEFORE DELETE ON document
BEGIN SELECT RAISE(ABORT, 'document is append-only'); END;
