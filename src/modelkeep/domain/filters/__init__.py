"""Filters of versions: ``state = 'active' AND (metric.auc >= 0.9 OR tag.tier = 'gold')``."""
