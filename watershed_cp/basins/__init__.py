"""Outlines, the flow network, and which point lies in which watershed."""
