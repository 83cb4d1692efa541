"""A made-up vendor's SDK, written by us in the shape of real ones, to show what a finding looks like."""
