"""Django's back end for PostgreSQL (`ENGINE`), without two things in it that every request pays for."""
