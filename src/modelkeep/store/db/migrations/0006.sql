-- The words of names, descriptions and tags, for searches.

CREATE TABLE word (
    word TEXT NOT NULL,
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    field TEXT NOT NULL,
    since_seq INTEGER NOT NULL,
    PRIMARY KEY (word, model, version, field, since_seq),
    FOREIGN KEY(model) REFERENCES model (seq)
)
 WITHOUT ROWID,
 STRICT;
