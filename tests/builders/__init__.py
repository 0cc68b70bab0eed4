"""What tests build their cases with."""
