"""What training frameworks read, one file each: rows out, and back in where nothing is lost."""
