"""Maps, posters, tables and reports: the only part of the package that draws."""
