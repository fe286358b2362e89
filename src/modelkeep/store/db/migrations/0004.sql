-- The highest label of a model is found by the order of labels.

CREATE TABLE label_order (
    model INTEGER NOT NULL,
    sort_key TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (model, sort_key, version),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;
