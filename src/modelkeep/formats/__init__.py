"""What is in model files: one small reader a format, behind one interface. Nothing is executed or unpickled."""
