-- Versions can be deleted, and contents are found by their size.

CREATE TABLE deleted (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (model, version),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX version_blob_size ON version_blob (size_bytes, digest);
