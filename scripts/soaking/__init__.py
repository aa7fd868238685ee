"""The soak test: a month of the app in simulated time; does anything grow, break or stay broken?"""
