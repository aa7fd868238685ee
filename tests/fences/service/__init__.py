"""Tests of `tvapp.fences.service`."""
