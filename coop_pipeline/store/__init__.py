"""The only place that talks to DuckDB: tables from the forms, loading, identities, rules, duplicates, quality, publishing."""
