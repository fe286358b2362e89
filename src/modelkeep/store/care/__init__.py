"""Looking after a store: what lies in it and whose it is, what is needed, and putting right what is damaged."""
