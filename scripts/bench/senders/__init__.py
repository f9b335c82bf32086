"""What sends the events of one turn, in a process of its own: the product, or a bare loop around the same client."""
