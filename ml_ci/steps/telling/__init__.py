"""Put into a report what was found and done."""
