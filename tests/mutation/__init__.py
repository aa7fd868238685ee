"""Tests of scripts/mutation."""
