"""Pages for people who must sign or file them: pure functions from answers to Markdown."""
