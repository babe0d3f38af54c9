"""Audit rows become kilograms per year, with a range, an evidence grade and a fate."""
