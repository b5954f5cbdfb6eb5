"""Keep the store: send what was made, remove what is left over."""
