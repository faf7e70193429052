"""Other ways to book a pair of seats, as an ordinary user of each would write them."""
