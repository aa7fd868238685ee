"""Tests of `tvapp.ui.words`."""
