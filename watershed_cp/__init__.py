"""watershed_cp: from a cleaner-production programme's spreadsheets to audited load reductions per watershed."""
