"""Reads the files of a Tidemark store, written from FORMAT.md alone; nothing here writes."""
