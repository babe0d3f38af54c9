"""Totals per watershed, the ledger, and what follows from them."""
