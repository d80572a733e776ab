"""The operators that a topology can name: a file each, and the list of them."""
