"""What the Azure Maps account and this TV have used: spans of time, counts, transactions, cost."""
