"""What a YAML may say, read with the line and column of everything; standard library, PyYAML and pydantic only."""
