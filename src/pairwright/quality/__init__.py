"""What is wrong with labelled pairs: one check a file, each of which says what it saw and what to do."""
