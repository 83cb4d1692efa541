"""From bytes to constructs: one file per format."""
