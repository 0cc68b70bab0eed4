"""A call centre in virtual time that judges pacers: the same people and conversations for all of them."""
