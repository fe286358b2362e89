"""The speed that is promised, measured beside what one would use instead: ``make bench``."""
