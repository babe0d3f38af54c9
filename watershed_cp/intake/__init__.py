"""Messy tables become validated tables; every fault is reported, nothing is dropped."""
