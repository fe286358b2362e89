"""What a registry is and decides: pure values and functions, without clock, disk, SQL or environment."""
