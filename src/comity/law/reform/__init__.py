"""What no treaty covers, by which routes that may change, and what joining a treaty asks of a state."""
