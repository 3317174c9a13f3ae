"""How a release is made: two wheels that anyone can build again, and what is published beside them."""
