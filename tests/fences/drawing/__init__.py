"""Tests of `tvapp.fences.drawing`."""
