"""The rows a run learns from and is judged by: sources, columns, splits."""
