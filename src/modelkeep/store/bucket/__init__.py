"""Where bytes are kept: a directory with each content under its digest, and how one gets there durably."""
