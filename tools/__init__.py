"""Generators of what is committed and made from the code: manual, completion, JSON Schemas, API page, schema check.

They are no part of the installed package. ``python -m tools`` renews every generated file, and a test
compares the files with what the generators return.
"""
