"""The ground floor: files are replaced whole or not at all, and read tolerantly."""
