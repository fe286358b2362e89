-- What is known of a version beside its bytes, datasets that are recorded for themselves, how a version was derived.

DROP TABLE parent;

ALTER TABLE version DROP COLUMN licence;

CREATE TABLE data_parent (
    name TEXT NOT NULL,
    data_version TEXT NOT NULL,
    position INTEGER NOT NULL,
    parent_name TEXT NOT NULL,
    parent_version TEXT,
    digest TEXT,
    PRIMARY KEY (name, data_version, position)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX data_parent_child ON data_parent (parent_name, parent_version);

CREATE TABLE data_version (
    name TEXT NOT NULL,
    data_version TEXT NOT NULL,
    seq INTEGER NOT NULL,
    digest TEXT,
    checksum TEXT,
    row_count INTEGER,
    schema_digest TEXT,
    PRIMARY KEY (name, data_version)
)
 STRICT;

CREATE INDEX data_version_digest ON data_version (digest) WHERE digest IS NOT NULL;

CREATE TABLE parent (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    parent_model INTEGER,
    parent_version INTEGER,
    digest TEXT,
    derived_by TEXT,
    PRIMARY KEY (model, version, position),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX parent_child ON parent (parent_model, parent_version);

CREATE TABLE version_fact (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    seq INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model, version, kind, name, seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX version_fact_value ON version_fact (kind, value);

DROP INDEX dataset_name;

CREATE INDEX dataset_name ON dataset (name, data_version, digest);

CREATE INDEX dataset_digest ON dataset (digest) WHERE digest IS NOT NULL;

CREATE INDEX dataset_checksum ON dataset (data_version) WHERE data_version >= 'md5:' AND data_version < 'md5;';

CREATE INDEX data_version_checksum ON data_version (checksum) WHERE checksum IS NOT NULL;

CREATE INDEX metric_on ON metric (on_name, on_version, on_digest) WHERE on_name IS NOT NULL;

CREATE INDEX deployment_target ON deployment (target, since_seq);
