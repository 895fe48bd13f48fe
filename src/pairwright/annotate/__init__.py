"""Where people choose."""
