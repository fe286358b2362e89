-- Versions can be deleted, and contents are found by their size.

CREATE TABLE deleted (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    PRIMARY KEY (model, version),
    FOREIGN KEY(model) REFERENCES model (seq),
    CONSTRAINT skipped_is_a_flag CHECK (skipped IN (0, 1))
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX version_blob_size ON version_blob (size_bytes, digest);
