"""One module for each verb: its command, with decision and sentence, and its events, with their rows."""
