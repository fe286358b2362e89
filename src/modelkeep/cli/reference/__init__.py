"""What is made from the command tree: completion's grammar, the script, man pages, tables, the API's page.

``python -m modelkeep.cli.reference`` renews all generated files; a test compares them.
"""
