"""Tests of `tvapp.fences.outbox`."""
