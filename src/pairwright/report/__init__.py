"""Numbers as one page that opens anywhere: inline pictures, no request to anybody."""
