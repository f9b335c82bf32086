"""The other side of the comparison: a Django app of nothing but views that do what has to be done."""
