"""Tables: schema, text to types, overlays, workbooks."""
