"""Tests over recordings of real Linux; `traces/` holds the small ones."""
