"""Repair of damaged and missing contents of a store, and the places where right bytes may still be."""
