"""Tables on disk (text, Parquet, JSON, Arrow, in one file or in parts), read and cut by DuckDB."""
