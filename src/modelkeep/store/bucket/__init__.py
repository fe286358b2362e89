"""Where bytes are kept: a dumb place with a member for a directory and one for memory."""
