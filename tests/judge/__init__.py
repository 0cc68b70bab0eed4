"""The judge of what the dialer did, written without looking at the dialer."""
