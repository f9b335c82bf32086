"""Rules of a segment as rows of a form. Nobody writes JSON, and what is stored is the same JSON as ever."""
