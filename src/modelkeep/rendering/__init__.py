"""Values as people read them: sizes, ages, numbers, counts. Pure, and shared by the command line and the page."""
