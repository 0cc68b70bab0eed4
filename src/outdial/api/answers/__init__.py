"""What the API answers, as shapes for its document; the tests hold every answer they get against them."""
