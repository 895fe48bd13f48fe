"""Rows in tokens: how long they are for a given tokenizer, and what trainers would cut of them."""
