"""Commands that the documents use and a machine for tests may lack, in as far as they use them."""
