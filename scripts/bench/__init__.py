"""`make bench`: how fast it is, each time against what the machine could do at most, side by side in one run."""
