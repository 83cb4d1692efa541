"""Worker processes: everything that touches a product's bytes happens in one of these."""
