"""One module a family of use cases: what `Registry` does, step by step, over store, capture and domain."""
