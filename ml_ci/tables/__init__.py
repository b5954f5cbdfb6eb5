"""Tables on disk (CSV, TSV, Parquet), read and cut by DuckDB."""
