"""From YAML files to rows: `read` parses, `schema` and `checks` judge, `render` sets texts, `store` writes."""
