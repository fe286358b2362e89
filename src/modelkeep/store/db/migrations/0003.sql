-- The entries of a person are found by the name that was claimed or given as the author.

CREATE INDEX entry_text_person ON entry_text (value, seq, field) WHERE field IN ('claimed', 'author');
