"""What is asked of the server, and that the page about it says what the tests show."""
