"""What happens when things are killed: real servers of its own, real processes, and invariants seen from outside."""
